"""What a running live view has to do with the rest of the window: its mark, its end, forgetting."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from live_fakes import FakeFrames, FakeWatcher, enter, frame, identified, look, shown
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.session import Session
from app.tasks import Job
from app.viewmodels.live import Live
from app.viewmodels.people import People
from app.views.live_page import Page
from app.views.window import Window
from app.widgets.nav import NavButton
from reid_core.actions.watch_types import Update
from reid_core.library import people


class Stand:
    """A live view over fakes, beside a window."""

    def __init__(self, session: Session) -> None:
        self.session, self.watcher, self.frames = session, FakeWatcher(), FakeFrames()
        self.live = Live(
            session,
            open_=lambda _: self.frames,
            watcher=lambda _: self.watcher,  # type: ignore[arg-type, return-value]
        )


@pytest.fixture
def stand(session: Session) -> Iterator[Stand]:
    made = Stand(session)
    yield made
    made.live.close()


@pytest.fixture
def window(qtbot: QtBot, stand: Stand) -> Window:
    made = Window(stand.session)
    qtbot.addWidget(made)
    made.show()
    made.show_page("settings")
    return made


def shown_jobs(stand: Stand) -> tuple[Job, ...]:
    return tuple(j for j in stand.session.tasks.jobs if j.shown)


def button(window: Window, key: str) -> NavButton:
    return next(b for b in window.findChildren(NavButton) if b.property("key") == key)


def begin(qtbot: QtBot, stand: Stand, *updates: Update) -> None:
    stand.watcher.updates = list(updates)
    stand.live.start("camera:0")
    for n in range(len(updates) + 1):
        stand.frames.give(frame(100, n / 10))
        qtbot.waitUntil(lambda n=n: len(stand.watcher.seen) > n)
    qtbot.waitUntil(lambda: stand.live.state == "running")


def test_watching_is_marked_at_the_side_and_stopped_from_there(
    qtbot: QtBot, stand: Stand, window: Window
) -> None:
    assert not button(window, "live").is_busy
    before = button(window, "live").grab().toImage()
    begin(qtbot, stand)
    assert button(window, "live").is_busy
    assert button(window, "live").toolTip() == "Watching camera:0"
    assert not button(window, "train").is_busy
    assert button(window, "live").grab().toImage() != before
    stop = next(
        b
        for b in window._activity.findChildren(QToolButton)
        if b.accessibleName() == "Stop" and b.isVisible()
    )
    stop.click()
    assert stand.live.state == "idle"
    assert not button(window, "live").is_busy
    qtbot.waitUntil(lambda: not window._activity.isVisible())


def test_the_line_is_one_whatever_becomes_of_the_connection(qtbot: QtBot, stand: Stand) -> None:
    begin(qtbot, stand)
    (job,) = shown_jobs(stand)
    stand.frames.is_connected = False
    qtbot.waitUntil(lambda: stand.live.state == "reconnecting")
    assert shown_jobs(stand) == (job,)
    assert job.detail == "reconnecting"
    stand.frames.end("gone")
    qtbot.waitUntil(lambda: stand.live.state == "failed")
    assert shown_jobs(stand) == ()


def test_closing_the_window_does_not_ask_about_a_camera(
    qtbot: QtBot, stand: Stand, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(qtbot, stand)
    monkeypatch.setattr(window, "_may_stop", lambda: pytest.fail("it asked"))
    with qtbot.waitSignal(window.closed):
        window.close()


def known(session: Session, name: str) -> int:
    with session.library.transaction("add") as tx:
        return people.add_person(tx, name)


def names(page: Page) -> set[str | None]:
    """As they stand in the picture."""
    return {p.name for p, _ in page.picture.people()}


def test_forgetting_takes_name_and_pictures_out_of_a_running_view(
    qtbot: QtBot, stand: Stand
) -> None:
    session = stand.session
    ada, ben = known(session, "Ada"), known(session, "Ben")
    page = Page(session, stand.live)
    qtbot.addWidget(page)
    page.show()
    stand.watcher.people = {0: ada, 1: ben}
    stand.watcher.found = {0: (look(),), 1: (look(turn=3),)}
    named = tuple(
        shown(track, name=name, person=person)
        for track, name, person in ((0, "Ada", ada), (1, "Ben", ben))
    )
    stand.watcher.here = named
    begin(
        qtbot,
        stand,
        Update([enter(0), enter(1)], named),
        Update([identified(0, "Ada"), identified(1, "Ben")], named),
    )
    qtbot.waitUntil(lambda: len(stand.live.events.rows) == 4)
    qtbot.waitUntil(lambda: names(page) == {"Ada", "Ben"})
    page.naming.ask(0, "Ada", page.rect().center())
    gallery = People(session)
    gallery.set_shown(True)
    qtbot.waitUntil(lambda: gallery.row(ada) is not None)
    with qtbot.waitSignal(gallery.forgotten):
        gallery.forget(ada)
    mine = [r for r in stand.live.events.rows if r.track == 0]
    assert {(r.name, r.person, r.picture, r.score) for r in mine} == {(None, None, b"", None)}
    others = [r for r in stand.live.events.rows if r.track == 1]
    assert {(r.name, bool(r.picture)) for r in others} == {("Ben", True)}
    assert ("forget", ada) in stand.watcher.calls
    assert names(page) == {None, "Ben"}
    assert page.naming.isHidden()
    assert page.naming.name.text() == ""
    page.close_page()


def test_news_of_somebody_forgotten_that_comes_late_has_no_name_or_picture(
    qtbot: QtBot, stand: Stand
) -> None:
    ada = known(stand.session, "Ada")
    stand.watcher.people, stand.watcher.found = {0: ada}, {0: (look(),)}
    begin(qtbot, stand)
    told, go = threading.Event(), threading.Event()
    stand.watcher.on_update = lambda: (told.set(), go.wait(5))  # type: ignore[assignment, return-value]
    stand.watcher.updates = [Update([enter(0), identified(0, "Ada")], ())]
    stand.frames.give(frame(100, 1.0))
    assert told.wait(5)  # it is being looked at
    stand.session.person_forgotten.emit(ada)
    go.set()
    qtbot.waitUntil(lambda: bool(stand.live.events.rows))
    newest = stand.live.events.rows[0]
    assert (newest.event, newest.name, newest.picture) == ("identified", None, b"")
