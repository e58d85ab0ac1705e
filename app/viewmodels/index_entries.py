"""A source in the queue of indexing, its line in what is being done, and its pace."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject

from app.tasks import OutsideJob

RUNNING = ("indexing", "stopping")  # states of an entry that is under way


@dataclass(frozen=True, slots=True)
class Entry:
    """A source in the queue.

    name: fit to be shown, without credentials. is_live: a camera or stream. state: waiting,
    indexing, paused, stopping or failed. share: done, in [0, 1]. remaining_s: at the pace so far,
    None while unknown.
    """

    source: str
    name: str
    is_live: bool
    rate: float
    kinds: tuple[str, ...]
    state: str = "waiting"
    share: float = 0.0
    detail: str = ""
    remaining_s: float | None = None
    message: str = ""


def entry_for(source: str, *, rate: float, kinds: Sequence[str]) -> Entry:
    """A new entry. rate: pictures looked at per second. Loads what knows sources: in a thread."""
    from reid_core.video.names import is_live, safe_name

    name = Path(source).name or source
    if is_live(source):
        name = safe_name(source) if "://" in source else source
    return Entry(source, name, is_live(source), rate, tuple(kinds))


class IndexJob(OutsideJob):
    """A source being indexed, as the list of what is being done shows it."""

    page = "footage"

    def __init__(self, title: str, stop: Callable[[], None], parent: QObject) -> None:
        super().__init__(title, stop, parent)
        self.stays = self.tr("Indexing goes on from there when you start it again.")

    def show(self, entry: Entry) -> None:
        """Take over how far it is."""
        self.share, self.detail = entry.share, entry.detail
        self._remaining_s = entry.remaining_s
        self.changed.emit()


class Pace:
    """How long the rest takes, by the pace since it began and without the pauses."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: tuple[float, float] | None = None
        self._held: float | None = None

    def remaining_s(self, share: float) -> float | None:
        """Seconds to go from a share on."""
        if self._first is None:
            if share > 0:
                self._first = (share, self._clock())
            return None
        done = share - self._first[0]
        if done < 0.01 or share >= 1:
            return None
        return (self._clock() - self._first[1]) * (1 - share) / done

    def hold(self) -> None:
        """Paused."""
        self._held = self._held if self._held is not None else self._clock()

    def go_on(self) -> None:
        """No longer paused."""
        if self._held is not None and self._first is not None:
            self._first = (self._first[0], self._first[1] + self._clock() - self._held)
        self._held = None
