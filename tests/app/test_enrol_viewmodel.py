"""Enrolling without a window: what is looked at, proposed, refused, and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from people_made import Faces, enrol_made
from pytestqt.qtbot import QtBot

from app.session import Session
from app.viewmodels.enrol import Enrol
from app.viewmodels.enrol_shots import open_up
from app.viewmodels.enrol_words import verdict
from reid_core import images
from reid_core.actions import enroll
from reid_core.errors import EnrolError
from reid_core.library import Library, erase, people
from reid_core.types import Image, Kind


@pytest.fixture
def faces(session: Session, monkeypatch: pytest.MonkeyPatch) -> Faces:
    made = Faces(session.models().model_id(Kind.FACE))

    def look_in(models, known, image: Image, where: str, kind, **more: object):
        return made.look_at(models, known, where, kind, **more)

    monkeypatch.setattr(enroll, "look_at", made.look_at)
    monkeypatch.setattr(enroll, "look_in", look_in)
    return made


@pytest.fixture
def enrol(session: Session) -> Enrol:
    return Enrol(session)


def look(enrol: Enrol, qtbot: QtBot, *sources: str, name: str = "") -> dict[str, str]:
    """Begin, wait, and give what is thought of each picture."""
    enrol.begin(sources, name=name)
    return settled(enrol, qtbot, len(sources))


def settled(enrol: Enrol, qtbot: QtBot, n: int) -> dict[str, str]:
    qtbot.waitUntil(lambda: len(enrol.rows) == n and enrol.progress == (n, n))
    qtbot.waitUntil(lambda: not enrol.looker.is_busy)
    return words(enrol)


def words(enrol: Enrol) -> dict[str, str]:
    return {r.label: r.standing for r in enrol.rows}


def key(enrol: Enrol, label: str) -> int:
    return next(r.key for r in enrol.rows if r.label == label)


def gallery(library: Library) -> dict[str, int]:
    with library.read() as connection:
        return {p.name: p.faces for p in people.list_people(connection)}


def keep(enrol: Enrol, qtbot: QtBot) -> list[enroll.Enrolled]:
    assert enrol.can_keep
    with qtbot.waitSignal(enrol.enrolled) as done:
        enrol.keep()
    result: list[enroll.Enrolled] = done.args[0]
    return result


def test_who_is_enrolled_is_asked_again_when_that_changes(
    enrol, faces, library, session, qtbot
) -> None:
    ada = enrol_made(library, session, "Ada", 1, 1)
    faces.known = {"a.jpg": [(1, 2, 0.8)]}
    look(enrol, qtbot, "a.jpg", name="Ada")
    qtbot.waitUntil(lambda: enrol.enrolled_as("") == ("Ada", 1))
    erase.forget(library, ada)
    session.people_changed.emit()
    qtbot.waitUntil(lambda: enrol.enrolled_as("") is None)


def test_what_is_good_is_kept_under_a_name(enrol, faces, library, session, qtbot) -> None:
    faces.known = {"a.jpg": [(1, 1, 0.8)], "b.jpg": [(1, 2, 0.7)], "none.jpg": []}
    found = look(enrol, qtbot, "a.jpg", "b.jpg", "none.jpg", "bad.jpg")
    assert found == {
        "a.jpg": "good",
        "b.jpg": "good",
        "none.jpg": "nobody",
        "bad.jpg": "unreadable",
    }
    assert not enrol.can_keep  # without a name
    enrol.set_name("  ")
    assert not enrol.is_named
    enrol.set_name("Ada")
    (done,) = keep(enrol, qtbot)
    assert (done.name, done.added) == ("Ada", 2)
    assert gallery(library) == {"Ada": 2}
    assert session.history.can_undo == "Enrol Ada"
    with qtbot.waitSignal(session.people_changed):
        session.undo()
    assert gallery(library) == {}


def test_a_poor_picture_needs_an_override(enrol, faces, library, qtbot) -> None:
    faces.known = {"poor.jpg": [(1, 1, 0.15)]}
    assert look(enrol, qtbot, "poor.jpg", name="Ada") == {"poor.jpg": "poor"}
    assert not enrol.can_keep
    shot = enrol.shots[0]
    text, meant = verdict(shot, "poor", "Ada", Kind.FACE)
    assert text == "Quality 0.15, below the limit of 0.20: it is seen from the side."
    assert meant == "warn"
    enrol.allow(shot.key, True)
    assert words(enrol) == {"poor.jpg": "anyway"}
    (done,) = keep(enrol, qtbot)
    assert done.added == 1
    assert gallery(library) == {"Ada": 1}


def test_of_several_one_is_chosen(enrol, faces, library, qtbot) -> None:
    faces.known = {"group.jpg": [(1, 1, 0.8), (2, 1, 0.8), (3, 1, 0.8)]}
    assert look(enrol, qtbot, "group.jpg", name="Ada") == {"group.jpg": "several"}
    one = key(enrol, "group.jpg")
    enrol.choose(one, 1)
    assert words(enrol) == {"group.jpg": "good"}
    enrol.choose(one, None)
    assert words(enrol) == {"group.jpg": "several"}
    enrol.choose(one, 2)
    keep(enrol, qtbot)
    with library.read() as connection:
        (ada,) = people.list_people(connection)
        (kept,) = people.templates_of(connection, ada.id)
    assert library.media.get(kept.media) == enrol.shots[0].looked.people[2].jpeg


def test_whoever_looks_like_the_others_is_proposed(enrol, faces, qtbot) -> None:
    faces.known = {
        "group.jpg": [(3, 1, 0.8), (1, 9, 0.8), (2, 1, 0.8)],
        "alone.jpg": [(1, 1, 0.8)],
    }
    assert set(look(enrol, qtbot, "group.jpg", "alone.jpg").values()) == {"good"}
    shot = enrol.shot(key(enrol, "group.jpg"))
    assert (shot.chosen, shot.is_proposed) == (1, True)
    enrol.choose(shot.key, None)  # the user knows better
    assert words(enrol)["group.jpg"] == "several"
    enrol.set_name("Ada")
    qtbot.waitUntil(lambda: words(enrol)["group.jpg"] == "several" and enrol.is_named)


def test_whoever_is_named_is_proposed(enrol, faces, session, library, qtbot) -> None:
    enrol_made(library, session, "Ada", 1, 1)
    faces.known = {"group.jpg": [(3, 1, 0.8), (1, 9, 0.8)]}
    assert look(enrol, qtbot, "group.jpg") == {"group.jpg": "several"}
    enrol.set_name("ada")
    qtbot.waitUntil(lambda: words(enrol) == {"group.jpg": "good"})
    assert enrol.shots[0].chosen == 1
    assert enrol.enrolled_as("") == ("Ada", 1)


def test_somebody_enrolled_under_another_name_is_noticed(
    enrol, faces, session, library, qtbot
) -> None:
    enrol_made(library, session, "Ada", 1, 1)
    enrol_made(library, session, "Grace", 2, 1)
    faces.known = {"a.jpg": [(1, 2, 0.8)]}
    look(enrol, qtbot, "a.jpg", name="Somebody new")
    name, score = enrol.resembled("")
    assert (name, score) == ("Ada", pytest.approx(0.98, abs=0.01))
    assert enrol.likeness("", (name, score)) == "similarity 0.98, uncalibrated"
    assert "was not measured" in enrol.meaning("", (name, score))
    assert not enrol.is_unlike("")
    enrol.set_name("Grace")
    assert enrol.resembled("")[0] == "Ada"
    assert enrol.is_unlike("")
    enrol.set_name("ADA")
    assert enrol.resembled("") is None
    assert not enrol.is_unlike("")
    (done,) = keep(enrol, qtbot)
    assert gallery(library) == {"Ada": 2, "Grace": 1}
    assert done.outcomes[0].resembles is None


def test_the_same_picture_is_not_kept_twice(enrol, faces, session, library, qtbot) -> None:
    enrol_made(library, session, "Ada", 1, 1)
    faces.known = {"old.jpg": [(1, 1, 0.8)], "new.jpg": [(1, 2, 0.8)], "copy.jpg": [(1, 2, 0.8)]}
    found = look(enrol, qtbot, "old.jpg", "new.jpg", "copy.jpg", name="Ada")
    assert found == {"old.jpg": "known", "new.jpg": "good", "copy.jpg": "twice"}
    keep(enrol, qtbot)
    assert gallery(library) == {"Ada": 2}


def picture_files(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        images.write_image(np.zeros((4, 4, 3), np.uint8), path)


def test_sub_folders_may_be_several_people(enrol, faces, library, qtbot, tmp_path) -> None:
    picture_files(tmp_path / "all", "Ada_L/a.jpg", "Ada_L/b.jpg", "grace/old/c.jpg", "d.jpg")
    faces.known = {n: [(i, i, 0.8)] for i, n in enumerate(("a.jpg", "b.jpg", "c.jpg", "d.jpg"))}
    enrol.begin([str(tmp_path / "all")])
    settled(enrol, qtbot, 4)
    assert enrol.is_asking
    assert enrol.folders == ("Ada_L", "grace")
    assert enrol.names[""] == ""
    enrol.set_name("Everybody")
    enrol.keep()  # not while it is not clear who they are
    assert not enrol.is_keeping
    enrol.set_name("")
    enrol.answer_folders(True)
    assert not enrol.is_asking
    assert {r.label: r.name for r in enrol.rows} == {
        "a.jpg": "Ada L",
        "b.jpg": "Ada L",
        "c.jpg": "grace",
        "d.jpg": "all",
    }
    enrol.set_name("Grace", "grace")
    enrol.remove([key(enrol, "d.jpg")])
    done = keep(enrol, qtbot)
    assert [(d.name, d.added) for d in done] == [("Ada L", 2), ("Grace", 1)]
    assert gallery(library) == {"Ada L": 2, "Grace": 1}


def test_sub_folders_may_be_one_person(enrol, faces, library, qtbot, tmp_path) -> None:
    picture_files(tmp_path / "Ada_L", "young/a.jpg", "old/b.jpg")
    faces.known = {"a.jpg": [(1, 1, 0.8)], "b.jpg": [(1, 2, 0.8)]}
    enrol.begin([str(tmp_path / "Ada_L")])
    settled(enrol, qtbot, 2)
    assert enrol.is_asking
    enrol.answer_folders(False)
    assert [d.added for d in keep(enrol, qtbot)] == [2]
    assert gallery(library) == {"Ada L": 2}


def test_all_of_a_folder_may_be_one_person(enrol, faces, library, qtbot, tmp_path) -> None:
    picture_files(tmp_path / "Ada_Lovelace", "a.jpg", "b.jpg")
    faces.known = {"a.jpg": [(1, 1, 0.8)], "b.jpg": [(1, 2, 0.8)]}
    enrol.begin([str(tmp_path / "Ada_Lovelace")])
    settled(enrol, qtbot, 2)
    assert not enrol.is_asking
    assert enrol.names[""] == "Ada Lovelace"
    assert [d.added for d in keep(enrol, qtbot)] == [2]


def test_folders_opened_up(tmp_path: Path) -> None:
    picture_files(tmp_path, "one/a.jpg", "two/b.jpg", "two/.hidden.jpg")
    (tmp_path / "empty").mkdir()
    given = open_up([str(tmp_path / "one"), str(tmp_path / "two"), "clip.mp4@3"])
    assert [(Path(p.source).name, p.folder) for p in given.pictures] == [
        ("a.jpg", "one"),
        ("b.jpg", "two"),
        ("clip.mp4@3", ""),
    ]
    assert given.name == ""
    with pytest.raises(EnrolError, match="empty holds no pictures"):
        open_up([str(tmp_path / "empty")])


def test_an_empty_folder_is_told(enrol, faces, qtbot, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    enrol.begin([str(tmp_path / "empty")])
    qtbot.waitUntil(lambda: "holds no pictures" in enrol.problem)
    faces.known = {"a.jpg": [(1, 1, 0.8)]}
    enrol.add(["a.jpg"])
    assert enrol.problem == ""
    assert settled(enrol, qtbot, 1) == {"a.jpg": "good"}


def test_another_kind_looks_again_and_a_number_says_who(enrol, faces, qtbot) -> None:
    faces.known = {"clip.mp4@3": [(1, 1, 0.8), (2, 1, 0.8)]}
    enrol.begin(["clip.mp4@3"], number=2)
    settled(enrol, qtbot, 1)
    assert enrol.shots[0].chosen == 1
    enrol.use_kind(Kind.BODY)
    settled(enrol, qtbot, 1)
    assert faces.looked == ["clip.mp4@3"] * 2
    assert enrol.shots[0].chosen is None
    assert enrol.shots[0].looked.people[0].kind is Kind.BODY


def test_a_frame_of_a_camera(enrol, faces, library, qtbot) -> None:
    faces.known = {"camera:0": [(1, 1, 0.8)]}
    enrol.begin(name="Ada")
    enrol.add_frame(np.zeros((20, 30, 3), np.uint8), "camera:0")
    assert settled(enrol, qtbot, 1) == {"camera:0": "good"}
    with qtbot.waitSignal(enrol.looker.picture_ready) as ready:
        enrol.look_closer(enrol.rows[0].key)
    assert images.decode_image(ready.args[1], name="x").shape == (20, 30, 3)
    keep(enrol, qtbot)
    assert gallery(library) == {"Ada": 1}


def test_what_was_stopped_or_begun_anew_comes_no_more(enrol, faces, qtbot, session) -> None:
    faces.known = {"a.jpg": [(1, 1, 0.8)], "b.jpg": [(2, 1, 0.8)]}
    enrol.begin(["a.jpg"])
    assert look(enrol, qtbot, "b.jpg") == {"b.jpg": "good"}
    enrol.begin([f"{n}.jpg" for n in range(50)])
    qtbot.waitUntil(lambda: len(enrol.rows) == 50)
    enrol.stop()
    left = len(enrol.rows)
    assert all(r.standing != "waiting" for r in enrol.rows)
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert len(enrol.rows) == left
    enrol.close()
    assert enrol.shots == ()
