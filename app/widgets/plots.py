"""What plots have in common: how they are made and dressed."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame

from app import theme

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


def _axis(side: str) -> pg.AxisItem:
    """An axis that writes numbers as people here do."""
    made = pg.AxisItem(side)
    plain = made.tickStrings

    def shown(values: list[float], scale: float, spacing: float) -> list[str]:
        point = QLocale().decimalPoint()
        return [text.replace(".", point) for text in plain(values, scale, spacing)]

    made.tickStrings = shown
    return made
