"""The table of videos."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView

from app.models.rows import RowRole, SortRole
from app.models.videos import Column, VideosModel
from app.session import Session
from app.viewmodels.footage_rows import VideoRow
from app.views.footage_actions import Actions
from app.views.footage_delegates import LINE, NameDelegate, PlainDelegate, StateDelegate
from app.widgets.table import Table
from app.widgets.thumbs import Thumbnails
from reid_core.library import listing

WIDTHS = {
    Column.DURATION: 90,
    Column.FACES: 80,
    Column.BODIES: 80,
    Column.STATE: 200,
    Column.ADDED: 150,
}
NARROW = 760  # px below which the least important column goes


class VideoTable(Table):
    """Sorted by a click on a head, filtered by `look_for`; Delete removes, Enter plays."""

    chosen = Signal(str)  # the key of the row

    def __init__(self, session: Session, actions: Actions) -> None:
        super().__init__(LINE)
        self.rows = VideosModel()
        self._actions = actions
        self._proxy = QSortFilterProxyModel(self)
        self._proxy.setSourceModel(self.rows)
        self._proxy.setSortRole(SortRole)
        self._proxy.setFilterKeyColumn(Column.NAME)
        self._proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setModel(self._proxy)
        posters = Thumbnails(listing.posters(session.library), session.tasks)
        covers = Thumbnails(session.library.media, session.tasks)
        for one in (posters, covers):
            one.setParent(self)
            one.ready.connect(lambda _: self.viewport().update())
        self._delegates = (NameDelegate(posters, covers), StateDelegate(), PlainDelegate())
        self.setItemDelegate(self._delegates[2])
        self.setItemDelegateForColumn(Column.NAME, self._delegates[0])
        self.setItemDelegateForColumn(Column.STATE, self._delegates[1])
        self.setAccessibleName(self.tr("Videos"))
        self._look()
        self.customContextMenuRequested.connect(self._on_menu)
        self.doubleClicked.connect(lambda index: self._default(index.data(RowRole)))

    @property
    def row(self) -> VideoRow | None:
        """The chosen row."""
        index = self.currentIndex()
        return index.data(RowRole) if index.isValid() else None

    def look_for(self, text: str) -> None:
        """Show only videos whose name has the text in it."""
        self._proxy.setFilterFixedString(text)

    def choose(self, key: str) -> None:
        """Choose a row without telling."""
        self.choose_quietly(self._proxy.mapFromSource(self.rows.index_of(key)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.row
        if row is not None and event.key() == Qt.Key.Key_Delete:
            if "remove" in self._actions.possible(row):
                self._actions.do("remove", row)
            return
        if row is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._default(row)
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.setColumnHidden(Column.ADDED, event.size().width() < NARROW)
        super().resizeEvent(event)

    def _default(self, row: VideoRow) -> None:
        """What a double click does: the most likely of what can be done to look at it."""
        for name in ("relink", "resume", "play"):
            if name in self._actions.possible(row):
                self._actions.do(name, row)
                return

    def _look(self) -> None:
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setSortingEnabled(True)
        self._proxy.sort(-1)  # the queue's order first
        head = self.horizontalHeader()
        head.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        head.setSortIndicatorClearable(True)
        head.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in WIDTHS.items():
            self.setColumnWidth(column, width)
        self.selectionModel().currentRowChanged.connect(self._on_current)

    def _on_current(self) -> None:
        if (row := self.row) is not None:
            self.chosen.emit(row.key)

    def _on_menu(self, place: QPoint) -> None:
        index = self.indexAt(place)
        if index.isValid():
            menu = self._actions.menu(index.data(RowRole))
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(self.viewport().mapToGlobal(place))
