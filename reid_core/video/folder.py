"""Pictures as a source: one a second, in order of name."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from pathlib import Path

from reid_core import images
from reid_core.errors import SourceError, SourceUnavailable
from reid_core.types import Frame

log = logging.getLogger(__name__)


class FolderSource:
    """Pictures below a folder, every one of them whatever the rate.

    Unreadable ones are left out, keep their second, and are named in `unreadable`; when all are,
    SourceUnavailable is raised at the end. start_s: leave out those before it.
    """

    def __init__(self, folder: Path, *, start_s: float = 0.0) -> None:
        self.name = str(folder)
        self._paths = images.list_images(folder)
        if not self._paths:
            raise SourceUnavailable(f"{folder} holds no pictures.")
        self.duration_s: float | None = float(len(self._paths))
        self.decoded_frames = 0
        self.unreadable: list[str] = []
        self._start = math.ceil(start_s)

    def __iter__(self) -> Iterator[Frame]:
        self.unreadable = []
        for i, path in enumerate(self._paths[self._start :], self._start):
            try:
                image = images.read_image(path)
            except SourceError as error:
                self.unreadable.append(str(error))
                continue
            self.decoded_frames += 1
            yield Frame(image, i, float(i), self.name)
        if self.unreadable:
            log.info("%d of %d pictures were left out", len(self.unreadable), len(self._paths))
        if self.unreadable and len(self.unreadable) == len(self._paths):
            raise SourceUnavailable(
                f"None of the {len(self._paths)} pictures in {self.name} can be read; the first: "
                f"{self.unreadable[0]}"
            )

    def close(self) -> None:
        """Nothing is held open."""


class PictureSource:
    """One picture, at second 0. Raises ImageUnreadable or ImageTooLarge when it is looked at."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise SourceUnavailable(f"{path} is not there.")
        self.name, self._path = str(path), path
        self.duration_s: float | None = 1.0
        self.decoded_frames = 0

    def __iter__(self) -> Iterator[Frame]:
        image = images.read_image(self._path)
        self.decoded_frames += 1
        yield Frame(image, 0, 0.0, self.name)

    def close(self) -> None:
        """Nothing is held open."""
