"""From a similarity to a probability, drawn, with the threshold and its interval."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QLocale
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.widgets.parts import label, row
from app.widgets.plots import dress_plot, make_plot
from app.widgets.swatch import Swatch, line_pen
from app.words import decimal, percent
from reid_core.calibration import Calibration

AMONG = (10, 1000)  # of so many looked through one is them, for each curve
SHADES = ("accent", "body")
POINTS = 400
HEIGHT = 210  # px


class ChancePlot(QWidget):
    """A curve for each of AMONG; the line is the threshold, the band its interval."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: Calibration | None = None
        self._plot = make_plot(self.tr("Probability by similarity"))
        self._plot.setFixedHeight(HEIGHT)
        self._plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._plot.setMinimumWidth(200)
        self._plot.setYRange(0, 100, padding=0.03)
        self._curves = [self._plot.plot() for _ in AMONG]
        self._band = pg.LinearRegionItem(movable=False)
        self._line = pg.InfiniteLine(angle=90, movable=False)
        for item in (self._band, self._line):
            self._plot.addItem(item, ignoreBounds=True)
        self._title = label(self.tr("Probability in % by similarity"), "muted")
        words = self.tr("one of {} is them")
        locale = QLocale()
        legend: list[QWidget | None] = []
        for shade, n in zip(SHADES, AMONG, strict=True):
            legend += [_swatch(shade), label(words.format(locale.toString(n)), "muted")]
        legend += [_swatch("text"), label(self.tr("threshold"), "muted"), None]
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(2)
        inside.addWidget(self._title)
        inside.addWidget(self._plot)
        inside.addLayout(row(*legend))
        self._dress()

    def show_map(self, one: Calibration) -> None:
        """Draw what a calibration says."""
        if one == self._shown:
            return
        self._shown = one
        low, high = _span(one)
        scores = np.linspace(low, high, POINTS)
        for n, curve in zip(AMONG, self._curves, strict=True):
            curve.setData(scores, 100 * one.probability(scores, 1 / n))
        t = one.threshold
        self._line.setPos(t.value)
        self._band.setVisible(t.low is not None and t.high is not None)
        if t.low is not None and t.high is not None:
            self._band.setRegion((t.low, t.high))
        self._plot.setXRange(low, high, padding=0)
        self._plot.setAccessibleDescription(self.words())

    def words(self) -> str:
        """What it shows, for those who do not see it."""
        if self._shown is None:
            return ""
        t = self._shown.threshold.value
        form = self.tr("At the threshold of {at}: {first} where one of {n} is them, {last} of {m}.")
        first, last = (percent(float(self._shown.probability([t], 1 / n)[0])) for n in AMONG)
        n, m = (QLocale().toString(n) for n in AMONG)
        return form.format(at=decimal(t, 3), first=first, n=n, last=last, m=m)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)

    def _dress(self) -> None:
        """Take the colours of now."""
        dress_plot(self._plot)
        for shade, curve in zip(SHADES, self._curves, strict=True):
            curve.setPen(_pen(shade))
        self._line.setPen(_pen("text"))
        ground = QColor(theme.colours().text)
        ground.setAlpha(28)
        self._band.setBrush(ground)
        for edge in self._band.lines:
            edge.setPen(pg.mkPen(None))


def _pen(shade: str) -> QPen:
    return line_pen(QColor(getattr(theme.colours(), shade)), dashed=shade == "text")


def _swatch(shade: str) -> Swatch:
    return Swatch(partial(_pen, shade))


def _span(one: Calibration) -> tuple[float, float]:
    """The similarities between which it rises, with the threshold inside."""
    low, high = one.knots[0][0], one.knots[-1][0]
    t = one.threshold
    low, high = min(low, t.low or t.value), max(high, t.high or t.value)
    edge = 0.05 * (high - low) or 0.01
    return low - edge, min(high + edge, 1.0) if high < 1 else high + edge
