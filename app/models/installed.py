"""The table of models: a thin adapter over its rows."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from PySide6.QtCore import QLocale, Qt

from app.models.rows import TableRows
from app.viewmodels.models_rows import ROLES, STATES, ModelRow
from app.words import file_size
from reid_core.models.manifest import Role


class Column(IntEnum):
    """From left to right."""

    NAME = 0
    ROLE = 1
    STATE = 2
    LICENCE = 3
    SIZE = 4
    SPEED = 5
    SOURCE = 6


class InstalledModel(TableRows[ModelRow, Column]):
    """Rows of models, known by their names."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.name, Column, (Column.SIZE, Column.SPEED))

    def titles(self) -> tuple[str, ...]:
        return (
            self.tr("Model"),
            self.tr("What it does"),
            self.tr("State"),
            self.tr("Licence"),
            self.tr("Size"),
            self.tr("Speed here"),
            self.tr("From"),
        )

    def text(self, row: ModelRow, column: Column) -> str:
        match column:
            case Column.NAME:
                return row.name
            case Column.ROLE:
                return self.role_text(row.role)
            case Column.STATE:
                return self.state_text(row)
            case Column.LICENCE:
                return row.manifest.licence
            case Column.SIZE:
                return file_size(row.size) if row.size else ""
            case Column.SPEED:
                return self.speed_text(row.ms)
            case Column.SOURCE:
                return self.source_text(row)

    def role_text(self, role: Role) -> str:
        """A role in plain words."""
        return {
            Role.FACE_DETECTOR: self.tr("Finds faces"),
            Role.FACE_EMBEDDER: self.tr("Recognises faces"),
            Role.PERSON_DETECTOR: self.tr("Finds people"),
            Role.BODY_EMBEDDER: self.tr("Recognises bodies"),
            Role.FACE_QUALITY: self.tr("Rates face pictures"),
        }[role]

    def state_text(self, row: ModelRow) -> str:
        """What is with it, or what is being done."""
        if row.doing:
            return {
                "fetching": self.tr("Fetching"),
                "switching": self.tr("Embedding again"),
                "measuring": self.tr("Measuring"),
            }[row.doing]
        return {
            "in use": self.tr("In use"),
            "needed": self.tr("Not installed"),
            "installed": self.tr("Part of Cameo") if row.is_builtin else self.tr("Installed"),
            "damaged": self.tr("File missing"),
            "available": self.tr("Available"),
        }[row.state]

    def terms_text(self, row: ModelRow) -> str:
        """A badge for what the licence forbids; "" when commercial use is allowed."""
        return {
            "": "",
            "research": self.tr("Research data"),
            "noncommercial": self.tr("Non-commercial"),
            "unknown": self.tr("Terms unknown"),
        }[row.terms]

    def source_text(self, row: ModelRow) -> str:
        """Where it comes from."""
        if row.is_builtin or row.is_shipped:
            return self.tr("Part of Cameo")
        if row.is_imported:
            return self.tr("Your own: {}").format(row.manifest.source.removeprefix("file "))
        return row.manifest.source

    def speed_text(self, ms: float | None) -> str:
        """Milliseconds a picture in as many digits as are worth something."""
        if ms is None:
            return ""
        digits = 0 if ms >= 10 else 1 if ms >= 1 else 2
        return self.tr("{} ms").format(QLocale().toString(ms, "f", digits))

    def raw(self, row: ModelRow, column: Column) -> Any:
        match column:
            case Column.NAME:
                return row.name.casefold()
            case Column.ROLE:
                return ROLES.index(row.role) * 10 + STATES.index(row.state)
            case Column.STATE:
                return STATES.index(row.state) * 10 + ROLES.index(row.role)
            case Column.LICENCE:
                return f"{row.terms} {row.manifest.licence}".casefold()
            case Column.SIZE:
                return row.size
            case Column.SPEED:
                return row.ms if row.ms is not None else float("inf")
            case Column.SOURCE:
                return self.source_text(row).casefold()

    def more(self, row: ModelRow, column: Column, role: int) -> str | None:
        is_long = column in (Column.LICENCE, Column.SOURCE)
        return self.text(row, column) if role == Qt.ItemDataRole.ToolTipRole and is_long else None
