"""The grid of people."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QListView

from app.models.people import PeopleFilter, PeopleModel
from app.widgets.person_card import NARROW, PersonCard
from app.widgets.scrolling import keep_room
from app.widgets.thumbs import Thumbnails
from reid_core.library.people import Portrait

Flag = QItemSelectionModel.SelectionFlag


class PeopleGrid(QListView):
    """Portraits side by side. Several can be selected; the current one is looked at."""

    chosen = Signal(object)  # the id of the one looked at, None when nobody is
    selection_changed = Signal()
    opened = Signal()  # Enter or a double click
    rename_asked = Signal()  # F2
    menu_asked = Signal(QPoint)  # where, on the screen

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self.people = PeopleModel()
        self.filter = PeopleFilter(self.people)
        self._card = PersonCard(thumbs)
        self.setModel(self.filter)
        self.setItemDelegate(self._card)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        keep_room(self)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("People"))
        self.setMinimumWidth(self._card.width + 40)
        self.setAcceptDrops(True)
        thumbs.ready.connect(self._on_ready)
        self.doubleClicked.connect(lambda _: self.opened.emit())
        self.customContextMenuRequested.connect(self._on_menu)

    @property
    def selected(self) -> list[Portrait]:
        """Everybody selected; the one looked at comes first."""
        rows = [self.filter.row(i) for i in self.selectedIndexes()]
        current = self.filter.row(self.currentIndex())
        return sorted((r for r in rows if r is not None), key=lambda r: r != current)

    def choose(self, person: int) -> None:
        """Look at somebody, unless they are looked at already, and bring them into view."""
        index = self.filter.index_of(person)
        current = self.filter.row(self.currentIndex())
        is_there = current is not None and current.id == person
        if index.isValid() and not (is_there and self.selectedIndexes()):
            self.selectionModel().setCurrentIndex(index, Flag.ClearAndSelect)
            self.scrollTo(index)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self.selection_changed.emit()
        some = self.selected
        self.chosen.emit(some[0].id if some else None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The cells share the width."""
        across = max(1, self.viewport().width() // NARROW)
        self._card.width = max(self.viewport().width() // across - 1, NARROW)
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        elif event.key() == Qt.Key.Key_F2:
            self.rename_asked.emit()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.ignore()  # the page takes what is dropped, also for somebody

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        event.ignore()

    def person_at(self, place: QPoint) -> Portrait | None:
        """Who is under a place of the viewport."""
        return self.filter.row(self.indexAt(place))

    def _on_menu(self, place: QPoint) -> None:
        if self.person_at(place) is not None:
            self.menu_asked.emit(self.viewport().mapToGlobal(place))

    def _on_ready(self, _: str) -> None:
        self.viewport().update()
