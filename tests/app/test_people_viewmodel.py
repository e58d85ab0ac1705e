"""The gallery's view-model: what it shows, changes, takes back and erases; no window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from people_made import enrol_made, face, picture
from pytestqt.qtbot import QtBot

from app.requests import SearchFor
from app.session import Message, Session
from app.viewmodels.people import Forgotten, People
from reid_core.library import Library, footage, people, schema
from tests.made_footage import store_video, tracklet


@pytest.fixture
def gallery(session: Session, library: Library, qtbot: QtBot) -> People:
    """Ada with three templates, Grace with two, all read."""
    enrol_made(library, session, "Ada", 1, 1, 2, 3)
    enrol_made(library, session, "Grace", 2, 1, 2)
    made = People(session)
    with qtbot.waitSignal(made.rows_changed):
        made.set_shown(True)
    return made


@pytest.fixture
def said(session: Session) -> list[Message]:
    lines: list[Message] = []
    session.message.connect(lines.append)
    return lines


def of(gallery: People, name: str) -> int:
    row = gallery.named(name)
    assert row is not None, name
    return row.id


def choose(gallery: People, qtbot: QtBot, name: str) -> list[int]:
    """Look at somebody; the ids of their templates, best first."""
    gallery.select(of(gallery, name))
    qtbot.waitUntil(lambda: bool(gallery.templates))
    return [t.id for t in gallery.templates]


def state(library: Library) -> list[list[tuple[object, ...]]]:
    with library.read() as connection:
        tables = (schema.person, schema.template, schema.verdict, schema.vector)
        return [
            sorted((tuple(r) for r in connection.execute(t.select())), key=repr) for t in tables
        ]


def counts(gallery: People) -> dict[str, int]:
    return {r.name: r.faces for r in gallery.rows}


def test_everybody_and_one_of_them(gallery: People, qtbot: QtBot) -> None:
    assert counts(gallery) == {"Ada": 3, "Grace": 2}
    choose(gallery, qtbot, "ada")
    assert [t.quality for t in gallery.templates] == pytest.approx([0.9, 0.8, 0.7])
    assert gallery.templates[0].parts["pose"] == 0.1
    choose(gallery, qtbot, "Grace")
    assert {t.person_id for t in gallery.templates} == {of(gallery, "Grace")}
    gallery.select(None)
    assert gallery.selected is None
    assert gallery.templates == ()


CHANGES: dict[str, tuple[Callable[[People, list[int]], object], dict[str, int], str]] = {
    "rename": (
        lambda g, t: g.rename(of(g, "Ada"), " Ada  Byron "),
        {"Ada Byron": 3, "Grace": 2},
        "Rename Ada",
    ),
    "notes": (
        lambda g, t: g.set_notes(of(g, "Ada"), "x\ny"),
        {"Ada": 3, "Grace": 2},
        "Notes on Ada",
    ),
    "move": (
        lambda g, t: g.move(t[:2], of(g, "Grace")),
        {"Ada": 1, "Grace": 4},
        "Move templates to Grace",
    ),
    "split": (
        lambda g, t: g.split(t[1:2], "Eve"),
        {"Ada": 2, "Eve": 1, "Grace": 2},
        "Make Eve of templates",
    ),
    "delete": (lambda g, t: g.delete(t[:1]), {"Ada": 2, "Grace": 2}, "Delete a template"),
    "delete all": (lambda g, t: g.delete(t), {"Ada": 0, "Grace": 2}, "Delete 3 templates"),
    "merge": (lambda g, t: g.merge(of(g, "Ada"), [of(g, "Grace")]), {"Ada": 5}, "Merge into Ada"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_can_be_undone_and_done_again(
    gallery: People, session: Session, library: Library, qtbot: QtBot, what: str
) -> None:
    change, after, title = CHANGES[what]
    ids = choose(gallery, qtbot, "Ada")
    before = state(library)
    with qtbot.waitSignal(gallery.rows_changed):
        change(gallery, ids)
    assert counts(gallery) == after
    done = state(library)
    assert done != before
    assert session.history.can_undo == title
    with qtbot.waitSignal(gallery.rows_changed):
        session.undo()
    assert state(library) == before
    with qtbot.waitSignal(gallery.rows_changed):
        session.redo()
    assert state(library) == done


def test_whoever_is_looked_at_stays_so_and_goes_when_they_go(
    gallery: People, session: Session, qtbot: QtBot
) -> None:
    ids = choose(gallery, qtbot, "Ada")
    with qtbot.waitSignal(gallery.selected_changed):
        gallery.rename(of(gallery, "Ada"), "Zoe")
    assert gallery.selected is not None
    assert gallery.selected.name == "Zoe"
    with qtbot.waitSignal(gallery.templates_changed):
        gallery.delete(ids[:1])
    qtbot.waitUntil(lambda: [t.id for t in gallery.templates] == ids[1:])
    with qtbot.waitSignal(gallery.rows_changed):
        gallery.merge(of(gallery, "Grace"), [of(gallery, "Zoe")])
    qtbot.waitUntil(lambda: gallery.selected is not None and gallery.selected.name == "Grace")
    qtbot.waitUntil(lambda: len(gallery.templates) == 4)


def test_a_name_that_is_taken_is_refused(gallery: People, qtbot: QtBot, said) -> None:
    with qtbot.waitSignal(gallery.rename_failed):
        gallery.rename(of(gallery, "Ada"), "grace")
    assert said[-1].is_error
    assert "enrolled already" in said[-1].text
    assert counts(gallery) == {"Ada": 3, "Grace": 2}


def test_forgetting_brings_the_proof_and_cannot_be_undone(
    gallery: People, session: Session, library: Library, qtbot: QtBot
) -> None:
    store_video(library, "/v/a.mp4", tracklet(11, 1.0))
    ada, grace = of(gallery, "Ada"), of(gallery, "Grace")
    with library.transaction("say") as tx:
        footage.set_verdict(tx, ada, 11, True)
    for name in ("Grace", "Ada"):
        ids = choose(gallery, qtbot, name)
        with qtbot.waitSignal(gallery.rows_changed):
            gallery.delete(ids[-1:])
    held = [p for p in library.folder.rglob("*") if p.is_file() and picture(103) in p.read_bytes()]
    assert held  # it could be undone until now
    told: list[Forgotten] = []
    gallery.forgotten.connect(told.append)
    with qtbot.waitSignal(gallery.rows_changed):
        gallery.forget(ada)
    (what,) = told
    assert isinstance(what, Forgotten)
    assert (what.name, what.done.templates, what.done.verdicts) == ("Ada", 2, 1)
    assert what.done.pictures == 3
    assert what.done.proven
    for n in (1, 2, 3):
        for needle in (picture(100 + n), face(1, n).tobytes()):
            assert not any(
                needle in p.read_bytes() for p in library.folder.rglob("*") if p.is_file()
            )
    assert counts(gallery) == {"Grace": 1}
    with qtbot.waitSignal(gallery.rows_changed):
        session.undo()  # of what was done to Grace
    assert counts(gallery) == {"Grace": 2}
    choose(gallery, qtbot, "Grace")
    assert [library.media.get(t.media) for t in gallery.templates] == [picture(201), picture(202)]
    assert session.history.can_undo is None
    with library.read() as connection:
        assert footage.verdicts_of(connection, ada) == {}
        assert [p.id for p in people.list_people(connection)] == [grace]


def test_the_gallery_travels_and_its_arrival_can_be_undone(
    gallery: People, session: Session, library: Library, qtbot: QtBot, tmp_path: Path, said
) -> None:
    file = tmp_path / "g.zip"
    with qtbot.waitSignal(gallery.exported) as told:
        gallery.export_to(file)
    assert told.args == [file, 2]
    before = state(library)
    with qtbot.waitSignal(gallery.rows_changed):
        gallery.merge(of(gallery, "Ada"), [of(gallery, "Grace")])
    with qtbot.waitSignal(gallery.rows_changed):
        gallery.import_from(file)
    assert counts(gallery) == {"Ada": 5, "Grace": 2}
    assert said[-1].text == "2 people, 2 new templates."
    for _ in range(2):
        with qtbot.waitSignal(gallery.rows_changed):
            session.undo()
    assert state(library) == before


@pytest.mark.parametrize("content", [b"PK nothing", None])
def test_a_bad_archive_is_told(gallery: People, qtbot: QtBot, tmp_path, said, content) -> None:
    file = tmp_path / "g.zip"
    if content is not None:
        file.write_bytes(content)
    gallery.import_from(file)
    qtbot.waitUntil(lambda: bool(said))
    assert said[-1].is_error
    gallery.export_to(tmp_path / "nowhere" / "g.zip")
    qtbot.waitUntil(lambda: len(said) == 2)
    assert "cannot be written" in said[-1].text


def test_searching_asks_the_page_of_search(gallery: People, session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.asked_for) as asked:
        gallery.search(of(gallery, "Ada"))
    assert asked.args == ["search", SearchFor(person="Ada")]


def test_nobody_reads_while_nobody_looks(
    gallery: People, session: Session, library: Library, qtbot: QtBot
) -> None:
    gallery.set_shown(False)
    enrol_made(library, session, "Eve", 3, 1)
    with qtbot.assertNotEmitted(gallery.rows_changed, wait=50):
        session.people_changed.emit()
    gallery.select(people_id(library, "Eve"))
    with qtbot.waitSignal(gallery.rows_changed):
        gallery.set_shown(True)
    assert gallery.selected is not None
    assert gallery.selected.name == "Eve"


def people_id(library: Library, name: str) -> int | None:
    with library.read() as connection:
        return people.person_named(connection, name)
