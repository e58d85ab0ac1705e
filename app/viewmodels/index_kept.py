"""What waits to be indexed, on disk: whatever ends the window, the next one offers it."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.session import Session
from reid_core.files import write_atomically
from reid_core.library import Library
from reid_core.protocols import Progress

log = logging.getLogger(__name__)

FILE = "queue.json"  # in the library's folder
SOON_MS = 300  # changes that come together are written together; a kill loses no more than these


class KeptQueue(QObject):
    """The list of files in the library's folder. sources: says which, whenever it is asked.

    Written in a thread, a newer list never overtaken by an older one.
    """

    def __init__(self, session: Session, sources: Callable[[], list[str]], parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._sources = session, sources
        self._path = session.library.folder / FILE
        self._last = read_queue(session.library)
        self._turn, self._written = 0, 0
        self._lock = threading.Lock()
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self._write_beside)

    def note(self) -> None:
        """Something changed: write before long."""
        if not self._soon.isActive():
            self._soon.start()

    def close(self) -> None:
        """Write now, on this thread, for there is no later."""
        self._soon.stop()
        if self._new() is not None or self._turn > self._written:  # whose thread may never come
            self._write(self._turn, self._last)

    def _write_beside(self) -> None:
        if (sources := self._new()) is not None:
            work = partial(self._work, self._turn, sources)
            self._session.tasks.run("", work, shown=False)

    def _new(self) -> list[str] | None:
        """The list, unless it is as it was."""
        sources = self._sources()
        if sources == self._last or not self._session.library.writable:
            return None
        self._last = sources
        self._turn += 1
        return sources

    def _work(self, turn: int, sources: list[str], _: Progress) -> None:
        self._write(turn, sources)

    def _write(self, turn: int, sources: list[str]) -> None:
        data = json.dumps(sources).encode("utf-8")
        with self._lock:
            if turn < self._written:
                return
            self._written = turn
            try:
                write_atomically(self._path, data)
            except OSError as error:
                log.warning("the queue was not saved: %s", error.strerror)


def read_queue(library: Library) -> list[str]:
    """The files that a window over this library had still to index; nothing where none is told."""
    path: Path = library.folder / FILE
    try:
        kept = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    return [s for s in kept if isinstance(s, str)] if isinstance(kept, list) else []
