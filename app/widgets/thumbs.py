"""Stored pictures as pixmaps: asked for while painting, loaded in a thread, kept while needed."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QPixmap

from app import imaging
from app.tasks import Tasks
from reid_core.errors import LibraryCorrupt
from reid_core.library.media import Media
from reid_core.protocols import Progress

SIDE = 128  # px of the largest place that one is painted in
KEPT_BYTES = 64_000_000  # of pixmaps: some thousand at 100 %, a quarter of them at 200 %
AT_ONCE = 24  # pictures loaded by one piece of work


class Thumbnails(QObject):
    """Pixmaps of stored crops. `get` answers at once: the pixmap, or None and `ready` later.

    Requests of one moment are loaded together, the newest first, since they are what is seen.
    They have as many pixels as the sharpest screen shows in a square of `side`, which they fill.
    """

    ready = Signal(str)  # the name of the stored picture

    def __init__(self, media: Media, tasks: Tasks, *, side: int = SIDE) -> None:
        super().__init__()
        self._media, self._tasks, self._side = media, tasks, side
        self._have: OrderedDict[str, QPixmap] = OrderedDict()
        self._bytes = 0
        self._wanted: list[str] = []
        self._loading: set[str] = set()

    def get(self, media: str) -> QPixmap | None:
        """The picture if it is there; else it is fetched and `ready` tells."""
        if not media:
            return None
        if (found := self._have.get(media)) is not None:
            self._have.move_to_end(media)
            return found
        if media not in self._loading and media not in self._wanted:
            self._wanted.append(media)
            self._load()
        return None

    def _load(self) -> None:
        if self._loading or not self._wanted:
            return
        some = self._wanted[-AT_ONCE:]
        del self._wanted[: -4 * AT_ONCE], self._wanted[-AT_ONCE:]  # old ones scrolled away
        self._loading = set(some)
        side = round(self._side * _sharpest())
        self._tasks.run("", partial(self._read, side, some), then=self._take, shown=False)

    def _read(self, side: int, names: list[str], _: Progress) -> dict[str, QImage]:
        return {name: self._one(side, name) for name in names}

    def _one(self, side: int, name: str) -> QImage:
        try:
            image = imaging.from_jpeg(self._media.get(name))
        except (LibraryCorrupt, ValueError, OSError):
            return QImage()
        if min(image.width(), image.height()) <= side:
            return image
        return image.scaled(
            QSize(side, side),
            Qt.AspectRatioMode.KeepAspectRatioByExpanding,
            Qt.TransformationMode.SmoothTransformation,
        )

    def _take(self, loaded: dict[str, QImage]) -> None:
        self._loading = set()
        for name, image in loaded.items():
            self._have[name] = QPixmap.fromImage(image)
            self._bytes += _bytes(self._have[name])
            self.ready.emit(name)
        while self._bytes > KEPT_BYTES:
            self._bytes -= _bytes(self._have.popitem(last=False)[1])
        self._load()


def _sharpest() -> float:
    """Pixels to a device-independent one, on the screen that has the most."""
    return max((s.devicePixelRatio() for s in QGuiApplication.screens()), default=1.0)


def _bytes(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * pixmap.depth() // 8
