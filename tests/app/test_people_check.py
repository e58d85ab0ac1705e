"""The gallery looked through in the window: the item model, the view-model, and the panel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from people_made import enrol_made, opened_page
from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.models.doubts import DoubtsModel, advice, pictures, reason, title
from app.models.rows import RowRole, SortRole
from app.session import Message, Session
from app.viewmodels.people import People
from app.viewmodels.people_check import PeopleCheck
from app.views.people_dialogs import NameQuestion
from app.views.people_page import Page
from reid_core.evaluate.problems import Problem
from reid_core.library import Library, people

WRONG, SAME, FEW = Problem.WRONG_PERSON, Problem.SAME_PERSON, Problem.TOO_FEW


@pytest.fixture
def filled(session: Session, library: Library) -> dict[str, int]:
    """One of Bob's pictures is with Ada; Cleo is Clea as well; there is one of Dora."""
    made = {"Ada": enrol_made(library, session, "Ada", 1, 1, 2, 3)}
    enrol_made(library, session, "Ada", 2, 9)
    for name, who, seeds in (
        ("Bob", 2, (1, 2, 3)),
        ("Cleo", 3, (1, 2)),
        ("Clea", 3, (4, 5, 6)),
        ("Dora & Co", 4, (1,)),
    ):
        made[name] = enrol_made(library, session, name, who, *seeds)
    return made


@pytest.fixture
def check(session: Session, filled: dict[str, int], qtbot: QtBot) -> PeopleCheck:
    """Looked through once."""
    gallery = People(session)
    with qtbot.waitSignal(gallery.rows_changed):
        gallery.set_shown(True)
    made = PeopleCheck(session, gallery)
    made.set_shown(True)
    made.check()
    qtbot.waitUntil(lambda: not made.is_busy)
    return made


def problems(check: PeopleCheck) -> list[Problem]:
    return [d.problem for d in check.rows]


def counts(library: Library) -> dict[str, int]:
    with library.read() as connection:
        return {p.name: p.faces for p in people.list_people(connection)}


FULL = {"Ada": 4, "Bob": 3, "Clea": 3, "Cleo": 2, "Dora & Co": 1}


def test_the_rows_and_what_they_say(
    check: PeopleCheck, qtmodeltester: ModelTester, filled: dict[str, int]
) -> None:
    model = DoubtsModel()
    model.set_rows(check.rows)
    qtmodeltester.check(model)
    wrong, same, few = check.rows
    assert problems(check) == [WRONG, SAME, FEW]
    assert (check.templates, check.kept) == (13, 0)
    assert model.data(model.index(0), RowRole) is wrong
    assert [model.data(model.index(i), SortRole) for i in range(3)] == [0, 1, 2]
    said = model.data(model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Is this Ada? Similarity 0.98 to Bob, 0.00 to the rest of Ada."
    assert title(same) in ("Are Cleo and Clea one person?", "Are Clea and Cleo one person?")
    assert "0.98" in reason(same)
    assert title(few) == "There is only one picture of Dora & Co."
    assert [words for _, words in pictures(wrong)] == ["Ada · 0.00", "In question", "Bob · 0.98"]
    assert {one.name for one, _ in pictures(same)} == {"Cleo", "Clea"}
    assert "move it there" in advice(wrong)


def test_every_finding_is_said_with_its_names_and_numbers(check: PeopleCheck) -> None:
    wrong = replace(check.rows[0], is_even=True)
    for problem in Problem:
        for facing in (wrong.facing, None):
            one = replace(wrong, problem=problem, facing=facing)
            said = " ".join((title(one), reason(one), advice(one)))
            assert "{" not in said
            assert "Ada" in said
    poor = replace(wrong, problem=Problem.LOW_QUALITY)
    assert reason(poor) == "Quality 0.90."
    assert reason(
        replace(wrong, problem=Problem.NO_VARIETY, templates=2 * wrong.templates, own=0.98)
    ) == ("2 templates with a similarity of 0.98 or more.")
    assert advice(wrong).endswith(
        "Ada has no more pictures than these that agree: it may be the others."
    )


Do = Callable[[PeopleCheck], None]
CHANGES: dict[str, tuple[Do, dict[str, int], list[Problem], str]] = {
    "move": (
        lambda c: c.move(c.rows[0]),
        {**FULL, "Ada": 3, "Bob": 4},
        [SAME, FEW],
        "Move templates to Bob",
    ),
    "delete": (lambda c: c.delete(c.rows[0]), {**FULL, "Ada": 3}, [SAME, FEW], "Delete a template"),
    "merge": (
        lambda c: c.merge(c.rows[1]),
        {"Ada": 4, "Bob": 3, "Clea": 5, "Dora & Co": 1},
        [WRONG, FEW],
        "Merge into Clea",
    ),
    "keep": (lambda c: c.keep(c.rows[2]), FULL, [WRONG, SAME], "Keep Dora & Co as it is"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_done_settles_a_finding_and_can_be_undone(
    check: PeopleCheck, session: Session, library: Library, qtbot: QtBot, what: str
) -> None:
    do, after, left, step = CHANGES[what]
    do(check)
    qtbot.waitUntil(lambda: problems(check) == left and not check.is_busy)
    assert counts(library) == after
    assert check.kept == (1 if what == "keep" else 0)
    assert session.history.can_undo == step
    session.undo()
    qtbot.waitUntil(lambda: problems(check) == [WRONG, SAME, FEW] and not check.is_busy)
    assert counts(library) == FULL


def test_nothing_is_looked_through_unasked_or_unseen(
    session: Session, filled: dict[str, int], qtbot: QtBot
) -> None:
    made = PeopleCheck(session, People(session))
    made.set_shown(True)
    session.people_changed.emit()
    assert not made.is_busy
    made.check()
    qtbot.waitUntil(lambda: not made.is_busy)
    made.set_shown(False)
    session.people_changed.emit()
    assert not made.is_busy
    made.set_shown(True)
    assert made.is_busy
    qtbot.waitUntil(lambda: not made.is_busy)
    session.models_changed.emit()
    assert (made.checked, made.rows) == (None, ())


def test_templates_of_another_model_are_a_line(
    check: PeopleCheck, session: Session, library: Library, qtbot: QtBot
) -> None:
    from reid_core.library import schema

    lines: list[Message] = []
    session.message.connect(lines.append)
    with library.transaction("another") as tx:
        tx.execute(schema.vector.update().values(model="another@1"))
    check.check()
    qtbot.waitUntil(lambda: not check.is_busy)
    assert check.rows == ()
    assert lines[-1].is_error


@pytest.fixture
def page(session: Session, filled: dict[str, int], qtbot: QtBot) -> Iterator[Page]:
    with opened_page(session, qtbot) as made:
        with qtbot.waitSignal(made.people.rows_changed):
            made.activate(None)
        yield made


def offered(page: Page) -> set[str]:
    return {name for name, one in page.findings.buttons.items() if one.isVisible()}


def test_the_panel_from_the_first_finding_to_none(
    page: Page, library: Library, qtbot: QtBot
) -> None:
    panel = page.findings
    assert page.look.text() == "Check"
    page.look.click()
    qtbot.waitUntil(lambda: page.look.text() == "Check (3)")
    assert panel.isVisible()
    assert not page.grid.isVisible()
    assert panel._line.text() == "3 findings · 13 templates looked at"
    assert offered(page) == {"move", "split", "delete", "person", "keep"}
    assert panel.buttons["move"].text() == "Move to Bob"
    panel.buttons["split"].click()
    (question,) = page.findChildren(NameQuestion)
    question.field.setText("Eve")
    question.take.click()
    qtbot.waitUntil(lambda: counts(library).get("Eve") == 1)
    qtbot.waitUntil(lambda: len(page.check.rows) == 4 and not page.check.is_busy)
    panel.list.setFocus()
    (place,) = [i for i, d in enumerate(page.check.rows) if "Cleo" in title(d)]
    panel.list.setCurrentIndex(panel.list.rows.index(place))
    assert offered(page) == {"merge", "person", "keep"}
    assert panel.buttons["merge"].text() == "Merge into Clea"
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)  # which is not offered here
    panel.buttons["merge"].click()
    qtbot.waitUntil(lambda: counts(library)["Clea"] == 5)
    qtbot.waitUntil(lambda: len(page.check.rows) == 3 and not page.check.is_busy)
    while page.check.rows:
        n = len(page.check.rows)
        panel.buttons["keep"].click()
        qtbot.waitUntil(lambda n=n: len(page.check.rows) < n and not page.check.is_busy)
    assert panel._nothing.isVisible()
    assert page.look.text() == "Check"
    assert "kept as they are" in panel._line.text()


def test_the_way_back_and_to_a_person(page: Page, filled: dict[str, int], qtbot: QtBot) -> None:
    page.look.click()
    qtbot.waitUntil(lambda: len(page.check.rows) == 3)
    page.findings.closed.emit()
    assert page.grid.isVisible()
    page.look.click()
    page.findings.list.setCurrentIndex(page.findings.list.rows.index(2))
    assert page.findings._title.text() == "There is only one picture of Dora & Co."
    assert offered(page) == {"photos", "person", "keep"}
    page.findings.buttons["person"].click()
    assert page.grid.isVisible()
    qtbot.waitUntil(lambda: page.details.name.text() == "Dora & Co")
