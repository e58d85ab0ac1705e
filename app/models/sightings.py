"""The sightings of a search, the lanes of their videos, and the people to search for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal

from app.models.rows import TEXTS, Index, ListRows, SortRole
from app.tips import plain_tip
from app.viewmodels.search_rows import Lane, PersonRow, Row
from app.words import clock


class SightingsModel(ListRows[Row]):
    """Rows of `Row`; SortRole gives the place by likelihood."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.key)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these. Where one is gone, the others stay where they are."""
        gone = _one_gone([r.key for r in self._rows], [r.key for r in rows])
        if gone is not None:
            self._remove(gone, gone)
        super().set_rows(rows)

    def cell(self, row: Row, role: int) -> str | int | None:
        if role == SortRole:
            return row.place
        if role in TEXTS:
            return self._text(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(f"{row.sighting.video}\n{row.likeness_in_full}: {row.meaning}")
        return None

    def _text(self, row: Row) -> str:
        one = row.sighting
        word = self.tr("likely") if row.is_likely else self.tr("possible")
        word = {"same": self.tr("confirmed"), "different": self.tr("somebody else")}.get(
            one.verdict or "", word
        )
        kind = self.tr("face") if one.kind == "face" else self.tr("body")
        times = f"{clock(one.start_s)}–{clock(one.end_s)}"
        return f"{row.name}, {times}, {row.likeness_in_full}, {word}, {kind}"


class LanesModel(ListRows[Lane]):
    """Rows of `Lane`; SortRole gives the number of likely sightings."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.path)

    def cell(self, row: Lane, role: int) -> str | int | None:
        if role == SortRole:
            return row.n_likely
        if role in TEXTS:
            return self.tr("{name}: {n} likely of {all}").format(
                name=row.name, n=row.n_likely, all=len(row.spans)
            )
        return None


class PeopleModel(ListRows[PersonRow]):
    """Rows of `PersonRow` in order of name."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.id)

    def cell(self, row: PersonRow, role: int) -> str | None:
        if role in (*TEXTS, Qt.ItemDataRole.EditRole):
            return row.name
        return None

    def names(self) -> list[str]:
        """Everybody's."""
        return [row.name for row in self._rows]


class VideoChoice(ListRows[tuple[int, str, str]]):
    """Videos with a tick each. Rows are (id, name, path)."""

    chosen_changed = Signal()

    def __init__(self) -> None:
        super().__init__(lambda r: r[0])
        self._left_out: set[int] = set()

    @property
    def chosen(self) -> tuple[int, ...] | None:
        """The ids that are ticked; None when all are."""
        if not self._left_out:
            return None
        return tuple(r[0] for r in self._rows if r[0] not in self._left_out)

    def set_rows(
        self, rows: Sequence[tuple[int, str, str]], chosen: Sequence[int] | None = None
    ) -> None:
        """Show these; chosen: None for all."""
        super().set_rows(rows)
        kept = None if chosen is None else set(chosen)
        self._leave_out(r[0] for r in rows if kept is not None and r[0] not in kept)

    def choose_all(self, on: bool) -> None:
        """Tick all, or none."""
        self._leave_out(() if on else (r[0] for r in self._rows))
        self.chosen_changed.emit()

    def flags(self, index: Index) -> Qt.ItemFlag:
        more = Qt.ItemFlag.ItemIsUserCheckable if index.isValid() else Qt.ItemFlag.NoItemFlags
        return super().flags(index) | more

    def cell(self, row: tuple[int, str, str], role: int) -> Any:
        if role == Qt.ItemDataRole.CheckStateRole:
            ticked = row[0] not in self._left_out
            return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        if role in TEXTS:
            return row[1]
        return row[2] if role == Qt.ItemDataRole.ToolTipRole else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if not index.isValid() or role != Qt.ItemDataRole.CheckStateRole:
            return False
        one = self._rows[index.row()][0]
        ticked = Qt.CheckState(value) is Qt.CheckState.Checked
        (self._left_out.discard if ticked else self._left_out.add)(one)
        self.dataChanged.emit(index, index)
        self.chosen_changed.emit()
        return True

    def _leave_out(self, videos: Iterable[int]) -> None:
        self._left_out = set(videos)
        if self._rows:
            self._repaint(0, len(self._rows) - 1)


def _one_gone(before: Sequence[str], after: Sequence[str]) -> int | None:
    """Where the one row was that is missing now; None when more has changed."""
    if len(before) != len(after) + 1:
        return None
    place = next((i for i, (a, b) in enumerate(zip(before, after)) if a != b), len(after))
    return place if list(before[place + 1 :]) == list(after[place:]) else None
