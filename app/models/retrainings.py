"""What was retrained: a list, the newest first."""

from __future__ import annotations

from app.models.rows import TEXTS, ListRows, SortRole
from app.viewmodels import retrain_words as words
from app.viewmodels.retrain_rows import Learnt


class RetrainingsModel(ListRows[Learnt]):
    """Rows of `Learnt`, known by the run's id as users see it."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.run.shown_id)

    def cell(self, row: Learnt, role: int) -> str | None:
        if role == SortRole:
            return row.run.created
        if role in TEXTS:
            told = (words.run_title(row.run), words.when(row.run), words.learnt_from(row))
            return ", ".join((*told, words.state_line(row)))
        return None
