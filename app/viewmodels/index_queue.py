"""What is to be indexed, in what order, and how far it is.

Files go through one process, one after the other; each camera or stream has a process of its own,
since it has no end. Pausing a single file lets the next one begin; pausing all holds everything
where it is. Whatever is stopped goes on later from its last stored minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.indexing import CANCEL_MS, LIVE_MS, Client, Indexer, Report
from app.session import Session
from app.viewmodels.index_entries import RUNNING, Entry, IndexJob, Pace
from app.viewmodels.index_kept import KeptQueue, read_queue


class IndexQueue(QObject):
    """The queue; its commands take a source as it was added."""

    changed = Signal()  # who is in it, in what order or state
    advanced = Signal(str)  # a source's share
    finished = Signal(str, object)  # a source, its Report
    failed = Signal(str, str)  # a source, a sentence
    stopped = Signal(str)  # a source; it goes on from there another time
    emptied = Signal()  # nothing is under way or waits
    poster_made = Signal(str)  # the name of a picture

    def __init__(
        self,
        session: Session,
        make: Callable[[], Client] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._make = make or self._make_indexer
        self._entries: list[Entry] = []
        self._clients: dict[str, Client] = {}  # "" for files, else by live source
        self._jobs: dict[str, IndexJob] = {}
        self._paces: dict[str, Pace] = {}
        self._current: str | None = None
        self._is_paused = self._makes_room = self._closed = False
        self._offered = read_queue(session.library)  # of an earlier window, until taken up
        self._kept = KeptQueue(session, self._left, self)
        self.changed.connect(self._kept.note)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """In order of priority."""
        return tuple(self._entries)

    @property
    def is_paused(self) -> bool:
        """Whether everything is held."""
        return self._is_paused

    @property
    def is_busy(self) -> bool:
        """Whether anything is under way."""
        return any(e.state in RUNNING for e in self._entries)

    def entry(self, source: str) -> Entry | None:
        """The entry of a source."""
        return next((e for e in self._entries if e.source == source), None)

    def add(self, entries: Iterable[Entry], *, first: bool = False) -> int:
        """Put entries behind or before those that wait; returns how many were new."""
        known = {e.source: e for e in self._entries}
        new: dict[str, Entry] = {}
        for one in entries:
            if one.source in known and known[one.source].state == "failed":
                self._entries.remove(known.pop(one.source))
            if one.source not in known:
                new.setdefault(one.source, one)
        self._offered = [s for s in self._offered if s not in new]
        place = self._first_waiting() if first else len(self._entries)
        self._entries[place:place] = new.values()
        self.changed.emit()
        self._pump()
        return len(new)

    def pause(self, source: str) -> None:
        """Hold a file; the next one begins. Cameras and streams cannot be held, only stopped."""
        one = self.entry(source)
        if one is None or one.is_live or one.state not in ("waiting", "indexing"):
            return
        if one.state == "indexing":
            self._clients[""].pause()
            self._paces[source].hold()
        self._set(source, state="paused", remaining_s=None)
        self._pump()

    def resume(self, source: str) -> None:
        """Go on with a file that is held."""
        one = self.entry(source)
        if one is None or one.state != "paused":
            return
        self._is_paused = False
        if source == self._current and not self._makes_room:
            self._clients[""].resume()
            self._paces[source].go_on()
            self._set(source, state="indexing")
        else:
            self._set(source, state="waiting")
        self._pump()

    def pause_all(self) -> None:
        """Hold everything where it is."""
        self._is_paused = True
        one = self.entry(self._current or "")
        if one is not None and one.state == "indexing":
            self._clients[""].pause()
            self._paces[one.source].hold()
            self._set(one.source, state="paused", remaining_s=None)
        self.changed.emit()

    def resume_all(self) -> None:
        """Go on with everything."""
        self._is_paused = False
        for one in [e for e in self._entries if e.state == "paused"]:
            self.resume(one.source)
        self.changed.emit()
        self._pump()

    def cancel(self, source: str) -> None:
        """Stop a source and take it out of the queue. What was stored of it stays."""
        one = self.entry(source)
        if one is None or one.state == "stopping":
            return
        if source in self._jobs:
            self._set(source, state="stopping", remaining_s=None, detail=self.tr("stopping"))
            client = self._clients[source if one.is_live else ""]
            client.cancel(wait_ms=LIVE_MS if one.is_live else CANCEL_MS)
            return
        self._entries.remove(one)
        self.changed.emit()
        self.stopped.emit(source)
        self._pump()

    def cancel_all(self) -> None:
        """Stop everything, and take it out of the queue; thousands that wait are told as one."""
        waiting = [e for e in self._entries if e.source not in self._jobs]
        self._entries = [e for e in self._entries if e.source in self._jobs]
        if waiting:
            self.changed.emit()
            self.stopped.emit(waiting[-1].source)
        for one in reversed(self.entries):
            self.cancel(one.source)

    def move(self, source: str, *, to: str) -> None:
        """Change a waiting source's place. to: first, up or down."""
        one = self.entry(source)
        if one is None or one.state not in ("waiting", "paused") or source == self._current:
            return
        now, lowest = self._entries.index(one), self._first_waiting()
        wanted = {"first": lowest, "up": max(now - 1, lowest), "down": now + 1}[to]
        self._entries.remove(one)
        self._entries.insert(wanted, one)
        self.changed.emit()

    def make_posters(self, videos: Sequence[int]) -> None:
        """Have pictures made for lists, between two files."""
        if videos and not self._closed:
            self._client("").make_posters(videos)

    def close(self) -> None:
        """Stop; what was not finished is remembered, and offered by `unfinished`. Safe twice."""
        if self._closed:
            return
        self._closed = True
        self._kept.close()
        for client in self._clients.values():
            client.close()
        for job in list(self._jobs.values()):
            job.end("cancelled")
        self._jobs.clear()

    def unfinished(self) -> list[str]:
        """Files that waited or were under way when the window before this one ended."""
        return list(self._offered)

    def forget_unfinished(self) -> None:
        """They were taken up again, or are not wanted."""
        self._offered = []
        self._kept.note()

    def _left(self) -> list[str]:
        """What an end at this moment would leave undone."""
        own = [e.source for e in self._entries if not e.is_live and e.state != "failed"]
        return list(dict.fromkeys([*own, *self._offered]))

    def _pump(self) -> None:
        """Begin with whatever may begin."""
        if self._closed or self._is_paused:
            return
        for one in [e for e in self._entries if e.is_live and e.state == "waiting"]:
            self._begin(one)
        waiting = next((e for e in self._entries if e.state == "waiting" and not e.is_live), None)
        if waiting is None:
            return
        held = self.entry(self._current or "")
        if held is None:
            self._begin(waiting)
        elif held.state == "paused":  # it goes on later, from its last stored minute
            self._makes_room = True
            self._clients[""].cancel()

    def _begin(self, one: Entry) -> None:
        if not one.is_live:
            self._current = one.source
        self._paces[one.source] = Pace()
        word = self.tr("Recording {}") if one.is_live else self.tr("Indexing {}")
        job = IndexJob(word.format(one.name), partial(self.cancel, one.source), self)
        self._jobs[one.source] = job
        self._set(one.source, state="indexing", detail=self.tr("starting"), message="")
        self._session.tasks.list_job(job)
        self._client(one.source if one.is_live else "").index(
            one.source, rate=one.rate, kinds=one.kinds
        )

    def _client(self, key: str) -> Client:
        if key not in self._clients:
            made = self._make()
            made.progressed.connect(self._on_progressed)
            made.finished.connect(self._on_finished)
            made.failed.connect(self._on_failed)
            made.cancelled.connect(self._on_cancelled)
            made.poster_made.connect(self.poster_made)
            self._clients[key] = made
        return self._clients[key]

    def _make_indexer(self) -> Client:
        session = self._session
        return Indexer(
            session.library.folder,
            session.store.folder,
            provider=session.settings.provider,
            parent=self,
        )

    def _on_progressed(self, source: str, share: float, detail: str) -> None:
        one, pace = self.entry(source), self._paces.get(source)
        if one is None or pace is None or one.state != "indexing":
            return
        self._replace(one, share=share, detail=detail, remaining_s=pace.remaining_s(share))
        self.advanced.emit(source)

    def _on_finished(self, source: str, report: Report) -> None:
        self._leave(source, "done")
        self.finished.emit(source, report)
        self._next()

    def _on_failed(self, source: str, message: str) -> None:
        self._leave(source, "failed", message)
        self.failed.emit(source, message)
        self._next()

    def _on_cancelled(self, source: str) -> None:
        one = self.entry(source)
        keeps = one is not None and one.state in ("paused", "waiting")  # it only made room
        self._leave(source, "cancelled", keep=keeps)
        if not keeps:
            self.stopped.emit(source)
        self._next()

    def _leave(self, source: str, state: str, message: str = "", *, keep: bool = False) -> None:
        """A source is no longer under way. Failed ones stay in sight, to be read and dismissed."""
        if source == self._current:
            self._current, self._makes_room = None, False
        self._paces.pop(source, None)
        if (job := self._jobs.pop(source, None)) is not None:
            job.end(state)
        one = self.entry(source)
        if one is None or keep:
            return
        if state == "failed":
            self._set(source, state="failed", message=message, remaining_s=None, detail="")
        else:
            self._entries.remove(one)

    def _next(self) -> None:
        self.changed.emit()
        self._pump()
        if not any(e.state in ("waiting", *RUNNING) for e in self._entries):
            self.emptied.emit()

    def _set(self, source: str, **values: object) -> None:
        one = self.entry(source)
        if one is not None:
            self._replace(one, **values)
            self.changed.emit()

    def _replace(self, one: Entry, **values: object) -> None:
        new = replace(one, **values)  # type: ignore[arg-type]
        self._entries[self._entries.index(one)] = new
        if (job := self._jobs.get(one.source)) is not None:
            words = {"paused": self.tr("paused"), "stopping": self.tr("stopping")}
            job.show(replace(new, detail=words.get(new.state, new.detail)))

    def _first_waiting(self) -> int:
        """Behind those under way."""
        last = [i for i, e in enumerate(self._entries) if e.state in RUNNING]
        return last[-1] + 1 if last else 0
