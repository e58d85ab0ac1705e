"""Searching without a window: questions, filters, verdicts, exports."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.session import Message, Session
from app.viewmodels.player_boxes import Boxes, Mark
from app.viewmodels.search import Search
from app.viewmodels.search_exports import suggested
from app.viewmodels.search_moments import Moments
from reid_core.library import footage
from reid_core.types import Kind
from tests.app.search_made import SEEN, fill, key


@pytest.fixture
def search(qtbot: QtBot, session: Session, tmp_path: Path) -> Iterator[Search]:
    """Of a library in which Ada is seen twice for sure and twice perhaps; Ada is asked for."""
    fill(session, tmp_path)
    made = Search(session)
    with qtbot.waitSignal(made.known_changed):
        made.set_shown(True)
    with qtbot.waitSignal(made.result_changed, check_params_cb=None):
        made.ask_person("Ada")
    yield made
    qtbot.waitUntil(lambda: not session.tasks.jobs)


def keys(search: Search) -> list[str]:
    return [r.key for r in search.rows]


def ask(qtbot: QtBot, search: Search, **options: object) -> None:
    """Change options and wait for the answer."""
    with qtbot.waitSignal(search.result_changed):
        search.set_options(replace(search.options, **options))  # type: ignore[arg-type]


def test_finds_somebody_the_likeliest_first(search: Search) -> None:
    assert keys(search) == [key(0), key(2), key(3), key(1)]
    assert [r.is_likely for r in search.rows] == [True, True, False, False]
    assert search.rows[0].likeness == "similarity 0.990"
    assert search.found is not None
    assert (search.found.searched, search.found.decoded_frames) == (4, 0)
    assert [lane.name for lane in search.lanes] == ["a.mp4", "b.mp4"]
    assert search.person is not None


def test_order_and_filters(qtbot: QtBot, search: Search) -> None:
    ask(qtbot, search, by_time=True)
    assert keys(search) == [key(0), key(1), key(2), key(3)]
    ask(qtbot, search, by_time=False, only_likely=True)
    assert keys(search) == [key(0), key(2)]
    ask(qtbot, search, only_likely=False, minimum=0.65)
    assert keys(search) == [key(0), key(2), key(3)]
    assert search.options.n_limits == 1
    video = search.video(search.rows[1].sighting.video)
    assert video is not None
    ask(qtbot, search, minimum=None, videos=(video.id,))
    assert keys(search) == [key(2), key(3)]
    ask(qtbot, search, videos=None, from_s=7.5)
    assert keys(search) == [key(3)]
    ask(qtbot, search, kind=Kind.BODY)
    assert search.rows == ()
    assert "no body template" in search.problem
    ask(qtbot, search, kind=None, from_s=None)
    assert len(search.rows) == 4


def test_a_confirmation_counts_at_once_and_is_undone(
    qtbot: QtBot, session: Session, search: Search
) -> None:
    said: list[Message] = []
    session.message.connect(said.append)
    with qtbot.waitSignal(session.people_changed):
        search.confirm(search.rows[3])
        assert search.rows[3].is_likely  # before anything is written
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert (search.rows[3].sighting.verdict, search.rows[3].is_likely) == ("same", True)
    assert said[-1].action
    with qtbot.waitSignal(session.people_changed):
        said[-1].call()  # type: ignore[misc]
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert search.rows[3].sighting.verdict is None
    assert not search.rows[3].is_likely


def test_a_rejected_one_disappears_and_stays_away(
    qtbot: QtBot, session: Session, search: Search
) -> None:
    search.select(key(2))
    search.reject(search.rows[1])
    assert keys(search) == [key(0), key(3), key(1)]
    assert search.selected is not None
    assert search.selected.key == key(3)  # the one that took its place
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert keys(search) == [key(0), key(3), key(1)]
    ask(qtbot, search, rejected=True)
    assert search.row(key(2)) is not None
    search.reject(search.row(key(2)))  # type: ignore[arg-type]  # takes it back
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    with session.library.read() as connection:
        assert footage.verdicts_of(connection, search.person or 0) == {}
    assert [r.is_likely for r in search.rows] == [True, True, False, False]


def test_a_verdict_on_somebody_who_is_gone_is_told(
    qtbot: QtBot, session: Session, search: Search
) -> None:
    from reid_core.library import people

    with session.library.transaction("forget") as tx:
        tx.exec_driver_sql("DELETE FROM person")
        assert people.list_people(tx) == []
    said: list[Message] = []
    session.message.connect(said.append)
    search.confirm(search.rows[0])
    qtbot.waitUntil(lambda: any(m.is_error for m in said))
    qtbot.waitUntil(lambda: search.problem != "")


def test_selecting_explains(qtbot: QtBot, search: Search) -> None:
    with qtbot.waitSignal(search.explained) as told:
        search.select(key(2))
    (matches,) = told.args
    assert [m.score for m in matches] == pytest.approx([0.97, 0.95], abs=1e-3)
    assert all(m.template for m in matches)
    assert matches[0].time_s == 4.0
    search.move(1)
    assert search.selected is not None
    assert search.selected.key == key(3)
    search.move(99)
    assert search.selected.key == key(1)


def test_a_tracklet_is_looked_for_elsewhere(qtbot: QtBot, search: Search) -> None:
    with qtbot.waitSignal(search.result_changed):
        search.ask_tracklet(key(0))
    assert key(0) not in keys(search)
    assert keys(search)[0] == key(2)
    assert search.person is None
    assert search.answer is not None
    assert search.answer.media
    search.confirm(search.rows[0])  # nobody enrolled: nothing to say
    assert search.rows[0].sighting.verdict is None


def test_what_cannot_be_asked_is_a_problem(qtbot: QtBot, search: Search) -> None:
    with qtbot.waitSignal(search.result_changed):
        search.ask_person("Nobody")
    assert "Nobody" in search.problem
    assert search.rows == ()
    with qtbot.waitSignal(search.result_changed):
        search.ask_image("/nowhere.jpg")
    assert "/nowhere.jpg" in search.problem
    with qtbot.waitSignal(search.result_changed):
        search.clear()
    assert (search.problem, search.asked) == ("", None)


def test_the_newest_question_is_answered(qtbot: QtBot, session: Session, search: Search) -> None:
    search.ask_tracklet(key(1))
    search.ask_person("Nobody")
    search.ask_tracklet(key(3))
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert search.found is not None
    assert key(3) in search.found.query
    assert search.problem == ""


def test_what_changes_unseen_is_read_when_it_is_seen(
    qtbot: QtBot, session: Session, search: Search
) -> None:
    search.set_shown(False)
    with qtbot.assertNotEmitted(search.known_changed, wait=100):
        session.people_changed.emit()
    with qtbot.waitSignals([search.known_changed, search.result_changed]):
        search.set_shown(True)


@pytest.mark.parametrize("form", ["csv", "html", "clips"])
def test_exports(qtbot: QtBot, session: Session, search: Search, tmp_path: Path, form: str) -> None:
    assert search.found is not None
    assert suggested(search.found, form) == ("Ada" if form == "clips" else f"Ada.{form}")
    ask(qtbot, search, minimum=0.65)
    target = tmp_path / "out" if form == "clips" else tmp_path / f"out.{form}"
    with qtbot.waitSignal(search.exported):
        search.export(form, target)
    if form == "clips":
        assert len(list(target.glob("*.mp4"))) == 2  # the likely ones
    elif form == "csv":
        rows = list(csv.DictReader(target.read_text().splitlines()))
        assert [r["tracklet"] for r in rows] == [key(0), key(2), key(3)]
    else:
        assert "2 likely sightings in 2 videos" in target.read_text()


def test_an_export_that_fails_is_told(
    qtbot: QtBot, session: Session, search: Search, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with qtbot.waitSignal(session.message) as told:
        search.export("csv", tmp_path / "file" / "out.csv")
    assert told.args[0].is_error


def test_boxes_follow_their_path_and_have_names(
    qtbot: QtBot, session: Session, search: Search
) -> None:
    boxes = Boxes(session)
    video = search.video(search.rows[0].sighting.video)
    assert video is not None
    boxes.use(video.id)
    with qtbot.waitSignal(boxes.changed):
        assert boxes.at(1.5) == []
    (box,) = boxes.at(1.5)
    assert box.place == pytest.approx((36.0, 8.0, 68.0, 40.0))  # half way along 40 px
    assert (box.label, box.is_known) == ("Ada similarity 0.990", True)
    assert boxes.at(4.0) == []
    (other,) = boxes.at(6.0)
    assert (other.label, other.is_known) == ("", False)
    boxes.set_marks({1001: Mark("Ada", "0.600", is_likely=False, is_chosen=True)})
    (other,) = boxes.at(6.0)
    assert (other.label, other.is_chosen) == ("Ada 0.600", True)


def test_a_verdict_names_a_box(qtbot: QtBot, session: Session, search: Search) -> None:
    from reid_core.actions.verdict import say
    from reid_core.actions.whereabouts import traces_in

    video = search.video(search.rows[0].sighting.video)
    assert video is not None
    say(session.library, search.person or 0, [key(0)], False)
    say(session.library, search.person or 0, [key(1)], True)
    traces = traces_in(session.library, session.models(), video.id, 0.0, 10.0)
    names = {t.tracklet: (t.name, t.score) for t in traces}
    assert names == {1000: ("", None), 1001: ("Ada", None)}


def test_the_nearest_stored_picture(qtbot: QtBot, session: Session, search: Search) -> None:
    moments = Moments(session)
    video = search.video(search.rows[0].sighting.video)
    assert video is not None
    moments.use(video.id)
    qtbot.waitUntil(lambda: bool(moments.nearest(1.4)))
    assert moments.nearest(1.4) == search.rows[0].media
    assert moments.nearest(6.0) == search.row(key(1)).media  # type: ignore[union-attr]
    assert moments.nearest(100.0) == ""
    assert len(SEEN) == 4
