"""The queue of indexing with a made-up process: order, pausing, stopping, and what is told."""

from __future__ import annotations

import pytest
from footage_fakes import FakeClient
from pytestqt.qtbot import QtBot

from app.indexing import LIVE_MS
from app.session import Session
from app.viewmodels.index_entries import Entry, Pace, entry_for
from app.viewmodels.index_queue import IndexQueue


class Desk:
    """A queue whose processes are fakes."""

    def __init__(self, session: Session) -> None:
        self.made: list[FakeClient] = []
        self.queue = IndexQueue(session, self._make)

    def _make(self) -> FakeClient:
        self.made.append(FakeClient())
        return self.made[-1]

    def add(self, *sources: str, first: bool = False) -> int:
        entries = [entry_for(s, rate=5.0, kinds=("face",)) for s in sources]
        return self.queue.add(entries, first=first)

    @property
    def fake(self) -> FakeClient:
        """That for files."""
        return next(f for f in self.made if "camera:0" not in f.asked[0])

    @property
    def camera(self) -> FakeClient:
        return next(f for f in self.made if "camera:0" in f.asked[0])

    @property
    def states(self) -> dict[str, str]:
        return {e.source: e.state for e in self.queue.entries}

    @property
    def order(self) -> str:
        return "".join(e.source for e in self.queue.entries)


@pytest.fixture
def desk(session: Session):
    made = Desk(session)
    yield made
    made.queue.close()


def test_one_after_the_other(desk: Desk, qtbot: QtBot) -> None:
    assert desk.add("a", "b") == 2
    assert desk.states == {"a": "indexing", "b": "waiting"}
    with qtbot.waitSignal(desk.queue.finished) as told:
        desk.fake.end()
    assert told.args[0] == "a"
    assert desk.states == {"b": "indexing"}
    with qtbot.waitSignal(desk.queue.emptied):
        desk.fake.end()
    assert desk.fake.asked == ["index a", "index b"]
    assert len(desk.made) == 1


def test_nothing_is_queued_twice(desk: Desk) -> None:
    desk.add("a", "b")
    assert desk.add("a", "b", "c", "c") == 1
    assert desk.order == "abc"


def test_progress_is_told_with_the_time_to_go(desk: Desk, qtbot: QtBot) -> None:
    desk.add("a")
    desk.queue._paces["a"]._clock = iter([100.0, 110.0]).__next__
    desk.fake.progressed.emit("a", 0.1, "1 s")
    with qtbot.waitSignal(desk.queue.advanced):
        desk.fake.progressed.emit("a", 0.3, "2 s")
    (entry,) = desk.queue.entries
    assert entry.share == 0.3
    assert entry.remaining_s == pytest.approx(35.0)  # 0.2 in 10 s, 0.7 to go


def test_a_pace_leaves_out_the_pauses() -> None:
    moments = iter([0.0, 10.0, 110.0, 120.0])
    pace = Pace(lambda: next(moments))
    assert pace.remaining_s(0.0) is None
    assert pace.remaining_s(0.5) is None  # at 0: where a resumed run begins
    pace.hold()
    pace.go_on()
    assert pace.remaining_s(0.6) == pytest.approx(80.0)  # 0.1 in 20 s, 0.4 to go


def test_the_order_can_be_changed(desk: Desk) -> None:
    desk.add("a", "b", "c", "d")
    desk.queue.move("d", to="first")
    assert desk.order == "adbc"
    desk.queue.move("b", to="up")
    assert desk.order == "abdc"
    desk.queue.move("b", to="up")  # what runs stays in front
    assert desk.order == "abdc"
    desk.queue.move("b", to="down")
    assert desk.order == "adbc"
    desk.queue.move("a", to="down")
    assert desk.order == "adbc"
    desk.add("e", first=True)
    assert desk.order == "aedbc"
    desk.fake.end()
    assert desk.states["e"] == "indexing"


def test_pausing_the_last_one_holds_it(desk: Desk) -> None:
    desk.add("a")
    desk.queue.pause("a")
    assert desk.states == {"a": "paused"}
    desk.queue.resume("a")
    assert desk.states == {"a": "indexing"}
    assert desk.fake.asked == ["index a", "pause", "resume"]


def test_pausing_one_lets_the_next_begin(desk: Desk) -> None:
    desk.add("a", "b")
    desk.queue.pause("a")
    assert desk.fake.asked == ["index a", "pause", "cancel"]
    desk.fake.end(desk.fake.cancelled)
    assert desk.states == {"a": "paused", "b": "indexing"}
    desk.queue.resume("a")
    assert desk.states == {"a": "waiting", "b": "indexing"}
    desk.fake.end()
    assert desk.states == {"a": "indexing"}


def test_a_held_one_makes_room_for_what_is_added(desk: Desk) -> None:
    desk.add("a")
    desk.queue.pause("a")
    desk.add("b")
    desk.queue.resume("a")  # before the process has let go of it
    desk.fake.end(desk.fake.cancelled)
    assert desk.states == {"a": "indexing", "b": "waiting"}
    assert desk.fake.asked == ["index a", "pause", "cancel", "index a"]


def test_pausing_a_waiting_one_leaves_it_out(desk: Desk) -> None:
    desk.add("a", "b", "c")
    desk.queue.pause("b")
    desk.fake.end()
    assert desk.states == {"b": "paused", "c": "indexing"}


def test_pause_all_holds_everything(desk: Desk) -> None:
    desk.add("a", "b")
    desk.queue.pause_all()
    assert desk.states == {"a": "paused", "b": "waiting"}
    assert desk.queue.is_paused
    desk.add("c")
    assert desk.fake.asked == ["index a", "pause"]
    desk.queue.resume_all()
    assert desk.states == {"a": "indexing", "b": "waiting", "c": "waiting"}
    assert desk.fake.asked == ["index a", "pause", "resume"]


def test_stopping(desk: Desk, qtbot: QtBot) -> None:
    desk.add("a", "b", "c")
    with qtbot.waitSignal(desk.queue.stopped):
        desk.queue.cancel("b")
    desk.queue.cancel("a")
    assert desk.states == {"a": "stopping", "c": "waiting"}
    desk.queue.cancel("a")  # twice is once
    with qtbot.waitSignal(desk.queue.stopped) as told:
        desk.fake.end(desk.fake.cancelled)
    assert told.args == ["a"]
    assert desk.states == {"c": "indexing"}
    assert desk.fake.asked == ["index a", "cancel", "index c"]


def test_stopping_all(desk: Desk) -> None:
    desk.add("a", "b", "camera:0")
    desk.queue.cancel_all()
    assert desk.states == {"a": "stopping", "camera:0": "stopping"}
    for fake in desk.made:
        fake.end(fake.cancelled)
    assert desk.states == {}
    assert desk.fake.asked == ["index a", "cancel"]


def test_thousands_are_added_and_stopped_at_once(desk: Desk) -> None:
    told: list[str] = []
    desk.add(*(f"{n}.mp4" for n in range(2000)), *(f"{n}.mp4" for n in range(2000)))
    assert len(desk.queue.entries) == 2000
    desk.queue.changed.connect(lambda: told.append("changed"))
    desk.queue.stopped.connect(lambda _: told.append("stopped"))
    desk.queue.cancel_all()
    assert [e.source for e in desk.queue.entries] == ["0.mp4"]
    assert desk.queue.entries[0].state == "stopping"
    assert len(told) < 10


def test_what_failed_says_why_and_the_next_goes_on(desk: Desk, qtbot: QtBot) -> None:
    desk.add("a", "b")
    with qtbot.waitSignal(desk.queue.failed):
        desk.fake.end(desk.fake.failed, "a is no video.")
    assert desk.states == {"a": "failed", "b": "indexing"}
    assert desk.queue.entries[0].message == "a is no video."
    desk.add("a")  # once more
    assert desk.states == {"b": "indexing", "a": "waiting"}
    desk.queue.cancel("a")
    assert desk.states == {"b": "indexing"}


def test_a_failed_one_can_be_dismissed(desk: Desk) -> None:
    desk.add("a")
    desk.fake.end(desk.fake.failed, "a is no video.")
    desk.queue.cancel("a")
    assert desk.states == {}


def test_a_camera_has_a_process_of_its_own(desk: Desk) -> None:
    desk.add("a", "camera:0")
    assert desk.states == {"a": "indexing", "camera:0": "indexing"}
    camera = desk.camera
    desk.queue.pause("camera:0")  # cannot be held
    assert desk.states["camera:0"] == "indexing"
    desk.queue.cancel("camera:0")
    assert camera.asked == ["index camera:0", f"cancel {LIVE_MS}"]
    camera.end()  # it ends well
    assert desk.states == {"a": "indexing"}
    desk.add("camera:0")
    assert camera.source == "camera:0"


def test_credentials_are_not_shown(desk: Desk, session: Session) -> None:
    titles = []
    session.tasks.started.connect(lambda job: titles.append(job.title))
    desk.add("rtsp://me:secret@10.0.0.7/live?token=x")
    (entry,) = desk.queue.entries
    assert entry.name == "rtsp://10.0.0.7/live"
    assert titles == ["Recording rtsp://10.0.0.7/live"]
    desk.made[0].end()


def test_the_window_sees_a_job_that_stops_it(desk: Desk, session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.tasks.started) as told:
        desk.add("a")
    job = told.args[0]
    assert job in session.tasks.jobs
    assert job.shown
    assert job.title == "Indexing a"
    with qtbot.waitSignal(job.changed):
        desk.fake.progressed.emit("a", 0.25, "7 s")
    assert (job.share, job.detail) == (0.25, "7 s")
    desk.queue.pause("a")
    assert job.detail == "paused"
    job.cancel()
    assert desk.states == {"a": "stopping"}
    with qtbot.waitSignal(job.ended):
        desk.fake.end(desk.fake.cancelled)
    assert session.tasks.jobs == ()


def test_entries_know_what_they_are() -> None:
    assert entry_for("/v/a.mp4", rate=1.0, kinds=["face"]).name == "a.mp4"
    assert not entry_for("/v/a.mp4", rate=1.0, kinds=["face"]).is_live
    assert isinstance(entry_for("camera:3", rate=1.0, kinds=["face"]), Entry)
    assert entry_for("camera:3", rate=1.0, kinds=["face"]).is_live
