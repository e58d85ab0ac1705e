"""The event log as a table: a thin adapter over its rows."""

from __future__ import annotations

import json
from enum import IntEnum

from PySide6.QtCore import Qt

from app.models.rows import TableRows
from app.words import local_time
from reid_core.library.events import Event


class Column(IntEnum):
    """From left to right."""

    TIME = 0
    ACTION = 1
    DETAILS = 2


class EventsModel(TableRows[Event, Column]):
    """Rows of events."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.id, Column)

    def titles(self) -> tuple[str, ...]:
        return self.tr("When"), self.tr("What was done"), self.tr("Ids and numbers")

    def text(self, row: Event, column: Column) -> str:
        return (local_time(row.time), row.action, in_words(row.payload))[column]

    def raw(self, row: Event, column: Column) -> int | str:
        return (row.id, row.action, row.payload)[column]

    def more(self, row: Event, column: Column, role: int) -> str | None:
        return self.text(row, column) if role == Qt.ItemDataRole.ToolTipRole else None


def in_words(payload: str) -> str:
    """{"video": 3, "until_s": 60.0} -> video 3, until_s 60.0."""
    try:
        known = json.loads(payload)
    except ValueError:
        return payload
    if not isinstance(known, dict):
        return payload
    return ", ".join(f"{key} {value}" for key, value in known.items())
