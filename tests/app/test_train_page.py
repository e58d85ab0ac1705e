"""The page of training in a window: the form, the curves, the questions, what is missing."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot
from test_train_form import people
from train_fakes import FakeProcess, write_run, write_status

from app import theme
from app.requests import TrainingRuns
from app.session import Session
from app.viewmodels.train_form import DRAWN
from app.views.train_data import GALLERY, TRY
from app.views.train_dialogs import DeleteBox, ModelDialog
from app.views.train_page import Page
from reid_core.learn import config


@pytest.fixture
def process() -> FakeProcess:
    return FakeProcess()


@pytest.fixture
def page(session: Session, process: FakeProcess, qtbot: QtBot) -> Iterator[Page]:
    made = Page(session, lambda: process)
    qtbot.addWidget(made)
    made.resize(1100, 760)
    made.show()
    qtbot.waitUntil(lambda: len(made.form.recipes) > 0 and made.runs.watch.curves is not None)
    made.activate(TrainingRuns())
    yield made
    made.close_page()


def listed(page: Page, qtbot: QtBot, n: int) -> None:
    page.training.refresh()
    qtbot.waitUntil(lambda: page.runs.model.rowCount() == n)


def test_without_runs_it_says_what_training_needs(page: Page, qtbot: QtBot) -> None:
    assert page.runs.stack.currentWidget() is page.runs.empty
    assert "fifty people" in page.runs.empty.text.text()
    assert not page.runs.list.isVisible()
    page.new.click()
    assert page.runs.stack.currentWidget() is page.runs.form
    assert not page.runs.form.start.isEnabled()


def test_drawn_people_are_trained_on_from_the_form(
    page: Page, process: FakeProcess, qtbot: QtBot
) -> None:
    form = page.runs.form
    page.new.click()
    form.data.choose(TRY)
    qtbot.waitUntil(form.start.isEnabled)
    assert "40 identities, 360 pictures" in form.data.found.text()
    form.values.epochs.setValue(2)
    form.values.loss.setCurrentIndex(form.values.loss.findData("arc-face"))
    form.extra.setPlainText("optim.lrr = 3")
    qtbot.waitUntil(lambda: not form.start.isEnabled())
    assert "did you mean 'lr'" in form.extra_problem.text()
    form.extra.setPlainText("optim.clip = 1.0")
    qtbot.waitUntil(form.start.isEnabled)
    form.name.setText("First try")
    qtbot.mouseClick(form.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "start" in process.told and page.runs.model.rowCount() == 1)
    assert process.order is not None
    assert process.order.words[-1] == "optim.clip=1.0"
    told = config.load(Path(process.order.words[3]))
    assert (told.data.train, told.optim.epochs, told.loss.name) == (DRAWN, 2.0, "arc-face")
    watch = page.runs.watch
    assert page.runs.stack.currentWidget() is watch
    assert watch.title.text() == "First try"
    assert watch.state.text() == "Starting"
    assert watch.stop.isVisible()
    assert watch.pause.isVisible()
    assert not watch.delete.isEnabled()


def test_what_was_typed_stays_when_the_data_change(
    page: Page, tmp_path: Path, qtbot: QtBot
) -> None:
    form = page.runs.form
    form.values.epochs.setValue(7)
    form.values.loss.setCurrentIndex(3)
    form.data.use_folder(str(people(tmp_path / "folk", 12)))
    qtbot.waitUntil(lambda: bool(form.data.found.text()))
    assert form.values.epochs.value() == 7
    assert form.values.loss.currentIndex() == 3
    assert form.values.batch.value() == 40, "which must fit the data"
    form.data.choose(TRY)
    assert form.values.epochs.value() == 12, "of another recipe"
    assert form.values.loss.currentIndex() == 0


def test_a_folder_that_is_dropped_is_looked_at(page: Page, tmp_path: Path, qtbot: QtBot) -> None:
    root = people(tmp_path / "folk", 5)
    (root / "person 1" / "0.png").write_bytes(b"no")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(root))])
    keys, buttons = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    drop = QDropEvent(QPointF(10, 10), Qt.DropAction.CopyAction, mime, buttons, keys)
    page.dropEvent(drop)
    data = page.runs.form.data
    qtbot.waitUntil(lambda: bool(data.found.text()))
    assert page.runs.stack.currentWidget() is page.runs.form
    assert data.folder.text() == str(root)
    assert data.words() == "folk"
    assert "1 pictures cannot be read" in data.mind.text()
    assert "fewer than 50" in data.mind.text()
    assert page.runs.form.values.held_out.value() == 2
    data.choose(GALLERY)
    qtbot.waitUntil(lambda: "no pictures" in data.problem.text())
    assert not data.found.isVisible()
    assert not page.runs.form.start.isEnabled()


def test_a_run_is_watched_paused_and_stopped(
    page: Page, process: FakeProcess, qtbot: QtBot
) -> None:
    folder = page.training.root / "a"
    page.training.start(folder, "", {"name": "A"}, ())
    qtbot.waitUntil(lambda: page.runs.model.rowCount() == 1)
    write_run_files(folder)
    watch = page.runs.watch
    qtbot.waitUntil(lambda: watch.state.text() == "Training")
    qtbot.waitUntil(lambda: any(v.text() == "50 / 100" for _, v in watch.facts))
    shown = {caption.text(): value.text() for caption, value in watch.facts}
    assert shown["Pace"] == "2.0 steps/s"
    assert shown["Time left"] == "25 s"
    assert shown["Best mAP"] == "80.0% at step 50"
    assert "cpu" in watch.summary.text()
    assert watch.curves is not None
    assert "trend" in watch.curves.loss.values_at(50)
    assert "mAP 80.0%" in watch.curves.validation.values_at(50)
    assert "mAP 20.0%" in watch.curves.validation.values_at(10)
    watch.pause.click()
    assert watch.resume.isVisible()
    assert not watch.pause.isVisible()
    watch.resume.click()
    watch.stop.click()
    assert watch.kill.isVisible()
    assert watch.state.text() == "Stopping"
    watch.kill.click()
    assert process.told == ["start", "pause", "resume", "stop", "kill"]
    process.end(-9)
    qtbot.waitUntil(lambda: watch.state.text() == "Stopped")
    assert watch.go_on.isVisible()
    assert watch.export.isVisible()


def write_run_files(folder: Path) -> None:
    made = write_run(folder.parent / "made", state="training", step=50)
    for name in ("config.toml", "log.csv"):
        (folder / name).write_bytes((made / name).read_bytes())
    write_status(folder, "training", step=50, seconds_left=25.0)
    for one in made.iterdir():
        one.unlink()
    made.rmdir()


def test_a_finished_run_is_read_and_compared(page: Page, qtbot: QtBot) -> None:
    first = write_run(page.training.root / "first", best=0.6)
    second = write_run(page.training.root / "second", best=0.8)
    for folder, day in ((first, 1), (second, 2)):
        (folder / "about.json").write_text(json.dumps({"started": f"2026-01-0{day}T00:00:00"}))
    listed(page, qtbot, 2)
    watch = page.runs.watch
    qtbot.waitUntil(lambda: "90% of the pictures (30% before" in watch.outcome.text())
    assert watch.title.text() == "second", "the newest is shown"
    watch.beside.setCurrentIndex(1)
    watch.beside.activated.emit(1)
    assert watch.curves is not None
    plot = watch.curves.validation
    qtbot.waitUntil(lambda: "mAP 80.0% (60.0%)" in plot.values_at(100))
    watch.shows_rate.click()
    assert watch.curves.rate.isVisible()
    qtbot.mouseClick(
        page.runs.list.viewport(),
        Qt.MouseButton.LeftButton,
        pos=page.runs.list.visualRect(page.runs.model.index(1, 0)).center(),
    )
    qtbot.waitUntil(lambda: watch.title.text() == "first")
    theme.apply_theme(QApplication.instance(), "dark")  # type: ignore[arg-type]
    assert not page.grab().isNull()


def test_deleting_asks_once_and_names_the_folder(page: Page, qtbot: QtBot) -> None:
    folder = write_run(page.training.root / "old")
    listed(page, qtbot, 1)
    page.runs.list.setFocus()
    page.runs.ask_delete(page.training.rows[0])
    box = page.findChild(DeleteBox)
    assert box is not None
    assert str(folder) in box.informativeText()
    assert box.defaultButton() is box.button(QMessageBox.StandardButton.Cancel)
    qtbot.mouseClick(box.erase, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not folder.exists())
    qtbot.waitUntil(lambda: page.runs.stack.currentWidget() is page.runs.empty)


def test_a_model_is_made_and_leads_to_the_models(
    page: Page, process: FakeProcess, session: Session, qtbot: QtBot
) -> None:
    write_run(page.training.root / "good run")
    listed(page, qtbot, 1)
    watch = page.runs.watch
    qtbot.waitUntil(watch.export.isVisible)
    watch.export.click()
    dialog = page.findChild(ModelDialog)
    assert dialog is not None
    assert dialog.name.text() == "good-run"
    assert dialog.role.currentData() == "body-embedder"
    dialog.name.setText("no name!")
    assert not dialog.ok.isEnabled()
    dialog.name.setText("mine")
    dialog.terms.setText("ours")
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: process.order is not None)
    assert process.order is not None
    assert process.order.answer is not None
    process.order.answer.write_text(json.dumps({"parity": 0.9999987, "size": 400_000}))
    process.end(0)
    qtbot.waitUntil(lambda: "0.999999" in watch._model_line.text())
    use = next(b for b in watch._model_card.findChildren(QPushButton) if b.text() == "Use it…")
    with qtbot.waitSignal(session.asked_for) as asked:
        use.click()
    assert asked.args == ["models", None]


def test_without_torch_it_says_how_to_get_it(
    page: Page, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    write_run(page.training.root / "a")
    assert not page.runs.missing.isVisible()
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "torch" else real(name, *a)
    )
    page.activate(None)
    listed(page, qtbot, 1)
    assert page.runs.missing.isVisible()
    copy = page.runs.missing.findChild(QPushButton)
    assert copy is not None
    copy.click()
    told = QGuiApplication.clipboard().text()
    assert told == f"{sys.executable} -m pip install 'cameo-reid[train]'"  # not another Python's
    qtbot.waitUntil(lambda: "90% of the pictures" in page.runs.watch.outcome.text())
    assert not page.runs.watch.export.isEnabled()
    page.new.click()
    page.runs.form.data.choose(TRY)
    qtbot.waitUntil(lambda: bool(page.runs.form.data.found.text()))
    assert not page.runs.form.start.isEnabled()
    assert "torch" in page.runs.form._hint.text()


def test_each_section_has_what_is_begun_in_it_at_the_head(page: Page) -> None:
    assert page.runs.isVisible()
    assert page.new.isVisible()
    page.tabs.setCurrentIndex(0)
    assert page.own.isVisible()
    assert not page.runs.isVisible()
    assert not page.new.isVisible()
