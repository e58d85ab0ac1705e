"""How a run is painted in the list."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from app import theme
from app.models.rows import Index, RowRole
from app.models.runs import Column, best_text
from app.viewmodels.train_runs import RunRow
from app.views.train_words import STATES
from app.widgets.painting import paint_ground, paint_share, paint_text
from app.words import percent

BAR = 4  # px


class RunDelegate(QStyledItemDelegate):
    """Its name, what it learns from and when, how it stands; a bar while it is under way."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: RunRow = index.data(RowRole)
        c = theme.colours()
        cell = option.rect.adjusted(3, 2, -3, -2)
        paint_ground(painter, option, cell)
        place = cell.adjusted(theme.GAP, theme.GAP - 2, -theme.GAP, 0)
        line = QFontMetrics(option.font).height()
        upper = QRect(place.left(), place.top(), place.width(), line)
        best = best_text(row)
        if best:
            width = QFontMetrics(option.font).horizontalAdvance(best) + 4
            right = QRect(upper.right() - width, upper.top(), width, line)
            paint_text(painter, right, best, c.text, option.font)
            upper.setRight(right.left() - theme.GAP)
        paint_text(painter, upper, row.name, c.text, option.font, bold=True)
        about = [self._cell(index, Column.STARTED), row.data]
        middle = QRect(place.left(), place.top() + line + 2, place.width(), line)
        paint_text(painter, middle, " · ".join(a for a in about if a), c.muted, option.font)
        lower = middle.translated(0, line + 2)
        state = self._cell(index, Column.STATE)
        if row.is_live and row.share:
            state += f" · {percent(row.share)}"
        shade = getattr(c, STATES.get(row.state, "muted"))
        paint_text(painter, lower, state, shade, option.font)
        if row.is_live:
            self._bar(painter, cell, row)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, 3 * QFontMetrics(option.font).height() + 4 + 3 * theme.GAP)

    def _cell(self, index: Index, column: Column) -> str:
        return str(index.model().index(index.row(), column).data())

    def _bar(self, painter: QPainter, cell: QRect, row: RunRow) -> None:
        c = theme.colours()
        groove = QRect(cell.left() + theme.GAP, cell.bottom() - BAR - 1, 0, BAR)
        groove.setWidth(cell.width() - 2 * theme.GAP)
        paint_share(painter, groove, row.share, c.warn if row.state == "paused" else c.accent)
