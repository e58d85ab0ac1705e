"""Icons that can be asked for at any size, also at none."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap


class Glyph(QIconEngine):
    """Another icon, painted only where there is room.

    A tool button narrower than its own edges, as while a page is laid out, asks for a picture of
    no size; the icons' library would begin to paint on it, which Qt warns of seven times.
    """

    def __init__(self, whole: QIcon) -> None:
        super().__init__()
        self._whole = whole

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        if not rect.isEmpty():
            self._whole.paint(painter, rect, mode=mode, state=state)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        if size.isEmpty():
            return QPixmap()
        return self._whole.pixmap(size, 1.0, mode, state)  # size is in the screen's own pixels
