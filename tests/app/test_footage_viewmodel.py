"""The page of footage without a window: rows, what can be done, and what is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from footage_fakes import FakeClient
from made_footage import content_of, store_video, tracklet
from pytestqt.qtbot import QtBot

from app.indexing import Report
from app.requests import PlayAt, SearchFor
from app.session import Message, Session
from app.viewmodels.footage import Footage
from app.viewmodels.footage_rows import VideoRow, actions_for
from app.viewmodels.index_queue import IndexQueue
from reid_core.actions.enroll import Enrolled
from reid_core.actions.likelier import Likelier
from reid_core.library import footage as stored
from reid_core.library import listing
from reid_core.library.ids import format_id
from reid_core.models.manifest import Role
from reid_core.types import Kind

FACES = json.dumps({"per_second": 5.0, "models": {"face-detector": "d", "face-embedder": "e"}})
BOTH = json.dumps({"per_second": 5.0, "models": {"face-detector": "d", "person-detector": "p"}})


def as_now(session: Session, **others: str) -> str:
    """Settings as a video indexed now would have them. others: models in place of those."""
    roles = ("face-detector", "person-detector", "face-embedder", "body-embedder")
    store = session.store
    models = {r: store.manifest(store.default_for(Role(r))).model_id for r in roles}
    others = {name.replace("_", "-"): model for name, model in others.items()}
    return json.dumps({"per_second": 5.0, "models": {**models, **others}})


class Page:
    """A view-model over fakes, and what it said."""

    def __init__(self, session: Session) -> None:
        self.session, self.clients = session, list[FakeClient]()
        self.footage = Footage(session, IndexQueue(session, self._make))
        self.said: list[Message] = []
        session.message.connect(self.said.append)

    def _make(self) -> FakeClient:
        self.clients.append(FakeClient())
        return self.clients[-1]

    @property
    def client(self) -> FakeClient:
        return self.clients[0]

    @property
    def states(self) -> dict[str, str]:
        return {r.name: r.state for r in self.footage.rows}

    def row(self, name: str) -> VideoRow:
        return next(r for r in self.footage.rows if r.name == name)

    def read(self, qtbot: QtBot) -> None:
        with qtbot.waitSignal(self.footage.rows_changed):
            self.footage.refresh()


@pytest.fixture
def page(session: Session) -> Iterator[Page]:
    made = Page(session)
    yield made
    made.footage.close()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"no film at all")
    return path


def add(page: Page, qtbot: QtBot, *sources: object) -> None:
    with qtbot.waitSignal(page.footage.queue.changed):
        page.footage.add([str(s) for s in sources])
    with qtbot.waitSignal(page.footage.rows_changed):
        pass


def test_rows_are_what_the_library_holds(page: Page, session: Session, film, qtbot: QtBot) -> None:
    video = store_video(
        session.library,
        film,
        tracklet(1, 0.0),
        tracklet(2, 5.0),
        tracklet(3, 0.0, kind=Kind.BODY),
        settings=BOTH,
    )
    page.read(qtbot)
    (row,) = page.footage.rows
    assert (row.id, row.name, row.path) == (video, "film.mp4", str(film))
    assert (row.state, row.duration_s, row.faces, row.bodies) == ("done", 60.0, 2, 1)
    assert (row.rate, row.kinds, row.missing) == (5.0, ("face", "body"), False)
    assert row.cover
    assert page.footage.totals.counts == (1, 60.0, 2, 1)
    qtbot.waitUntil(lambda: page.footage.totals.disk_bytes is not None)
    size = sum(listing.file_sizes(session.library.folder))
    assert page.footage.totals.disk_bytes == pytest.approx(size, rel=0.2)


def test_a_file_that_is_gone_is_missing(page: Page, session: Session, film, qtbot: QtBot) -> None:
    store_video(session.library, film)
    film.unlink()
    page.read(qtbot)
    assert page.row("film.mp4").missing
    film.touch()
    with qtbot.waitSignal(page.footage.rows_changed):
        page.footage.refresh(files=False)  # keeps what it knows
    assert page.row("film.mp4").missing
    page.read(qtbot)
    assert not page.row("film.mp4").missing


def test_what_is_added_is_a_row_until_the_library_has_one(page, session, film, qtbot) -> None:
    page.read(qtbot)
    add(page, qtbot, film)
    row = page.row("film.mp4")
    assert (row.id, row.state, row.rate, row.kinds) == (None, "indexing", 5.0, ("face", "body"))
    page.footage.select(row.key)
    with qtbot.waitSignal(page.footage.row_changed) as told:
        page.client.progressed.emit(str(film), 0.5, "30 s")
    assert told.args[0].share == 0.5
    video = store_video(session.library, film, state="indexing", until_s=30.0)
    page.read(qtbot)
    (row,) = page.footage.rows
    assert (row.id, row.state, row.share) == (video, "indexing", 0.5)
    assert page.footage.selected == row  # still the one that was chosen
    with session.library.transaction("done") as tx:
        stored.update_video(tx, video, state="done")
    page.client.end()
    qtbot.waitUntil(lambda: page.states == {"film.mp4": "done"})
    assert page.footage.selected is not None
    assert page.said[-1].text == "Indexed film.mp4: 2 face and 3 body tracklets"


def test_the_settings_say_how(page: Page, session: Session, film: Path, qtbot: QtBot) -> None:
    session.use_settings(replace(session.settings, per_second=2.0, bodies=False))
    add(page, qtbot, film)
    assert (page.client.rate, page.client.kinds) == (2.0, ("face",))


def test_nothing_to_look_for_is_said(page: Page, session: Session, film: Path) -> None:
    session.use_settings(replace(session.settings, faces=False, bodies=False))
    page.footage.add([str(film)])
    assert "faces or bodies" in page.said[-1].text
    assert not page.footage.queue.entries


def test_folders_become_their_videos(page: Page, tmp_path: Path, qtbot: QtBot) -> None:
    for name in ("b.mp4", "a.mkv", "notes.txt"):
        (tmp_path / "archive").mkdir(exist_ok=True)
        (tmp_path / "archive" / name).touch()
    add(page, qtbot, tmp_path / "archive")
    assert page.states == {"a.mkv": "indexing", "b.mp4": "waiting"}


def test_what_is_queued_already_is_said(page: Page, film: Path, qtbot: QtBot) -> None:
    add(page, qtbot, film)
    with qtbot.waitSignal(page.session.message):
        page.footage.add([str(film)])
    assert "already" in page.said[-1].text


def test_an_unfinished_video_goes_on_with_its_own_settings(page, session, film, qtbot) -> None:
    store_video(session.library, film, state="indexing", until_s=30.0, settings=FACES)
    session.use_settings(replace(session.settings, per_second=1.0))
    page.read(qtbot)
    row = page.row("film.mp4")
    assert (row.state, row.share) == ("stopped", 0.5)
    assert "resume" in actions_for(row, outdated=False)
    with qtbot.waitSignal(page.footage.queue.changed):
        page.footage.resume(row)
    assert (page.client.rate, page.client.kinds) == (5.0, ("face",))
    page.footage.queue.pause(str(film))
    with qtbot.waitSignal(page.footage.rows_changed):
        pass
    page.footage.resume(page.row("film.mp4"))
    assert page.client.asked[-1] == "resume"


def test_other_settings_offer_to_index_again(page, session, film, qtbot) -> None:
    store_video(session.library, film, settings=as_now(session))
    page.read(qtbot)
    row = page.row("film.mp4")
    assert not page.footage.is_outdated(row)
    session.use_settings(replace(session.settings, per_second=1.0))
    assert page.footage.is_outdated(row)
    assert "again" in actions_for(row, outdated=True)
    with qtbot.waitSignal(page.footage.queue.changed):
        page.footage.index_again(row)
    assert page.client.rate == 1.0
    session.use_settings(replace(session.settings, per_second=5.0, bodies=False))
    assert page.footage.is_outdated(row)


def test_models_no_longer_in_use_offer_to_index_again(page, session, film, qtbot) -> None:
    store_video(session.library, film, settings=as_now(session, person_detector="x"))
    page.read(qtbot)
    assert page.row("film.mp4").outdated == ("x",)
    assert page.footage.is_outdated(page.row("film.mp4"))


def test_removing_takes_everything_but_the_file(page, session, film, qtbot) -> None:
    store_video(session.library, film, tracklet(1, 0.0))
    page.read(qtbot)
    with qtbot.waitSignal(session.footage_changed):
        page.footage.remove(page.row("film.mp4"))
    qtbot.waitUntil(lambda: not page.footage.rows)
    assert film.exists()
    assert not list(session.library.media.folder.rglob("*.jpg"))
    assert page.footage.selected is None


def test_relinking_a_moved_file(page: Page, session: Session, tmp_path: Path, qtbot) -> None:
    from reid_core.video.source import content_hash

    moved = tmp_path / "moved.mp4"
    moved.write_bytes(b"film")
    video = store_video(session.library, tmp_path / "gone.mp4")
    page.read(qtbot)
    with qtbot.waitSignal(session.message) as told:
        page.footage.relink(page.row("gone.mp4"), moved)
    assert told.args[0].is_error
    assert "its content is another" in told.args[0].text
    with session.library.transaction("x") as tx:
        stored.update_video(tx, video, content_hash=content_hash(moved))
    page.footage.relink(page.row("gone.mp4"), moved)
    qtbot.waitUntil(lambda: page.states == {"moved.mp4": "done"})
    assert not page.row("moved.mp4").missing


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (Report(1, "a.mp4", "known", "", 0, 0, None, ()), "indexed already"),
        (Report(1, "a.mp4", "known", "", 0, 0, "/old/a.mp4", ()), "found again"),
        (Report(1, "a.mp4", "broken", "a.mp4 ends early.", 0, 0, None, ()), "ends early"),
        (Report(1, "a", "done", "", 0, 0, None, ("x.jpg is cut.", "y")), "x.jpg is cut."),
    ],
)
def test_what_came_of_it_is_said(page: Page, film, qtbot, report: Report, line: str) -> None:
    add(page, qtbot, film)
    page.client.end(page.client.finished, report)
    assert line in page.said[-1].text


def test_many_videos_are_told_in_one_line(page: Page, film: Path, qtbot: QtBot) -> None:
    other = film.with_name("other.mp4")
    other.touch()
    add(page, qtbot, film, other)
    page.client.end()
    assert page.said == []
    page.client.end()
    assert [m.text for m in page.said] == ["Indexed 2 videos: 4 face and 6 body tracklets"]


def test_a_failed_one_stays_until_it_is_dismissed(page: Page, film: Path, qtbot: QtBot) -> None:
    add(page, qtbot, film)
    page.client.end(page.client.failed, "film.mp4 is no video.")
    qtbot.waitUntil(lambda: page.states == {"film.mp4": "failed"})
    row = page.row("film.mp4")
    assert row.message == "film.mp4 is no video."
    assert set(actions_for(row, outdated=False)) == {"resume", "remove", "reveal", "copy"}
    page.footage.remove(row)
    qtbot.waitUntil(lambda: not page.footage.rows)


def test_people_in_a_video(page: Page, session: Session, film: Path, qtbot: QtBot) -> None:
    store_video(
        session.library, film, tracklet(1, 0.0), tracklet(2, 3.0, kind=Kind.BODY), settings=BOTH
    )
    page.read(qtbot)
    row = page.row("film.mp4")
    page.footage.select(row.key)
    qtbot.waitUntil(lambda: [s.id for s in page.footage.seen] == [1, 2])
    qtbot.waitUntil(lambda: bool(page.footage.details.view_bytes))
    page.footage.show_kind(Kind.BODY)
    qtbot.waitUntil(lambda: [s.id for s in page.footage.seen] == [2])
    asked = []
    session.asked_for.connect(lambda *what: asked.append(what))
    page.footage.find_elsewhere(page.footage.seen[0])
    page.footage.play(row, 3.0)
    assert asked == [
        ("search", SearchFor(tracklet=format_id(2), kind="body")),
        ("search", PlayAt(row.id, 3.0)),
    ]
    page.footage.select("nothing")
    assert page.footage.seen == []


def test_recordings_are_not_files(page: Page, session: Session, qtbot: QtBot) -> None:
    store_video(
        session.library, "camera:0 2026-01-02T03:04:05+00:00", state="indexing", until_s=30.0
    )
    page.read(qtbot)
    (row,) = page.footage.rows
    assert row.is_recording
    assert (row.state, row.missing) == ("done", False)
    assert actions_for(row, outdated=page.footage.is_outdated(row)) == ("remove",)
    add(page, qtbot, "camera:0")
    (row,) = page.footage.rows
    assert (row.state, row.source, bool(row.id)) == ("indexing", "camera:0", True)
    assert actions_for(row, outdated=False) == ("cancel",)


def test_what_was_not_finished_is_offered_and_taken_up(session, film, qtbot) -> None:
    begun = film.with_name("begun.mp4")
    begun.touch()
    store_video(session.library, begun, state="indexing", until_s=30.0, settings=FACES)
    (session.library.folder / "queue.json").write_text(json.dumps([str(film), str(begun)]))
    page = Page(session)
    page.read(qtbot)
    assert page.footage.unfinished == (str(film), str(begun))
    page.footage.resume_unfinished()
    qtbot.waitUntil(lambda: len(page.footage.queue.entries) == 2)
    assert {e.name: e.rate for e in page.footage.queue.entries} == {
        "begun.mp4": 5.0,
        "film.mp4": 5.0,
    }
    assert page.footage.unfinished == ()
    page.footage.close()


def test_posters_are_asked_for_once(page: Page, session: Session, film: Path, qtbot) -> None:
    store_video(session.library, film)
    page.read(qtbot)
    page.read(qtbot)
    assert page.client.asked == ["posters 1"]
    path = listing.posters(session.library).path(content_of(film))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    with qtbot.waitSignal(page.footage.rows_changed):
        page.client.poster_made.emit(content_of(film))
    assert page.row("film.mp4").poster == content_of(film)


def test_enrolling_somebody_seen(page, session, film, qtbot, monkeypatch) -> None:
    import sys
    import types

    asked: list[tuple[str, str]] = []
    said: list[Message] = []
    session.message.connect(said.append)
    fake = types.ModuleType("enroll_tracklet")

    def enroll_tracklet(library: object, models: object, name: str, tracklet: str) -> Enrolled:
        asked.append((name, tracklet))
        return Enrolled(1, name, Kind.FACE, (), Likelier(2, "Bob", 0.97, None, False))

    fake.enroll_tracklet = enroll_tracklet
    monkeypatch.setitem(sys.modules, "reid_core.actions.enroll_tracklet", fake)
    with qtbot.waitSignal(session.people_changed):
        page.footage.enrol(listing.Seen(7, "face", 0.0, 1.0, ""), "Ada")
    assert asked == [("Ada", format_id(7))]
    qtbot.waitUntil(lambda: bool(said))
    assert said[0].text == (
        "Enrolled as Ada. Looks like Bob, already enrolled (similarity 0.97, uncalibrated): "
        "undo this if it is the same person."
    )
    assert said[0].action == "Undo"


def test_unreadable_settings_of_a_video_are_no_error(page, session, film, qtbot) -> None:
    for n, text in enumerate(("", "[]", "{}", '{"per_second": "x", "models": []}')):
        store_video(session.library, film.with_name(f"{n}.mp4"), settings=text)
    page.read(qtbot)
    assert [r.rate for r in page.footage.rows] == [None] * 4
    assert not any(page.footage.is_outdated(r) for r in page.footage.rows)
