"""The event log as a table: a thin adapter over its rows."""

from __future__ import annotations

import json
from enum import IntEnum

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt

from app.models.rows import TableRows
from app.words import local_time
from reid_core.library.events import Event

ACTIONS = (  # as the library notes them
    QT_TRANSLATE_NOOP("EventLog", "add video"),
    QT_TRANSLATE_NOOP("EventLog", "resume video"),
    QT_TRANSLATE_NOOP("EventLog", "remove video"),
    QT_TRANSLATE_NOOP("EventLog", "relink"),
    QT_TRANSLATE_NOOP("EventLog", "enroll"),
    QT_TRANSLATE_NOOP("EventLog", "rename"),
    QT_TRANSLATE_NOOP("EventLog", "notes"),
    QT_TRANSLATE_NOOP("EventLog", "merge"),
    QT_TRANSLATE_NOOP("EventLog", "split"),
    QT_TRANSLATE_NOOP("EventLog", "move templates"),
    QT_TRANSLATE_NOOP("EventLog", "delete templates"),
    QT_TRANSLATE_NOOP("EventLog", "forget"),
    QT_TRANSLATE_NOOP("EventLog", "import people"),
    QT_TRANSLATE_NOOP("EventLog", "verdict"),
    QT_TRANSLATE_NOOP("EventLog", "undo"),
    QT_TRANSLATE_NOOP("EventLog", "redo"),
    QT_TRANSLATE_NOOP("EventLog", "use model"),
    QT_TRANSLATE_NOOP("EventLog", "embed again"),
    QT_TRANSLATE_NOOP("EventLog", "erase events"),
    QT_TRANSLATE_NOOP("EventLog", "keep as it is"),
    QT_TRANSLATE_NOOP("EventLog", "pool"),
    QT_TRANSLATE_NOOP("EventLog", "calibrate"),
    QT_TRANSLATE_NOOP("EventLog", "remove calibration"),
    QT_TRANSLATE_NOOP("EventLog", "retrain"),
    QT_TRANSLATE_NOOP("EventLog", "retrained"),
    QT_TRANSLATE_NOOP("EventLog", "retraining stopped"),
    QT_TRANSLATE_NOOP("EventLog", "accept retraining"),
    QT_TRANSLATE_NOOP("EventLog", "drop retraining"),
    QT_TRANSLATE_NOOP("EventLog", "back from retraining"),
)


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
        action = QCoreApplication.translate("EventLog", row.action)
        return (local_time(row.time), action, in_words(row.payload))[column]

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
