"""The people enrolled, for a grid and for lists to choose from."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication, QModelIndex, QSortFilterProxyModel, Qt

from app.models.rows import Index, ListRows, RowRole, SortRole
from reid_core.library.people import Portrait

ORDERS = ("name", "newest", "templates")


class PeopleModel(ListRows[Portrait]):
    """Rows of `Portrait`; SortRole gives what `order` says: one of ORDERS."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.id)
        self.order = "name"

    def cell(self, row: Portrait, role: int) -> Any:
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
        return self._places[row.id]


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
    translate = QCoreApplication.translate
    n = row.faces + row.bodies
    words = [
        translate("People", "1 template")
        if n == 1
        else translate("People", "{} templates").format(n),
    ]
    if row.confirmed:
        words.append(translate("People", "{} confirmed").format(row.confirmed))
    return " · ".join(words)
