"""From photos of real people to a gallery in order, and to one forgotten, on the page of people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from people_made import opened_page
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.session import Session
from app.views.people_dialogs import ForgetQuestion, NameQuestion, Proof
from app.views.people_page import Page
from app.widgets.person_chooser import PersonChooser
from reid_core import images
from reid_core.library import Library, people

LONG_MS = 30_000  # models are loaded on the way
GUL, BRODY = "Abdullah_Gul", "Adrien_Brody"


@pytest.fixture
def page(session: Session, qtbot: QtBot) -> Iterator[Page]:
    with opened_page(session, qtbot) as made:
        made.activate(None)
        yield made


def photos(data: Path, who: str, *numbers: int) -> list[str]:
    folder = data / "faces" / "lfw" / who
    found = [str(p) for p in sorted(folder.glob("*.jpg"))]
    assert len(found) > max(numbers)
    return [found[n] for n in numbers]


def counts(page: Page) -> dict[str, int]:
    return {r.name: r.faces for r in page.people.rows}


def standing(page: Page) -> list[str]:
    return [r.standing for r in page.sheet.enrol.rows]


def ready(page: Page, qtbot: QtBot, *standings: str) -> None:
    qtbot.waitUntil(lambda: standing(page) == list(standings), timeout=LONG_MS)
    qtbot.waitUntil(lambda: not page.sheet.enrol.looker.is_busy)


def write(page: Page, name: str) -> None:
    """A name, as if typed: the list of names to choose from cannot open without a screen."""
    page.sheet.name.setText(name)
    page.sheet.name.textEdited.emit(name)


def keep(page: Page, qtbot: QtBot, after: dict[str, int]) -> None:
    qtbot.waitUntil(page.sheet.keep.isEnabled)
    page.sheet.keep.click()
    qtbot.waitUntil(lambda: counts(page) == after)
    assert page.grid.isVisible()


@pytest.fixture
def side_by_side(data: Path, tmp_path: Path) -> str:
    """Two people in one picture: Gul at the left, Brody at the right."""
    both = [images.read_image(Path(photos(data, who, 2)[0])) for who in (GUL, BRODY)]
    path = tmp_path / "both.png"
    images.write_image(cv2.hconcat(both), path)
    return str(path)


@pytest.fixture
def blurred(data: Path, tmp_path: Path) -> str:
    """Too small, too dark and too blurred to be enrolled unasked."""
    whole = images.read_image(Path(photos(data, BRODY, 0)[0]))
    small = cv2.resize(whole, (36, 36), interpolation=cv2.INTER_AREA)
    path = tmp_path / "blurred.png"
    images.write_image((cv2.GaussianBlur(small, (0, 0), 0.8) * 0.16).astype(np.uint8), path)
    return str(path)


@pytest.mark.real_data
def test_enrol_keep_in_order_and_forget(
    page: Page, session: Session, library: Library, qtbot: QtBot, data: Path, side_by_side, blurred
) -> None:
    # two photos of somebody
    page.enrol(photos(data, GUL, 0, 1))
    ready(page, qtbot, "good", "good")
    write(page, "Abdullah Gul")
    keep(page, qtbot, {"Abdullah Gul": 2})
    assert page.details.name.text() == "Abdullah Gul"

    # somebody else: of two in a picture, the one at the right is chosen by a click
    page.enrol([side_by_side])
    ready(page, qtbot, "several")
    write(page, "Brody")
    picker = page.sheet.picture.picker
    place = picker.rect_of(1).center().toPoint()
    qtbot.mouseClick(picker, Qt.MouseButton.LeftButton, pos=place)
    assert standing(page) == ["good"]
    assert page.sheet._like.isHidden()
    keep(page, qtbot, {"Abdullah Gul": 2, "Brody": 1})

    # a poor picture is refused with the reason, until it is overridden
    page.enrol([blurred], "Brody")
    ready(page, qtbot, "poor")
    assert not page.sheet.keep.isEnabled()
    assert "below the limit of 0.20" in page.sheet.picture._line.text()
    page.sheet.picture.anyway.click()
    keep(page, qtbot, {"Abdullah Gul": 2, "Brody": 2})

    # the same photo again, under another name: it is noticed, and goes where it belongs
    page.enrol(photos(data, GUL, 0))
    ready(page, qtbot, "good")
    write(page, "A. Gul")
    qtbot.waitUntil(page.sheet._like.isVisible)
    assert page.sheet._like.text() == (
        "Looks like Abdullah Gul, already enrolled (similarity 1.00, uncalibrated)."
    )
    page.sheet._use_like.click()
    ready(page, qtbot, "known")
    assert not page.sheet.keep.isEnabled()
    page.sheet.close_sheet()

    # another photo of him, enrolled as somebody new in spite of the warning, then merged
    page.enrol(photos(data, GUL, 3))
    ready(page, qtbot, "good")
    write(page, "Unknown")
    keep(page, qtbot, {"Abdullah Gul": 2, "Brody": 2, "Unknown": 1})
    page.people.select(page.people.named("Abdullah Gul").id)
    page.asker.merge()
    (chooser,) = page.findChildren(PersonChooser)
    chooser.name.setText("unk")
    chooser.take.click()
    qtbot.waitUntil(lambda: counts(page) == {"Abdullah Gul": 3, "Brody": 2})

    # renamed, split, moved, deleted
    page.people.select(page.people.named("Brody").id)
    page.details.rename()
    qtbot.keyClicks(page.details.name, "Adrien Brody")
    qtbot.keyClick(page.details.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.people.named("Adrien Brody") is not None)
    templates = page.details.templates
    qtbot.waitUntil(lambda: templates.rows.rowCount() == 2)
    templates.setCurrentIndex(templates.rows.index(1))
    page.details.split_asked.emit()
    (question,) = page.findChildren(NameQuestion)
    question.field.setText("Blurred")
    question.take.click()
    after = {"Abdullah Gul": 3, "Adrien Brody": 1, "Blurred": 1}
    qtbot.waitUntil(lambda: counts(page) == after)
    page.people.select(page.people.named("Blurred").id)
    qtbot.waitUntil(lambda: templates.rows.rowCount() == 1)
    templates.selectAll()
    page.details.move_asked.emit()
    chooser = page.findChildren(PersonChooser)[-1]
    chooser.name.setText("brody")
    chooser.take.click()
    qtbot.waitUntil(lambda: counts(page) == {"Abdullah Gul": 3, "Adrien Brody": 2, "Blurred": 0})
    page.people.select(page.people.named("Adrien Brody").id)
    qtbot.waitUntil(lambda: templates.rows.rowCount() == 2)
    templates.setFocus()
    templates.setCurrentIndex(templates.rows.index(1))
    qtbot.keyClick(templates, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: counts(page)["Adrien Brody"] == 1)

    # all of it taken back, and done again
    steps = 0
    while page.history.undo.isEnabled():
        with qtbot.waitSignal(page.people.rows_changed):
            page.history.undo.click()
        steps += 1
    assert steps == 9
    assert counts(page) == {}
    while page.history.redo.isEnabled():
        with qtbot.waitSignal(page.people.rows_changed):
            page.history.redo.click()
    assert counts(page) == {"Abdullah Gul": 3, "Adrien Brody": 1, "Blurred": 0}

    # forgotten, with the picture of the template that was deleted before
    with library.read() as connection:
        brody = page.people.named("Adrien Brody")
        own = {t.media for t in people.templates_of(connection, brody.id)}
        gul = page.people.named("Abdullah Gul")
        others = {t.media for t in people.templates_of(connection, gul.id)}
    deleted = set(library.media.names()) - own - others
    assert len(deleted) == 1
    erased = [library.media.get(name) for name in own | deleted]
    page.people.select(brody.id)
    page.asker.forget()
    page.findChildren(ForgetQuestion)[-1].forget.click()
    qtbot.waitUntil(lambda: bool(page.findChildren(Proof)))
    proof = page.findChildren(Proof)[-1]
    assert proof.text() == "Nothing of Adrien Brody is left."
    proof.close()
    qtbot.waitUntil(lambda: counts(page) == {"Abdullah Gul": 3, "Blurred": 0})
    files = [p.read_bytes() for p in library.folder.rglob("*") if p.is_file()]
    assert not any(one in f for one in erased for f in files)
    assert not any(b"Adrien" in f for f in files)
    while page.history.undo.isEnabled():
        with qtbot.waitSignal(page.people.rows_changed):
            page.history.undo.click()
    assert page.people.named("Adrien Brody") is None
    assert page.people.named("Brody") is None
