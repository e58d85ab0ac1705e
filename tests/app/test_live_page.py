"""The live page: what is drawn and chosen, then the whole way on a real film."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from live_fakes import FakeFrames, FakeWatcher, enter, frame, identified, look, shown
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from app import theme
from app.live import Found, Picture
from app.requests import ShowPerson
from app.session import Session
from app.viewmodels.live import Live
from app.views.live_choosing import AddressDialog
from app.views.live_delegate import clock_time, details, square
from app.views.live_page import Page, build
from app.widgets.live_view import LivePicture
from reid_core.actions.watch_types import Update
from reid_core.errors import SourceUnavailable
from reid_core.library import people
from reid_core.types import Kind


class Stand:
    """The page over a camera and a watcher that are not there."""

    def __init__(self, session: Session) -> None:
        self.session, self.watcher, self.frames = session, FakeWatcher(), FakeFrames()
        self.live = Live(
            session,
            open_=self._open,
            watcher=lambda _: self.watcher,  # type: ignore[arg-type, return-value]
        )
        self.page = Page(session, self.live)
        self.page.resize(1100, 640)

    def _open(self, spec: str) -> FakeFrames:
        if spec == "camera:9":
            raise SourceUnavailable("Camera 9 cannot be opened.")
        return self.frames


@pytest.fixture
def stand(qtbot: QtBot, session: Session) -> Iterator[Stand]:
    made = Stand(session)
    qtbot.addWidget(made.page)
    made.page.show()
    made.page.activate(None)
    yield made
    made.page.close_page()


def begin(qtbot: QtBot, stand: Stand, *updates: Update) -> None:
    stand.watcher.updates = list(updates)
    stand.live.start("camera:0")
    for n in range(len(updates) + 1):
        stand.frames.give(frame(100, n / 10))
        qtbot.waitUntil(lambda n=n: len(stand.watcher.seen) > n)
    qtbot.waitUntil(lambda: stand.page.picture.has_picture)


def press(qtbot: QtBot, picture: LivePicture, where: QPointF) -> None:
    qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=where.toPoint())


@pytest.fixture
def picture(qtbot: QtBot) -> LivePicture:
    made = LivePicture()
    qtbot.addWidget(made)
    made.resize(640, 400)
    made.show()
    pixels = np.full((360, 640, 4), 40, np.uint8)
    people_ = (shown(0, stranger=1), shown(3, name="Ada"))
    made.show_picture(
        Picture(pixels, (320, 180), 1.0, time.monotonic()), Found(people_, 1.0, (320, 180))
    )
    return made


def test_boxes_lie_where_people_are(qtbot: QtBot, picture: LivePicture) -> None:
    (one, box), _ = picture.people()
    assert one.track == 0
    assert (box.left(), box.top(), box.right(), box.bottom()) == (20, 60, 100, 160)  # 20 px above
    image = picture.grab().toImage()
    assert image.pixelColor(60, 60) == QColor(theme.colours().face)
    assert image.pixelColor(320, 5) == QColor(theme.colours().raised)
    assert image.pixelColor(600, 300) == QColor(40, 40, 40)


def test_a_picture_is_told_once_it_is_painted(qtbot: QtBot, picture: LivePicture) -> None:
    seen: list[Picture] = []
    picture.painted.connect(seen.append)
    pixels = np.zeros((360, 640, 4), np.uint8)
    new = Picture(pixels, (320, 180), 1.1, time.monotonic())
    picture.show_picture(new, None)
    qtbot.waitUntil(lambda: seen == [new])
    picture.repaint()
    assert seen == [new]


def test_people_are_chosen_by_mouse_and_keys(qtbot: QtBot, picture: LivePicture) -> None:
    chosen: list[int] = []
    picture.chosen.connect(lambda track, _: chosen.append(track))
    press(qtbot, picture, QPointF(60, 100))
    press(qtbot, picture, QPointF(600, 390))
    assert chosen == [0]
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Left):
        qtbot.keyClick(picture, key)
    qtbot.keyClick(picture, Qt.Key.Key_Space)
    assert chosen == [0, 3, 0]
    qtbot.keyClick(picture, Qt.Key.Key_Escape)
    qtbot.keyClick(picture, Qt.Key.Key_Return)
    assert chosen == [0, 3, 0]


def test_how_large_a_picture_may_be_is_told(qtbot: QtBot, picture: LivePicture) -> None:
    told: list[object] = []
    picture.fit_changed.connect(told.append)
    picture.resize(500, 300)
    picture.hide()
    picture.show()
    assert told == [(500, 300), None, (500, 300)]


def test_the_page_begins_empty_and_says_what_fails(qtbot: QtBot, stand: Stand) -> None:
    page = stand.page
    assert page._stack.currentWidget() is page._empty
    assert not page._options.isVisible()
    stand.live.start("camera:9")
    qtbot.waitUntil(lambda: page._stack.currentWidget() is page._failed)
    assert page._failed.text.text() == "Camera 9 cannot be opened."
    assert page._again.isVisible()
    assert not page._stop.isVisible()


def test_a_stranger_is_named_on_the_picture(qtbot: QtBot, stand: Stand) -> None:
    stand.watcher.found = {0: (look(),)}
    stand.watcher.here = (shown(0, stranger=1),)
    begin(qtbot, stand, Update([enter(0)], (shown(0, stranger=1),), ((0, 1),)))
    stand.frames.give(frame(101, 0.15))
    qtbot.waitUntil(lambda: bool(stand.page.picture.people()))
    press(qtbot, stand.page.picture, stand.page.picture.people()[0][1].center())
    naming = stand.page.naming
    qtbot.waitUntil(naming.isVisible)
    assert stand.page.rect().contains(naming.geometry())
    assert not naming._enrol.isEnabled()
    naming.name.setText("Ada")
    qtbot.keyClick(naming.name, Qt.Key.Key_Return)
    assert not naming.isVisible()
    qtbot.waitUntil(lambda: stand.live.events.rows[0].name == "Ada")
    qtbot.waitUntil(lambda: stand.live.names == ("Ada",))


def test_escape_closes_the_question(qtbot: QtBot, stand: Stand) -> None:
    stand.watcher.found = {0: (look(),)}
    begin(qtbot, stand, Update([enter(0)], (shown(0),)))
    stand.page.naming.ask(0, None, QPoint(900, 600))
    assert stand.page.rect().contains(stand.page.naming.geometry())
    qtbot.keyClick(stand.page.naming.name, Qt.Key.Key_Escape)
    assert not stand.page.naming.isVisible()
    stand.page.naming.ask(7, None, QPoint(0, 0))  # gone long ago
    stand.page.naming.name.setText("Ada")
    assert not stand.page.naming._enrol.isEnabled()


def test_an_event_is_shown_larger_and_acted_on(qtbot: QtBot, stand: Stand) -> None:
    asked: list[tuple[str, object]] = []
    stand.session.asked_for.connect(lambda key, wanted: asked.append((key, wanted)))
    with stand.session.library.transaction("make") as tx:
        ada = people.add_person(tx, "Ada")
    stand.watcher.people = {1: ada}
    stand.watcher.found = {0: (look(),), 1: (look(),)}
    events = [enter(0), enter(1), identified(1, "Ada")]
    begin(qtbot, stand, Update(events, (shown(0), shown(1))))
    panel = stand.page.events
    qtbot.waitUntil(lambda: panel.shown.rowCount() == 3)
    panel.list.setCurrentIndex(panel.shown.index(0, 0))
    assert panel.chosen is not None
    assert panel._card.isVisible()
    assert panel._who.text() == "Ada"
    panel._act.click()
    assert asked == [("people", ShowPerson(ada))]
    panel.list.setCurrentIndex(panel.shown.index(2, 0))
    panel._act.click()
    assert stand.page.naming.isVisible()
    assert stand.page.naming.track == 0
    panel._filter.setCurrentIndex(panel._filter.findData("known"))
    assert panel.shown.rowCount() == 2
    panel._clear.click()
    assert not panel._card.isVisible()
    assert panel._stack.currentWidget() is panel._nobody


def test_somebody_known_is_made_conspicuous(qtbot: QtBot, stand: Stand) -> None:
    stand.page.alert.setChecked(True)
    begin(qtbot, stand, Update([enter(1), identified(1, "Ada")], ()))
    qtbot.waitUntil(lambda: stand.page.picture._alert == "Ada is here")
    page = stand.page
    qtbot.waitUntil(lambda: page.picture.grab().toImage().pixelColor(300, 3).isValid())
    assert page.live.events.rows[0].alerts


def test_another_page_in_front_stops_painting_not_watching(qtbot: QtBot, stand: Stand) -> None:
    begin(qtbot, stand)
    stand.page.hide()
    assert stand.live._run is not None
    assert stand.live._run.fit is None
    stand.frames.give(frame(55))
    qtbot.waitUntil(lambda: 55 in stand.watcher.seen)
    assert stand.live.state == "running"
    stand.page.show()
    assert stand.live._run.fit is not None


def test_what_is_measured_is_shown(qtbot: QtBot, stand: Stand) -> None:
    begin(qtbot, stand)
    stand.frames.give(*(frame(n, 1 + n / 30) for n in range(20)))
    qtbot.waitUntil(lambda: "delay" in stand.page._status.text())
    assert "pictures per second" in stand.page._status.text()
    stand.frames.is_connected = False
    qtbot.waitUntil(lambda: "Reconnecting" in stand.page.picture._note)


@pytest.mark.parametrize("calibrated", [False, True])
def test_the_line_says_when_scores_mean_nothing(
    qtbot: QtBot, stand: Stand, calibrated: bool
) -> None:
    stand.watcher.here = (replace(shown(0, name="Ada"), score=0.9, calibrated=calibrated),)
    begin(qtbot, stand)
    stand.frames.give(*(frame(n, 1 + n / 30) for n in range(20)))
    qtbot.waitUntil(lambda: "delay" in stand.page._status.text())
    assert ("uncalibrated" in stand.page._status.text()) is not calibrated


def test_the_menu_offers_what_there_is(qtbot: QtBot, stand: Stand) -> None:
    stand.live.start("camera:9")
    chosen: list[str] = []
    stand.page.menu.chosen.disconnect()
    stand.page.menu.chosen.connect(chosen.append)
    stand.page.menu.aboutToShow.emit()
    texts = [a.text() for a in stand.page.menu.actions() if a.text()]
    assert texts[:2] == ["Watched lately", "Camera 9"]
    assert "Camera 0" in texts
    next(a for a in stand.page.menu.actions() if a.text() == "Camera 2").trigger()
    assert chosen == ["camera:2"]


def test_an_address_is_asked_for(qtbot: QtBot) -> None:
    dialog = AddressDialog()
    qtbot.addWidget(dialog)
    asked: list[str] = []
    dialog.asked.connect(asked.append)
    dialog.address.setText("not an address")
    assert not dialog.watch.isEnabled()
    dialog.address.setText(" rtsp://ada:lovelace@10.0.0.7/x ")
    assert dialog.watch.isEnabled()
    dialog.findChild(QDialogButtonBox).accepted.emit()
    assert asked == ["rtsp://ada:lovelace@10.0.0.7/x"]


def test_words_of_an_event() -> None:
    from app.models.live_events import EventRow

    left = EventRow(1, "leave", 1, "body", 0.0, stay_s=75.2)
    assert details(left) == "left after 1:15 · body"
    assert details(EventRow(1, "leave", 1, "face", 0.0, stay_s=4000)) == "left after 1:06:40"
    assert details(EventRow(1, "identified", 1, "face", 0.0, score=0.876)) == (
        "identified · similarity 0.88"
    )
    assert len(clock_time(time.time())) == 8
    assert square(look().jpeg, 48).width() == 48


# ---- the whole way


@pytest.mark.real_data
def test_the_journey(qtbot: QtBot, session: Session, film: Path) -> None:
    page = build(session)
    assert isinstance(page, Page)
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    live = page.live
    live.start(str(film))
    qtbot.waitUntil(lambda: page.picture.has_picture, timeout=20000)

    def numbered() -> list[int]:
        rows = (r for r in live.events.rows if r.stranger is not None and live.looks(r.track))
        good = (r.track for r in rows if live.looks(r.track)[0].quality > 0.4)
        return list(good)

    qtbot.waitUntil(lambda: bool(numbered()), timeout=60000)
    track = numbered()[0]
    row = next(i for i, r in enumerate(live.events.rows) if r.track == track)
    page.events.list.setCurrentIndex(page.events.shown.index(row, 0))
    page.events._act.click()
    page.naming.name.setText("Ada")
    page.naming._enrol.click()
    qtbot.waitUntil(
        lambda: any(r.track == track and r.name == "Ada" for r in live.events.rows), timeout=10000
    )
    with session.library.read() as connection:
        (ada,) = people.list_people(connection)
    assert ada.faces >= 1
    qtbot.waitUntil(lambda: live.state == "ended", timeout=30000)
    assert "ended" in page.picture._note
    live.again()  # now the film has somebody who is known
    qtbot.waitUntil(
        lambda: any(r.event == "identified" and r.person == ada.id for r in live.events.rows),
        timeout=60000,
    )
    started = time.monotonic()
    live.stop()
    assert time.monotonic() - started < 0.5
    live.again()
    live.again()
    qtbot.waitUntil(lambda: page.picture.has_picture, timeout=20000)
    started = time.monotonic()
    page.close_page()  # while it runs
    assert time.monotonic() - started < 2.5
    assert live.kinds == (Kind.FACE,)
