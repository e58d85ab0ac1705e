"""The list of training runs: a thin adapter over its rows."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from PySide6.QtCore import Qt

from app.models.rows import TableRows
from app.viewmodels.train_runs import RunRow
from app.words import local_time, percent


class Column(IntEnum):
    """From left to right."""

    NAME = 0
    STARTED = 1
    DATA = 2
    STATE = 3
    BEST = 4


class RunsModel(TableRows[RunRow, Column]):
    """Rows of runs, known by their folders."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.folder, Column)

    def titles(self) -> tuple[str, ...]:
        return (
            self.tr("Name"),
            self.tr("Started"),
            self.tr("Data"),
            self.tr("State"),
            self.tr("Best"),
        )

    def text(self, row: RunRow, column: Column) -> str:
        match column:
            case Column.NAME:
                return row.name
            case Column.STARTED:
                return local_time(row.started)
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

    def raw(self, row: RunRow, column: Column) -> Any:
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

    def more(self, row: RunRow, column: Column, role: int) -> str | None:
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.folder
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.name}, {self.state_text(row)}"
        return None


def best_text(row: RunRow) -> str:
    """The best validation as a share: "mAP 84.2%"."""
    return f"{metric_name(row.metric)} {percent(row.best, 1)}" if row.best is not None else ""


def metric_name(metric: str) -> str:
    """As the literature writes it."""
    names = {"rank1": "Rank-1", "rank5": "Rank-5", "recall@1": "Recall@1"}
    return names.get(metric, metric)
