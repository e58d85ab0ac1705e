"""A folder of pictures as a source: one picture a second, in order of name."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from reid_core import images
from reid_core.errors import SourceError, SourceUnavailable
from reid_core.types import Frame

log = logging.getLogger(__name__)


class FolderSource:
    """Pictures below a folder. Unreadable ones are left out and counted in `unreadable`."""

    def __init__(self, folder: Path, *, start_s: float = 0.0) -> None:
        self.name = str(folder)
        self._paths = images.list_images(folder)
        if not self._paths:
            raise SourceUnavailable(f"{folder} holds no pictures.")
        self.duration_s: float | None = float(len(self._paths))
        self.decoded_frames = 0
        self.unreadable: list[str] = []
        self._start = int(start_s)

    def __iter__(self) -> Iterator[Frame]:
        for i, path in enumerate(self._paths[self._start :], self._start):
            try:
                image = images.read_image(path)
            except SourceError as error:
                self.unreadable.append(str(error))
                continue
            self.decoded_frames += 1
            yield Frame(image, i, float(i), self.name)

    def close(self) -> None:
        """Nothing is held open."""
