"""The page of models: a journey on real models, and what it asks before it does something."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from app.models.installed import Column
from app.models.rows import RowRole
from app.session import Session
from app.tasks import Tasks
from app.views.models_page import Page
from reid_core.library import Library
from reid_core.models.manifest import ARCFACE_TEMPLATE
from reid_core.models.store import ModelStore
from tests.app.models_made import enrol, own_session, settle, used

DLIB = "47.54 44.10 100.86 44.13 73.94 76.30 51.33 102.40 96.90 102.35"


@pytest.fixture
def own(tmp_path: Path, library: Library, tasks: Tasks, qtbot: QtBot) -> Session:
    return own_session(tmp_path, library, tasks)


@pytest.fixture
def page(own: Session, qtbot: QtBot) -> Page:
    return shown(own, qtbot)


def shown(session: Session, qtbot: QtBot) -> Page:
    made = Page(session)
    qtbot.addWidget(made)
    made.resize(1160, 700)
    made.show()
    with qtbot.waitSignal(made.models.rows_changed):
        made.activate(None)
    return made


def test_the_details_have_a_name_for_those_who_do_not_see_them(page: Page) -> None:
    assert page.details.accessibleName() == "Details of the model"


def choose(page: Page, name: str) -> None:
    """Click the row of a model."""
    place = page.table.model()
    index = next(
        place.index(i, Column.NAME)
        for i in range(place.rowCount())
        if place.index(i, 0).data(RowRole).name == name
    )
    page.table.setCurrentIndex(index)


def press(page: Page, text: str, qtbot: QtBot) -> None:
    """Click a button of the details."""
    shown = [b for b in page.details.findChildren(QPushButton) if b.isVisible()]
    (one,) = [b for b in shown if b.text().startswith(text)]
    qtbot.mouseClick(one, Qt.MouseButton.LeftButton)


def question(page: Page) -> QMessageBox:
    """The one that is open."""
    (box,) = [b for b in page.findChildren(QMessageBox) if b.isVisible()]
    return box


def answer(page: Page, text: str, qtbot: QtBot) -> None:
    box = question(page)
    (one,) = [b for b in box.buttons() if b.text() == text]
    qtbot.mouseClick(one, Qt.MouseButton.LeftButton)


def test_the_details_follow_the_choice(page: Page, qtbot: QtBot) -> None:
    def says(text: str) -> bool:
        return any(text in w.text() for w in page.details.findChildren(QLabel) if w.isVisible())

    choose(page, "buffalo_l-embedder")
    qtbot.waitUntil(lambda: says("insightface: non-commercial research only"))
    assert says("buffalo_l-embedder")
    assert says("Not for commercial use, by its licence.")
    choose(page, "dlib-resnet-v1")
    qtbot.waitUntil(lambda: says("0.931, from LFW"))
    assert not says("Not for commercial use")


def test_a_switch_asks_and_says_what_and_how_long(page: Page, own: Session, qtbot: QtBot) -> None:
    enrol(own.library, 4)
    choose(page, "tiny")
    press(page, "Use this model", qtbot)
    qtbot.waitUntil(lambda: any(b.isVisible() for b in page.findChildren(QMessageBox)))
    more = question(page).informativeText()
    assert "Enrolled pictures: 4" in more
    assert "takes about 1 s" in more
    answer(page, "Cancel", qtbot)
    settle(own, qtbot)
    assert used(own) is None
    press(page, "Use this model", qtbot)
    qtbot.waitUntil(lambda: any(b.isVisible() for b in page.findChildren(QMessageBox)))
    answer(page, "Embed again and switch", qtbot)
    qtbot.waitUntil(lambda: used(own) == "tiny")
    qtbot.waitUntil(lambda: "In use" in page.details._role.text())
    settle(own, qtbot)


def test_a_licence_is_named_before_anything_is_fetched(page, own, qtbot, monkeypatch) -> None:
    pulled: list[str] = []
    monkeypatch.setattr(ModelStore, "pull", lambda _, name, *a, **k: pulled.append(name))
    choose(page, "buffalo_s-embedder")
    press(page, "Download (13.6 MB)", qtbot)
    assert "insightface: non-commercial research only" in question(page).informativeText()
    answer(page, "Cancel", qtbot)
    assert not pulled
    press(page, "Download", qtbot)
    answer(page, "Agree and download", qtbot)
    qtbot.waitUntil(lambda: pulled == ["buffalo_s-embedder"])
    settle(own, qtbot)


def test_delete_removes_after_asking(page: Page, own: Session, qtbot: QtBot) -> None:
    choose(page, "other")
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    assert "you need its file" in question(page).informativeText()
    answer(page, "Remove", qtbot)
    qtbot.waitUntil(lambda: not (own.store.folder / "other.onnx").exists())
    settle(own, qtbot)


def test_only_some_are_listed(page: Page, qtbot: QtBot) -> None:
    everything = page.table.model().rowCount()
    page._which.setCurrentIndex(2)
    rows = [
        page.table.model().index(i, 0).data(RowRole) for i in range(page.table.model().rowCount())
    ]
    assert 0 < len(rows) < everything
    assert all(r.manifest.commercial for r in rows)
    page._which.setCurrentIndex(1)
    rows = [
        page.table.model().index(i, 0).data(RowRole) for i in range(page.table.model().rowCount())
    ]
    assert {"tiny", "other", "colour-stripes"} <= {r.name for r in rows}


def test_a_journey_on_real_models(
    model_store: ModelStore, library: Library, tasks: Tasks, tmp_path: Path, qtbot: QtBot
) -> None:
    """Measure, import the network in use under another name, switch to it, and back."""
    import shutil

    session = own_session(tmp_path, library, tasks)
    shutil.copytree(model_store.folder, session.store.folder, dirs_exist_ok=True)
    page = shown(session, qtbot)
    choose(page, "dlib-resnet-v1")
    press(page, "Measure its speed", qtbot)
    qtbot.waitUntil(lambda: page.models.selected.ms is not None, timeout=20000)

    page.import_network()
    dialog = page.dialog
    dialog.set_file(str(model_store.path("dlib-resnet-v1")))
    dialog.name.setText("mine")
    dialog.numbers.setCurrentIndex(4)  # wrong on purpose: as they are
    qtbot.mouseClick(dialog._check, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.importing.trial is not None, timeout=30000)
    assert dialog.importing.trial.verdict != "good"
    assert dialog._install.text() == "Install all the same"
    dialog.numbers.setCurrentIndex(5)
    assert not dialog._install.isEnabled(), "what was tried were other settings"
    dialog.mean.setText("122.782, 117.001, 104.298")
    dialog.std.setText("256 256 256")
    dialog.template.setText(DLIB)
    dialog.flip.setChecked(True)
    dialog.licence.setText("CC0-1.0")
    dialog.commercial.setChecked(True)
    qtbot.mouseClick(dialog._check, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.importing.trial is not None, timeout=30000)
    assert dialog.importing.trial.verdict == "good"
    with qtbot.waitSignal(dialog.importing.installed):
        qtbot.mouseClick(dialog._install, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: (one := page.models.selected) is not None and one.name == "mine")
    press(page, "Use this model", qtbot)  # nobody is enrolled: no question
    qtbot.waitUntil(lambda: page.models.selected.state == "in use", timeout=20000)
    assert page.models.selected.manifest.input.template != ARCFACE_TEMPLATE
    settle(session, qtbot)
    page.close_page()
    assert "models_across" in session.settings.window
