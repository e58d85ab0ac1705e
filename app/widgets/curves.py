"""Curves of a training run: the loss as it is and smoothed, validations, the learning rate.

Values are shown where the pointer is. A second run may lie beneath, dashed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.tips import plain_tip
from app.viewmodels.train_curves import NONE, Curves, Points, smoothed
from app.widgets.parts import clear, label
from app.widgets.plots import dress_plot, make_plot
from app.widgets.swatch import Swatch, line_pen
from app.words import number, percent

METRICS = {  # those that are drawn, by what their colour means elsewhere
    "mAP": "accent",
    "rank1": "face",
    "recall@1": "good",
    "mINP": "body",
}
NAMES = {"rank1": "Rank-1", "recall@1": "Recall@1"}
WIDE = 350  # px that each plot has at least when they lie side by side
LOWEST = 190  # px of a plot
RAW = 90  # of 255, how strong the loss is drawn behind its running mean


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One curve. colour: by its meaning in the theme. faint: behind the others. dashed: of the
    other run. has_marks: its points are marked, since there are few.
    """

    name: str
    points: Points
    colour: str
    faint: bool = False
    dashed: bool = False
    has_marks: bool = False

    def at(self, step: float) -> float | None:
        """The value at a step or the last one before it; None where it has none yet."""
        steps, values = self.points
        place = int(np.searchsorted(steps, step, side="right")) - 1
        return float(values[place]) if place >= 0 else None

    def pen(self) -> QPen:
        """How it is drawn, in the colours of now."""
        colour = QColor(getattr(theme.colours(), self.colour))
        if self.faint:
            colour.setAlpha(RAW)
        return line_pen(colour, 1.0 if self.faint else 2.0, dashed=self.dashed)


class CurvesView(QWidget):
    """The plots of a run. `show_run` draws what there is now."""

    PLOTS = 3

    def __init__(self, plots: Sequence[Plot] = ()) -> None:
        super().__init__()
        self.loss, self.validation, self.rate = plots or [self.plot(n) for n in range(self.PLOTS)]
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(theme.GAP)
        for plot in (self.loss, self.validation, self.rate):
            self._box.addWidget(plot, 1)
        self.rate.hide()
        self._rates: list[Line] = []

    @classmethod
    def plot(cls, number: int) -> Plot:
        """One of the plots: each takes some 30 ms to make, which is a turn of the event loop."""
        translate = QCoreApplication.translate
        if number == 0:
            about = translate("CurvesView", "what is made smaller; each step, and its trend")
            return Plot(translate("CurvesView", "Loss"), about)
        if number == 1:
            about = translate("CurvesView", "on people that it does not learn from")
            return Plot(translate("CurvesView", "Validation, %"), about, percent=True)
        about = translate("CurvesView", "share of the one that was asked for")
        return Plot(translate("CurvesView", "Learning rate"), about)

    def show_run(self, curves: Curves, other: Curves | None = None, *, metric: str = "mAP") -> None:
        """Draw a run, and beneath it another one. metric: what its best goes by."""
        self.loss.show_lines(
            [
                *_loss_lines(other, self.tr("loss"), self.tr("trend"), dashed=True),
                *_loss_lines(curves, self.tr("loss"), self.tr("trend"), dashed=False),
            ]
        )
        self.validation.show_lines(
            [
                *_validation_lines(other, metric, dashed=True),
                *_validation_lines(curves, metric, dashed=False),
            ]
        )
        rates = [Line(self.tr("rate"), curves.rate, "warn")]
        if other is not None:
            rates.insert(0, Line(self.tr("rate"), other.rate, "warn", dashed=True))
        self._rates = rates
        if not self.rate.isHidden():
            self.rate.show_lines(rates)

    def show_rate(self, wanted: bool) -> None:
        """Show or hide the learning rate."""
        self.rate.setVisible(wanted)
        if wanted:
            self.rate.show_lines(self._rates)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def _arrange(self) -> None:
        """Side by side where they fit, else one below the other."""
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        shown = 2 if self.rate.isHidden() else 3
        wanted = across if self.width() >= WIDE * shown else down
        if self._box.direction() is not wanted:
            self._box.setDirection(wanted)


class Plot(QFrame):
    """One plot with its title, its legend and the values under the pointer."""

    def __init__(self, title: str, about: str, *, percent: bool = False) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._percent = percent
        self._lines: list[Line] = []
        self._items: list[Any] = []
        self._legend = QHBoxLayout()
        self._legend.setSpacing(theme.GAP)
        self._values = label("", "muted")
        self._values.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._plot = make_plot(title)
        self._plot.setMinimumHeight(LOWEST - 60)
        self._plot.setMinimumWidth(160)
        self._plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._pointer = pg.InfiniteLine(angle=90, movable=False)
        self._pointer.hide()
        self._plot.addItem(self._pointer, ignoreBounds=True)
        self._plot.scene().sigMouseMoved.connect(self._on_moved)
        name = label(title, "heading")
        name.setToolTip(about)
        top = QHBoxLayout()
        top.setSpacing(2 * theme.GAP)
        top.addWidget(name)
        top.addLayout(self._legend)
        top.addStretch()
        inside = QVBoxLayout(self)
        inside.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        inside.setSpacing(2)
        inside.addLayout(top)
        inside.addWidget(self._values)
        inside.addWidget(self._plot, 1)
        self.setMinimumHeight(LOWEST)
        self._empty = about
        self._say("")
        self._dress()

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Draw these, the last on top."""
        same = [(x.name, x.dashed) for x in lines] == [(x.name, x.dashed) for x in self._lines]
        self._lines = list(lines)
        if not same:
            self._make_items()
        for line, item in zip(self._lines, self._items, strict=True):
            steps, values = line.points
            item.setData(steps, values * 100 if self._percent else values)
        self._plot.setAccessibleDescription(self.values_at(float("inf")))
        self._say(self.values_at(float("inf")))

    def values_at(self, step: float) -> str:
        """What the curves say at a step, in words."""
        found = [
            (line, value)
            for line in self._lines
            if not line.faint and (value := line.at(step)) is not None
        ]
        if not found:
            return ""
        last = max(float(line.points[0][-1]) for line, _ in found)
        words = [self.tr("step {}").format(f"{min(round(min(step, last)), 10**12):,}")]
        other = {line.name: value for line, value in found if line.dashed}
        for line, value in found:
            if not line.dashed:
                beside = f" ({self._shown(other[line.name])})" if line.name in other else ""
                words.append(f"{line.name} {self._shown(value)}{beside}")
        return " · ".join(words)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._pointer.hide()
        self._say(self.values_at(float("inf")))
        super().leaveEvent(event)

    def _shown(self, value: float) -> str:
        return percent(value, 1) if self._percent else number(value, 4)

    def _make_items(self) -> None:
        for item in self._items:
            self._plot.removeItem(item)
        self._items = [self._plot.plot() for _ in self._lines]
        for item in self._items:
            item.setDownsampling(auto=True, method="peak")
            item.setClipToView(True)
        clear(self._legend)
        for line in self._lines:
            if not line.dashed and len(self._lines) > 1:
                self._legend.addWidget(Swatch(line.pen))
                self._legend.addWidget(label(line.name, "muted"))
        self._dress()

    def _dress(self) -> None:
        """Take the colours of now."""
        c = theme.colours()
        dress_plot(self._plot)
        if self._percent:
            self._plot.setYRange(0, 100, padding=0.02)
        self._pointer.setPen(pg.mkPen(c.muted, style=Qt.PenStyle.DotLine))
        for line, item in zip(self._lines, self._items, strict=True):
            item.setPen(line.pen())
            item.setSymbol("o" if line.has_marks and not line.dashed else None)
            item.setSymbolSize(6)
            item.setSymbolPen(None)
            item.setSymbolBrush(QColor(getattr(c, line.colour)))

    def _on_moved(self, place: QPointF) -> None:
        box = self._plot.getViewBox()
        steps = [line.points[0] for line in self._lines if len(line.points[0])]
        if not steps or not box.sceneBoundingRect().contains(place):
            return
        x = float(box.mapSceneToView(place).x())
        every = np.unique(np.concatenate(steps))
        nearest = float(every[np.argmin(np.abs(every - x))])
        self._pointer.setPos(nearest)
        self._pointer.show()
        self._say(self.values_at(nearest))

    def _say(self, text: str) -> None:
        line = text or self._empty
        wide = max(self._values.width(), 2 * WIDE // 3)
        shown = self._values.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, wide)
        self._values.setText(shown)
        self._values.setToolTip(plain_tip(line) if shown != line else "")


def _loss_lines(curves: Curves | None, name: str, trend: str, *, dashed: bool) -> list[Line]:
    if curves is None:
        return []
    mean = Line(trend, smoothed(curves.loss), "accent", dashed=dashed)
    return [mean] if dashed else [Line(name, curves.loss, "accent", faint=True), mean]


def _validation_lines(curves: Curves | None, metric: str, *, dashed: bool) -> list[Line]:
    """Rank-1 and Recall@1 are nearly the same: one of them is drawn."""
    if curves is None:
        return []
    left_out = "rank1" if metric == "recall@1" else "recall@1"
    return [
        Line(NAMES.get(name, name), points, colour, dashed=dashed, has_marks=True)
        for name, colour in METRICS.items()
        if name != left_out and len((points := curves.validation.get(name, NONE))[0])
    ]
