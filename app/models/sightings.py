"""The sightings of a search, the lanes of their videos, and the people to search for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.models.videos import clock
from app.viewmodels.search_rows import Lane, PersonRow, Row

RowRole = Qt.ItemDataRole.UserRole
SortRole = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
TEXTS = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)


class SightingsModel(QAbstractListModel):
    """Rows of `Row`; SortRole gives the place by likelihood."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these. Rows that stay in place are only painted anew, so that nothing jumps."""
        if [r.key for r in rows] == [r.key for r in self._rows]:
            changed = [i for i, r in enumerate(rows) if r != self._rows[i]]
            self._rows = list(rows)
            for i in changed:
                self.dataChanged.emit(self.index(i), self.index(i))
            return
        gone = _one_gone([r.key for r in self._rows], [r.key for r in rows])
        if gone is not None:
            self.beginRemoveRows(QModelIndex(), gone, gone)
            self._rows = list(rows)
            self.endRemoveRows()
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def row(self, index: Index) -> Row | None:
        """The row of an index of this model."""
        return self._rows[index.row()] if index.isValid() else None

    def index_of(self, key: str) -> QModelIndex:
        """Where a row is; an invalid index when it is not there."""
        place = next((i for i, r in enumerate(self._rows) if r.key == key), None)
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
            return row.place
        if role in TEXTS:
            return self._text(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.sighting.video
        return None

    def _text(self, row: Row) -> str:
        one = row.sighting
        word = self.tr("likely") if row.is_likely else self.tr("possible")
        word = {"same": self.tr("confirmed"), "different": self.tr("somebody else")}.get(
            one.verdict or "", word
        )
        kind = self.tr("face") if one.kind == "face" else self.tr("body")
        times = f"{clock(one.start_s)}–{clock(one.end_s)}"
        return f"{row.name}, {times}, {row.likeness}, {word}, {kind}"


class LanesModel(QAbstractListModel):
    """Rows of `Lane`; SortRole gives the number of likely sightings."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Lane] = []

    def set_rows(self, rows: Sequence[Lane]) -> None:
        """Show these."""
        if [r.path for r in rows] == [r.path for r in self._rows]:
            self._rows = list(rows)
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def row(self, index: Index) -> Lane | None:
        """The row of an index of this model."""
        return self._rows[index.row()] if index.isValid() else None

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        lane = self.row(index)
        if lane is None:
            return None
        if role == RowRole:
            return lane
        if role == SortRole:
            return lane.n_likely
        if role in TEXTS:
            return self.tr("{name}: {n} likely of {all}").format(
                name=lane.name, n=lane.n_likely, all=len(lane.spans)
            )
        return None


class PeopleModel(QAbstractListModel):
    """Rows of `PersonRow` in order of name."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[PersonRow] = []

    def set_rows(self, rows: Sequence[PersonRow]) -> None:
        """Show these."""
        if list(rows) == self._rows:
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def row(self, index: Index) -> PersonRow | None:
        """The row of an index of this model."""
        return self._rows[index.row()] if index.isValid() else None

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index)
        if row is None:
            return None
        if role == RowRole:
            return row
        if role == SortRole:
            return row.name.casefold()
        if role in (*TEXTS, Qt.ItemDataRole.EditRole):
            return row.name
        return None


class VideoChoice(QAbstractListModel):
    """Videos with a tick each. Rows are (id, name, path)."""

    chosen_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[int, str, str]] = []
        self._left_out: set[int] = set()

    @property
    def chosen(self) -> tuple[int, ...] | None:
        """The ids that are ticked; None when all are."""
        if not self._left_out:
            return None
        return tuple(r[0] for r in self._rows if r[0] not in self._left_out)

    def set_rows(self, rows: Sequence[tuple[int, str, str]], chosen: Sequence[int] | None) -> None:
        """Show these; chosen: None for all."""
        self.beginResetModel()
        self._rows = list(rows)
        kept = None if chosen is None else set(chosen)
        self._left_out = set() if kept is None else {r[0] for r in rows if r[0] not in kept}
        self.endResetModel()

    def choose_all(self, on: bool) -> None:
        """Tick all, or none."""
        self._left_out = set() if on else {r[0] for r in self._rows}
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))
        self.chosen_changed.emit()

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        more = Qt.ItemFlag.ItemIsUserCheckable if index.isValid() else Qt.ItemFlag.NoItemFlags
        return super().flags(index) | more

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == RowRole:
            return row
        if role == Qt.ItemDataRole.CheckStateRole:
            ticked = row[0] not in self._left_out
            return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        if role in TEXTS:
            return row[1]
        return row[2] if role == Qt.ItemDataRole.ToolTipRole else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if not index.isValid() or role != Qt.ItemDataRole.CheckStateRole:
            return False
        one = self._rows[index.row()][0]
        ticked = Qt.CheckState(value) is Qt.CheckState.Checked
        (self._left_out.discard if ticked else self._left_out.add)(one)
        self.dataChanged.emit(index, index)
        self.chosen_changed.emit()
        return True


def _one_gone(before: Sequence[str], after: Sequence[str]) -> int | None:
    """Where the one row was that is missing now; None when more has changed."""
    if len(before) != len(after) + 1:
        return None
    place = next((i for i, (a, b) in enumerate(zip(before, after)) if a != b), len(after))
    return place if list(before[place + 1 :]) == list(after[place:]) else None
