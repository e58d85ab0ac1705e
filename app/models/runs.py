"""The list of training runs: a thin adapter over its rows."""

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

from app.viewmodels.train_runs import RunRow

RowRole = Qt.ItemDataRole.UserRole
SortRole = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class Column(IntEnum):
    """From left to right."""

    NAME = 0
    STARTED = 1
    DATA = 2
    STATE = 3
    BEST = 4


class RunsModel(QAbstractTableModel):
    """Rows of runs. RowRole gives the whole row, SortRole a raw value."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[RunRow] = []

    def set_rows(self, rows: Sequence[RunRow]) -> None:
        """Show these. Rows that stay in place are only repainted, so that nothing jumps."""
        if [r.folder for r in rows] == [r.folder for r in self._rows]:
            for new in [r for r, old in zip(rows, self._rows, strict=True) if r != old]:
                self.update_row(new)
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def update_row(self, row: RunRow) -> None:
        """Show a row in place of the one of its folder."""
        place = self.index_of(row.folder).row()
        if place >= 0:
            self._rows[place] = row
            self.dataChanged.emit(self.index(place, 0), self.index(place, len(Column) - 1))

    def row(self, index: Index) -> RunRow | None:
        """The row of an index of this model."""
        return self._rows[index.row()] if index.isValid() else None

    def index_of(self, folder: str) -> QModelIndex:
        """The first cell of a run; an invalid index when it is not there."""
        place = next((i for i, r in enumerate(self._rows) if r.folder == folder), -1)
        return self.index(place, 0) if place >= 0 else QModelIndex()

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation is not Qt.Orientation.Horizontal:
            return None
        if not 0 <= section < len(Column):
            return None
        return (
            self.tr("Name"),
            self.tr("Started"),
            self.tr("Data"),
            self.tr("State"),
            self.tr("Best"),
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
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.folder
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.name}, {self.state_text(row)}"
        return None

    def _text(self, row: RunRow, column: Column) -> str:
        match column:
            case Column.NAME:
                return row.name
            case Column.STARTED:
                when = QDateTime.fromString(row.started, Qt.DateFormat.ISODate).toLocalTime()
                form = QLocale.FormatType.ShortFormat
                return QLocale().toString(when, form) if when.isValid() else ""
            case Column.DATA:
                return row.data
            case Column.STATE:
                return self.state_text(row)
            case _:
                return best_text(row)

    def state_text(self, row: RunRow) -> str:
        """How it stands, in a word or two."""
        words = {
            "starting": self.tr("Starting"),
            "training": self.tr("Training"),
            "validating": self.tr("Checking"),
            "paused": self.tr("Paused"),
            "elsewhere": self.tr("Running elsewhere"),
            "interrupted": self.tr("Interrupted"),
            "stopped": self.tr("Stopped"),
            "early": self.tr("Finished early"),
            "done": self.tr("Finished"),
            "failed": self.tr("Failed"),
        }
        return words.get(row.state, row.state)


def best_text(row: RunRow) -> str:
    """The best validation as a share: "mAP 84.2%"."""
    return f"{metric_name(row.metric)} {row.best:.1%}" if row.best is not None else ""


def metric_name(metric: str) -> str:
    """As the literature writes it."""
    names = {"rank1": "Rank-1", "rank5": "Rank-5", "recall@1": "Recall@1"}
    return names.get(metric, metric)


def _raw(row: RunRow, column: Column) -> Any:
    match column:
        case Column.NAME:
            return row.name.casefold()
        case Column.STARTED:
            return row.started
        case Column.DATA:
            return row.data.casefold()
        case Column.STATE:
            return row.state
        case _:
            return -1.0 if row.best is None else row.best
