"""A grid of equal cells whose cost is that of the cells in sight, however many there are.

QListView lays out every cell whenever its width changes: 100,000 take it a tenth of a second.
Here places are computed.
"""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QWidget

from app.models.rows import Index
from app.widgets.scrolling import keep_room

Moves = QAbstractItemView.CursorAction


class GridView(QAbstractItemView):
    """Shows a list model, cell beside cell, each painted by the item delegate."""

    def __init__(self, cell: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cell = cell
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        keep_room(self)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.viewport().setMouseTracking(True)

    @property
    def columns(self) -> int:
        """Cells beside each other."""
        return max(self.viewport().width() // self._cell.width(), 1)

    def visible_rows(self) -> range:
        """The rows of the model that are in sight."""
        first = self.verticalOffset() // self._cell.height() * self.columns
        down = self.viewport().height() // self._cell.height() + 2
        return range(first, min(first + down * self.columns, self._count()))

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid():
            return QRect()
        line, place = divmod(index.row(), self.columns)
        x, y = place * self._cell.width(), line * self._cell.height() - self.verticalOffset()
        return QRect(QPoint(x, y), self._cell)

    def indexAt(self, point: QPoint) -> QModelIndex:
        model, place = self.model(), point.x() // self._cell.width()
        row = (point.y() + self.verticalOffset()) // self._cell.height() * self.columns + place
        if model is None or not 0 <= place < self.columns or not 0 <= row < self._count():
            return QModelIndex()
        return model.index(row, 0)

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        rect, bar = self.visualRect(index), self.verticalScrollBar()
        if rect.top() < 0:
            bar.setValue(bar.value() + rect.top())
        elif rect.bottom() > self.viewport().height():
            bar.setValue(bar.value() + rect.bottom() - self.viewport().height())

    def moveCursor(self, action: Moves, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        model, now = self.model(), max(self.currentIndex().row(), 0)
        if model is None or not self._count():
            return QModelIndex()
        page = max(self.viewport().height() // self._cell.height(), 1) * self.columns
        step = {
            Moves.MoveLeft: -1,
            Moves.MovePrevious: -1,
            Moves.MoveRight: 1,
            Moves.MoveNext: 1,
            Moves.MoveUp: -self.columns,
            Moves.MoveDown: self.columns,
            Moves.MovePageUp: -page,
            Moves.MovePageDown: page,
            Moves.MoveHome: -self._count(),
            Moves.MoveEnd: self._count(),
        }[action]
        if not self.currentIndex().isValid():
            step = 0
        return model.index(min(max(now + step, 0), self._count() - 1), 0)

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        index, selection = self.indexAt(rect.center()), self.selectionModel()
        if selection is not None and index.isValid():
            selection.select(index, command)

    def visualRegionForSelection(self, selection: object) -> QRegion:
        region = QRegion()
        for index in self.selectedIndexes():
            region = region.united(self.visualRect(index))
        return region

    def updateGeometries(self) -> None:
        bar, lines = self.verticalScrollBar(), -(-self._count() // self.columns)
        bar.setRange(0, max(lines * self._cell.height() - self.viewport().height(), 0))
        bar.setSingleStep(self._cell.height() // 3)
        bar.setPageStep(self.viewport().height())
        super().updateGeometries()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometries()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        super().rowsInserted(parent, start, end)
        self.updateGeometries()
        self.viewport().update()

    def reset(self) -> None:
        super().reset()
        self.updateGeometries()
        self.verticalScrollBar().setValue(0)

    def paintEvent(self, event: QPaintEvent) -> None:
        model, delegate = self.model(), self.itemDelegate()
        painter = QPainter(self.viewport())
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        pointed = self.indexAt(self.viewport().mapFromGlobal(self.cursor().pos()))
        plain = option.state
        for row in self.visible_rows():
            index = model.index(row, 0)
            option.rect = self.visualRect(index)
            option.state = plain
            selection = self.selectionModel()
            if selection is not None and selection.isSelected(index):
                option.state |= QStyle.StateFlag.State_Selected
            if self.hasFocus() and index == self.currentIndex():
                option.state |= QStyle.StateFlag.State_HasFocus
            if index == pointed and self.viewport().underMouse():
                option.state |= QStyle.StateFlag.State_MouseOver
            delegate.paint(painter, option, index)
        painter.end()

    def _count(self) -> int:
        model = self.model()
        return 0 if model is None else model.rowCount(self.rootIndex())
