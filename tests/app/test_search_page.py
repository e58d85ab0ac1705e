"""The page of search: what is clicked and typed arrives, and what is found is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from app.requests import PlayAt, SearchFor
from app.session import Session
from app.viewmodels.search import Search
from app.views.search_delegates import groove_of
from app.views.search_page import Page
from app.widgets.timeline import place_of
from reid_core.search.index import Manner
from tests.app.search_made import fill, key

# menus and popups on the offscreen platform
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support (raise|grabbing)", extend=True)


@pytest.fixture
def page(qtbot: QtBot, session: Session, tmp_path: Path) -> Iterator[Page]:
    fill(session, tmp_path)
    made = Page(session)
    qtbot.addWidget(made)
    made.resize(1158, 768)
    made.show()
    made.activate(SearchFor(person="Ada"))
    qtbot.waitUntil(lambda: len(made.search.rows) == 4 and made.playing.player.is_open)
    yield made
    made.close_page()
    made.close()
    assert not made.playing.player.is_running
    qtbot.waitUntil(lambda: not session.tasks.jobs)


def plays(page: Page, name: str, at_s: float) -> bool:
    player = page.playing.player
    return player.path.endswith(name) and abs(player.time_s - at_s) < 0.06


def click_row(qtbot: QtBot, page: Page, n: int) -> None:
    place = page.list.visualRect(page.list.rows.index(n)).center()
    qtbot.mouseClick(page.list.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_the_likeliest_is_shown_with_its_box(qtbot: QtBot, page: Page) -> None:
    qtbot.waitUntil(lambda: plays(page, "a.mp4", 1.5))
    qtbot.waitUntil(lambda: bool(page.playing.widget.screen_.boxes()))
    (box,) = page.playing.widget.screen_.boxes()
    assert (box.label, box.is_chosen) == ("Ada similarity 0.990", True)
    assert "2 likely of 4 shown" in page._header.line.text()
    assert "0 frames decoded" in page._header.line.text()
    assert "reference" in page._means.text()
    assert page.query.picker.text() == "Ada"


def test_an_approximate_search_says_what_it_finds(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "approximately" not in page._header.line.text()
    found = page.search.found
    assert found is not None
    large = replace(found, index=Manner("approximate", 0.9932))
    monkeypatch.setattr(Search, "found", large)
    assert page._facts().endswith(" · approximately: 99.3% of the nearest are found")


def test_a_click_on_a_result_jumps_to_it(qtbot: QtBot, page: Page) -> None:
    click_row(qtbot, page, 1)
    qtbot.waitUntil(lambda: plays(page, "b.mp4", 4.0))
    assert page.playing.player.span == (3.0, 5.0)
    assert page.playing.widget.bar._chosen == key(2)
    assert not page.playing.player.is_playing


def test_a_double_click_and_enter(qtbot: QtBot, page: Page) -> None:
    place = page.list.visualRect(page.list.rows.index(1)).center()
    viewport = page.list.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    assert page.playing.player.is_playing
    page.playing.player.pause()
    page.playing.player.seek(9.0)
    qtbot.waitUntil(lambda: plays(page, "b.mp4", 9.0))
    qtbot.keyClick(page.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: plays(page, "b.mp4", 4.0))


def test_a_verdict_does_not_move_the_player(qtbot: QtBot, session: Session, page: Page) -> None:
    page.playing.player.seek(8.0)
    qtbot.waitUntil(lambda: plays(page, "a.mp4", 8.0))
    page.playing.details.confirm.click()
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert page.search.selected is not None
    assert page.search.selected.sighting.verdict == "same"
    assert page.playing.player.at_s == pytest.approx(8.0, abs=0.06)


def test_keys_go_through_the_results(qtbot: QtBot, page: Page) -> None:
    page.list.setFocus()
    qtbot.keyClick(page.list, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: plays(page, "b.mp4", 4.0))
    qtbot.keyClick(page.list, Qt.Key.Key_P)
    qtbot.waitUntil(lambda: plays(page, "a.mp4", 1.5))
    qtbot.keyClick(page.list, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: plays(page, "a.mp4", 6.5))
    qtbot.keyClick(page.list, Qt.Key.Key_Space)
    assert page.playing.player.is_playing
    qtbot.keyClick(page.list, Qt.Key.Key_Period)
    assert not page.playing.player.is_playing


def test_verdicts_by_keys(qtbot: QtBot, session: Session, page: Page) -> None:
    page.list.setFocus()
    page.search.select(key(3))
    qtbot.keyClick(page.list, Qt.Key.Key_Y)
    assert page.search.row(key(3)).sighting.verdict == "same"  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert page.playing.details.confirm.text() == "Confirmed"
    qtbot.keyClick(page.list, Qt.Key.Key_X)
    assert page.search.row(key(3)) is None
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert page.list.rows.rowCount() == 3
    with qtbot.waitSignal(session.people_changed):
        session.undo()
    qtbot.waitUntil(lambda: page.list.rows.rowCount() == 4)


def test_typing_a_name_is_no_verdict(qtbot: QtBot, page: Page) -> None:
    page.query.picker.setFocus()
    page.query.picker.clear()
    qtbot.keyClicks(page.query.picker, "xyn")
    assert page.query.picker.text() == "xyn"
    assert all(r.sighting.verdict is None for r in page.search.rows)
    page.query.picker.clear()
    qtbot.keyClicks(page.query.picker, "ad")
    with qtbot.waitSignal(page.search.query_changed):
        qtbot.keyClick(page.query.picker, Qt.Key.Key_Return)
    assert page.search.asked is not None
    assert page.search.asked.person == "Ada"


def test_the_lanes_lead_to_their_moments(qtbot: QtBot, page: Page) -> None:
    lane = page.search.lanes[1]
    index = page.lanes.rows.index(1)
    groove = groove_of(page.lanes.visualRect(index))
    span = place_of(lane.spans[-1], groove, lane.duration_s).center().toPoint()
    qtbot.mouseClick(page.lanes.viewport(), Qt.MouseButton.LeftButton, pos=span)
    qtbot.waitUntil(lambda: plays(page, "b.mp4", 4.0))
    beside = QPoint(round(groove.left() + groove.width() * 0.705), round(groove.center().y()))
    qtbot.mouseClick(page.lanes.viewport(), Qt.MouseButton.LeftButton, pos=beside)
    qtbot.waitUntil(lambda: plays(page, "b.mp4", 7.0))
    qtbot.mouseMove(page.lanes.viewport(), span)
    qtbot.waitUntil(page.lanes.card.isVisible)
    page.lanes.card.hide()


def test_another_page_can_ask(qtbot: QtBot, page: Page) -> None:
    video = page.search.video(page.search.rows[1].sighting.video)
    assert video is not None
    page.activate(PlayAt(video.id, 8.5))
    qtbot.waitUntil(lambda: plays(page, "b.mp4", 8.5))
    page.activate(SearchFor(tracklet=key(0)))
    qtbot.waitUntil(lambda: page.search.found is not None and page.search.person is None)
    assert "tracklet" in page.query._what.text()
    assert page.playing.details.enrol.isVisible()
    assert not page.playing.details.confirm.isVisible()


def test_a_new_page_plays_what_was_asked_for(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    from reid_core.library import footage

    fill(session, tmp_path)
    with session.library.read() as connection:
        video = footage.list_videos(connection)[1]
    page = Page(session)
    qtbot.addWidget(page)
    page.activate(PlayAt(video.id, 2.0))
    qtbot.waitUntil(lambda: plays(page, "b.mp4", 2.0))
    page.close_page()


def test_nobody_in_a_drawn_box_is_said(qtbot: QtBot, session: Session, page: Page) -> None:
    qtbot.waitUntil(lambda: plays(page, "a.mp4", 1.5))
    page.playing._ask((10.0, 10.0, 60.0, 40.0))
    qtbot.waitUntil(lambda: "Nobody was found in that box" in page.search.problem)
    assert "Nobody" in page._none.text.text()
    with qtbot.waitSignal(session.message) as told:
        page.playing.enrol(page.playing.source(), (10.0, 10.0, 60.0, 40.0))
    assert told.args[0].is_error


def test_a_drawn_box_offers_what_can_be_done(qtbot: QtBot, page: Page) -> None:
    qtbot.waitUntil(lambda: plays(page, "a.mp4", 1.5))
    page.playing.widget.screen_.drawn.emit((1.0, 2.0, 30.0, 40.0), QPoint(50, 50))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [a.text() for a in menu.actions()] == ["Search for this person", "This is…"]
    menu.close()


def test_without_footage_and_people(qtbot: QtBot, session: Session) -> None:
    page = Page(session)
    qtbot.addWidget(page)
    page.show()
    page.activate(None)
    qtbot.waitUntil(lambda: page._no_footage.isVisible())
    with qtbot.waitSignal(session.asked_for) as asked:
        page._no_footage.findChildren(type(page._export))[0].click()
    assert asked.args == ["footage", None]
    page.close_page()
    page.close()


def test_exporting_remembers_the_folder(
    qtbot: QtBot, session: Session, page: Page, tmp_path: Path
) -> None:
    page.actions_.ask_where("csv")
    dialog = page.findChild(QFileDialog)
    assert dialog is not None
    dialog.reject()
    with qtbot.waitSignal(page.search.exported):
        page.actions_.write("csv", tmp_path / "out.csv")
    assert session.settings.window["export_folder"] == str(tmp_path)
    assert (tmp_path / "out.csv").exists()


def test_the_filter_panel_narrows_the_search(qtbot: QtBot, page: Page) -> None:
    panel = page.filters.panel
    page.filters.show_panel()
    assert panel.isVisible()
    with qtbot.waitSignal(page.search.result_changed):
        panel.rows.setData(panel.rows.index(0), 0, Qt.ItemDataRole.CheckStateRole)
    assert {r.name for r in page.search.rows} == {"b.mp4"}
    assert page.filters._more.text() == "Filter (1)"
    panel.from_.setFocus()
    qtbot.keyClicks(panel.from_, "0:07")
    with qtbot.waitSignal(page.search.result_changed):
        qtbot.keyClick(panel.from_, Qt.Key.Key_Return)
    assert [r.key for r in page.search.rows] == [key(3)]
    with qtbot.waitSignal(page.search.result_changed):
        panel._clear()
    qtbot.waitUntil(lambda: len(page.search.rows) == 4)
    panel.least.setValue(panel.least.maximum())
    assert [r.key for r in page.search.rows] == [key(0)]
    panel.hide()


def test_splitters_are_remembered(qtbot: QtBot, session: Session, page: Page) -> None:
    page._across.setSizes([500, 500])
    page.close_page()
    again = Page(session)
    qtbot.addWidget(again)
    again.resize(page.size())
    again.show()
    assert again._across.sizes()[0] == pytest.approx(page._across.sizes()[0], abs=80)
    again.close_page()
    again.close()
