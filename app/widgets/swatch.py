"""How curves are drawn, and explained in a legend."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

SWATCH = QSize(18, 12)


def line_pen(colour: QColor, width: float = 2.0, *, dashed: bool = False) -> QPen:
    """How a curve is drawn. width: px, however the plot is scaled."""
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    if dashed:
        pen.setStyle(Qt.PenStyle.DashLine)
    return pen


class Swatch(QWidget):
    """How a curve is drawn, for the legend. pen: asked for whenever it is painted."""

    def __init__(self, pen: Callable[[], QPen]) -> None:
        super().__init__()
        self._pen = pen
        self.setFixedSize(SWATCH)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self._pen())
        painter.drawLine(0, self.height() // 2, self.width(), self.height() // 2)
        painter.end()
