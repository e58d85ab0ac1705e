"""From what a live run tells to the rows of the list: who is there, since when, called what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.live import Told
from app.models.live_events import EventRow, LiveEvents, nameless

if TYPE_CHECKING:
    from reid_core.actions.watch_types import Event


@dataclass(slots=True)
class _Here:
    """What is known of somebody in the picture."""

    entered_s: float
    person: int | None = None
    name: str | None = None
    stranger: int | None = None


class LiveLog:
    """Fills the list of events."""

    def __init__(self, events: LiveEvents) -> None:
        self._events = events
        self._here: dict[int, _Here] = {}
        self._last = 0
        self._forgotten: set[int] = set()  # news of them may be under way

    def take(self, told: Told, *, wall_s: float, alerts: bool) -> list[EventRow]:
        """List what was told; the new rows. wall_s: the clock when the source's time was 0."""
        rows = [
            nameless(row) if row.person in self._forgotten else row
            for row in (self._row(*one, wall_s=wall_s, alerts=alerts) for one in told.events)
        ]
        self._events.add(rows)
        for track, stranger in told.numbered:
            if track in self._here:
                self._here[track].stranger = stranger
            self._events.number(track, stranger)
        for row in rows:
            if row.event == "identified":
                self._events.identify(row.track, row.person, row.name)
        return rows

    def identify(self, track: int, person: int, name: str) -> None:
        """The user said who somebody is."""
        self._events.identify(track, person, name)
        if track in self._here:
            self._here[track].person, self._here[track].name = person, name

    def rename(self, names: Mapping[int, str]) -> None:
        """What everybody enrolled is called now."""
        self._events.rename(names)
        for one in self._here.values():
            one.name = names.get(one.person) if one.person is not None else None
            one.person = one.person if one.name is not None else None
        self._forgotten -= names.keys()

    def forget(self, person: int) -> None:
        """Nothing of somebody is listed any more but that there was somebody."""
        self._forgotten.add(person)
        self._events.forget(person)
        for one in self._here.values():
            if one.person == person:
                one.person = one.name = one.stranger = None

    def forget_all(self) -> None:
        """Nobody is in the picture any more: watching has stopped."""
        self._here.clear()

    def _row(
        self, event: Event, picture: bytes, person: int | None, *, wall_s: float, alerts: bool
    ) -> EventRow:
        here = self._here.setdefault(event.track, _Here(event.time_s))
        if event.event == "identified":
            here.person, here.name = person, event.name
        stay = None
        if event.event == "leave":
            stay = event.time_s - here.entered_s
            del self._here[event.track]
        self._last += 1
        return EventRow(
            self._last,
            event.event,
            event.track,
            str(event.kind),
            wall_s + event.time_s,
            here.person,
            here.name,
            here.stranger,
            event.score,
            stay,
            picture,
            alerts and event.event == "identified" and here.name is not None,
            event.probability,
            event.calibrated,
        )
