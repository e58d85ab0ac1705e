"""An interval of a difference as a bar about zero, in a cell of a table."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from app import theme
from app.models.figures import FigureRow
from app.models.rows import Index, RowRole
from app.widgets.painting import paint_row_ground

PAD = 6.0  # px
THICK = 8.0  # of the bar
LEAST = 3.0  # width of one, so that it is seen


class ZeroBars(QStyledItemDelegate):
    """The bar is the interval, the tick within it the difference; right of zero is better."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: FigureRow = index.data(RowRole)
        paint_row_ground(painter, option)
        place = QRectF(option.rect).adjusted(PAD, 0, -PAD, 0)
        sign = -1 if row.lower_is_better else 1
        scale = place.width() / 2 / row.reach if row.reach else 0.0
        middle = place.center().x()
        ends = sorted(middle + sign * scale * end for end in (row.low, row.high))
        at = middle + sign * scale * (row.new - row.old)
        c = theme.colours()
        shade = {1: c.good, -1: c.bad, 0: c.muted}[row.verdict]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(c.line), 1))
        painter.drawLine(round(middle), option.rect.top(), round(middle), option.rect.bottom())
        bar = QRectF(ends[0], place.center().y() - THICK / 2, max(ends[1] - ends[0], LEAST), THICK)
        painter.setPen(QColor(shade))
        painter.setBrush(_faint(shade))
        painter.drawRoundedRect(bar, THICK / 2, THICK / 2)
        painter.setPen(QPen(QColor(shade), 2))
        painter.drawLine(round(at), round(bar.top()) - 2, round(at), round(bar.bottom()) + 2)
        painter.restore()


def _faint(shade: str) -> QColor:
    made = QColor(shade)
    made.setAlpha(90)
    return made
