"""A running live view: one thread takes the pictures, another looks for people in the newest.

The picture on screen never waits for the search: both threads hand over through mailboxes of one
place, so that whoever is slower skips pictures. Nothing here touches a widget; what is to be told
comes on the window's thread.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from app.from_core import sentence_of
from app.mailbox import Mailbox
from reid_core.errors import CameoError, SourceError
from reid_core.types import Frame, Image

if TYPE_CHECKING:
    from reid_core.actions.watch import Watcher
    from reid_core.actions.watch_types import Event, Shown, Update

WINDOW_S = 2.0  # rates are those of the last seconds
JOIN_S = 2.0  # to end in, when the window closes
FREE_S = 20.0  # for the camera that is still being let go before it is opened again


class LiveFrames(Protocol):
    """Pictures as they come. began_s: when their times began, by `time.monotonic`. has_end: a file,
    which can wait until everything is ready.
    """

    name: str
    has_end: bool
    began_s: float
    is_connected: bool

    def __iter__(self) -> Iterator[Frame]: ...

    def stop(self) -> None:
        """Have the iteration end soon, without waiting."""
        ...

    def close(self) -> None:
        """Let go; may take a while."""
        ...


class Listener(Protocol):
    """Who is told, on the window's thread."""

    def on_state(self, state: str, message: str) -> None:
        """running, ended or failed; message: a sentence, or ""."""
        ...

    def on_picture(self) -> None:
        """A picture waits."""
        ...

    def on_update(self, update: Told) -> None:
        """People came, went, were identified or numbered."""
        ...

    def on_problem(self, message: str) -> None:
        """People cannot be looked for; the pictures go on."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What is painted. pixels: (h, w, 4) uint8 BGRX, scaled to fit. size: (width, height) of the
    frame. time_s: of the source. born_s: when it came, by `time.monotonic`.
    """

    pixels: NDArray[np.uint8]
    size: tuple[int, int]
    time_s: float
    born_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Who was in a picture. size: (width, height) of the frame."""

    people: tuple[Shown, ...]
    time_s: float
    size: tuple[int, int]

    def without(self, person: int) -> Found:
        """The same, with nobody called so who is that person."""
        return replace(
            self,
            people=tuple(
                replace(p, person=None, name=None, score=None, probability=None)
                if p.person == person
                else p
                for p in self.people
            ),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Events with the picture of each (JPEG, or b"") and who it is; strangers who got a number."""

    events: tuple[tuple[Event, bytes, int | None], ...]
    numbered: tuple[tuple[int, int], ...]


class Rate:
    """How often something happens, over the last two seconds. Safe from any thread."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._at: deque[float] = deque(maxlen=400)

    def count(self) -> None:
        """It happened."""
        self._at.append(self._now())

    @property
    def per_second(self) -> float:
        """Times a second."""
        now = self._now()
        some = [t for t in self._at.copy() if now - t <= WINDOW_S]
        if len(some) < 2 or some[-1] == some[0]:
            return 0.0
        return (len(some) - 1) / (some[-1] - some[0])


class LiveRun:
    """One source being watched, from `start` to `stop`; never started again.

    spec: what `open_` connects to; it raises CameoError. watcher: makes what looks for people, in
    its thread. post: has something called on the window's thread. after: earlier runs that may
    not have ended yet: their watcher, and the same camera, must be free first.
    """

    def __init__(
        self,
        spec: str,
        open_: Callable[[str], LiveFrames],
        watcher: Callable[[], Watcher],
        listener: Listener,
        post: Callable[[Callable[[], None]], None],
        *,
        after: Sequence[LiveRun] = (),
    ) -> None:
        self._open, self._watcher, self._listener = open_, watcher, listener
        self.spec, self._post_now, self._after = spec, post, tuple(after)
        self._stop, self._ready = threading.Event(), threading.Event()
        self._pictures: Mailbox[Picture] = Mailbox()
        self._frames: Mailbox[Frame] = Mailbox()
        self._asked: SimpleQueue[Callable[[Watcher], list[Event]]] = SimpleQueue()
        self._source: LiveFrames | None = None
        self._told = False
        self.found: Found | None = None
        self.newest: Frame | None = None
        self.newest_s = 0.0  # when it came, by time.monotonic
        self.fit: tuple[int, int] | None = None  # device pixels to paint in, None while unseen
        self.feed: Callable[[Frame], None] | None = None  # who else wants every picture
        self.wall_s = time.time()  # what the clock said when the source's time was 0
        self.camera_rate, self.search_rate = Rate(), Rate()
        self._taking = threading.Thread(target=self._take, name="live-pictures", daemon=True)
        self._searching = threading.Thread(target=self._search, name="live-people", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._taking.start()
        self._searching.start()

    def stop(self) -> None:
        """End soon; returns at once, and nothing is told any more."""
        self._stop.set()
        self._frames.close()
        if self._source is not None:
            self._source.stop()

    def join(self, timeout_s: float = JOIN_S) -> bool:
        """Wait until the threads have ended; whether they did."""
        until = time.monotonic() + timeout_s
        for thread in (self._taking, self._searching):
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))
        return not self.is_alive

    @property
    def is_alive(self) -> bool:
        """Whether a thread of it still runs."""
        return self._taking.is_alive() or self._searching.is_alive()

    @property
    def is_connected(self) -> bool:
        """False while a lost connection is being made again."""
        return self._source is None or self._source.is_connected

    def picture(self) -> Picture | None:
        """The newest picture unless it was taken already."""
        return self._pictures.take()

    def forget(self, person: int) -> None:
        """Somebody was erased: their name goes from what was found, their looks in a moment."""
        if (found := self.found) is not None:
            self.found = found.without(person)
        self.ask(lambda watcher: watcher.forget(person))

    def ask(self, what: Callable[[Watcher], list[Event]]) -> None:
        """Have something done with the watcher, in its thread, before the next picture."""
        self._asked.put(what)

    def _post(self, call: Callable[[], None]) -> None:
        def unless_stopped() -> None:
            if not self._stop.is_set():
                call()

        if not self._stop.is_set():
            self._post_now(unless_stopped)

    def _state(self, state: str, message: str = "") -> None:
        self._post(lambda: self._listener.on_state(state, message))

    # ---- the thread of the pictures

    def _take(self) -> None:
        for run in self._after:
            if run.spec == self.spec:
                run._taking.join(FREE_S)
        if self._stop.is_set():
            return
        try:
            source = self._open(self.spec)
        except CameoError as error:
            self._end("failed", sentence_of(error))
            return
        with closing(source):
            self._source = source
            while source.has_end and not self._stop.is_set() and not self._ready.wait(0.1):
                pass  # a short film would be over before the models are loaded
            if not self._stop.is_set():
                self._read(source)

    def _read(self, source: LiveFrames) -> None:
        first = True
        try:
            for frame in source:
                if self._stop.is_set():
                    return
                if first:
                    self._state("running")
                    first = False
                self._give(frame, source.began_s)
        except SourceError as error:
            self._end("failed", sentence_of(error))
            return
        self._end("ended", "")

    def _end(self, state: str, message: str) -> None:
        self._state(state, message)
        self._frames.close()

    def _give(self, frame: Frame, began_s: float) -> None:
        self.wall_s = time.time() - (time.monotonic() - began_s)
        self.newest, self.newest_s = frame, time.monotonic()
        self.camera_rate.count()
        self._frames.put(frame)
        if (feed := self.feed) is not None:
            feed(frame)
        if (fit := self.fit) is None:
            return
        height, width = frame.image.shape[:2]
        pixels = scaled(frame.image, fit)
        self._pictures.put(Picture(pixels, (width, height), frame.time_s, began_s + frame.time_s))
        if not self._told:  # one word is enough for whatever comes until it is heard
            self._told = True
            self._post(self._tell_picture)

    def _tell_picture(self) -> None:
        self._told = False
        self._listener.on_picture()

    # ---- the thread that looks for people

    def _search(self) -> None:
        for run in self._after:
            run._searching.join(FREE_S)
        self._after = ()
        try:
            watcher = self._watcher()
        except CameoError as error:
            text = sentence_of(error)
            self._post(lambda: self._listener.on_problem(text))
            return
        finally:
            self._ready.set()
        while not self._stop.is_set():
            self._answer(watcher)
            frame = self._frames.wait(0.2)
            if frame is not None:
                self._look(watcher, frame)
            elif self._frames.is_closed:
                break
        self._tell(watcher, watcher.end())

    def _answer(self, watcher: Watcher) -> None:
        """Do what was asked for."""
        while True:
            try:
                what = self._asked.get_nowait()
            except Empty:
                return
            try:
                self._tell(watcher, what(watcher))
            except CameoError as error:
                text = sentence_of(error)
                self._post(lambda text=text: self._listener.on_problem(text))  # type: ignore[misc]

    def _look(self, watcher: Watcher, frame: Frame) -> None:
        update: Update = watcher.update(frame)
        height, width = frame.image.shape[:2]
        self.found = Found(update.people, frame.time_s, (width, height))
        self.search_rate.count()
        self._tell(watcher, update.events, update.numbered)

    def _tell(
        self,
        watcher: Watcher,
        events: list[Event],
        numbered: tuple[tuple[int, int], ...] = (),
    ) -> None:
        if not events and not numbered:
            return
        told = Told(
            tuple((e, _portrait(watcher, e.track), watcher.person(e.track)) for e in events),
            numbered,
        )
        self._post(lambda: self._listener.on_update(told))


def scaled(image: Image, fit: tuple[int, int]) -> NDArray[np.uint8]:
    """(H, W, 3) BGR -> (h, w, 4) BGRX, as large as fits into (width, height)."""
    import cv2

    height, width = image.shape[:2]
    factor = min(fit[0] / width, fit[1] / height)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    made = cv2.resize(image, size, interpolation=how) if size != (width, height) else image
    return np.asarray(cv2.cvtColor(made, cv2.COLOR_BGR2BGRA), np.uint8)


def _portrait(watcher: Watcher, track: int) -> bytes:
    looks = watcher.looks(track)
    return looks[0].jpeg if looks else b""


def open_live(spec: str) -> LiveFrames:
    """A camera, a stream, or a file played as if it were a camera. Raises SourceUnavailable."""
    from reid_core.video.live import LiveSource
    from reid_core.video.paced import PacedSource
    from reid_core.video.source import open_source

    source = open_source(spec)
    return source if isinstance(source, LiveSource) else PacedSource(source)
