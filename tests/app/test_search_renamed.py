"""Searches for somebody whose name, or whose answer, is not what it was a moment ago."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from app.session import Message, Session
from app.viewmodels.player_boxes import Boxes
from app.viewmodels.search import Search
from app.views.search_query import QueryBar
from app.widgets.thumbs import Thumbnails
from reid_core.errors import LibraryError
from reid_core.library import erase, people
from reid_core.types import Kind
from tests.app.people_made import enrol_made
from tests.app.search_made import SEEN, fill, key, picture, towards


@pytest.fixture
def search(qtbot: QtBot, session: Session, tmp_path: Path) -> Iterator[Search]:
    """Ada is asked for, and seen; Grace is enrolled too."""
    fill(session, tmp_path)
    enrol_made(session.library, session, "Grace", 2, 1)
    made = Search(session)
    with qtbot.waitSignal(made.known_changed):
        made.set_shown(True)
    with qtbot.waitSignal(made.result_changed):
        made.ask_person("Ada")
    yield made
    qtbot.waitUntil(lambda: not session.tasks.jobs)


def templates(session: Session, name: str) -> int:
    with session.library.read() as connection:
        return people.find_person(connection, name).faces


def rename(session: Session, old: str, new: str) -> None:
    with session.library.transaction("rename") as tx:
        people.rename(tx, people.find_person(tx, old).id, new)


def test_whoever_is_renamed_is_still_the_one_looked_for(
    qtbot: QtBot, session: Session, search: Search
) -> None:
    person, n = search.person, len(search.rows)
    rename(session, "Ada", "Augusta")
    rename(session, "Grace", "Ada")  # who must not be taken for her now
    session.people_changed.emit()
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert search.problem == ""
    assert search.asked is not None
    assert (search.asked.person, search.person, len(search.rows)) == ("Augusta", person, n)


def test_a_template_goes_to_whom_the_row_was_found_for(
    qtbot: QtBot, session: Session, search: Search
) -> None:
    row = search.rows[0]
    search.ask_person("Grace")  # not answered yet: the rows are still Ada's
    search.add_template(row)
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert (templates(session, "Ada"), templates(session, "Grace")) == (1, 1)


def test_a_template_goes_to_somebody_under_their_new_name(
    qtbot: QtBot, session: Session, search: Search
) -> None:
    rename(session, "Ada", "Augusta")
    rename(session, "Grace", "Ada")
    search.add_template(search.rows[0])
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert templates(session, "Augusta") > 1
    assert templates(session, "Ada") == 1


def test_a_template_that_looks_more_like_somebody_else_is_doubted(
    qtbot: QtBot, session: Session, search: Search
) -> None:
    said: list[Message] = []
    session.message.connect(said.append)
    row = search.rows[0]
    n, cosine = next((i, s[3]) for i, s in enumerate(SEEN) if key(i) == row.key)
    model = session.models().model_id(Kind.FACE)
    media, points = session.library.media.put(picture(5)), np.zeros((5, 2), np.float32)
    with session.library.transaction("enroll") as tx:
        same = towards(cosine, n)
        look = people.NewTemplate(Kind.FACE, media, 0.9, {}, points, "made", same, model)
        people.add_template(tx, people.add_person(tx, "Double"), look)
    search.add_template(row)
    qtbot.waitUntil(lambda: bool(said))
    assert said[0].text.startswith("The best view is a template now. Looks like Double, already")
    assert said[0].action == "Undo"


def test_nobody_comes_back_as_a_template(qtbot: QtBot, session: Session, search: Search) -> None:
    said: list[Message] = []
    session.message.connect(said.append)
    erase.forget(session.library, search.person or 0)
    search.add_template(search.rows[0])
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert any(m.is_error for m in said)
    with session.library.read() as connection:
        assert [p.name for p in people.list_people(connection)] == ["Grace"]


def test_boxes_that_cannot_be_read_are_not_asked_for_with_every_picture(
    qtbot: QtBot, session: Session, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reid_core.actions import whereabouts

    def broken(*_: object) -> None:
        raise LibraryError("no such luck")

    monkeypatch.setattr(whereabouts, "traces_in", broken)
    said: list[Message] = []
    session.message.connect(said.append)
    boxes = Boxes(session)
    boxes.use(search.rows[0].video_id)
    for _ in range(5):
        assert boxes.at(1.0) == []
        qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert len(said) == 1


def test_nothing_is_left_of_a_search_for_somebody_forgotten(
    qtbot: QtBot, session: Session, search: Search
) -> None:
    bar = QueryBar(search, Thumbnails(session.library.media, session.tasks))
    qtbot.addWidget(bar)
    person = search.person or 0
    assert "Ada" in words_of(bar)
    erase.forget(session.library, person)
    session.people_changed.emit()
    session.person_forgotten.emit(person)
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert (search.asked, search.rows, search.problem) == (None, (), "")
    assert "Ada" not in words_of(bar)


def words_of(bar: QueryBar) -> str:
    fields = bar.findChildren(QLineEdit) + bar.findChildren(QLabel)
    return " ".join([*(f.text() for f in fields), bar.picker.text()])


def test_what_is_being_typed_stays_when_the_search_is_done_again(
    qtbot: QtBot, session: Session, search: Search
) -> None:
    bar = QueryBar(search, Thumbnails(session.library.media, session.tasks))
    qtbot.addWidget(bar)
    bar.show()
    bar.activateWindow()
    bar.picker.setFocus()
    qtbot.waitUntil(bar.picker.hasFocus)
    bar.picker.selectAll()
    qtbot.keyClicks(bar.picker, "Gra")
    with qtbot.waitSignal(search.result_changed):
        search.refresh()
    assert bar.picker.text() == "Gra"
    search.ask_person("Grace")
    assert bar.picker.text() == "Grace"
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    bar.close()
