"""What the item models have in common: frozen rows, each known by a key, shown as they change.

That a model says what is abstract here is checked with the types; Qt's metaclass does not look.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractListModel,
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)

from app.tips import plain_tip

RowRole = Qt.ItemDataRole.UserRole  # the whole row
SortRole = Qt.ItemDataRole.UserRole + 1  # a raw value
TEXTS = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()

Row = TypeVar("Row")
Column = TypeVar("Column", bound=IntEnum)

if TYPE_CHECKING:
    from PySide6.QtCore import QAbstractItemModel as _Model
else:
    _Model = object  # `ListRows` and `TableRows` bring in Qt's class


class _Rows(Generic[Row], _Model):
    """The rows themselves. key: by what a row is known. width: columns."""

    def __init__(self, key: Callable[[Row], Hashable], width: int = 1) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self._key, self._width = key, width
        self._places: dict[Hashable, int] = {}

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these. Nothing jumps where rows stay in place or only some come behind them."""
        n_old = len(self._rows)
        stay = [self._key(r) for r in rows[:n_old]] == [self._key(r) for r in self._rows]
        if not stay or (rows and not n_old):
            self.beginResetModel()
            self._rows = list(rows)
            self._find_places()
            self.endResetModel()
            return
        for place, row in enumerate(rows[:n_old]):
            if row != self._rows[place]:
                self._put(place, row)
        self._insert(n_old, rows[n_old:])

    def update_row(self, row: Row) -> None:
        """Show a row in place of the one with its key, if that is there."""
        place = self._places.get(self._key(row))
        if place is not None:
            self._put(place, row)

    def row(self, index: Index) -> Row | None:
        """The row of an index of this model."""
        return self._rows[index.row()] if index.isValid() else None

    def index_of(self, key: Hashable) -> QModelIndex:
        """The first cell of a row; an invalid index when it is not there."""
        place = self._places.get(key)
        return ROOT if place is None else self.index(place, 0)

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def _put(self, place: int, row: Row) -> None:
        """One at a time: a filter sorts rightly only what it has been told of."""
        self._rows[place] = row
        self._repaint(place, place)

    def _repaint(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, self._width - 1))

    def _insert(self, place: int, rows: Iterable[Row]) -> None:
        if new := list(rows):
            self.beginInsertRows(ROOT, place, place + len(new) - 1)
            self._rows[place:place] = new
            self._find_places()
            self.endInsertRows()

    def _remove(self, first: int, last: int) -> None:
        self.beginRemoveRows(ROOT, first, last)
        del self._rows[first : last + 1]
        self._find_places()
        self.endRemoveRows()

    def _find_places(self) -> None:
        self._places = {self._key(r): i for i, r in enumerate(self._rows)}


def _told(value: Any, role: int) -> Any:
    return plain_tip(value) if role == Qt.ItemDataRole.ToolTipRole and value else value


class ListRows(_Rows[Row], QAbstractListModel):
    """A list; what it says of a row is `cell`."""

    @abstractmethod
    def cell(self, row: Row, role: int) -> Any:
        """What there is of a row in a role, SortRole among them; None for nothing."""

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index)
        if row is None or role == RowRole:
            return row
        return _told(self.cell(row, role), role)


class TableRows(_Rows[Row], QAbstractTableModel, Generic[Row, Column]):
    """A table; what it says is `titles`, `text`, `raw` and `more`. right: aligned to there."""

    def __init__(
        self,
        key: Callable[[Row], Hashable],
        columns: type[Column],
        right: Sequence[Column] = (),
    ) -> None:
        super().__init__(key, len(columns))
        self._columns, self._right = columns, right

    @abstractmethod
    def titles(self) -> Sequence[str]:
        """The words above the columns."""

    @abstractmethod
    def text(self, row: Row, column: Column) -> str:
        """What a cell says."""

    @abstractmethod
    def raw(self, row: Row, column: Column) -> Any:
        """What a column is sorted by."""

    def more(self, row: Row, column: Column, role: int) -> Any:
        """What there is of a cell in any other role; None for nothing."""
        return None

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else self._width

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < self._width:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        return self.titles()[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index)
        if row is None or role == RowRole:
            return row
        column = self._columns(index.column())
        if role == SortRole:
            return self.raw(row, column)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(column)
        return _told(self.more(row, column, role), role)

    def _alignment(self, column: int) -> int:
        side = Qt.AlignmentFlag.AlignRight if column in self._right else Qt.AlignmentFlag.AlignLeft
        return int(side | Qt.AlignmentFlag.AlignVCenter)
