"""What other pages want enrolled while a sheet is open: nothing that was prepared is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from people_made import Faces, enrol_made, opened_page
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.requests import EnrolFrom, ShowPerson
from app.session import Session
from app.views.people_page import Page
from reid_core.actions import enroll
from reid_core.library import Library, people
from reid_core.types import Kind


@pytest.fixture
def faces(session: Session, monkeypatch: pytest.MonkeyPatch) -> Faces:
    made = Faces(session.models().model_id(Kind.FACE))
    monkeypatch.setattr(enroll, "look_at", made.look_at)
    made.known = {
        "a.jpg": [(1, 1, 0.8)],
        "b.jpg": [(1, 2, 0.8)],
        "clip.mp4@3": [(2, 1, 0.8), (1, 3, 0.8)],
        "other.mp4@5": [(3, 1, 0.8)],
    }
    return made


@pytest.fixture
def page(session: Session, faces: Faces, qtbot: QtBot) -> Iterator[Page]:
    with opened_page(session, qtbot) as made:
        yield made


@pytest.fixture
def said(session: Session) -> list[str]:
    lines: list[str] = []
    session.message.connect(lambda m: lines.append(m.text))
    return lines


def prepare(page: Page, qtbot: QtBot, name: str = "Ada") -> None:
    page.enrol(["a.jpg", "b.jpg"])
    settled(page, qtbot, 2)
    qtbot.keyClicks(page.sheet.name, name)
    qtbot.waitUntil(page.sheet.keep.isEnabled)


def settled(page: Page, qtbot: QtBot, n: int) -> None:
    enrol = page.sheet.enrol
    qtbot.waitUntil(lambda: enrol.progress == (n, n) and not enrol.looker.is_busy)


def gallery(library: Library) -> dict[str, int]:
    with library.read() as connection:
        return {p.name: p.faces + p.bodies for p in people.list_people(connection)}


def test_a_moment_of_the_same_kind_joins_what_is_prepared(page, library, qtbot, said) -> None:
    prepare(page, qtbot)
    page.activate(EnrolFrom(("clip.mp4@3",), number=2))
    settled(page, qtbot, 3)
    assert [s.chosen for s in page.sheet.enrol.shots] == [0, 0, 1], "the number is that moment's"
    assert page.sheet.name.text() == "Ada"
    assert said == ["Added to what you are about to enrol."]
    assert not page.sheet.waiting.isVisible()
    page.sheet.keep.click()
    qtbot.waitUntil(lambda: gallery(library) == {"Ada": 3})


@pytest.mark.parametrize(
    "wanted",
    [EnrolFrom(("other.mp4@5",), kind="body", number=1), EnrolFrom(("other.mp4@5",), name="Cleo")],
)
def test_what_does_not_go_with_it_waits_in_sight(page, library, qtbot, wanted) -> None:
    prepare(page, qtbot)
    page.activate(wanted)
    page.activate(wanted)  # pressed twice
    assert page.sheet.waiting.isVisible()
    assert "other.mp4@5" in page.sheet.waiting.line.text()
    assert len(page.sheet.enrol.rows) == 2
    page.sheet.keep.click()
    qtbot.waitUntil(lambda: gallery(library) == {"Ada": 2})
    settled(page, qtbot, 1)
    enrol = page.sheet.enrol
    assert (enrol.kind, enrol.rows[0].source) == (Kind(wanted.kind), "other.mp4@5")
    assert page.sheet.name.text() == wanted.name
    assert page.sheet.isVisible()
    assert not page.sheet.waiting.isVisible()


def test_cancelling_begins_what_waits_unless_it_is_left_out(page, qtbot) -> None:
    prepare(page, qtbot)
    page.activate(EnrolFrom(("other.mp4@5",), kind="body"))
    page.activate(EnrolFrom(("clip.mp4@3",), kind="body"))
    assert page.sheet.waiting.line.text().startswith("2 others")
    qtbot.keyClick(page.sheet, Qt.Key.Key_Escape)
    settled(page, qtbot, 1)
    assert page.sheet.enrol.rows[0].source == "other.mp4@5"
    page.activate(EnrolFrom(("a.jpg",), kind="face"))
    page.sheet.waiting.leave_out.click()
    assert not page.sheet.waiting.isVisible()
    qtbot.keyClick(page.sheet, Qt.Key.Key_Escape)
    assert page._front.isVisible()


def test_nothing_joins_while_it_is_being_kept(page, qtbot, library) -> None:
    prepare(page, qtbot)
    page.sheet.keep.click()
    page.activate(EnrolFrom(("clip.mp4@3",), number=2))
    qtbot.waitUntil(lambda: gallery(library) == {"Ada": 2})
    settled(page, qtbot, 1)
    assert page.sheet.enrol.rows[0].source == "clip.mp4@3"


def test_an_open_sheet_without_pictures_takes_anything_and_keeps_the_name(page, qtbot) -> None:
    page.enrol()
    qtbot.keyClicks(page.sheet.name, "Cleo")
    page.activate(EnrolFrom(("other.mp4@5",), kind="body", number=1))
    settled(page, qtbot, 1)
    assert page.sheet.enrol.kind is Kind.BODY
    assert page.sheet.name.text() == "Cleo"


def test_showing_somebody_leaves_it_as_it_is(page, session, library, qtbot, said) -> None:
    bob = enrol_made(library, session, "Bob", 5, 1)
    prepare(page, qtbot)
    page.activate(ShowPerson(bob))
    assert page.sheet.isVisible()
    assert len(page.sheet.enrol.rows) == 2
    assert "finish or cancel" in said[-1]
    page.sheet.leave()
    qtbot.waitUntil(lambda: page.details.name.text() == "Bob")


def test_a_moment_that_comes_later_answers_no_question(page, qtbot, tmp_path, faces) -> None:
    for folder in ("Ada", "Bob"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}.jpg").touch()
        faces.known[f"{folder}.jpg"] = [(4, len(folder), 0.8)]
    page.enrol([str(tmp_path / "Ada"), str(tmp_path / "Bob")])
    settled(page, qtbot, 2)
    assert page.sheet.enrol.is_asking
    page.activate(EnrolFrom(("clip.mp4@3",), number=1))
    settled(page, qtbot, 3)
    assert page.sheet.enrol.is_asking
