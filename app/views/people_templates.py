"""The templates of whoever is looked at: pictures with their quality."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from app import theme
from app.models.rows import Index, RowRole
from app.models.templates import TemplatesModel, source_name
from app.viewmodels.enrol_shots import LEAST
from app.widgets.painting import paint_ground, paint_picture, paint_text, smaller
from app.widgets.thumbs import Thumbnails
from app.words import decimal
from reid_core.library.people import Template

SIDE = 84  # px
PAD = 6
BAR = 3


class TemplateCard(QStyledItemDelegate):
    """A picture, a bar as long as its quality is good, the number and where it is from."""

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self._thumbs = thumbs

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Template = index.data(RowRole)
        c, small = theme.colours(), smaller(option.font)
        cell = option.rect.adjusted(2, 2, -2, -2)
        paint_ground(painter, option, cell)
        box = QRect(0, cell.top() + PAD, SIDE, SIDE)
        box.moveLeft(cell.center().x() - SIDE // 2)
        paint_picture(painter, box, self._thumbs.get(row.media), "user")
        groove = QRectF(box.left(), box.bottom() + 4, SIDE, BAR)
        is_poor = row.quality < LEAST
        painter.fillRect(groove, QColor(c.line))
        groove.setWidth(SIDE * min(max(row.quality, 0.0), 1.0))
        painter.fillRect(groove, QColor(c.warn if is_poor else c.good))
        words = QRect(box.left(), box.bottom() + 8, SIDE, option.fontMetrics.height())
        quality = decimal(row.quality, 2)
        paint_text(painter, words, quality, c.warn if is_poor else c.text, small)
        kind = "user" if row.kind == "face" else "person"
        spot = QRect(words.right() - 14, words.top() + 1, 14, 14)
        theme.icon(kind, row.kind).paint(painter, spot)
        words.translate(0, option.fontMetrics.height())
        elide = Qt.TextElideMode.ElideMiddle
        paint_text(painter, words, source_name(row.where_from), c.muted, small, elide=elide)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(SIDE + 2 * PAD + 8, SIDE + 2 * option.fontMetrics.height() + PAD + 18)


class TemplatesView(QListView):
    """Several can be selected; Delete deletes them."""

    selection_changed = Signal()
    delete_asked = Signal()
    menu_asked = Signal(QPoint)  # where, on the screen

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self.rows = TemplatesModel()
        self._card = TemplateCard(thumbs)
        self.setModel(self.rows)
        self.setItemDelegate(self._card)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMouseTracking(True)
        self.setMinimumHeight(SIDE + 60)
        self.setAccessibleName(self.tr("Templates"))
        self.customContextMenuRequested.connect(
            lambda place: self.menu_asked.emit(self.viewport().mapToGlobal(place))
        )
        thumbs.ready.connect(self._on_ready)

    @property
    def selected(self) -> list[Template]:
        """Those that are selected."""
        return [r for i in self.selectedIndexes() if (r := self.rows.row(i)) is not None]

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self.selection_changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_asked.emit()
        else:
            super().keyPressEvent(event)

    def _on_ready(self, _: str) -> None:
        self.viewport().update()
