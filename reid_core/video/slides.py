"""A folder of pictures, or one picture, gone about in as if it were a video: one a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from av.video.frame import VideoFrame

from reid_core import images
from reid_core.errors import SourceError, SourceUnavailable

Standing = tuple[float, VideoFrame]


class Slides:
    """As `Cursor`, over pictures; those that cannot be read are passed over."""

    frame_s = 1.0
    aspect = 1.0
    is_cut_short = False

    def __init__(self, path: Path) -> None:
        self._paths = images.list_images(path) if path.is_dir() else [path]
        if not self._paths:
            raise SourceUnavailable(f"{path} holds no pictures.")
        self._place = 0
        self.duration_s: float | None = float(len(self._paths))

    @property
    def last_s(self) -> float:
        """The time of the picture read last."""
        return float(self._place)

    def close(self) -> None:
        """Nothing is held open."""

    def at(
        self,
        time_s: float,
        *,
        stop: Callable[[], bool] | None = None,
        rough: Callable[[float, VideoFrame], None] | None = None,
    ) -> Standing | None:
        """The picture of that second, else the nearest before it, else the next."""
        wanted = min(max(0, int(time_s)), len(self._paths) - 1)
        return self._first(range(wanted, -1, -1)) or self._first(range(wanted, len(self._paths)))

    def next(self) -> Standing | None:
        """The next picture; None at the end."""
        return self._first(range(self._place + 1, len(self._paths)))

    def previous(self, *, stop: Callable[[], bool] | None = None) -> Standing | None:
        """The picture before; the first stays."""
        return self._first(range(self._place - 1, -1, -1)) or self.at(self._place)

    def _first(self, places: range) -> Standing | None:
        for place in places:
            try:
                image = images.read_image(self._paths[place])
            except SourceError:
                continue
            self._place = place
            return float(place), VideoFrame.from_ndarray(image, format="bgr24")
        return None
