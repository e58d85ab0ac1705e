"""A live view of drawn people: who is in the picture is known, since we drew them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import drawn
import numpy as np

from reid_core.actions.live_looks import LiveLook
from reid_core.actions.watch_types import Event, Shown, Update
from reid_core.library import Library, people
from reid_core.types import Frame, Kind

FACE = 0.8  # seconds after which somebody is named, or a stranger numbered


@dataclass(slots=True)
class DrawnWatcher:
    """Stands in for the watcher of a film: what a real one would have told of it."""

    library: Library
    film: str
    _told: set[tuple[int, str]] = field(default_factory=set)
    _ids: dict[str, int] = field(default_factory=dict)

    def update(self, frame: Frame) -> Update:
        """Whoever walks through the picture at its time."""
        events: list[Event] = []
        shown: list[Shown] = []
        numbered: list[tuple[int, int]] = []
        for track, walk in enumerate(drawn.FILMS[self.film][1]):
            now, name = frame.time_s, walk.look.name or None
            known = now >= walk.from_s + FACE
            if not walk.from_s <= now <= walk.to_s:
                if now > walk.to_s and self._is_new(track, "leave"):
                    events.append(Event("leave", walk.to_s, track, Kind.FACE, name))
                continue
            left, top, right, bottom = map(float, drawn.face_box(*drawn.place(walk, now)))
            box = (left, top, right, bottom)
            score = round(0.965 + 0.004 * track, 3) if name and known else None
            if self._is_new(track, "enter"):
                events.append(Event("enter", now, track, Kind.FACE, box=box))
            if known and name and self._is_new(track, "identified"):
                events.append(Event("identified", now, track, Kind.FACE, name, score, box))
            if known and not name and self._is_new(track, "numbered"):
                numbered.append((track, 1))
            stranger = 1 if known and not name else None
            person = self.person(track) if known else None
            shown.append(
                Shown(track, Kind.FACE, box, person, name if known else None, score, stranger)
            )
        return Update(events, tuple(shown), tuple(numbered))

    def looks(self, track: int) -> tuple[LiveLook, ...]:
        """One, from the middle of the walk."""
        walk = drawn.FILMS[self.film][1][track]
        middle = walk.from_s + 2.0
        view = drawn.view(self.film, middle, drawn.face_box(*drawn.place(walk, middle)))
        vector = drawn.vector(walk.look, Kind.FACE, track)
        none = np.zeros((0, 2), np.float32)
        return (LiveLook(Kind.FACE, view.jpeg, none, vector, "drawn", {"size": 0.8}, 0.8, middle),)

    def person(self, track: int) -> int | None:
        """Who it is in the library."""
        name = drawn.FILMS[self.film][1][track].look.name
        if not name:
            return None
        if name not in self._ids:
            with self.library.read() as connection:
                self._ids[name] = people.find_person(connection, name).id
        return self._ids[name]

    def use(self, kinds: Sequence[Kind], models: object = None) -> list[Event]:
        """From the start again."""
        self._told.clear()
        return []

    def reload(self) -> list[Event]:
        """Nobody has changed."""
        return []

    def end(self) -> list[Event]:
        """The film has ended."""
        return []

    def _is_new(self, track: int, what: str) -> bool:
        is_new = (track, what) not in self._told
        self._told.add((track, what))
        return is_new
