"""From an enrolled portrait to a report, in the page of search, on real faces."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.requests import EnrolFrom, SearchFor
from app.session import Session
from app.views.search_choose import ChooseDialog
from app.views.search_page import Page
from reid_core import images
from reid_core.actions.demo import FILM, PEOPLE, other_look, sample_photograph
from reid_core.actions.enroll import enroll
from reid_core.actions.faces import looks_in
from reid_core.actions.index import index
from reid_core.types import Kind

NAME = "Far right"
TRUE = ((4.6, 6.4), (9.0, 11.5))  # when she is in the film
LONG_MS = 20_000  # models are loaded on the way


@pytest.fixture
def page(qtbot: QtBot, session: Session, tmp_path: Path) -> Iterator[Page]:
    photograph = images.read_image(sample_photograph())
    faces = looks_in(session.models(), photograph, Kind.FACE)
    portrait, film = tmp_path / "portrait.png", tmp_path / "film.mp4"
    images.write_image(other_look(photograph, faces[PEOPLE[NAME]].box), portrait)
    FILM.write(photograph, film)
    enroll(session.library, session.models(), NAME, [str(portrait)])
    index(session.library, session.models(), str(film), per_second=3, kinds=(Kind.FACE,))
    made = Page(session)
    qtbot.addWidget(made)
    made.resize(1158, 768)
    made.show()
    made.activate(SearchFor(person=NAME))
    qtbot.waitUntil(lambda: made.playing.player.is_open, timeout=LONG_MS)
    yield made
    made.close_page()
    made.close()
    qtbot.waitUntil(lambda: not session.tasks.jobs)


@pytest.mark.real_data
def test_search_look_judge_and_report(
    qtbot: QtBot, session: Session, page: Page, tmp_path: Path
) -> None:
    likely = [r for r in page.search.rows if r.is_likely]
    spans = sorted((r.sighting.start_s, r.sighting.end_s) for r in likely)
    assert len(spans) == len(TRUE)
    for (start, end), (first, last) in zip(spans, TRUE, strict=True):
        assert start == pytest.approx(first, abs=0.6)
        assert end == pytest.approx(last, abs=0.6)

    second = page.search.rows[1]
    place = page.list.visualRect(page.list.rows.index(1)).center()
    qtbot.mouseClick(page.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    player = page.playing.player
    qtbot.waitUntil(lambda: abs(player.time_s - second.sighting.best_s) < 0.05)
    screen = page.playing.widget.screen_
    qtbot.waitUntil(lambda: any(b.is_chosen for b in screen.boxes()))
    (box,) = [b for b in screen.boxes() if b.is_chosen]
    assert box.place == pytest.approx(second.sighting.box, abs=2)
    assert NAME in box.label

    page.list.setFocus()
    qtbot.keyClick(page.list, Qt.Key.Key_Y)
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert page.search.rows[1].sighting.verdict == "same"
    third = page.search.rows[2]
    page.search.select(third.key)
    qtbot.keyClick(page.list, Qt.Key.Key_X)
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert page.search.row(third.key) is None
    session.undo()
    qtbot.waitUntil(lambda: page.search.row(third.key) is not None)

    for form in ("csv", "html"):
        with qtbot.waitSignal(page.search.exported):
            page.actions_.write(form, tmp_path / f"out.{form}")
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert [r["tracklet"] for r in rows] == [r.key for r in page.search.rows]
    assert rows[1]["verdict"] == "same"
    assert NAME in (tmp_path / "out.html").read_text()


@pytest.mark.real_data
def test_search_with_what_is_seen(qtbot: QtBot, session: Session, page: Page) -> None:
    best = page.search.rows[0].sighting
    player = page.playing.player
    qtbot.waitUntil(lambda: abs(player.time_s - best.best_s) < 0.05)
    x0, y0, x1, y1 = best.box
    drawn = (x0 - 20, y0 - 20, x1 + 20, y1 + 20)
    page.playing._ask(drawn)
    qtbot.waitUntil(
        lambda: page.search.found is not None and page.search.person is None, timeout=LONG_MS
    )
    assert page.search.rows[0].key == best.tracklet
    assert page.search.asked is not None
    assert page.search.asked.jpeg
    with qtbot.waitSignal(session.asked_for, timeout=LONG_MS) as asked:
        page.playing.enrol(page.playing.source(), drawn)
    key, wanted = asked.args
    assert key == "people"
    assert isinstance(wanted, EnrolFrom)
    assert wanted.number is not None
    assert wanted.sources == (page.playing.source(),)


@pytest.mark.real_data
def test_of_several_in_a_photo_one_is_chosen(qtbot: QtBot, page: Page) -> None:
    page.search.ask_image(str(sample_photograph()))
    qtbot.waitUntil(lambda: page.findChild(ChooseDialog) is not None, timeout=LONG_MS)
    dialog = page.findChild(ChooseDialog)
    assert dialog is not None
    assert dialog.people.count() == 6
    dialog.people.setCurrentRow(PEOPLE[NAME])
    dialog.accept()
    qtbot.waitUntil(lambda: bool(page.search.rows), timeout=LONG_MS)
    assert page.search.rows[0].sighting.score > 0.95
    assert page.query._several.isVisible()
