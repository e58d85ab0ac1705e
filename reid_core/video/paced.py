"""A file played as if it were a camera: each picture when its time has come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from reid_core.protocols import FrameSource
from reid_core.types import Frame

LATE_S = 0.1  # pictures that are later than this are left out, as a camera's would be,
SHOW_S = 0.3  # unless none was shown for so long: the computer is too slow for this file


class PacedSource:
    """The pictures of a source with an end, at the pace of their times.

    frames: the source, closed with this one. began_s: the moment from which times count, by
    `time.monotonic`; known from the first picture on. now, wait: for tests.
    """

    has_end = True

    def __init__(
        self,
        frames: FrameSource,
        *,
        now: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self.name, self.duration_s = frames.name, frames.duration_s
        self.is_connected = True
        self._frames, self._now = frames, now
        self._stop = threading.Event()
        self._wait = wait or self._stop.wait
        self.began_s = now()

    @property
    def decoded_frames(self) -> int:
        """As the source says."""
        return self._frames.decoded_frames

    def __iter__(self) -> Iterator[Frame]:
        first, shown_s = True, self._now()
        for frame in self._frames:
            if first:  # opening and the first key picture may take long; that is no delay
                self.began_s, first = self._now() - frame.time_s, False
            early = self.began_s + frame.time_s - self._now()
            if early > 0:
                self._wait(early)
            if self._stop.is_set():
                return
            if early > -LATE_S or self._now() - shown_s > SHOW_S:
                shown_s = self._now()
                yield frame

    def stop(self) -> None:
        """Have the iteration end soon."""
        self._stop.set()

    def close(self) -> None:
        """Close the source; safe to call twice."""
        self.stop()
        self._frames.close()
