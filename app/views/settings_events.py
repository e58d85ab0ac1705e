"""The event log, for whoever wants to see what is kept in it."""

from __future__ import annotations

from PySide6.QtCore import QLocale, QSortFilterProxyModel, Qt
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app import theme
from app.models.events import Column, EventsModel
from app.models.rows import SortRole
from app.viewmodels.settings import SHOWN_EVENTS, SettingsPage
from app.widgets.parts import button, label, row
from app.widgets.table import Table
from reid_core.library.events import Event

LINE = 28  # px


class EventsDialog(QDialog):
    """The latest events. Nothing can be changed here."""

    def __init__(self, page: SettingsPage, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Event log"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(720, 520)
        self.rows = EventsModel()
        self._line = label("", "muted", wrap=True)
        self.table = Table(LINE)
        self._proxy = QSortFilterProxyModel(self)
        self._proxy.setSourceModel(self.rows)
        self._proxy.setSortRole(SortRole)
        self.table.setModel(self._proxy)
        self.table.setAccessibleName(self.tr("Events"))
        self._look()
        whole = QVBoxLayout(self)
        whole.setSpacing(theme.GAP)
        whole.addWidget(self._line)
        whole.addWidget(self.table, 1)
        close = button(self.tr("Close"), self.accept)
        close.setDefault(True)
        whole.addLayout(row(None, close))
        page.events_read.connect(self.show_events)
        page.read_events()

    def show_events(self, events: list[Event]) -> None:
        """Fill the table."""
        self.rows.set_rows(events)
        n = QLocale().toString(len(events))
        line = self.tr("{} events: what was done and when, with ids and numbers only.")
        if len(events) == SHOWN_EVENTS:
            line = self.tr("The latest {} events: what was done and when, ids and numbers only.")
        self._line.setText(line.format(n))

    def _look(self) -> None:
        table = self.table
        table.setSortingEnabled(True)
        table.sortByColumn(Column.TIME, Qt.SortOrder.DescendingOrder)
        table.setColumnWidth(Column.TIME, 150)
        table.setColumnWidth(Column.ACTION, 170)
        table.horizontalHeader().setStretchLastSection(True)
