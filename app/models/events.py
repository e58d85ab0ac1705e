"""The event log as a table: a thin adapter over its rows."""

from __future__ import annotations

import json
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
    QTimeZone,
)

from reid_core.library.events import Event

RowRole = Qt.ItemDataRole.UserRole
SortRole = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class Column(IntEnum):
    """From left to right."""

    TIME = 0
    ACTION = 1
    DETAILS = 2


class EventsModel(QAbstractTableModel):
    """Rows of events. RowRole gives the whole row, SortRole a raw value."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Event] = []

    def set_rows(self, rows: Sequence[Event]) -> None:
        """Show these."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

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
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (self.tr("When"), self.tr("What was done"), self.tr("Ids and numbers"))[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], Column(index.column())
        if role == RowRole:
            return row
        if role == SortRole:
            return (row.id, row.action, row.payload)[column]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return (local_time(row.time), row.action, in_words(row.payload))[column]
        return None


def local_time(time: str) -> str:
    """A stored moment as a clock here would show it."""
    when = QDateTime.fromString(time, Qt.DateFormat.ISODate)
    when.setTimeZone(QTimeZone.utc()) if when.timeSpec() is Qt.TimeSpec.LocalTime else None
    return QLocale().toString(when.toLocalTime(), QLocale.FormatType.ShortFormat)


def in_words(payload: str) -> str:
    """{"video": 3, "until_s": 60.0} -> video 3, until_s 60.0."""
    try:
        known = json.loads(payload)
    except ValueError:
        return payload
    if not isinstance(known, dict):
        return payload
    return ", ".join(f"{key} {value}" for key, value in known.items())
