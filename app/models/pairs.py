"""Pictures that are recognised better, or worse, than before."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.models.rows import TEXTS, ListRows, SortRole
from app.viewmodels.retrain_words import other_line, place_line, shown_name
from reid_core.actions.retrain_pairs import Pair


class PairsModel(ListRows[Pair]):
    """Rows of `Pair`, the largest change first."""

    def __init__(self) -> None:
        super().__init__(lambda r: r)

    def cell(self, row: Pair, role: int) -> str | int | None:
        if role == SortRole:
            return self._places[row]
        if role not in (*TEXTS, Qt.ItemDataRole.ToolTipRole):
            return None
        said = (shown_name(row), other_line(row), place_line(row))
        return ", ".join(one for one in said if one)
