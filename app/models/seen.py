"""The people seen in a video: a list of their portraits."""

from __future__ import annotations

from app.models.rows import TEXTS, ListRows, SortRole
from app.words import clock
from reid_core.library.listing import Seen


class SeenModel(ListRows[Seen]):
    """Rows of `Seen` in order of time."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.id)

    def cell(self, row: Seen, role: int) -> str | float | None:
        if role == SortRole:
            return row.start_s
        if role not in TEXTS:
            return None
        word = self.tr("Face") if row.kind == "face" else self.tr("Body")
        return f"{word} {span(row)}"


def span(row: Seen) -> str:
    """From when to when, to the second."""
    start, end = clock(row.start_s), clock(row.end_s)
    return start if start == end else f"{start}–{end}"
