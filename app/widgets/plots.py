"""What plots have in common: how they are made, dressed and explained."""

from __future__ import annotations

from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QWidget

from app import theme

SWATCH = QSize(18, 12)
SIDES = ("left", "bottom")


def make_plot(name: str) -> pg.PlotWidget:
    """A plot to look at: neither the mouse nor the keyboard moves it. name: for who cannot see."""
    made = pg.PlotWidget(axisItems={side: _axis(side) for side in SIDES})
    made.setAccessibleName(name)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setMouseEnabled(x=False, y=False)
    made.setMenuEnabled(False)
    made.hideButtons()
    made.setFrameShape(QFrame.Shape.NoFrame)
    made.setAntialiasing(True)
    return made


def dress_plot(plot: pg.PlotWidget) -> None:
    """Have ground, axes and grid take the colours of now."""
    c = theme.colours()
    plot.setBackground(QColor(c.surface))
    for side in SIDES:
        axis = plot.getAxis(side)
        axis.setPen(pg.mkPen(c.line))
        axis.setTextPen(pg.mkPen(c.muted))
        axis.enableAutoSIPrefix(False)
    plot.showGrid(x=False, y=True, alpha=0.15)


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


def _axis(side: str) -> pg.AxisItem:
    """An axis that writes numbers as people here do."""
    made = pg.AxisItem(side)
    plain = made.tickStrings

    def shown(values: list[float], scale: float, spacing: float) -> list[str]:
        point = QLocale().decimalPoint()
        return [text.replace(".", point) for text in plain(values, scale, spacing)]

    made.tickStrings = shown
    return made
