"""Old against new: a row for each measure, with the interval of its difference."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from PySide6.QtCore import Qt

from app.from_core import in_window
from app.models.rows import TableRows
from app.viewmodels.retrain_words import figure_name, figures_of, points
from app.words import percent
from reid_core.library.retrainings import Run


class Column(IntEnum):
    """From left to right."""

    NAME = 0
    OLD = 1
    NEW = 2
    BAR = 3
    CHANGE = 4


@dataclass(frozen=True, slots=True)
class FigureRow:
    """low, high: 95 % interval of new - old. verdict: 1 better for sure, -1 worse, 0 neither.

    reach: the largest of any interval of the table, to which bars are drawn.
    """

    name: str
    old: float
    new: float
    low: float
    high: float
    basis: str
    verdict: int
    lower_is_better: bool
    reach: float


class FiguresModel(TableRows[FigureRow, Column]):
    """Rows of `FigureRow`."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.name, Column, (Column.OLD, Column.NEW))

    def titles(self) -> tuple[str, ...]:
        return (
            self.tr("On what was held out"),
            self.tr("Old"),
            self.tr("New"),
            self.tr("Worse | better"),
            self.tr("Difference, 95%"),
        )

    def text(self, row: FigureRow, column: Column) -> str:
        match column:
            case Column.NAME:
                return figure_name(row.name)
            case Column.OLD:
                return percent(row.old, 1)
            case Column.NEW:
                return percent(row.new, 1)
            case Column.CHANGE:
                form = self.tr("{low} to {high}")
                return form.format(low=points(row.low), high=points(row.high))
            case _:
                return ""

    def raw(self, row: FigureRow, column: Column) -> Any:
        match column:
            case Column.NAME:
                return figure_name(row.name).casefold()
            case Column.OLD:
                return row.old
            case Column.NEW:
                return row.new
            case _:
                return row.low

    def _alignment(self, column: int) -> int:
        if column == Column.BAR:  # its words stand around zero
            return int(Qt.AlignmentFlag.AlignCenter)
        return super()._alignment(column)

    def more(self, row: FigureRow, column: Column, role: int) -> str | None:
        if role == Qt.ItemDataRole.ToolTipRole:
            said = [figure_name(row.name), in_window(row.basis)]
            if row.lower_is_better:
                said.append(self.tr("Less is better: bars to the right say that it became less."))
            return "\n".join(said)
        if role == Qt.ItemDataRole.AccessibleTextRole and column == Column.BAR:
            return {1: self.tr("better"), -1: self.tr("worse"), 0: self.tr("not certain")}[
                row.verdict
            ]
        return None


def figure_rows(run: Run) -> list[FigureRow]:
    """The measures of a verdict."""
    figures = figures_of(run)
    reach = max((abs(f[side]) for f in figures for side in ("low", "high")), default=0.0)
    return [
        FigureRow(
            f["name"],
            f["old"],
            f["new"],
            f["low"],
            f["high"],
            f["basis"],
            bool(f["is_better"]) - bool(f["is_worse"]),
            bool(f.get("lower_is_better", False)),
            reach,
        )
        for f in figures
    ]
