"""The page of settings: kept at once, honest about what waits, and what the event log holds."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app import bootstrap, theme
from app.models.events import ACTIONS, Column, EventsModel, in_words
from app.pages import HIDDEN, PAGES
from app.session import Message, Session
from app.settings import Settings, load_settings, save_settings
from app.shortcuts import SHORTCUTS
from app.viewmodels.settings import SettingsPage
from app.views.settings_page import Page
from reid_core.library import Library, events, schema
from reid_core.library.events import Event


@pytest.fixture
def page(session: Session, qtbot: QtBot) -> Page:
    made = Page(session)
    qtbot.addWidget(made)
    made.resize(1100, 800)
    made.show()
    with qtbot.waitSignal(made.page.facts_changed, timeout=20000):
        made.activate(None)
    return made


def note(library: Library, *days_ago: int) -> None:
    now = datetime.now(UTC)
    with library.transaction("made") as tx:
        for days in days_ago:
            time = (now - timedelta(days=days)).isoformat(timespec="seconds")
            row = {"time": time, "action": "old", "payload": '{"video": 3}'}
            tx.execute(schema.event.insert().values(row))


def settle(session: Session, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not session.tasks.jobs, timeout=20000)


# ---- the view-model


def test_a_change_is_told_and_nonsense_is_refused(session: Session, qtbot: QtBot) -> None:
    page = SettingsPage(session)
    with qtbot.waitSignal(session.settings_changed) as told:
        page.set(per_second=8.0)
    assert told.args[0].per_second == 8.0
    with pytest.raises(ValueError, match="per_second"):
        page.set(per_second=0.0)
    with qtbot.assertNotEmitted(session.settings_changed):
        page.set(per_second=8.0)


def test_somebody_must_be_looked_for(session: Session, qtbot: QtBot) -> None:
    page = SettingsPage(session)
    assert page.set_look_for(faces=False, bodies=True)
    with qtbot.waitSignal(session.message):
        assert not page.set_look_for(faces=False, bodies=False)
    assert session.settings.bodies


def test_folders_and_language_wait_for_the_next_opening(session: Session, qtbot: QtBot) -> None:
    page = SettingsPage(session)
    assert not page.is_pending
    page.set(theme="dark", threads=3)
    assert not page.is_pending
    page.set(language="de")
    assert page.is_pending
    page.set(language="system")
    page.set(library="/somewhere/else")
    assert page.is_pending
    with qtbot.waitSignal(session.reopen_asked):
        page.reopen()


def test_an_environment_variable_is_named(session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMEO_MODELS", "/m")
    monkeypatch.delenv("CAMEO_LIBRARY", raising=False)
    assert SettingsPage(session).fixed_by == {"models": "CAMEO_MODELS"}


def test_the_facts_are_true(session: Session, page: Page) -> None:
    facts = page.page.facts
    assert "CPUExecutionProvider" in facts.providers
    sizes = {p.what: p.size for p in facts.places}
    whole = sum(f.stat().st_size for f in session.store.folder.iterdir())
    assert sizes["models"] == whole
    assert sizes["library"] > 10_000
    with session.library.read() as connection:
        assert facts.events == events.count(connection)


def test_events_are_erased_for_good(session: Session, page: Page, qtbot: QtBot) -> None:
    note(session.library, 100, 50, 1)
    said: list[Message] = []
    session.message.connect(said.append)
    page.page.erase_events(30)
    settle(session, qtbot)
    with session.library.read() as connection:
        assert [e.action for e in events.latest(connection, 9)].count("old") == 1
    assert said[-1].text == "Events erased: 2"
    assert said[-1].action == "", "there is no way back"


def test_retention_is_carried_out_at_start(session: Session, qtbot: QtBot) -> None:
    note(session.library, 100, 1)
    bootstrap.tidy(session)  # nothing is said, so nothing is done
    settle(session, qtbot)
    session.settings = replace(session.settings, retention_days=30)
    bootstrap.tidy(session)
    settle(session, qtbot)
    with session.library.read() as connection:
        assert [e.action for e in events.latest(connection, 9)].count("old") == 1


# ---- the page


def test_every_field_is_kept_at_once(page: Page, session: Session, qtbot, tmp_path) -> None:
    path = tmp_path / "app.json"
    session.settings_changed.connect(lambda s: save_settings(s, path))
    page.watch.rate.setValue(7.5)
    page.watch.bodies.click()
    page.watch.live.click()
    page.run.threads.setValue(3)
    page.run.provider.setCurrentIndex(1)
    page.run.provider.activated.emit(1)
    page.look.theme.activated.emit(2)
    page.look.language.activated.emit(2)
    page.privacy.keep.activated.emit(2)
    kept = load_settings(path)
    assert kept.per_second == 7.5
    assert (kept.faces, kept.bodies, kept.record_live) == (True, False, True)
    assert kept.threads == 3
    assert kept.provider == page.run.provider.itemData(1) != ""
    assert (kept.theme, kept.language, kept.retention_days) == ("dark", "de", 30)
    assert page._banner.isVisible(), "the language waits"


def test_the_last_box_stays_ticked(page: Page, session: Session) -> None:
    page.watch.bodies.click()
    page.watch.faces.click()
    assert session.settings.faces
    assert page.watch.faces.isChecked()


def test_another_folder_is_said_to_wait(page: Page, session, monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("CAMEO_LIBRARY")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "new"))
    page.folders._change_library()
    assert session.settings.library == str(tmp_path / "new")
    assert page._banner.isVisible()
    assert "new" in page.folders._next.text()
    assert "library" in page.folders.library.text(), "the open one is still shown"


def test_the_event_log_is_shown(page: Page, session: Session, qtbot: QtBot) -> None:
    note(session.library, 2)
    page.privacy.show_events()
    dialog = page.privacy.dialog
    qtbot.waitUntil(lambda: dialog.rows.rowCount() > 0)
    texts = [dialog.rows.index(i, Column.DETAILS).data() for i in range(dialog.rows.rowCount())]
    assert "video 3" in texts
    dialog.accept()
    settle(session, qtbot)


def test_erasing_asks_once(page: Page, session: Session, qtbot: QtBot) -> None:
    note(session.library, 400)
    page.privacy.keep.activated.emit(4)

    def answer() -> None:
        (box,) = [b for b in page.findChildren(QMessageBox) if b.isVisible()]
        assert "older than 365 days" in box.text()
        box.buttons()[0].click() if box.buttons()[0].text() == "Erase" else box.buttons()[1].click()

    qtbot.mouseClick(page.privacy.erase, Qt.MouseButton.LeftButton)
    answer()
    settle(session, qtbot)
    with session.library.read() as connection:
        assert "old" not in [e.action for e in events.latest(connection, 9)]


def test_the_welcome_page_can_be_asked_for(page: Page, session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.asked_for) as asked:
        page.page.show_welcome()
    assert asked.args[0] == "welcome"


def test_the_table_of_events_is_a_proper_model(qtmodeltester: ModelTester) -> None:
    table = EventsModel()
    qtmodeltester.check(table)
    table.set_rows([Event(1, "2026-01-02T03:04:05+00:00", "enroll", '{"templates": 2}')])
    qtmodeltester.check(table)
    assert table.index(0, Column.DETAILS).data() == "templates 2"
    assert "26" in table.index(0, Column.TIME).data()


@pytest.mark.parametrize(
    ("payload", "words"), [('{"a": 1, "b": 2.5}', "a 1, b 2.5"), ("[1]", "[1]"), ("{", "{")]
)
def test_payloads_in_words(payload: str, words: str) -> None:
    assert in_words(payload) == words


# ---- what the settings lead to


def test_the_list_of_shortcuts_is_well_formed() -> None:
    known = {e.key for e in (*PAGES, *HIDDEN)} | {"", "player"}
    seen: set[tuple[str, str]] = set()
    for one in SHORTCUTS:
        assert one.page in known
        for key in one.keys:
            assert not QKeySequence(key).isEmpty(), key
            assert (one.page, key) not in seen, "a key does one thing"
            seen.add((one.page, key))
    numbered = [
        one.what
        for one in SHORTCUTS
        if one.keys[0].startswith("Ctrl+") and one.keys[0][-1].isdigit()
    ]
    assert numbered == [e.title for e in PAGES], "in the window's order"


def test_the_theme_is_worn_at_once(session: Session, qapp, qtbot: QtBot) -> None:
    bootstrap.Dresser(session, qapp)
    session.use_settings(replace(session.settings, theme="dark"))
    assert theme.is_dark()
    session.use_settings(replace(session.settings, theme="light"))
    assert not theme.is_dark()


@pytest.mark.parametrize(
    ("language", "there", "n"), [("en", True, 0), ("de", True, 2), ("de", False, 0)]
)
def test_a_language_is_worn_once_and_english_without_a_translation(
    qapp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, there: bool, n: int
) -> None:
    from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QTranslator

    before = QLocale()
    if not there:
        monkeypatch.setattr("app.language.TRANSLATIONS", tmp_path)
    try:
        bootstrap.dress(qapp, Settings(language=language, theme="light"))
        bootstrap.dress(qapp, Settings(language=language, theme="light"))
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert len(qapp.findChildren(QTranslator)) == n, "ours and Qt's"
    finally:
        bootstrap.dress(qapp, Settings(language="en", theme="light"))
        QLocale.setDefault(before)


def test_settings_that_are_older_or_damaged_are_read(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    path.write_text(json.dumps({"accepted_licences": ["a"], "gone": 1, "threads": "many"}))
    read = load_settings(path)
    assert read.accepted_licences == ("a",)
    assert read.threads == Settings().threads


def test_reopening_closes_the_window_and_opens_another(
    tmp_path: Path, model_store, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, qapp
) -> None:
    """The whole program: another library is chosen, and it comes up with that one."""
    monkeypatch.setenv("CAMEO_SETTINGS", str(tmp_path / "app.json"))
    monkeypatch.delenv("CAMEO_LIBRARY")
    monkeypatch.setenv("CAMEO_MODELS", str(model_store.folder))
    save_settings(Settings(seen_welcome=True, theme="light"), tmp_path / "app.json")
    opened: list[Path] = []
    make = bootstrap.make_window

    def watched(session: Session):
        window = make(session)
        opened.append(session.library.folder)
        if len(opened) == 1:
            new = replace(session.settings, library=str(tmp_path / "second"))
            QTimer.singleShot(50, window, lambda: session.use_settings(new))
            QTimer.singleShot(100, window, session.reopen_asked.emit)
        else:
            QTimer.singleShot(50, window, window.close)
        return window

    monkeypatch.setattr(bootstrap, "make_window", watched)
    assert bootstrap.main(["--library", str(tmp_path / "first")]) == 0
    assert opened == [tmp_path / "first", tmp_path / "second"]
    assert load_settings(tmp_path / "app.json").library == str(tmp_path / "second")


def test_the_wheel_scrolls_the_page_and_changes_no_field(page: Page, session, qtbot) -> None:
    from PySide6.QtCore import QPoint, QPointF
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    def turn(field) -> None:
        middle = QPointF(field.rect().center())
        none, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
        down = QPoint(0, -120)
        event = QWheelEvent(
            middle, middle, QPoint(), down, none, keys, Qt.ScrollPhase.NoScrollPhase, False
        )
        QApplication.sendEvent(field, event)

    before = session.settings
    for field in (page.watch.rate, page.run.threads, page.look.theme, page.privacy.keep):
        turn(field)
    assert session.settings == before
    page.run.threads.setFocus()
    page.run.threads.stepUp()
    assert session.settings.threads == before.threads + 1


def test_a_language_that_is_not_translated_cannot_be_chosen(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def can_choose_german() -> bool:
        page = Page(session)
        qtbot.addWidget(page)
        choices = page.look.language.model()
        return bool(choices.flags(choices.index(2, 0)) & Qt.ItemFlag.ItemIsEnabled)

    monkeypatch.setattr("app.language.TRANSLATIONS", tmp_path)
    assert not can_choose_german()
    (tmp_path / "cameo_de.qm").write_bytes(b"")
    assert can_choose_german()


def test_everything_that_the_library_notes_has_words() -> None:
    root = Path(__file__).resolve().parents[2]
    noted = {
        action
        for path in (root / "reid_core").rglob("*.py")
        for action in re.findall(r'\.transaction\(\s*"([^"]+)"', path.read_text("utf-8"))
    }
    assert {"enroll", "calibrate"} <= noted
    assert noted <= set(ACTIONS)
