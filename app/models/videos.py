"""The table of videos: a thin adapter over its rows."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from PySide6.QtCore import QLocale, Qt

from app.models.rows import TableRows
from app.viewmodels.footage_rows import VideoRow
from app.words import clock, local_time


class Column(IntEnum):
    """From left to right."""

    NAME = 0
    DURATION = 1
    FACES = 2
    BODIES = 3
    STATE = 4
    ADDED = 5


class VideosModel(TableRows[VideoRow, Column]):
    """Rows of videos."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.key, Column, (Column.DURATION, Column.FACES, Column.BODIES))

    def titles(self) -> tuple[str, ...]:
        return (
            self.tr("Name"),
            self.tr("Length"),
            self.tr("Faces"),
            self.tr("Bodies"),
            self.tr("State"),
            self.tr("Added"),
        )

    def text(self, row: VideoRow, column: Column) -> str:
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
                return local_time(row.created)

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

    def raw(self, row: VideoRow, column: Column) -> Any:
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

    def more(self, row: VideoRow, column: Column, role: int) -> str | None:
        is_path = role == Qt.ItemDataRole.ToolTipRole and column is Column.NAME
        return row.path if is_path else None
