"""Retraining on one's own people in the page of training, with the keyboard and the mouse."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import made_gallery
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QListView, QPushButton
from pytestqt.qtbot import QtBot

from app import theme
from app.requests import CheckGallery, Retrain, SearchFor, TrainingRuns
from app.session import Session
from app.tasks import Tasks
from app.views.people_dialogs import ForgetQuestion, Proof
from app.views.people_page import Page as PeoplePage
from app.views.retrain_dialogs import DropBox, UseDialog
from app.views.search_page import Page as SearchPage
from app.views.train_page import Page
from reid_core.actions import retrained
from reid_core.actions.loading import Models
from reid_core.cli.output import plain
from reid_core.library import Library, models_used, people, retrainings
from reid_core.library.ids import format_id
from reid_core.types import Kind
from tests.app.retraining_made import FakeLearning, judged, session_with_people

BODY = Kind.BODY


@pytest.fixture
def ready(tmp_path: Path, tasks: Tasks, qtbot: QtBot) -> Iterator[Session]:
    """With a run that is offered."""
    with session_with_people(tmp_path / "ready", tasks, trained=True) as made:
        yield made


@pytest.fixture
def process() -> FakeLearning:
    return FakeLearning()


def shown(session: Session, process: FakeLearning, qtbot: QtBot, **size: int) -> Page:
    made = Page(session, lambda: process)
    qtbot.addWidget(made)
    made.resize(size.get("width", 1158), size.get("height", 720))
    made.show()
    made.activate(None)
    qtbot.waitUntil(lambda: bool(made.retraining.grounds) and made.retraining.is_read)
    return made


@pytest.fixture
def page(ready: Session, process: FakeLearning, qtbot: QtBot) -> Iterator[Page]:
    made = shown(ready, process, qtbot)
    qtbot.waitUntil(lambda: made.own.list.rows.rowCount() == 1)
    yield made
    made.close_page()
    qtbot.waitUntil(lambda: not ready.tasks.jobs)


def open_run(page: Page, qtbot: QtBot) -> str:
    """Look at the newest."""
    run = page.retraining.rows[0].run.shown_id
    page.activate(Retrain(run=run))
    qtbot.waitUntil(page.own.verdict.isVisible)
    return run


def press(made: QAbstractButton, qtbot: QtBot) -> None:
    assert made.isVisible()
    qtbot.mouseClick(made, Qt.MouseButton.LeftButton)


def test_without_people_it_says_what_to_do(
    session: Session, process: FakeLearning, qtbot: QtBot
) -> None:
    page = shown(session, process, qtbot)
    assert page.own.stack.currentWidget() is page.own.empty
    assert "Five people" in page.own.empty.text.text()
    assert not page.learn.isVisible()
    assert not page.own.list.isVisible()
    enrol = page.own.empty.findChildren(QPushButton)[0]
    with qtbot.waitSignal(session.asked_for) as asked:
        press(enrol, qtbot)
    assert asked.args == ["people", None]
    page.close_page()


def test_what_there_is_is_shown_of_the_kind_with_more(page: Page) -> None:
    form = page.own.form
    assert form.isVisible()
    assert form.kind is BODY
    assert form.strength == "adapter"
    assert form.start.isEnabled() == (importlib.util.find_spec("torch") is not None)
    assert "the network tiny as it came" in form.now.text()
    assert not form.problems.isVisible()
    form.show_kind(Kind.FACE)
    assert "not installed" in form._problem_lines.text()
    assert form.models.isVisible()
    assert not any(w.isVisible() for w in form.ways)
    assert not form.start.isEnabled()


def test_too_little_is_said_with_ways_to_mend_it(
    ready: Session, process: FakeLearning, qtbot: QtBot
) -> None:
    with ready.library.transaction("made") as tx:
        for one in people.list_people(tx)[3:]:
            people.delete_templates(tx, [t.id for t in people.templates_of(tx, one.id)])
    page = shown(ready, process, qtbot)
    form = page.own.form
    qtbot.waitUntil(form.problems.isVisible)
    assert "3 of 3 people have two different body pictures" in form._problem_lines.text()
    assert not form.start.isEnabled()
    ways = {**dict(zip(form.ways, ("people", "search"), strict=True))}
    for way, key in ways.items():
        with qtbot.waitSignal(ready.asked_for) as asked:
            press(way, qtbot)
        assert asked.args == [key, None]
    page.close_page()


def test_the_gallery_is_looked_through_on_request(page: Page, ready: Session, qtbot: QtBot) -> None:
    check = next(b for b in page.own.form.findChildren(QPushButton) if "Check" in b.text())
    with qtbot.waitSignal(ready.asked_for) as asked:
        press(check, qtbot)
    assert asked.args == ["people", CheckGallery()]
    gallery = PeoplePage(ready)
    qtbot.addWidget(gallery)
    gallery.show()
    gallery.activate(CheckGallery())
    assert gallery.findings.isVisible()
    gallery.close_page()
    qtbot.waitUntil(lambda: not ready.tasks.jobs)


def test_learning_shows_how_far_it_is_and_the_keyboard_can_stop_it(
    page: Page, process: FakeLearning, qtbot: QtBot
) -> None:
    form = page.own.form
    form.start.setFocus()
    qtbot.keyClick(form.start, Qt.Key.Key_Space)
    assert process.told == ["start"]
    assert form.stop.isVisible()
    assert not form.start.isVisible()
    assert page.focusWidget() is form.stop
    process.say('{"share": 0.5, "what": "3 of 6: step 2 of 9"}')
    qtbot.waitUntil(lambda: form.bar.value() == 500)
    assert form.progress.text().startswith("50% · 3 of 6 · ")
    form.show_kind(Kind.FACE)
    assert not form.stop.isVisible()
    form.show_kind(BODY)
    press(form.stop, qtbot)
    assert process.told[-1] == "stop"
    assert "nothing of it is kept" in form.progress.text()
    process.end(130)
    qtbot.waitUntil(form.start.isVisible)
    assert not form.failure.isVisible()


def test_footage_without_names_is_learnt_from_where_that_is_wished(
    page: Page, process: FakeLearning, qtbot: QtBot
) -> None:
    form = page.own.form
    press(form.footage, qtbot)
    press(form.start, qtbot)
    assert process.order is not None
    assert "--footage" in process.order.words
    assert not form.footage.isEnabled()
    process.end(130)
    qtbot.waitUntil(form.start.isVisible)


def test_what_the_doctor_would_fix_first_is_said_beside_the_way_there(page: Page) -> None:
    form = page.own.form
    stock = page.retraining.grounds[BODY].stock
    assert stock is not None
    page.retraining.grounds[BODY] = replace(
        page.retraining.grounds[BODY],
        stock=replace(
            stock, doubts=3, notes=("Of who is enrolled 3 things are doubtful.", "Another note.")
        ),
    )
    page.retraining.grounds_changed.emit()
    assert form.check.text() == "Check the gallery (3)"
    assert form.notes.text().startswith("3 findings about who is enrolled")
    assert form.notes.text().endswith("\nAnother note.")


def test_the_verdict_and_its_pictures(page: Page, qtbot: QtBot) -> None:
    open_run(page, qtbot)
    verdict = page.own.verdict
    qtbot.waitUntil(verdict.pairs.isVisible)
    assert verdict.use.isVisible()
    assert not verdict.override.isVisible()
    assert verdict.figures.rows.rowCount() >= 4
    assert verdict.plot.isVisible()
    assert verdict.better.rows.rowCount() > 0
    assert verdict.worse.nothing.isVisible() or verdict.worse.rows.rowCount()
    assert verdict.people.text().startswith("Learnt from: Person ")
    assert not verdict.forgotten.isVisible()
    first = verdict.better.rows.row(verdict.better.rows.index(0))
    assert first is not None
    thumbs = verdict.better._line._thumbs
    qtbot.waitUntil(lambda: thumbs.get(first.shown.media) is not None)


def test_into_use_and_back_with_the_mouse(page: Page, ready: Session, qtbot: QtBot) -> None:
    open_run(page, qtbot)
    verdict = page.own.verdict
    verdict.use.setFocus()
    press(verdict.use, qtbot)
    qtbot.waitUntil(verdict.back.isVisible)
    assert verdict.state.text() == "in use"
    assert page.focusWidget() is verdict.back
    press(page.learn, qtbot)
    qtbot.waitUntil(page.own.form.back.isVisible)
    assert "In use: retrained on " in page.own.form.now.text()
    press(page.own.form.back, qtbot)
    qtbot.waitUntil(lambda: not page.own.form.back.isVisible())
    assert ready.models().model_id(BODY) == page.retraining.rows[0].run.base


def test_not_better_for_sure_is_used_after_the_figures_and_a_choice(
    page: Page, ready: Session, qtbot: QtBot
) -> None:
    judged(ready.library, "uncertain")
    page.retraining.refresh()
    qtbot.waitUntil(lambda: page.retraining.rows[0].state == "unsure")
    open_run(page, qtbot)
    verdict = page.own.verdict
    assert not verdict.use.isVisible()
    press(verdict.override, qtbot)
    dialog = page.own.findChild(UseDialog)
    assert dialog is not None
    qtbot.waitUntil(dialog.isVisible)
    table = dialog.findChild(type(verdict.figures))
    assert table.rows.rowCount() == verdict.figures.rows.rowCount()
    assert not dialog.use.isEnabled()
    dialog.accept()  # as Return would
    assert dialog.isVisible()
    dialog.choice.setChecked(True)
    press(dialog.use, qtbot)
    qtbot.waitUntil(lambda: page.retraining.in_use(BODY) is not None)


def test_a_retraining_goes_after_a_question(page: Page, ready: Session, qtbot: QtBot) -> None:
    page.own.list.setFocus()
    page.own.list.setCurrentIndex(page.own.list.rows.index(0))
    qtbot.waitUntil(page.own.verdict.isVisible)
    qtbot.keyClick(page.own.list, Qt.Key.Key_Delete)
    box = page.own.findChild(DropBox)
    assert box is not None
    assert "Drop the retraining of Bodies, adapter" in box.text()
    box.drop.click()
    qtbot.waitUntil(lambda: page.own.list.rows.rowCount() == 0)
    assert page.own.form.isVisible()
    with ready.library.read() as connection:
        assert retrainings.list_runs(connection) == []


def test_what_somebody_was_forgotten_of_can_be_made_anew_or_dropped(
    page: Page, ready: Session, qtbot: QtBot
) -> None:
    gallery = PeoplePage(ready)
    qtbot.addWidget(gallery)
    gallery.show()
    gallery.activate(None)
    qtbot.waitUntil(lambda: bool(gallery.people.rows))
    name = page.retraining.rows[0].people[0]
    row = gallery.people.named(name)
    assert row is not None
    gallery.people.select(row.id)
    gallery.asker.forget()
    question = gallery.findChild(ForgetQuestion)
    assert question is not None
    qtbot.waitUntil(lambda: "• Bodies, adapter, " in question.informativeText())
    question.forget.click()
    qtbot.waitUntil(lambda: gallery.findChild(Proof) is not None, timeout=20_000)
    proof = gallery.findChild(Proof)
    assert proof is not None
    assert "learnt from them among others" in proof.informativeText()
    assert proof.retrained is not None
    with qtbot.waitSignal(ready.asked_for) as asked:
        proof.retrained.click()
    assert asked.args[0] == "train"
    gallery.close_page()
    page.activate(asked.args[1])
    verdict = page.own.verdict
    qtbot.waitUntil(verdict.forgotten.isVisible)
    assert name not in verdict.people.text()
    again = next(b for b in verdict.forgotten.findChildren(QPushButton) if b.text() != "Drop…")
    press(again, qtbot)
    assert page.own.form.isVisible()


def test_a_long_name_and_little_room_cut_nothing_off(
    ready: Session, process: FakeLearning, qtbot: QtBot
) -> None:
    name = "Wolfeschlegelsteinhausenbergerdorff " * 3
    with ready.library.transaction("made") as tx:
        for n, one in enumerate(people.list_people(tx)):
            people.rename(tx, one.id, f"{name}{n}")
    page = shown(ready, process, qtbot, width=640, height=420)
    open_run(page, qtbot)
    qtbot.waitUntil(page.own.verdict.pairs.isVisible)
    assert page.own.verdict.width() >= page.own.verdict.minimumSizeHint().width()
    page.close_page()


def test_it_is_named_for_those_who_do_not_see_it(page: Page, qtbot: QtBot) -> None:
    open_run(page, qtbot)
    qtbot.waitUntil(page.own.verdict.pairs.isVisible)
    lists = [w for w in page.own.findChildren(QListView) if w.isVisible()]
    assert all(w.accessibleName() for w in lists)
    buttons = [b for b in page.own.findChildren(QAbstractButton) if b.isVisible()]
    assert all(b.accessibleName() or b.text() for b in buttons if b.focusPolicy())
    assert page.own.verdict.figures.accessibleName()


def test_the_dark_theme_is_worn(page: Page, qapp: QApplication, qtbot: QtBot) -> None:
    open_run(page, qtbot)
    qtbot.waitUntil(page.own.verdict.plot.isVisible)
    theme.apply_theme(qapp, "dark")
    image = page.own.verdict.plot.bands.grab().toImage()
    seen = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(70)}
    assert theme.DARK.accent in seen
    assert theme.LIGHT.accent not in seen


def test_a_switch_elsewhere_is_seen(page: Page, ready: Session, qtbot: QtBot) -> None:
    """As the command line does, which `Elsewhere` tells."""
    run = open_run(page, qtbot)
    with Library.open(ready.library.folder) as other:
        retrained.accept(other, Models.of(other, ready.store), run)
    ready.models_changed.emit()
    qtbot.waitUntil(lambda: page.own.verdict.state.text() == "in use")
    with ready.library.transaction("made") as tx:
        models_used.use(tx, made_gallery.ROLE, "tiny")  # as `cameo models use` does
    ready.models_changed.emit()
    qtbot.waitUntil(lambda: page.own.verdict.state.text() == "was in use")


def test_a_whole_network_is_trained_among_the_runs(
    page: Page, ready: Session, process: FakeLearning, qtbot: QtBot
) -> None:
    with ready.library.transaction("made") as tx:
        one = retrainings.start(tx, BODY, "full", "tiny", settings={}, data={}, parts=[])
        run = retrainings.find_run(tx, format_id(one))
    folder = ready.library.folder / "runs" / run.shown_id
    folder.mkdir(parents=True)
    (folder / "recipe.toml").write_text("")
    page.activate(Retrain(run=run.shown_id))
    qtbot.waitUntil(page.own.verdict.train.isVisible)
    assert not page.own.verdict.use.isVisible()
    with qtbot.waitSignal(ready.asked_for) as asked:
        press(page.own.verdict.train, qtbot)
    assert asked.args == ["train", TrainingRuns()]
    assert process.order is not None
    assert process.order.words[-2:] == (str(folder / "recipe.toml"), f"run.folder={folder}")
    process.end(2)
    qtbot.waitUntil(lambda: not page.training.is_busy)


@pytest.fixture
def looking(ready: Session, qtbot: QtBot) -> Iterator[SearchPage]:
    made = SearchPage(ready)
    qtbot.addWidget(made)
    made.show()
    made.activate(SearchFor(person="Person 003"))
    yield made
    made.close_page()


def test_a_search_on_the_screen_is_asked_again_in_the_new_space_and_in_the_old(
    page: Page, looking: SearchPage, qtbot: QtBot
) -> None:
    search = looking.search
    qtbot.waitUntil(lambda: bool(search.rows))
    row = page.retraining.rows[0]
    before = [plain(r.sighting) for r in search.rows]
    assert search.found is not None
    assert search.found.model == row.run.base
    seen: set[tuple[str, str]] = set()
    search.result_changed.connect(
        lambda: seen.add((search.found.model, search.answer.query.model)) if search.found else None
    )
    page.retraining.accept(row)
    qtbot.waitUntil(lambda: search.found is not None and search.found.model == row.run.model)
    assert [plain(r.sighting) for r in search.rows] != before
    page.retraining.roll_back(BODY)
    qtbot.waitUntil(lambda: search.found is not None and search.found.model == row.run.base)
    assert [plain(r.sighting) for r in search.rows] == before
    assert all(found == asked for found, asked in seen), "an answer is of the space it was asked in"
