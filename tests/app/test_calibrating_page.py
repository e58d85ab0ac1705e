"""How sure a match is, in the window: measured, taken, seen in a search, taken back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.models.rows import RowRole
from app.requests import Calibrate, SearchFor
from app.session import Session
from app.views import models_page, search_page
from app.views.models_calibration import OWN
from reid_core.errors import TooFewPairs
from reid_core.evaluate import calibrate as fitting
from reid_core.library import models_used
from reid_core.types import Kind
from tests.app.calibrating_made import LONG_MS

BODY = Kind.BODY


@pytest.fixture
def page(crowded: Session, qtbot: QtBot) -> models_page.Page:
    made = models_page.Page(crowded)
    qtbot.addWidget(made)
    made.resize(1160, 720)
    made.show()
    made.activate(Calibrate("body"))
    qtbot.waitUntil(lambda: made.panel.measure.isEnabled(), timeout=LONG_MS)
    return made


def searching(crowded: Session, qtbot: QtBot) -> search_page.Page:
    made = search_page.Page(crowded)
    qtbot.addWidget(made)
    made.resize(1160, 720)
    made.show()
    made.activate(SearchFor(person="Person 003"))
    qtbot.waitUntil(lambda: bool(made.search.rows), timeout=LONG_MS)
    return made


def press(button: object, qtbot: QtBot) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def says(page: models_page.Page, text: str) -> bool:
    return any(text in w.text() for w in page.findChildren(QLabel) if w.isVisible())


def measured(page: models_page.Page, qtbot: QtBot) -> None:
    page.panel.rate.setCurrentIndex(0)
    page.panel.measure.setFocus()
    press(page.panel.measure, qtbot)
    assert page.panel.stop.isVisible()
    assert page.focusWidget() is page.panel.stop
    qtbot.waitUntil(lambda: not page.calibrating.is_busy(BODY), timeout=LONG_MS)


def test_what_is_done_with_the_list_is_not_offered_beside_it(page: models_page.Page) -> None:
    assert not any(
        b.text() == "Measure all" and b.isVisible() for b in page.findChildren(QPushButton)
    )
    page.panel.closed.emit()
    assert any(b.text() == "Measure all" and b.isVisible() for b in page.findChildren(QPushButton))


def test_from_measuring_to_a_probability_and_back(
    page: models_page.Page, crowded: Session, qtbot: QtBot
) -> None:
    assert says(page, "Uncalibrated: similarities order the results")
    assert not page.panel.apply.isVisible()
    looked = searching(crowded, qtbot)
    assert looked.search.rows[0].likeness.startswith("similarity 0.")
    assert "Uncalibrated" in looked._means.text()
    with qtbot.waitSignal(crowded.asked_for) as asked:
        press(looked._calibrate, qtbot)
    assert asked.args == ["models", Calibrate("body")]

    measured(page, qtbot)
    assert says(page, "Measured, not in use yet")
    assert looked.search.rows[0].sighting.probability is None
    assert "At the threshold of" in page.panel.measured.plot.words()
    press(page.panel.apply, qtbot)
    qtbot.waitUntil(lambda: "probable" in looked.search.rows[0].likeness, timeout=LONG_MS)
    qtbot.waitUntil(lambda: says(page, "Calibrated on "), timeout=LONG_MS)
    assert not page.panel.apply.isVisible()
    assert "Calibrated" in looked._means.text()
    assert not looked._calibrate.isVisible()
    card = looked.list.rows.index(0)
    assert "probable" in card.data(Qt.ItemDataRole.AccessibleTextRole)
    assert "measured on your own data" in card.data(Qt.ItemDataRole.ToolTipRole)

    looked.filters.panel.least.setValue(100)  # half way, on the scale of probabilities
    assert looked.filters.panel._value.text() == "50%"
    assert looked.search.rows
    assert all((r.sighting.probability or 0) >= 0.5 for r in looked.search.rows)

    crowded.undo()
    qtbot.waitUntil(lambda: "similarity" in looked.search.rows[0].likeness, timeout=LONG_MS)
    assert looked.search.options.minimum is None
    assert len(looked.search.rows) == looked.search.n_all
    assert "uncalibrated" in looked.list.rows.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    qtbot.waitUntil(lambda: not crowded.tasks.jobs, timeout=LONG_MS)
    looked.close_page()


def test_too_little_is_advice_with_a_way_on(
    page: models_page.Page, crowded: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise TooFewPairs("There are 3 pairs, and 3,689 are needed.")

    monkeypatch.setattr(fitting, "fit", refuse)
    assert not page.panel.advice.isVisible()
    measured(page, qtbot)
    assert says(page, "There are 3 pairs, and 3,689 are needed.")
    ways = page.panel._ways
    assert all(w.isVisible() for w in ways)
    for way, key in zip(ways, ("people", "footage"), strict=True):
        with qtbot.waitSignal(crowded.asked_for) as asked:
            press(way, qtbot)
        assert asked.args == [key, None]


def test_the_rate_in_words_and_an_own_one(page: models_page.Page, qtbot: QtBot) -> None:
    panel = page.panel
    assert panel.fmr == 1e-3
    assert not panel.own.isVisible()
    panel.rate.setCurrentIndex(OWN)
    assert panel.own.isVisible()
    panel.own.setValue(250)
    assert panel.fmr == 1 / 250


def test_faces_and_bodies_are_apart(page: models_page.Page, crowded: Session, qtbot: QtBot) -> None:
    measured(page, qtbot)
    assert page.panel.apply.isVisible()
    page.panel.show_kind(Kind.FACE)
    assert not page.panel.apply.isVisible()
    page.panel.show_kind(BODY)
    page.panel.discard.setFocus()
    press(page.panel.discard, qtbot)
    assert page.focusWidget() is page.panel.measure
    assert not page.panel.apply.isVisible()
    assert crowded.history.can_undo is None


def test_another_model_is_uncalibrated(
    page: models_page.Page, crowded: Session, qtbot: QtBot
) -> None:
    measured(page, qtbot)
    press(page.panel.apply, qtbot)
    qtbot.waitUntil(lambda: says(page, "Calibrated on "), timeout=LONG_MS)
    with crowded.library.transaction("use model") as tx:
        models_used.use(tx, "body-embedder", "colour-stripes")
    crowded.models_changed.emit()
    qtbot.waitUntil(lambda: says(page, "Uncalibrated"), timeout=LONG_MS)
    page.panel.closed.emit()
    line = page.strip.lines[BODY]
    assert line.text().startswith("Bodies: Uncalibrated")
    assert page.table.model().index(0, 0).data(RowRole) is not None
