"""Work beside the window: plain threads, and one signal that brings answers back.

One lane for whatever writes to the library, in order; a small pool for what pages ask, and another
for what takes long, so that no page waits for three downloads. A `Job` is what the window sees of a
piece of work; all its signals are sent on the window's thread. Cancelling makes the work's next
progress call raise `Cancelled`, so that it ends through its own `finally`s.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

from app.from_core import sentence_of
from reid_core.errors import CameoError
from reid_core.protocols import Progress

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[Progress], Any]
POOL = 3
LONG = 6  # most of them wait for a network or a camera
EVERY_S = 0.1  # progress is told at most this often


class Cancelled(Exception):
    """Raised inside work that was cancelled."""


class Job(QObject):
    """One piece of work as the window sees it.

    state: waiting, running, done, failed or cancelled. share: done, in [0, 1]. remaining_s: an
    estimate from the pace so far, None while there is none. page: the key of the page that it
    belongs to, "" for none. loses: whether stopping it loses work, so that closing the window asks.
    stays: what stays of it when it is stopped, a sentence; "" where nothing has to be said.
    has_end: whether it will be done some day. is_change: of the library: once made, it is told
    whatever happened meanwhile.
    """

    page, loses, has_end = "", True, True
    is_change = False
    changed = Signal()
    done = Signal(object)  # the result
    failed = Signal(object)  # a CameoError
    ended = Signal()  # whatever came of it

    def __init__(self, title: str, *, shown: bool = True, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title, self.shown = title, shown
        self.state, self.share, self.detail, self.stays = "waiting", 0.0, "", ""
        self._started: float | None = None
        self._stop = threading.Event()

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen any more."""
        return self.state in ("done", "failed", "cancelled")

    @property
    def remaining_s(self) -> float | None:
        """Seconds to go at the pace so far."""
        if self._started is None or not 0.02 < self.share < 1 or self.is_over:
            return None
        return (time.monotonic() - self._started) * (1 - self.share) / self.share

    def cancel(self) -> None:
        """Ask the work to stop; it does at its next progress call."""
        self._stop.set()
        if not self.is_over:
            self.detail = self.tr("stopping")
            self.changed.emit()

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._stop.is_set()

    def _begin(self) -> None:
        self.state, self._started = "running", time.monotonic()
        self.changed.emit()

    def _advance(self, share: float, detail: str) -> None:
        if not self.is_over and not self.is_cancelled:
            self.share, self.detail = share, detail
            self.changed.emit()


class OutsideJob(Job):
    """Work that another process does. stop: called once when somebody cancels it."""

    def __init__(self, title: str, stop: Callable[[], None], parent: QObject) -> None:
        super().__init__(title, parent=parent)
        self._stop_it = stop
        self._remaining_s: float | None = None
        self.state = "running"

    @property
    def remaining_s(self) -> float | None:
        """Seconds to go, None while unknown."""
        return self._remaining_s

    def cancel(self) -> None:
        """Have the process stop; what it has stored is kept."""
        if not self.is_cancelled:
            super().cancel()
            self._stop_it()

    def end(self, state: str) -> None:
        """It is over. state: done, failed or cancelled."""
        self.state = state
        self.ended.emit()
        self.deleteLater()


class Tasks(QObject):
    """Runs work in threads. Made, used and closed on the window's thread."""

    started = Signal(object)  # a Job with shown=True
    _arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes = {
            "write": ThreadPoolExecutor(1, thread_name_prefix="write"),
            "pool": ThreadPoolExecutor(POOL, thread_name_prefix="pool"),
            "long": ThreadPoolExecutor(LONG, thread_name_prefix="long"),
        }
        self._news: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._jobs: list[Job] = []
        self._latest: dict[str, Job] = {}
        self._closed = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """What is waiting or running."""
        return tuple(self._jobs)

    def run(
        self,
        title: str,
        work: Work,
        *,
        then: Callable[[Any], None] | None = None,
        failed: Callable[[CameoError], None] | None = None,
        lane: str = "",
        shown: bool = True,
        latest: str | None = None,
    ) -> Job:
        """Run `work(progress)` in a thread; `then(result)` or `failed(error)` on this one.

        latest: a question's name; a newer one cancels this one and its late answer is dropped.
        lane: "write", "pool" for what a page waits for, "long" for what takes its time; shown
        work is taken to be long unless said. After `close` nothing is run any more.
        """
        lane = lane or ("long" if shown else "pool")
        job = Job(title, shown=shown, parent=self)
        job.is_change = lane == "write"
        if self._closed:  # somebody's timer or signal that comes after the end
            job.state = "cancelled"
            return job
        if then is not None:
            job.done.connect(partial(tell_if_there, then))
        if failed is not None:
            job.failed.connect(partial(tell_if_there, failed))
        if latest is not None:
            if (older := self._latest.get(latest)) is not None:
                older.cancel()
            self._latest[latest] = job
        self._jobs.append(job)
        if shown:
            self.started.emit(job)
        future = self._lanes[lane].submit(self._work, job, work)
        future.add_done_callback(partial(self._on_done, job, latest))
        return job

    def list_job(self, job: Job) -> None:
        """Show work that another process does among ours until it has ended."""
        self._jobs.append(job)
        job.ended.connect(partial(self._unlist, job))
        if job.shown:
            self.started.emit(job)

    def close(self) -> None:
        """Cancel everything, wait for the threads, drop what they answered. Safe twice.

        Changes of a moment are made all the same: who renamed somebody has seen the new name.
        """
        self._closed = True
        for job in self.jobs:
            if job.shown or not job.is_change:
                job.cancel()
        for name in ("pool", "long"):
            self._lanes[name].shutdown(wait=True, cancel_futures=True)
        self._lanes["write"].shutdown(wait=True)
        self._jobs.clear()

    def post(self, call: Callable[[], None]) -> None:
        """Have something called on the window's thread; from any thread."""
        self._news.put(call)
        self._arrived.emit()

    def _unlist(self, job: Job) -> None:
        if job in self._jobs:
            self._jobs.remove(job)

    def _work(self, job: Job, work: Work) -> Any:
        if job.is_cancelled:
            raise Cancelled
        self.post(job._begin)
        told = 0.0

        def progress(share: float, what: str) -> None:
            nonlocal told
            if job.is_cancelled:
                raise Cancelled
            if (now := time.monotonic()) - told >= EVERY_S:
                told = now
                self.post(partial(job._advance, share, what))

        return work(progress)

    def _on_done(self, job: Job, latest: str | None, future: Future[Any]) -> None:
        if not self._closed:
            self.post(partial(self._finish, job, latest, future))

    def _finish(self, job: Job, latest: str | None, future: Future[Any]) -> None:
        if job in self._jobs:
            self._jobs.remove(job)
        if latest is not None and self._latest.get(latest) is job:
            del self._latest[latest]
        error = None if future.cancelled() else future.exception()
        is_made = job.is_change and not future.cancelled() and error is None
        if (job.is_cancelled and not is_made) or future.cancelled() or isinstance(error, Cancelled):
            job.state = "cancelled"
        elif error is None:
            job.state, job.share = "done", 1.0
            job.done.emit(future.result())
        else:
            job.state, job.detail = "failed", sentence_of(error)
            if isinstance(error, CameoError):
                job.failed.emit(error)
        job.changed.emit()
        job.ended.emit()
        job.deleteLater()
        if error is not None and not isinstance(error, (Cancelled, CameoError)):
            sys.excepthook(type(error), error, error.__traceback__)

    @Slot()
    def _deliver(self) -> None:
        while not self._closed:
            try:
                call = self._news.get_nowait()
            except Empty:
                return
            call()


def tell_if_there(call: Callable[[Any], object], answer: object) -> None:
    """Give an answer to whom it was for, unless that was deleted meanwhile: a page was closed."""
    bound = call.func if isinstance(call, partial) else call
    held = [getattr(bound, "__self__", None)]
    code, cells = getattr(bound, "__code__", None), getattr(bound, "__closure__", None) or ()
    if code is not None and "self" in code.co_freevars:  # a function within a method
        held.append(cells[code.co_freevars.index("self")].cell_contents)
    if all(isValid(one) for one in held if isinstance(one, QObject)):
        call(answer)
