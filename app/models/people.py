"""The people enrolled, for a grid and for lists to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from reid_core.library.people import Portrait

RowRole = Qt.ItemDataRole.UserRole
SortRole = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
ORDERS = ("name", "newest", "templates")


class PeopleModel(QAbstractListModel):
    """Rows of `Portrait`; SortRole gives what `order` says: one of ORDERS."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Portrait] = []
        self._place: dict[int, int] = {}
        self.order = "name"

    def set_rows(self, rows: Sequence[Portrait]) -> None:
        """Show these. People who stay in place are only repainted, so that nothing jumps."""
        if [r.id for r in rows] == [r.id for r in self._rows]:
            changed = [i for i, r in enumerate(rows) if r != self._rows[i]]
            self._rows = list(rows)
            for i in changed:
                self.dataChanged.emit(self.index(i), self.index(i))
            return
        self.beginResetModel()
        self._rows = list(rows)
        self._place = {r.id: i for i, r in enumerate(self._rows)}
        self.endResetModel()

    def row(self, index: Index) -> Portrait | None:
        """The row of an index of this model."""
        return self._rows[index.row()] if index.isValid() else None

    def index_of(self, person: int) -> QModelIndex:
        """Where somebody is; an invalid index when they are not there."""
        place = self._place.get(person)
        return QModelIndex() if place is None else self.index(place)

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index)
        if row is None:
            return None
        if role == RowRole:
            return row
        if role == SortRole:
            return self._sort_value(row)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return row.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.name}, {counts(row)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join((row.name, counts(row), *row.notes.splitlines()[:3]))
        return None

    def _sort_value(self, row: Portrait) -> Any:
        """Rising in the order that is wanted; the list is in order of name already."""
        if self.order == "newest":
            return row.created
        if self.order == "templates":
            return row.faces + row.bodies
        return self._place[row.id]


class PeopleFilter(QSortFilterProxyModel):
    """Whose name or notes hold every word that is typed, in the wanted order."""

    def __init__(self, people: PeopleModel) -> None:
        super().__init__()
        self._people = people
        self._words: list[str] = []
        self.setSourceModel(people)
        self.setSortRole(SortRole)
        self.set_order(people.order)

    def look_for(self, text: str) -> None:
        """Show only those who fit."""
        if (words := text.casefold().split()) != self._words:
            self._words = words
            self.invalidate()

    def set_order(self, order: str) -> None:
        """One of ORDERS; names rise, newness and templates fall."""
        if order not in ORDERS:
            raise ValueError(f"order is {order!r}, expected one of {', '.join(ORDERS)}")
        self._people.order = order
        falls = order != "name"
        self.sort(0, Qt.SortOrder.DescendingOrder if falls else Qt.SortOrder.AscendingOrder)
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        row = self._people.row(self._people.index(source_row))
        if row is None or not self._words:
            return row is not None
        text = f"{row.name}\n{row.notes}".casefold()
        return all(word in text for word in self._words)

    def row(self, index: Index) -> Portrait | None:
        """The row of an index of this model."""
        found: Portrait | None = index.data(RowRole) if index.isValid() else None
        return found

    def index_of(self, person: int) -> QModelIndex:
        """Where somebody is; an invalid index when they are not shown."""
        return self.mapFromSource(self._people.index_of(person))


def counts(row: Portrait) -> str:
    """How many templates and confirmed sightings somebody has."""
    tr = QCoreApplication.translate
    n = row.faces + row.bodies
    words = [
        tr("People", "1 template") if n == 1 else tr("People", "{} templates").format(n),
    ]
    if row.confirmed:
        words.append(tr("People", "{} confirmed").format(row.confirmed))
    return " · ".join(words)
