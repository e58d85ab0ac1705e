"""The table of models: a thin adapter over its rows."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QLocale, QModelIndex, QPersistentModelIndex, Qt

from app.viewmodels.models_rows import ROLES, STATES, ModelRow
from reid_core.models.manifest import Role

SI = QLocale.DataSizeFormat.DataSizeSIFormat
RowRole = Qt.ItemDataRole.UserRole
SortRole = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
RIGHT = ("SIZE", "SPEED")


class Column(IntEnum):
    """From left to right."""

    NAME = 0
    ROLE = 1
    STATE = 2
    LICENCE = 3
    SIZE = 4
    SPEED = 5
    SOURCE = 6


class InstalledModel(QAbstractTableModel):
    """Rows of models. RowRole gives the whole row, SortRole a raw value."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[ModelRow] = []

    def set_rows(self, rows: Sequence[ModelRow]) -> None:
        """Show these. Rows that stay in place are only repainted, so that nothing jumps."""
        if [r.name for r in rows] == [r.name for r in self._rows]:
            for new in [r for r, old in zip(rows, self._rows, strict=True) if r != old]:
                self.update_row(new)
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def update_row(self, row: ModelRow) -> None:
        """Show a row in place of the one of its name."""
        place = self.index_of(row.name).row()
        if place >= 0:
            self._rows[place] = row
            self.dataChanged.emit(self.index(place, 0), self.index(place, len(Column) - 1))

    def row(self, index: Index) -> ModelRow | None:
        """The row of an index of this model."""
        return self._rows[index.row()] if index.isValid() else None

    def index_of(self, name: str) -> QModelIndex:
        """The first cell of a row; an invalid index when it is not there."""
        place = next((i for i, r in enumerate(self._rows) if r.name == name), None)
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
            self.tr("Model"),
            self.tr("What it does"),
            self.tr("State"),
            self.tr("Licence"),
            self.tr("Size"),
            self.tr("Speed here"),
            self.tr("From"),
        )[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index)
        if row is None:
            return None
        column = Column(index.column())
        if role == RowRole:
            return row
        if role == SortRole:
            return self._raw(row, column)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole and column in (Column.LICENCE, Column.SOURCE):
            return self.text(row, column)
        return None

    def text(self, row: ModelRow, column: Column) -> str:
        """What a cell says."""
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
                return QLocale().formattedDataSize(row.size, 1, SI) if row.size else ""
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

    def _raw(self, row: ModelRow, column: Column) -> Any:
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


def _alignment(column: int) -> int:
    right = Column(column).name in RIGHT
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
