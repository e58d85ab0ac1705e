"""The two threads of a live view: the newest picture always, whatever the search is doing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from live_fakes import FakeFrames, FakeWatcher, enter, frame, shown
from pytestqt.qtbot import QtBot

from app.live import LiveRun, Rate, Told, scaled
from app.live_recording import Feed
from app.tasks import Tasks
from reid_core.actions.watch_types import Update
from reid_core.errors import LibraryCorrupt, SourceUnavailable


class Listening:
    """Notes what is told, and on which thread."""

    def __init__(self) -> None:
        self.states: list[tuple[str, str]] = []
        self.pictures, self.problems = 0, list[str]()
        self.told: list[Told] = []
        self.threads: set[int] = set()

    def on_state(self, state: str, message: str) -> None:
        self.threads.add(threading.get_ident())
        self.states.append((state, message))

    def on_picture(self) -> None:
        self.threads.add(threading.get_ident())
        self.pictures += 1

    def on_update(self, update: Told) -> None:
        self.threads.add(threading.get_ident())
        self.told.append(update)

    def on_problem(self, message: str) -> None:
        self.problems.append(message)


class Stand:
    """A run over fakes."""

    def __init__(self, tasks: Tasks) -> None:
        self.tasks, self.frames, self.heard = tasks, FakeFrames(), Listening()
        self.watcher, self.runs = FakeWatcher(), list[LiveRun]()

    def run(self, open_: Callable[[str], FakeFrames] | None = None, spec: str = "x") -> LiveRun:
        made = LiveRun(
            spec,
            open_ or (lambda _: self.frames),
            lambda: self.watcher,  # type: ignore[arg-type, return-value]
            self.heard,
            self.tasks.post,
            after=self.runs,
        )
        made.fit = (320, 200)
        self.runs = [*self.runs, made]
        return made


@pytest.fixture
def stand(tasks: Tasks) -> Iterator[Stand]:
    made = Stand(tasks)
    yield made
    for run in made.runs:
        run.stop()
        assert run.join(5)


def test_pictures_pass_a_search_that_hangs(qtbot: QtBot, stand: Stand) -> None:
    busy, go = threading.Event(), threading.Event()

    def hang() -> None:
        busy.set()
        go.wait(5)

    stand.watcher.on_update = hang
    run = stand.run()
    run.start()
    stand.frames.give(frame(0))
    qtbot.waitUntil(busy.is_set)
    stand.frames.give(*(frame(n) for n in range(1, 40)))
    qtbot.waitUntil(lambda: run.newest is not None and run.newest.index == 39)
    qtbot.waitUntil(lambda: stand.heard.pictures > 0)
    picture = run.picture()
    assert picture is not None
    assert run.picture() is None  # only the newest was kept
    assert picture.time_s == frame(39).time_s
    assert picture.size == (160, 90)
    assert picture.pixels.shape == (180, 320, 4)
    go.set()
    qtbot.waitUntil(lambda: stand.watcher.seen == [0, 39])
    assert stand.heard.states == [("running", "")]
    assert stand.heard.threads == {threading.get_ident()}


def test_what_was_found_is_told_with_pictures(qtbot: QtBot, stand: Stand) -> None:
    stand.watcher.updates = [Update([enter(4)], (shown(4),), ((4, 1),))]
    stand.watcher.people = {4: 77}
    run = stand.run()
    run.start()
    stand.frames.give(frame(3))
    qtbot.waitUntil(lambda: len(stand.heard.told) == 1)
    (told,) = stand.heard.told
    assert told.events == ((enter(4), b"", 77),)
    assert told.numbered == ((4, 1),)
    assert run.found is not None
    assert run.found.people == (shown(4),)
    assert run.found.time_s == frame(3).time_s


def test_an_end_and_a_failure_are_told(qtbot: QtBot, stand: Stand) -> None:
    stand.run().start()
    stand.frames.give(frame(0))
    stand.frames.end()
    qtbot.waitUntil(lambda: ("ended", "") in stand.heard.states)
    assert stand.frames.closed.wait(5)
    stand.frames = FakeFrames()
    stand.run().start()
    stand.frames.end("camera:0 stopped giving pictures.")
    qtbot.waitUntil(lambda: stand.heard.states[-1][0] == "failed")
    assert stand.heard.states[-1][1] == "camera:0 stopped giving pictures."


def test_a_source_that_cannot_be_opened_is_told(qtbot: QtBot, stand: Stand) -> None:
    def refuse(_: str) -> FakeFrames:
        raise SourceUnavailable("Camera 3 cannot be opened.")

    run = stand.run(refuse)
    run.start()
    qtbot.waitUntil(lambda: stand.heard.states == [("failed", "Camera 3 cannot be opened.")])
    assert run.join(5)


def test_pictures_go_on_when_nobody_can_be_looked_for(qtbot: QtBot, stand: Stand) -> None:
    def broken() -> FakeWatcher:
        raise LibraryCorrupt("The library is damaged.")

    run = LiveRun("x", lambda _: stand.frames, broken, stand.heard, stand.tasks.post)  # type: ignore[arg-type, return-value]
    stand.runs.append(run)
    run.fit = (100, 100)
    run.start()
    stand.frames.give(frame(0))
    qtbot.waitUntil(lambda: stand.heard.problems == ["The library is damaged."])
    qtbot.waitUntil(lambda: stand.heard.pictures == 1)


def test_a_film_waits_for_the_models(qtbot: QtBot, stand: Stand) -> None:
    go = threading.Event()

    def loaded() -> FakeWatcher:
        go.wait(10)
        return stand.watcher

    stand.frames.has_end = True
    stand.frames.give(frame(0))
    stand.frames.end()
    run = LiveRun("x", lambda _: stand.frames, loaded, stand.heard, stand.tasks.post)  # type: ignore[arg-type, return-value]
    stand.runs.append(run)
    run.start()
    qtbot.waitUntil(lambda: run._source is not None)
    assert run.newest is None
    go.set()
    qtbot.waitUntil(lambda: stand.watcher.seen == [0])
    qtbot.waitUntil(lambda: stand.heard.states == [("running", ""), ("ended", "")])


def test_it_stops_while_it_connects(qtbot: QtBot, stand: Stand) -> None:
    connecting, go = threading.Event(), threading.Event()

    def slow(_: str) -> FakeFrames:
        connecting.set()
        go.wait(10)
        return stand.frames

    run = stand.run(slow)
    run.start()
    qtbot.waitUntil(connecting.is_set)
    started = time.monotonic()
    run.stop()
    assert time.monotonic() - started < 0.5
    assert not run.join(0.1)  # it still hangs, and bothers nobody
    go.set()
    assert stand.frames.closed.wait(5)  # what was opened too late is let go
    assert stand.heard.states == []


def test_the_same_camera_is_free_before_it_is_opened_again(qtbot: QtBot, stand: Stand) -> None:
    first = stand.frames
    run = stand.run()
    run.start()
    first.give(frame(0))
    qtbot.waitUntil(lambda: run.newest is not None)
    stand.frames = FakeFrames()
    was_closed: list[bool] = []

    def again(_: str) -> FakeFrames:
        was_closed.append(first.closed.is_set())
        return stand.frames

    run.stop()
    stand.run(again).start()
    qtbot.waitUntil(lambda: was_closed == [True])


def test_nothing_is_painted_while_nobody_sees_it(qtbot: QtBot, stand: Stand) -> None:
    run = stand.run()
    run.fit = None
    run.start()
    stand.frames.give(frame(0), frame(1))
    qtbot.waitUntil(lambda: 1 in stand.watcher.seen)
    assert run.picture() is None
    assert stand.heard.pictures == 0


def test_what_is_asked_is_done_between_pictures(qtbot: QtBot, stand: Stand) -> None:
    run = stand.run()
    run.start()
    run.ask(lambda watcher: watcher.reload())
    qtbot.waitUntil(lambda: stand.watcher.calls == ["reload"])  # also without any picture


def test_a_rate_is_that_of_the_last_seconds() -> None:
    now = 0.0
    rate = Rate(lambda: now)
    assert rate.per_second == 0
    for n in range(50):
        now = n * 0.1
        rate.count()
    assert rate.per_second == pytest.approx(10)
    now += 2.5
    assert rate.per_second == 0


def test_pictures_are_scaled_into_the_space_there_is() -> None:
    image = np.zeros((1080, 1920, 3), np.uint8)
    image[:, :960] = (10, 20, 30)
    small = scaled(image, (640, 640))
    assert small.shape == (360, 640, 4)
    assert small[100, 100].tolist()[:3] == [10, 20, 30]
    assert small[100, 600].tolist()[:3] == [0, 0, 0]
    assert scaled(image[:90, :160], (320, 180)).shape == (180, 320, 4)


def test_a_feed_takes_a_few_pictures_and_counts_from_its_own_start() -> None:
    feed = Feed("camera:0", per_second=5)
    taken: list[float] = []
    pictures = iter(feed)
    for n in range(31):
        feed.give(frame(n, 100 + n / 30))
        if feed.decoded_frames > len(taken):
            taken.append(next(pictures).time_s)
    assert taken == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    feed.give(frame(99, 200))
    feed.give(frame(100, 201))
    assert next(pictures).index == 100  # the newest, nothing piles up
    feed.close()
    feed.give(frame(101, 300))
    assert list(pictures) == []
