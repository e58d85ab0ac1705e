"""The people enrolled, for a grid and for lists to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, QModelIndex, QSortFilterProxyModel, Qt

from app.models.rows import Index, ListRows, RowRole
from reid_core.library.people import Portrait

ORDERS = ("name", "newest", "templates")


class PeopleModel(ListRows[Portrait]):
    """Rows of `Portrait` in one of ORDERS; they are given by name."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.id)
        self._order = "name"
        self._by_name: tuple[Portrait, ...] = ()

    def set_rows(self, rows: Sequence[Portrait]) -> None:
        """Show these."""
        self._by_name = tuple(rows)
        super().set_rows(self._in_order())

    def set_order(self, order: str) -> None:
        """One of ORDERS; names rise, newness and templates fall."""
        if order not in ORDERS:
            raise ValueError(f"order is {order!r}, expected one of {', '.join(ORDERS)}")
        self._order = order
        super().set_rows(self._in_order())

    def cell(self, row: Portrait, role: int) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return row.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.name}, {counts(row)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join((row.name, counts(row), *row.notes.splitlines()[:3]))
        return None

    def _in_order(self) -> list[Portrait]:
        """A proxy would ask for two values a comparison, which takes a second for thousands."""
        if self._order == "newest":
            return sorted(self._by_name, key=lambda r: r.created, reverse=True)
        if self._order == "templates":
            return sorted(self._by_name, key=lambda r: r.faces + r.bodies, reverse=True)
        return list(self._by_name)


class PeopleFilter(QSortFilterProxyModel):
    """Whose name or notes hold every word that is typed, in the model's order."""

    def __init__(self, people: PeopleModel) -> None:
        super().__init__()
        self._people = people
        self._words: list[str] = []
        self.setSourceModel(people)

    def look_for(self, text: str) -> None:
        """Show only those who fit."""
        if (words := text.casefold().split()) != self._words:
            self._words = words
            self.invalidate()

    def set_order(self, order: str) -> None:
        """One of ORDERS; see `PeopleModel.set_order`."""
        self._people.set_order(order)

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
