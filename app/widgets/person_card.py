"""How people are painted: as cards of a grid, and as lines of a list."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from app import theme
from app.models.people import counts
from app.models.rows import Index, RowRole
from app.widgets.painting import MIDDLE, paint_ground, paint_picture, paint_text, smaller
from app.widgets.thumbs import Thumbnails
from reid_core.library.people import Portrait

SIDE = 112  # px of a portrait in the grid
PAD = 6
NARROW = SIDE + 4 * PAD  # px, the least width of a card
LINE = 40  # px of a list's row


class PersonCard(QStyledItemDelegate):
    """A portrait, the name and what there is of them beneath. width: of a cell."""

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self._thumbs = thumbs
        self.width = NARROW

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Portrait = index.data(RowRole)
        c, small = theme.colours(), smaller(option.font)
        cell = option.rect.adjusted(3, 3, -3, -3)
        paint_ground(painter, option, cell)
        box = QRect(0, cell.top() + PAD, SIDE, SIDE)
        box.moveLeft(cell.center().x() - SIDE // 2)
        paint_picture(painter, box, self._thumbs.get(row.media), "user")
        height = option.fontMetrics.height()
        words = QRect(cell.left() + 6, box.bottom() + 6, cell.width() - 12, height)
        paint_text(painter, words, row.name, c.text, option.font, bold=True, align=MIDDLE)
        words.translate(0, height + 1)
        paint_text(painter, words, counts(row), c.muted, small, align=MIDDLE)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(self.width, SIDE + 2 * option.fontMetrics.height() + 2 * PAD + 16)


class PersonLine(QStyledItemDelegate):
    """A small portrait, the name, and what there is of them at the right."""

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self._thumbs = thumbs

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Portrait = index.data(RowRole)
        c, small = theme.colours(), smaller(option.font)
        paint_ground(painter, option, option.rect.adjusted(2, 1, -2, -1))
        box = QRect(option.rect.left() + 6, option.rect.top() + 4, LINE - 8, LINE - 8)
        paint_picture(painter, box, self._thumbs.get(row.media), "user")
        words = option.rect.adjusted(LINE + 6, 0, -12, 0)
        half = words.adjusted(0, words.height() // 2, 0, 0)
        top = words.adjusted(0, 2, 0, -words.height() // 2)
        paint_text(painter, top, row.name, c.text, option.font)
        paint_text(painter, half.adjusted(0, -2, 0, -2), counts(row), c.muted, small)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(220, max(LINE, 2 * option.fontMetrics.height() + 8))
