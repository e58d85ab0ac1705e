"""The page of people in a window, over people without any model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from people_made import Faces, enrol_made, opened_page
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtWidgets import QMenu, QPushButton
from pytestqt.qtbot import QtBot

from app import bootstrap
from app.requests import EnrolFrom, SearchFor, ShowPerson
from app.session import Session
from app.views.people_dialogs import ForgetQuestion, NameQuestion, Proof
from app.views.people_page import Page
from app.widgets.person_chooser import PersonChooser
from reid_core.actions import enroll
from reid_core.library import Library, people
from reid_core.types import Kind

NAMES = ("Ada", "Bob", "Cleo", "Dora")


@pytest.fixture
def filled(session: Session, library: Library) -> dict[str, int]:
    return {n: enrol_made(library, session, n, i, *range(1, 4)) for i, n in enumerate(NAMES, 1)}


@pytest.fixture
def faces(session: Session, monkeypatch: pytest.MonkeyPatch) -> Faces:
    made = Faces(session.models().model_id(Kind.FACE))
    monkeypatch.setattr(enroll, "look_at", made.look_at)
    return made


@pytest.fixture
def page(session: Session, qtbot: QtBot) -> Iterator[Page]:
    with opened_page(session, qtbot) as made:
        yield made


def show(page: Page, qtbot: QtBot, wanted: object = None) -> None:
    with qtbot.waitSignal(page.people.rows_changed):
        page.activate(wanted)
    if page.people.rows:
        qtbot.waitUntil(lambda: bool(page.people.templates))


def shown(page: Page) -> list[str]:
    model = page.grid.filter
    return [str(model.index(i, 0).data()) for i in range(model.rowCount())]


def names(library: Library) -> list[str]:
    with library.read() as connection:
        return [p.name for p in people.list_people(connection)]


def press(page: Page, word: str) -> None:
    (found,) = [b for b in page.findChildren(QPushButton) if b.text() == word and b.isVisible()]
    assert found.isEnabled(), word
    found.click()


def test_an_empty_gallery_says_what_to_do(page: Page, qtbot: QtBot) -> None:
    show(page, qtbot)
    assert page._empty.isVisible()
    assert "Drop photos" in page._empty.title.text()


def test_the_first_is_shown_and_the_keys_lead_on(page, filled, library, qtbot) -> None:
    show(page, qtbot)
    assert page._header.line.text() == "4 people · 12 templates"
    assert page.details.name.text() == "Ada"
    page.grid.setFocus()
    qtbot.keyClick(page.grid, Qt.Key.Key_Right)
    assert page.details.name.text() == "Bob"
    qtbot.keyClick(page.grid, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.details.templates.hasFocus())
    qtbot.keyClick(page.grid, Qt.Key.Key_F2)
    assert page.details.name.hasFocus()
    qtbot.keyClicks(page.details.name, "Bobby")
    qtbot.keyClick(page.details.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: shown(page) == ["Ada", "Bobby", "Cleo", "Dora"])
    qtbot.keyClick(page, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.search_field.hasFocus()
    qtbot.keyClicks(page.search_field, "eo")
    assert shown(page) == ["Cleo"]
    qtbot.keyClicks(page.search_field, "x")
    assert page._nobody.text() == "Nobody fits."
    page.search_field.clear()
    page._order.setCurrentIndex(page._order.findData("templates"))
    assert set(shown(page)) == {"Ada", "Bobby", "Cleo", "Dora"}


def test_no_word_is_cut_and_no_bar_stands_idle(page, session, filled, library, qtbot) -> None:
    show(page, qtbot)
    longer = "Aufnahmen durchsuchen, und das ganz lange"
    page.details.search.setText(longer)
    buttons = page.details.findChildren(QPushButton)
    qtbot.waitUntil(lambda: all(b.width() >= b.sizeHint().width() for b in buttons))
    bar = page.grid.verticalScrollBar()
    assert bar.isVisible()
    assert not bar.isEnabled()
    for n in range(40):
        enrol_made(library, session, f"Nobody {n}", n, 1)
    page.people.refresh()
    qtbot.waitUntil(bar.isEnabled)


def test_a_taken_name_comes_back_and_escape_too(page, filled, library, qtbot) -> None:
    show(page, qtbot)
    field = page.details.name
    page.details.rename()
    qtbot.keyClicks(field, "Bob")
    with qtbot.waitSignal(page.people.rename_failed):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "Ada"
    qtbot.keyClicks(field, "nonsense")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "Ada"


def test_notes_are_kept_when_one_looks_elsewhere(page, filled, library, qtbot) -> None:
    show(page, qtbot)
    page.details.notes.setFocus()
    qtbot.keyClicks(page.details.notes, "Met in Turin")
    page.grid.choose(filled["Cleo"])
    qtbot.waitUntil(lambda: page.details.name.text() == "Cleo")
    assert page.details.notes.toPlainText() == ""
    qtbot.waitUntil(lambda: page.people.row(filled["Ada"]).notes == "Met in Turin")
    page.grid.choose(filled["Ada"])
    assert page.details.notes.toPlainText() == "Met in Turin"
    page.search_field.setText("turin")
    assert shown(page) == ["Ada"]


def test_templates_are_deleted_moved_and_split(page, session, filled, library, qtbot) -> None:
    show(page, qtbot)
    templates = page.details.templates
    assert [b.isEnabled() for b in page.details._actions] == [False] * 3
    templates.setFocus()
    templates.setCurrentIndex(templates.rows.index(0))
    qtbot.keyClick(templates, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: templates.rows.rowCount() == 2)
    templates.setCurrentIndex(templates.rows.index(0))
    press(page, "Move to…")
    (chooser,) = page.findChildren(PersonChooser)
    qtbot.keyClicks(chooser.name, "cl")
    qtbot.keyClick(chooser.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.people.row(filled["Cleo"]).faces == 4)
    qtbot.waitUntil(lambda: templates.rows.rowCount() == 1)
    templates.setCurrentIndex(templates.rows.index(0))
    press(page, "New person…")
    (question,) = page.findChildren(NameQuestion)
    qtbot.keyClicks(question.field, "bob")
    assert not question.take.isEnabled()
    question.field.setText(" Eve  Two ")
    question.take.click()
    qtbot.waitUntil(lambda: page.people.named("Eve Two") is not None)
    assert session.history.can_undo == "Make Eve Two of templates"
    assert "Make Eve Two of templates" in page.history.undo.toolTip()
    for _ in range(3):
        with qtbot.waitSignal(page.people.rows_changed):
            page.history.undo.click()
    assert [r.faces for r in page.people.rows] == [3, 3, 3, 3]
    assert not page.history.undo.isEnabled()
    assert "Delete a template" in page.history.redo.toolTip()


def test_two_that_are_one_are_merged(page, filled, library, qtbot) -> None:
    show(page, qtbot)
    assert not page.merge.isEnabled()
    page.grid.selectAll()
    assert page.merge.text() == "Merge 4…"
    page.grid.choose(filled["Bob"])
    page.grid.clearSelection()
    for name in ("Bob", "Dora"):
        index = page.grid.filter.index_of(filled[name])
        place = page.grid.visualRect(index).center()
        modifier = Qt.KeyboardModifier.ControlModifier
        qtbot.mouseClick(page.grid.viewport(), Qt.MouseButton.LeftButton, modifier, place)
    assert [r.name for r in page.grid.selected] == ["Dora", "Bob"]
    assert page.merge.isEnabled()
    menu = page.asker.merge_menu(page.grid.selected)
    next(a for a in menu.actions() if a.text() == "Bob").trigger()
    qtbot.waitUntil(lambda: page.people.row(filled["Bob"]).faces == 6)
    assert names(library) == ["Ada", "Bob", "Cleo"]
    qtbot.waitUntil(lambda: page.details.name.text() == "Bob")
    page.asker.merge()
    chooser = page.findChildren(PersonChooser)[-1]
    assert chooser.filter.rowCount() == 2
    chooser.take.click()
    qtbot.waitUntil(lambda: names(library) == ["Bob", "Cleo"])


def test_menus_say_what_can_be_done(page, filled, qtbot) -> None:
    show(page, qtbot)
    assert texts(page.asker.person_menu(page.details)) == [
        "Search footage",
        "Add photos…",
        "Add a folder…",
        "Rename",
        "Merge with…",
        "Forget…",
    ]
    assert texts(page.asker.template_menu(page.details)) == []
    page.details.templates.selectAll()
    menu = page.asker.template_menu(page.details)
    assert texts(menu) == ["Move to…", "New person…", "Delete"]
    menu.actions()[2].trigger()
    qtbot.waitUntil(lambda: page.people.row(filled["Ada"]).faces == 0)
    assert not page.asker.person_menu(page.details).actions()[0].isEnabled()


def texts(menu: QMenu) -> list[str]:
    return [a.text() for a in menu.actions() if not a.isSeparator()]


def test_forgetting_asks_once_and_proves_it(page, session, filled, library, qtbot) -> None:
    show(page, qtbot)
    page.asker.forget()
    (question,) = page.findChildren(ForgetQuestion)
    assert "3 face and 0 body templates" in question.informativeText()
    assert "cannot be undone" in question.informativeText()
    question.button(ForgetQuestion.StandardButton.Cancel).click()
    assert names(library) == list(NAMES)
    page.asker.forget()
    page.findChildren(ForgetQuestion)[-1].forget.click()
    qtbot.waitUntil(lambda: bool(page.findChildren(Proof)))
    proof = page.findChildren(Proof)[-1]
    assert proof.text() == "Nothing of Ada is left."
    assert "• 3 pictures" in proof.informativeText()
    assert "Every byte" in proof.informativeText()
    proof.close()
    qtbot.waitUntil(lambda: not page.findChildren(Proof))
    assert names(library) == ["Bob", "Cleo", "Dora"]
    qtbot.waitUntil(lambda: page.details.name.text() == "Bob")


def test_other_pages_are_asked_and_ask(page, session, filled, qtbot, faces) -> None:
    show(page, qtbot, ShowPerson(filled["Cleo"]))
    assert page.details.name.text() == "Cleo"
    with qtbot.waitSignal(session.asked_for) as asked:
        press(page, "Search footage")
    assert asked.args == ["search", SearchFor(person="Cleo")]
    faces.known = {"clip.mp4@3": [(9, 1, 0.8), (8, 1, 0.8)]}
    page.activate(EnrolFrom(("clip.mp4@3",), number=2, name="New"))
    qtbot.waitUntil(lambda: page.sheet.keep.isEnabled())
    assert page.sheet.isVisible()
    assert page.sheet.enrol.shots[0].chosen == 1
    page.sheet.keep.click()
    qtbot.waitUntil(lambda: page.details.name.text() == "New")
    assert page.grid.isVisible()


class Drop:
    """What the page needs of an event of dropping."""

    def __init__(self, paths: list[Path], place: QPoint) -> None:
        self._data, self._place, self.accepted = QMimeData(), place, False
        self._data.setUrls([QUrl.fromLocalFile(str(p)) for p in paths])

    def mimeData(self) -> QMimeData:
        return self._data

    def position(self) -> QPointF:
        return QPointF(self._place)

    def acceptProposedAction(self) -> None:
        self.accepted = True


def test_photos_are_dropped_on_somebody_and_on_the_sheet(page, filled, qtbot, faces) -> None:
    faces.known = {"a.jpg": [(2, 9, 0.8)], "b.jpg": [(2, 8, 0.8)]}
    show(page, qtbot)
    rect = page.grid.visualRect(page.grid.filter.index_of(filled["Bob"]))
    place = page.grid.viewport().mapTo(page, rect.center())
    enter = Drop([Path("/p/a.jpg")], place)
    page.dragEnterEvent(enter)
    assert enter.accepted
    assert page._drop.isVisible()
    page.dropEvent(Drop([Path("/p/a.jpg")], place))
    assert not page._drop.isVisible()
    qtbot.waitUntil(lambda: page.sheet.keep.isEnabled())
    assert page.sheet.name.text() == "Bob"
    assert "Bob is enrolled (3 templates)" in page.sheet._known.text()
    page.dropEvent(Drop([Path("/p/b.jpg")], place))
    qtbot.waitUntil(lambda: len(page.sheet.enrol.rows) == 2 and page.sheet.keep.isEnabled())
    qtbot.keyClick(page.sheet.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.people.row(filled["Bob"]).faces == 5)
    assert page.details.name.text() == "Bob"


def test_escape_leaves_the_sheet_and_keeps_nothing(page, library, qtbot, faces) -> None:
    faces.known = {"a.jpg": [(2, 9, 0.8)]}
    show(page, qtbot)
    page.enrol(["a.jpg"])
    qtbot.waitUntil(lambda: len(page.sheet.enrol.rows) == 1)
    qtbot.waitUntil(lambda: "a name is missing" in page.sheet._count.text())
    qtbot.keyClick(page.sheet, Qt.Key.Key_Escape)
    assert page._empty.isVisible()
    assert names(library) == []


def test_closing_sweeps_what_undo_kept(session, filled, library, qtbot) -> None:
    with library.read() as connection:
        one = people.templates_of(connection, filled["Ada"])[0]

    def delete(_: object) -> None:
        with library.transaction("delete") as tx:
            people.delete_templates(tx, [one.id])

    with qtbot.waitSignal(session.people_changed):
        session.change("Delete", delete, losing=(one.id,))
    path = library.media.path(one.media)
    assert path.exists()
    bootstrap.close_session(session)
    assert not path.exists()
    assert len(list(library.media.names())) == 11


def test_a_thousand_people_are_shown_at_once(page, session, library, qtbot) -> None:
    with library.transaction("many") as tx:
        for n in range(1500):
            people.add_person(tx, f"Person {n:04}")
    with qtbot.waitSignal(page.people.rows_changed, timeout=1000):
        page.activate(None)
    assert len(shown(page)) == 1500
    page.search_field.setText("1499")
    assert shown(page) == ["Person 1499"]
