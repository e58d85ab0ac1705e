"""What others change in the open library: the command line, another window.

Every change leaves an event, so looking whether there is anything new reads one row. What pages
hold of somebody who was forgotten elsewhere goes as if it had been done here.
"""

from __future__ import annotations

import json

from PySide6.QtCore import QObject, QTimer

from app.session import Session
from reid_core.errors import CameoError
from reid_core.library import events
from reid_core.library.events import Event
from reid_core.protocols import Progress

EVERY_MS = 2000
AT_ONCE = 1000  # events looked at
# of videos, and what comes in crowds and changes nothing that is shown before the last of it came
FOOTAGE = {"add video", "resume video", "remove video", "relink", "indexed"}
SWITCHES = {"use model", "accept retraining", "back from retraining", "drop retraining"}
QUIET = {"index segment", "embed again", "pool", "erase events"}


class Elsewhere(QObject):
    """Looks again and again, and tells through the session's signals."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._seen: Event | None = None  # the latest one
        self._is_first, self._looking = True, False
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self.look()

    def look(self) -> None:
        """Look now, unless that is being done."""
        if not self._looking:
            self._looking = True
            job = self._session.tasks.run(
                "", self._read, then=self._take, failed=_ignore, shown=False
            )
            job.ended.connect(self._on_ended)

    def _read(self, _: Progress) -> tuple[Event | None, list[Event]]:
        library, seen = self._session.library, self._seen
        with library.read() as connection:
            newest = next(iter(events.latest(connection, 1)), None)
            if self._is_first or newest is None or newest == seen:
                return newest, []
            # where the log was erased, its numbers are given out again
            is_anew = seen is not None and newest.id <= seen.id
            since = 0 if seen is None or is_anew else seen.id
            found = events.after(connection, since, AT_ONCE)
        own = frozenset[int]() if is_anew else library.own_events
        return found[-1], [e for e in found if e.id not in own]

    def _take(self, read: tuple[Event | None, list[Event]]) -> None:
        self._seen, found = read
        self._is_first = False
        actions = {event.action for event in found} - QUIET
        for event in found:
            if event.action == "forget":
                self._forget(event)
        session = self._session
        if "use model" in actions:
            session.history.clear()  # its steps have no vectors of the network now in use
        is_switched = bool(actions & SWITCHES)
        if is_switched:
            session.models_changed.emit()
        if actions - FOOTAGE:
            session.people_changed.emit()
            session.history_changed.emit()
        if is_switched or actions & FOOTAGE:
            session.footage_changed.emit()

    def _forget(self, event: Event) -> None:
        """Somebody was erased elsewhere: undoing must not bring them back here."""
        person = json.loads(event.payload).get("person")
        if isinstance(person, int):
            self._session.history.purge(person)
            self._session.person_forgotten.emit(person)

    def _on_ended(self) -> None:
        self._looking = False


def _ignore(error: CameoError) -> None:
    """A library that is gone is told by whatever is asked of it next."""
