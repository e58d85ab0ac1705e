"""The live view without a window: states, events, enrolling, recording, what is remembered."""

from __future__ import annotations

import socket
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from live_fakes import FakeFrames, FakeWatcher, enter, frame, identified, leave, look, shown
from pytestqt.qtbot import QtBot

from app.models.live_events import EventRow
from app.requests import EnrolFrom
from app.session import Message, Session
from app.tasks import Job
from app.viewmodels import live as live_module
from app.viewmodels.live import Live
from app.viewmodels.live_judgement import judgement
from reid_core import images
from reid_core.actions.watch_types import Update
from reid_core.errors import SourceUnavailable
from reid_core.library import footage, people
from reid_core.types import Kind


class Stand:
    """A live view over fakes, and what it said."""

    def __init__(self, session: Session) -> None:
        self.session, self.watcher = session, FakeWatcher()
        self.sources: dict[str, FakeFrames] = {}
        self.made: list[tuple[Kind, ...]] = []
        self.said: list[Message] = []
        self.alerts: list[EventRow] = []
        self.live = Live(session, open_=self._open, watcher=self._make)  # type: ignore[arg-type]
        session.message.connect(self.said.append)
        self.live.alerted.connect(self.alerts.append)

    def _open(self, spec: str) -> FakeFrames:
        if spec == "camera:9":
            raise SourceUnavailable("Camera 9 cannot be opened.")
        self.sources[spec] = FakeFrames(spec)
        return self.sources[spec]

    def _make(self, kinds: tuple[Kind, ...]) -> FakeWatcher:
        self.made.append(kinds)
        return self.watcher

    @property
    def rows(self) -> list[tuple[str, int, str | None]]:
        return [(r.event, r.track, r.name) for r in reversed(self.live.events.rows)]


@pytest.fixture
def stand(session: Session) -> Iterator[Stand]:
    made = Stand(session)
    yield made
    made.live.close()


def begin(qtbot: QtBot, stand: Stand, source: str = "camera:0") -> FakeFrames:
    stand.live.start(source)
    assert stand.live.state == "connecting"
    qtbot.waitUntil(lambda: source in stand.sources)
    stand.sources[source].give(frame(0))
    qtbot.waitUntil(lambda: stand.live.state == "running")
    return stand.sources[source]


def test_it_runs_stops_and_starts_again(qtbot: QtBot, stand: Stand) -> None:
    first = begin(qtbot, stand)
    assert stand.live.is_running
    stand.live.stop()
    assert stand.live.state == "idle"
    assert first.stopped.is_set()
    del stand.sources["camera:0"]
    stand.live.again()
    qtbot.waitUntil(lambda: "camera:0" in stand.sources)
    assert first.closed.is_set()
    stand.live.start("camera:0")  # twice
    stand.live.stop()
    stand.live.stop()


def test_pictures_are_handed_over_and_the_delay_is_measured(qtbot: QtBot, stand: Stand) -> None:
    stand.live.fit((640, 480))
    frames = begin(qtbot, stand)
    with qtbot.waitSignal(stand.live.picture_ready):
        frames.give(*(frame(n, time.monotonic() - frames.began_s) for n in range(1, 20)))
    qtbot.waitUntil(lambda: stand.live.status.camera > 0)
    picture = stand.live.picture()
    assert picture is not None
    assert stand.live.status.delay_s is None
    stand.live.painted(picture)
    delay = stand.live.status.delay_s
    assert delay is not None
    assert 0 <= delay < 5


def test_a_camera_that_is_not_there_is_said(qtbot: QtBot, stand: Stand) -> None:
    stand.live.start("camera:9")
    qtbot.waitUntil(lambda: stand.live.state == "failed")
    assert stand.live.message == "Camera 9 cannot be opened."
    assert not stand.live.is_running


def test_a_lost_connection_and_silence_are_said(
    qtbot: QtBot, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = begin(qtbot, stand)
    frames.is_connected = False
    qtbot.waitUntil(lambda: stand.live.state == "reconnecting")
    frames.is_connected = True
    qtbot.waitUntil(lambda: stand.live.state == "running")
    monkeypatch.setattr(live_module, "SILENT_S", 0.1)
    qtbot.waitUntil(lambda: stand.live.state == "silent")
    frames.end("camera:0 stopped giving pictures after 1 of them.")
    qtbot.waitUntil(lambda: stand.live.state == "failed")
    assert "stopped giving pictures" in stand.live.message


def test_a_dead_address_can_be_left_at_once(qtbot: QtBot, session: Session) -> None:
    with socket.socket() as server:  # takes the connection and says nothing
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        live = Live(session)
        live.start(f"rtsp://ada:lovelace@127.0.0.1:{port}/x")
        assert live.source is not None
        assert live.source.label == f"rtsp://127.0.0.1:{port}/x"
        assert session.settings.cameras == (f"rtsp://127.0.0.1:{port}/x",)
        qtbot.waitUntil(lambda: "live-pictures" in {t.name for t in threading.enumerate()})
        started = time.monotonic()
        live.stop()
        assert time.monotonic() - started < 0.5
        live.close()
        assert time.monotonic() - started < 2.5


def test_events_are_listed_with_who_and_how_long(qtbot: QtBot, stand: Stand) -> None:
    stand.watcher.found = {4: (look(),)}
    stand.watcher.people = {4: 77}
    with stand.session.library.transaction("make") as tx:
        ada = people.add_person(tx, "Ada")
    stand.watcher.people = {4: ada}
    frames = begin(qtbot, stand)
    stand.watcher.updates = [
        Update([enter(4, 1.0), enter(5, 1.0)], (shown(4), shown(5)), ((5, 1),)),
        Update([identified(4, "Ada", 2.0)], ()),
        Update([leave(4, 9.5, "Ada"), leave(5, 3.0)], ()),
    ]
    for n in range(1, 4):
        frames.give(frame(n))
        qtbot.waitUntil(lambda n=n: n in stand.watcher.seen)
    qtbot.waitUntil(lambda: len(stand.rows) == 5)
    assert stand.rows == [
        ("enter", 4, "Ada"),  # known by now
        ("enter", 5, None),
        ("identified", 4, "Ada"),
        ("leave", 4, "Ada"),
        ("leave", 5, None),
    ]
    by_event = {(r.event, r.track): r for r in stand.live.events.rows}
    assert by_event["leave", 4].stay_s == pytest.approx(8.5)
    assert by_event["leave", 4].picture == look().jpeg
    assert by_event["identified", 4].person == ada
    assert by_event["identified", 4].score == 0.91
    assert {by_event["enter", 5].stranger, by_event["leave", 5].stranger} == {1}
    assert abs(by_event["enter", 4].at_s - time.time()) < 60
    assert stand.alerts == []
    stand.live.clear()
    assert stand.rows == []


def test_somebody_known_alerts_who_wants_it(qtbot: QtBot, stand: Stand) -> None:
    stand.live.alert(True)
    frames = begin(qtbot, stand)
    stand.watcher.updates = [Update([enter(1), identified(1, "Ada")], ())]
    frames.give(frame(1))
    qtbot.waitUntil(lambda: len(stand.alerts) == 1)
    assert stand.alerts[0].name == "Ada"
    assert [r.alerts for r in stand.live.events.rows] == [True, False]
    assert Live(stand.session).alerts  # remembered


def test_a_stranger_is_enrolled_and_it_can_be_undone(qtbot: QtBot, stand: Stand) -> None:
    frames = begin(qtbot, stand)
    stand.watcher.updates = [Update([enter(3)], (shown(3),))]
    frames.give(frame(1))
    qtbot.waitUntil(lambda: stand.rows == [("enter", 3, None)])
    stand.watcher.found = {3: (look(0.8), look(0.5, turn=1), look(0.1, turn=2))}
    stand.live.enrol(3, " Ada  Lovelace ")
    qtbot.waitUntil(lambda: stand.rows == [("enter", 3, "Ada Lovelace")])
    qtbot.waitUntil(lambda: ("pin", 3, ada(stand)) in stand.watcher.calls)
    assert "reload" in stand.watcher.calls
    assert "2" in stand.said[-1].text
    assert stand.said[-1].action
    with stand.session.library.read() as connection:
        (person,) = people.list_people(connection)
        kept = people.templates_of(connection, person.id)
    assert (person.name, person.faces) == ("Ada Lovelace", 2)
    assert {t.where_from for t in kept} == {"camera:0"}
    qtbot.waitUntil(lambda: stand.live.names == ("Ada Lovelace",))
    stand.session.undo()
    qtbot.waitUntil(lambda: stand.rows == [("enter", 3, None)])
    assert stand.live.names == ()


def ada(stand: Stand) -> int:
    with stand.session.library.read() as connection:
        return people.list_people(connection)[0].id


def test_views_that_are_too_poor_are_refused(qtbot: QtBot, stand: Stand) -> None:
    begin(qtbot, stand)
    stand.watcher.found = {3: (look(0.1),)}
    stand.live.enrol(3, "Ada")
    qtbot.waitUntil(lambda: bool(stand.said))
    assert stand.said[0].is_error
    assert "quality of 0.10" in stand.said[0].text
    assert "0.10" in judgement([look(0.1)])
    assert "2 views" in judgement([look(0.8), look(0.3), look(0.1)])
    assert "One view" in judgement([look(0.8)])
    assert "no view" in judgement([])


def test_the_name_that_is_there_gets_more_templates(qtbot: QtBot, stand: Stand) -> None:
    begin(qtbot, stand)
    stand.watcher.found = {1: (look(turn=1),), 2: (look(turn=2),)}
    stand.live.enrol(1, "Ada")
    stand.live.enrol(2, "ADA")
    qtbot.waitUntil(lambda: len(stand.said) == 2)
    with stand.session.library.read() as connection:
        assert [(p.name, p.faces) for p in people.list_people(connection)] == [("Ada", 2)]


def test_whoever_is_enrolled_under_another_name_is_told(qtbot: QtBot, stand: Stand) -> None:
    model = stand.session.models().model_id(Kind.FACE)
    seen = replace(look(turn=1), model=model)
    begin(qtbot, stand)
    stand.watcher.found = {1: (seen,), 2: (seen,), 3: (replace(look(turn=3), model=model),)}
    for track, name in ((1, "Ada"), (2, "Bob"), (3, "Cleo")):
        stand.live.enrol(track, name)
        qtbot.waitUntil(lambda n=track: len(stand.said) == n)
    assert "Looks like" not in stand.said[0].text
    assert stand.said[1].text == (
        "Bob is enrolled. New views: 1. Looks like Ada, already enrolled (similarity 1.00, "
        "uncalibrated): undo this if it is the same person."
    )
    assert stand.said[1].action == "Undo"
    assert "Looks like" not in stand.said[2].text


def test_what_is_looked_for_can_be_changed_while_it_runs(qtbot: QtBot, stand: Stand) -> None:
    begin(qtbot, stand)
    qtbot.waitUntil(lambda: stand.made == [(Kind.FACE,)])
    stand.live.look_for("both")
    qtbot.waitUntil(lambda: ("use", (Kind.FACE, Kind.BODY)) in stand.watcher.calls)
    assert stand.live.kind == "both"
    stand.live.stop()
    stand.live.start("camera:1")
    qtbot.waitUntil(lambda: stand.watcher.calls.count(("use", (Kind.FACE, Kind.BODY))) == 2)
    assert stand.made == [(Kind.FACE,)]  # one watcher for all: strangers keep their numbers


def test_sources_are_remembered(qtbot: QtBot, stand: Stand, film: Path) -> None:
    begin(qtbot, stand)
    begin(qtbot, stand, "camera:1")
    assert [c.source for c in stand.live.choices] == ["camera:1", "camera:0"]
    secret = "rtsp://ada:lovelace@127.0.0.1:9/x"
    begin(qtbot, stand, secret)
    assert "lovelace" not in str(stand.session.settings)
    remembered = stand.live.choices[0]
    assert remembered.source == "rtsp://127.0.0.1:9/x"
    del stand.sources[secret]
    stand.live.start(remembered.source)  # the password is still known
    qtbot.waitUntil(lambda: secret in stand.sources)


def test_a_snapshot_goes_to_the_page_of_people_and_is_deleted(qtbot: QtBot, stand: Stand) -> None:
    asked: list[tuple[str, object]] = []
    stand.session.asked_for.connect(lambda key, wanted: asked.append((key, wanted)))
    stand.live.snapshot()  # nothing to take
    frames = begin(qtbot, stand)
    frames.give(frame(200))
    qtbot.waitUntil(lambda: 200 in stand.watcher.seen)
    stand.live.snapshot()
    qtbot.waitUntil(lambda: len(asked) == 1)
    key, wanted = asked[0]
    assert key == "people"
    assert isinstance(wanted, EnrolFrom)
    path = Path(wanted.sources[0])
    assert images.read_image(path).mean() == 200
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    stand.live.snapshot()
    qtbot.waitUntil(lambda: len(asked) == 2)
    other = Path(asked[1][1].sources[0])
    assert other != path
    assert path.exists(), "the sheet that is open holds it still"
    stand.live.close()
    assert not path.exists()
    assert not other.exists()


# ---- recording


@pytest.mark.real_data
def test_what_is_seen_is_recorded(qtbot: QtBot, stand: Stand, film: Path, tmp_path: Path) -> None:
    from reid_core.video.source import open_source

    some = [f for f in open_source(film, every_s=0.2) if f.time_s < 3]
    jobs: list[Job] = []
    stand.session.tasks.started.connect(jobs.append)
    frames = begin(qtbot, stand, str(film))
    stand.live.record(True)
    assert stand.live.is_recording
    assert stand.session.settings.record_live
    feed = stand.live._run.feed.__self__  # type: ignore[union-attr]
    for one in some:
        given = feed.decoded_frames
        frames.give(replace(one, time_s=one.time_s + 50))
        qtbot.waitUntil(lambda given=given: feed.decoded_frames > given, timeout=20000)
        qtbot.waitUntil(lambda: feed._box._value is None, timeout=20000)
    stand.live.record(False)
    assert not stand.live.is_recording
    with qtbot.waitSignal(stand.session.footage_changed, timeout=60000):
        pass
    assert [j.title for j in jobs] == [f"Watching {film.name}", f"Recording {film.name}"]
    with stand.session.library.read() as connection:
        (video,) = footage.list_videos(connection)
        faces = footage.tracklet_ids(connection, Kind.FACE, videos=[video.id])
    assert video.state == "done"
    assert video.path.startswith(f"file://{film.name} ")
    assert video.duration_s == pytest.approx(some[-1].time_s, abs=0.5)
    assert len(faces) > 0


def test_a_recording_that_breaks_off_is_said_and_switched_off(
    qtbot: QtBot, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.viewmodels import live_recorder

    def refuse(*_: object, **__: object) -> None:
        raise SourceUnavailable("The disk is full.")

    monkeypatch.setattr(live_recorder, "record", refuse)
    begin(qtbot, stand)
    stand.live.record(True)
    qtbot.waitUntil(lambda: not stand.live.is_recording)
    assert not stand.session.settings.record_live
    assert stand.said[0].text == "The disk is full."


def test_recording_begins_with_the_next_source_when_it_is_on(
    qtbot: QtBot, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.viewmodels import live_recorder

    began: list[str] = []

    def record(_library: object, _models: object, feed: object, **_: object) -> None:
        began.append(feed.name)  # type: ignore[attr-defined]
        list(feed)  # type: ignore[call-overload]

    monkeypatch.setattr(live_recorder, "record", record)
    stand.live.record(True)
    assert not stand.live.is_recording
    begin(qtbot, stand)
    qtbot.waitUntil(lambda: began == ["camera:0"])
    stand.live.look_for("body")  # a recording holds one choice of kinds
    qtbot.waitUntil(lambda: began == ["camera:0", "camera:0"])
    stand.live.stop()
    assert not stand.live.is_recording
    assert stand.live.records
    assert np.isfinite(stand.live.status.camera)
