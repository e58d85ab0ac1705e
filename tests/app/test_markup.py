"""Names, notes and paths that look like HTML are shown as they are, and never loaded."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.models.people import PeopleModel
from app.session import Session
from app.tips import plain_tip
from app.viewmodels.footage import Footage
from app.viewmodels.footage_rows import VideoRow
from app.viewmodels.index_queue import IndexQueue
from app.viewmodels.train_runs import RunRow
from app.views.footage_actions import Actions
from app.views.models_dialogs import Questions
from app.views.train_dialogs import DeleteBox
from app.widgets.parts import Line
from app.words import on_button
from reid_core.library.people import Portrait
from tests.app.footage_fakes import FakeClient

EVIL = "<img src='/etc/hostname'> <b>x</b> & y"


@pytest.mark.parametrize(
    "text", [EVIL, "A & B", "a &lt;b&gt; c", "first\n<i>second</i>", "Ada", "%1 {} &amp;", ""]
)
def test_a_tool_tip_says_what_it_was_told(text: str) -> None:
    tip = plain_tip(text)
    if not tip.startswith("<p>"):  # nothing that Qt could take for HTML
        assert tip == text
        assert not set("<&") & set(text)
        return
    document = QTextDocument()
    document.setHtml(tip)
    assert document.toPlainText() == text
    assert "<img" not in tip


def test_item_models_give_such_tips(qtbot: QtBot) -> None:
    model = PeopleModel()
    model.set_rows([Portrait(1, EVIL, "a note", "2026-01-01", 1, 0, "", 0)])
    index = model.index(0)
    assert index.data(Qt.ItemDataRole.ToolTipRole).startswith("<p>&lt;img")
    assert index.data() == EVIL


def test_a_name_on_a_button_is_short_and_makes_no_shortcut() -> None:
    assert on_button("Ada & Bob") == "Ada && Bob"
    assert on_button("&" * 40) == "&&" * 25 + "…"


def test_a_shortened_line_has_such_a_tip(qtbot: QtBot) -> None:
    line = Line()
    qtbot.addWidget(line)
    line.setText(EVIL)
    line.resize(60, 20)
    line.grab()
    assert line.toolTip() == plain_tip(EVIL)
    line.resize(2000, 20)
    line.grab()
    assert line.toolTip() == ""


def shown(box: QMessageBox) -> list[QLabel]:
    return [one for one in box.findChildren(QLabel) if EVIL in one.text()]


def test_questions_show_names_as_they_are(qtbot: QtBot, session: Session) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    footage = Footage(session, IndexQueue(session, FakeClient))  # type: ignore[arg-type]
    Actions(footage, parent).remove(VideoRow("1", 1, "", EVIL, f"/{EVIL}", "done"))
    DeleteBox(RunRow(folder=f"/{EVIL}", name=EVIL), parent).open()
    Questions(parent).ask("title", EVIL, EVIL, "yes", lambda: None)
    boxes = parent.findChildren(QMessageBox)
    assert len(boxes) == 3
    for box in boxes:
        assert shown(box)
        assert all(one.textFormat() is Qt.TextFormat.PlainText for one in shown(box))
        box.close()
    footage.close()
    qtbot.waitUntil(lambda: not session.tasks.jobs)
