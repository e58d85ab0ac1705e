"""The table of videos: a thin adapter over its rows."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QDateTime,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)

from app.viewmodels.footage_rows import VideoRow

RowRole = Qt.ItemDataRole.UserRole
SortRole = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class Column(IntEnum):
    """From left to right."""

    NAME = 0
    DURATION = 1
    FACES = 2
    BODIES = 3
    STATE = 4
    ADDED = 5


class VideosModel(QAbstractTableModel):
    """Rows of videos. RowRole gives the whole row, SortRole a raw value."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[VideoRow] = []
        self._place: dict[str, int] = {}

    def set_rows(self, rows: Sequence[VideoRow]) -> None:
        """Show these. Rows that stay in place are only repainted, so that nothing jumps."""
        if [r.key for r in rows] == [r.key for r in self._rows]:
            for new in [r for r, old in zip(rows, self._rows, strict=True) if r != old]:
                self.update_row(new)
            return
        self.beginResetModel()
        self._rows = list(rows)
        self._place = {r.key: i for i, r in enumerate(self._rows)}
        self.endResetModel()

    def update_row(self, row: VideoRow) -> None:
        """Show a row in place of the one with its key."""
        place = self._place.get(row.key)
        if place is not None:
            self._rows[place] = row
            self.dataChanged.emit(self.index(place, 0), self.index(place, len(Column) - 1))

    def row(self, index: Index) -> VideoRow | None:
        """The row of an index of this model."""
        return self._rows[index.row()] if index.isValid() else None

    def index_of(self, key: str) -> QModelIndex:
        """The first cell of a row; an invalid index when it is not there."""
        place = self._place.get(key)
        return QModelIndex() if place is None else self.index(place, 0)

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            self.tr("Name"),
            self.tr("Length"),
            self.tr("Faces"),
            self.tr("Bodies"),
            self.tr("State"),
            self.tr("Added"),
        )[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index)
        if row is None:
            return None
        column = Column(index.column())
        if role == RowRole:
            return row
        if role == SortRole:
            return _raw(row, column)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole and column is Column.NAME:
            return row.path
        return None

    def _text(self, row: VideoRow, column: Column) -> str:
        locale = QLocale()
        match column:
            case Column.NAME:
                return row.name
            case Column.DURATION:
                return clock(row.duration_s) if row.duration_s else ""
            case Column.FACES:
                return locale.toString(row.faces) if row.id is not None else ""
            case Column.BODIES:
                return locale.toString(row.bodies) if row.id is not None else ""
            case Column.STATE:
                return self.state_text(row)
            case _:
                when = QDateTime.fromString(row.created, Qt.DateFormat.ISODate).toLocalTime()
                return locale.toString(when, QLocale.FormatType.ShortFormat) if row.created else ""

    def state_text(self, row: VideoRow) -> str:
        """What there is to say of a row in a word or two."""
        if row.missing:
            return self.tr("File missing")
        if row.is_recording and row.state == "indexing":
            return self.tr("Recording")
        return {
            "waiting": self.tr("Waiting"),
            "indexing": self.tr("Indexing"),
            "paused": self.tr("Paused"),
            "stopping": self.tr("Stopping"),
            "failed": self.tr("Could not be read"),
            "broken": self.tr("Ends early"),
            "stopped": self.tr("Not finished"),
            "done": self.tr("Indexed"),
        }[row.state]


def clock(seconds: float) -> str:
    """3723.4 -> 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _raw(row: VideoRow, column: Column) -> Any:
    match column:
        case Column.NAME:
            return row.name.casefold()
        case Column.DURATION:
            return row.duration_s or 0.0
        case Column.FACES:
            return row.faces
        case Column.BODIES:
            return row.bodies
        case Column.STATE:
            return row.place if row.is_queued else 1_000_000 + len(row.state)
        case _:
            return row.created


def _alignment(column: int) -> int:
    right = column in (Column.DURATION, Column.FACES, Column.BODIES)
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
