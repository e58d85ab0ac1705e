"""How alike pairs of one person are, and pairs of two: the old model above the new one.

Painted here and not by the library of plots, which would take longer to make than to look at: two
outlines on one axis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.widgets.painting import LEFT as AT_LEFT
from app.widgets.parts import label, row
from app.widgets.swatch import Swatch, line_pen
from app.words import decimal, percent

BAND, AXIS, NAME = 74, 22, 46  # px of one model's outlines, of the numbers beneath, of its name
TICKS = 5
SHADES = ("accent", "muted")  # of one person, of two


class ScorePlot(QWidget):
    """`show_scores` fills it with what a verdict holds of both models."""

    def __init__(self) -> None:
        super().__init__()
        self.bands = _Bands((self.tr("Old"), self.tr("New")))
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(2)
        inside.addWidget(label(self.tr("Share of the pairs by similarity"), "muted"))
        inside.addWidget(self.bands)
        legend: list[QWidget | None] = []
        for shade, text in zip(SHADES, (self.tr("one person"), self.tr("two people")), strict=True):
            legend += [Swatch(partial(_pen, shade)), label(text, "muted")]
        inside.addLayout(row(*legend, None))

    def show_scores(self, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> None:
        """Draw both; hidden where there are none."""
        self.setVisible(bool(old and new))
        if old and new:
            self.bands.show_counts((old, new))
            self.bands.setAccessibleDescription(self._words(old, new))

    def _words(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
        """What it shows, for those who do not see it."""
        form = self.tr(
            "Old model: {old} of the pairs of one person are more alike than nearly all pairs of "
            "two. New model: {new}."
        )
        return form.format(old=percent(apart(old)), new=percent(apart(new)))


class _Bands(QWidget):
    """The outlines, one model above the other, on one axis."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = names
        self._shown: Sequence[Mapping[str, Any]] = ()
        self.setAccessibleName(self.tr("Similarities of pairs, old and new"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_counts(self, shown: Sequence[Mapping[str, Any]]) -> None:
        """edges, same and different of each model."""
        self._shown = shown
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, 2 * BAND + AXIS)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 2 * BAND + AXIS)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._shown:
            return
        painter, c = QPainter(self), theme.colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        low, high = span(self._shown)
        for n, (name, counts) in enumerate(zip(self._names, self._shown, strict=True)):
            place = QRectF(NAME, n * BAND, self.width() - NAME - 8, BAND - 6)
            painter.setPen(QColor(c.text))
            painter.drawText(QRectF(0, place.top(), NAME, place.height()), AT_LEFT, name)
            for shade, side in reversed(list(zip(SHADES, ("same", "different"), strict=True))):
                self._outline(painter, place, counts["edges"], counts[side], (low, high), shade)
            painter.setPen(QColor(c.line))
            painter.drawLine(place.bottomLeft(), place.bottomRight())
        self._numbers(painter, low, high)

    def _outline(
        self,
        painter: QPainter,
        place: QRectF,
        edges: Sequence[float],
        counts: Sequence[int],
        ends: tuple[float, float],
        shade: str,
    ) -> None:
        most, (low, high) = max(counts, default=0), ends
        if not most:
            return
        outline = [QPointF(_x(place, edges[0], low, high), place.bottom())]
        for left, right, n in zip(edges, edges[1:], counts, strict=False):
            y = place.bottom() - place.height() * n / most
            outline += [QPointF(_x(place, edge, low, high), y) for edge in (left, right)]
        outline.append(QPointF(_x(place, edges[-1], low, high), place.bottom()))
        pen = _pen(shade)
        ground = QColor(pen.color())
        ground.setAlpha(60)
        painter.save()
        painter.setClipRect(place.adjusted(0, -1, 0, 1))
        painter.setPen(pen)
        painter.setBrush(ground)
        painter.drawPolygon(QPolygonF(outline))
        painter.restore()

    def _numbers(self, painter: QPainter, low: float, high: float) -> None:
        painter.setPen(QColor(theme.colours().muted))
        place = QRectF(NAME, 2 * BAND, self.width() - NAME - 8, AXIS)
        for n in range(TICKS):
            value = low + (high - low) * n / (TICKS - 1)
            x = _x(place, value, low, high)
            painter.drawText(
                QRectF(min(x - 24, self.width() - 48), place.top(), 48, AXIS),
                Qt.AlignmentFlag.AlignCenter,
                decimal(value, 2),
            )


def span(shown: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """The similarities between which there is anything to see."""
    filled = [
        edge
        for counts in shown
        for n, pair in enumerate(zip(counts["same"], counts["different"], strict=True))
        if any(pair)
        for edge in counts["edges"][n : n + 2]
    ]
    return (min(filled), max(filled)) if filled else (-1.0, 1.0)


def apart(counts: Mapping[str, Any]) -> float:
    """The share of the pairs of one person above where 99 of 100 pairs of two end."""
    same, different = list(counts["same"]), list(counts["different"])
    total, above, place = sum(different), 0, len(different)
    while place and above + different[place - 1] <= total / 100:
        place -= 1
        above += different[place]
    return sum(same[place:]) / sum(same) if sum(same) else 0.0


def _x(place: QRectF, value: float, low: float, high: float) -> float:
    return place.left() + place.width() * (value - low) / (high - low or 1.0)


def _pen(shade: str) -> QPen:
    return line_pen(QColor(getattr(theme.colours(), shade)), 1.5)
