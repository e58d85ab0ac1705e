"""A camera and a watcher whose every move a test decides."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue

import numpy as np

from reid_core.actions.live_looks import LiveLook
from reid_core.actions.watch_types import Event, Shown, Update
from reid_core.errors import SourceBroken
from reid_core.images import encode_jpeg
from reid_core.types import Frame, Kind

JPEG = encode_jpeg(np.full((60, 50, 3), 90, np.uint8))


def frame(number: int, time_s: float | None = None) -> Frame:
    """A picture as bright as its number."""
    image = np.full((90, 160, 3), number % 256, np.uint8)
    return Frame(image, number, number / 30 if time_s is None else time_s, "fake")


def look(quality: float = 0.8, *, kind: Kind = Kind.FACE, turn: int = 0) -> LiveLook:
    """A view of somebody. turn: another number, another picture and vector."""
    vector = np.zeros(8, np.float32)
    vector[turn % 8] = 1
    jpeg = encode_jpeg(np.full((60, 50, 3), 90 + turn, np.uint8))
    return LiveLook(
        kind, jpeg, np.zeros((5, 2), np.float32), vector, "fake", {"size": quality}, quality, 0.0
    )


class FakeFrames:
    """A source that gives what it is given, until `end` or `stop`."""

    def __init__(self, name: str = "camera:0") -> None:
        self.name, self.began_s, self.is_connected = name, time.monotonic(), True
        self.has_end = False
        self.given: SimpleQueue[Frame | Exception | None] = SimpleQueue()
        self.stopped, self.closed = threading.Event(), threading.Event()

    def give(self, *frames: Frame) -> None:
        for one in frames:
            self.given.put(one)

    def end(self, error: str = "") -> None:
        self.given.put(SourceBroken(error) if error else None)

    def __iter__(self) -> Iterator[Frame]:
        while not self.stopped.is_set():
            try:
                one = self.given.get(timeout=0.02)
            except Empty:
                continue
            if one is None:
                return
            if isinstance(one, Exception):
                raise one
            yield one

    def stop(self) -> None:
        self.stopped.set()

    def close(self) -> None:
        self.closed.set()


class FakeWatcher:
    """Answers each picture from a list, then with whoever is `here`."""

    def __init__(self, *updates: Update) -> None:
        self.updates, self.seen = list(updates), list[int]()
        self.calls: list[object] = []
        self.found: dict[int, tuple[LiveLook, ...]] = {}
        self.people: dict[int, int] = {}
        self.here: tuple[Shown, ...] = ()
        self.on_update: Callable[[], None] = lambda: None

    def update(self, frame: Frame) -> Update:
        self.seen.append(frame.index)
        self.on_update()
        return self.updates.pop(0) if self.updates else Update([], self.here)

    def looks(self, track: int) -> tuple[LiveLook, ...]:
        return self.found.get(track, ())

    def person(self, track: int) -> int | None:
        return self.people.get(track)

    def use(self, kinds: Sequence[Kind], models: object = None) -> list[Event]:
        self.calls.append(("use", tuple(kinds)))
        return []

    def reload(self) -> list[Event]:
        self.calls.append("reload")
        return []

    def pin(self, track: int, person: int) -> list[Event]:
        self.calls.append(("pin", track, person))
        return []

    def forget(self, person: int) -> list[Event]:
        self.calls.append(("forget", person))
        return []

    def end(self) -> list[Event]:
        return []


def enter(track: int, time_s: float = 0.0) -> Event:
    return Event("enter", time_s, track, Kind.FACE, box=(10, 10, 40, 50))


def identified(track: int, name: str, time_s: float = 0.0) -> Event:
    return Event("identified", time_s, track, Kind.FACE, name, 0.91, (10, 10, 40, 50))


def leave(track: int, time_s: float, name: str | None = None) -> Event:
    return Event("leave", time_s, track, Kind.FACE, name)


def shown(
    track: int,
    *,
    name: str | None = None,
    stranger: int | None = None,
    person: int | None = None,
) -> Shown:
    left = 10.0 + 50 * track
    return Shown(track, Kind.FACE, (left, 20.0, left + 40, 70.0), person, name, None, stranger)
