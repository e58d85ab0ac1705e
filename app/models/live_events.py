"""The list of what happened before a camera: newest first, a thin adapter over its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication, QSortFilterProxyModel, Qt, Signal

from app.likeness import in_full, meaning
from app.models.rows import TEXTS, Index, ListRows, RowRole, SortRole

KEPT = 2000  # rows, some 40 MB of pictures at the most
SHOWN = ("all", "known", "unknown")  # what the filter may show


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened. event: enter, identified or leave. kind: face or body.

    person, name: None for a stranger, whose number is `stranger` once they have one. at_s:
    seconds since 1970. stay_s: how long they were in the picture, when they left. picture: JPEG,
    or b"". alerts: somebody known was seen while the user wanted to be told. probability: that it
    is them, None where it is not known. is_calibrated: whether the scores of that kind have a
    meaning that was measured.
    """

    number: int
    event: str
    track: int
    kind: str
    at_s: float
    person: int | None = None
    name: str | None = None
    stranger: int | None = None
    score: float | None = None
    stay_s: float | None = None
    picture: bytes = b""
    alerts: bool = False
    probability: float | None = None
    is_calibrated: bool = False


def _in_full(row: EventRow, score: float) -> str:
    return in_full(score, row.probability, is_calibrated=row.is_calibrated)


def who(name: str | None, stranger: int | None) -> str:
    """What somebody is called: their name, "Unknown 3", or "Unknown" before they have a number."""
    if name is not None:
        return name
    if stranger is None:
        return QCoreApplication.translate("Live", "Unknown")
    return QCoreApplication.translate("Live", "Unknown {}").format(stranger)


def happening(row: EventRow) -> str:
    """What happened, in a word."""
    return {
        "enter": QCoreApplication.translate("Live", "entered"),
        "identified": QCoreApplication.translate("Live", "identified"),
        "leave": QCoreApplication.translate("Live", "left"),
    }[row.event]


def nameless(row: EventRow) -> EventRow:
    """The same of nobody in particular, without the picture."""
    return replace(
        row, person=None, name=None, stranger=None, score=None, probability=None, picture=b""
    )


class LiveEvents(ListRows[EventRow]):
    """Rows of events; SortRole gives the number."""

    pictures_dropped = Signal()  # what was made of them may not be kept either

    def __init__(self) -> None:
        super().__init__(lambda r: r.number)

    @property
    def rows(self) -> tuple[EventRow, ...]:
        """All of them, newest first."""
        return tuple(self._rows)

    def add(self, rows: Sequence[EventRow]) -> None:
        """Put rows, oldest first, before the others; the oldest beyond `KEPT` go."""
        self._insert(0, reversed(rows))
        if len(self._rows) > KEPT:
            self._remove(KEPT, len(self._rows) - 1)

    def identify(self, track: int, person: int | None, name: str | None) -> None:
        """It is known who somebody is, in all their rows."""
        self._change(lambda r: r.track == track, lambda r: replace(r, person=person, name=name))

    def number(self, track: int, stranger: int) -> None:
        """A stranger has a number, in all their rows."""
        self._change(lambda r: r.track == track, lambda r: replace(r, stranger=stranger))

    def rename(self, names: Mapping[int, str]) -> None:
        """People are called otherwise now; whoever is not among them is a stranger again."""

        def renamed(row: EventRow) -> EventRow:
            name = names.get(row.person) if row.person is not None else None
            return replace(row, name=name, person=None if name is None else row.person)

        self._change(lambda r: r.person is not None, renamed)

    def forget(self, person: int) -> None:
        """Nothing is kept of somebody but that there was somebody."""
        self._change(lambda r: r.person == person, nameless)
        self.pictures_dropped.emit()

    def _change(
        self, which: Callable[[EventRow], bool], how: Callable[[EventRow], EventRow]
    ) -> None:
        for i, row in enumerate(self._rows):
            if which(row) and (new := how(row)) != row:
                self._put(i, new)

    def cell(self, row: EventRow, role: int) -> str | int | None:
        if role == SortRole:
            return row.number
        if role in TEXTS:
            said = "" if row.score is None else f", {_in_full(row, row.score)}"
            return f"{who(row.name, row.stranger)} {happening(row)}{said}"
        if role == Qt.ItemDataRole.ToolTipRole and row.score is not None:
            said = meaning(row.probability, is_calibrated=row.is_calibrated, is_search=False)
            return f"{_in_full(row, row.score)}\n{said}"
        return None


class EventFilter(QSortFilterProxyModel):
    """Shows everybody, only those who are enrolled, or only strangers."""

    def __init__(self, events: LiveEvents) -> None:
        super().__init__()
        self._shown = "all"
        self.setSourceModel(events)

    @property
    def shown(self) -> str:
        """One of SHOWN."""
        return self._shown

    def show_only(self, shown: str) -> None:
        """One of SHOWN."""
        if shown not in SHOWN:
            raise ValueError(f"{shown!r} is none of {', '.join(SHOWN)}")
        self._shown = shown
        self.invalidate()  # the narrower calls are not in every version of Qt

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        row = self.sourceModel().index(source_row, 0, source_parent).data(RowRole)
        return self._shown == "all" or (row.name is not None) == (self._shown == "known")
