"""What the gallery's order is kept with: portraits, moving, deleting, sweeping, forgetting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reid_core.library import Library, erase, footage, people, vectors
from reid_core.library.history import History
from reid_core.types import Kind
from tests.made_footage import store_video, tracklet, unit

MODEL = "m@1"


def jpeg(seed: int) -> bytes:
    return tracklet(500 + seed, 0.0).views[0].jpeg


def enrol(library: Library, name: str, *seeds: int, kind: Kind = Kind.FACE) -> int:
    """A person with a template per seed, of quality 0.1 * seed."""
    with library.transaction("enroll") as tx:
        person = people.person_named(tx, name) or people.add_person(tx, name)
        for seed in seeds:
            points = np.zeros((kind.n_keypoints, 2), np.float32)
            media = library.media.put(jpeg(seed))
            parts = {"size": 0.5, "pose": 0.25}
            new = people.NewTemplate(
                kind, media, seed / 10, parts, points, f"{seed}.jpg", unit(seed), MODEL
            )
            people.add_template(tx, person, new)
    return person


def templates(library: Library, person: int) -> dict[str, int]:
    """Ids of a person's templates by where they are from."""
    with library.read() as connection:
        return {t.where_from: t.id for t in people.templates_of(connection, person)}


def n_vectors(library: Library) -> int:
    with library.read() as connection:
        return len(vectors.all_vectors(connection, "template", Kind.FACE, MODEL)[0])


def holds(folder: Path, needle: bytes) -> bool:
    return any(needle in p.read_bytes() for p in folder.rglob("*") if p.is_file())


def test_portraits_say_all_that_a_list_shows(library: Library) -> None:
    bob = enrol(library, "bob", 9, kind=Kind.BODY)
    enrol(library, "Ada", 3, 7, 5)
    enrol(library, "bob", 2)
    store_video(library, "/v/a.mp4", tracklet(1, 0.0), tracklet(2, 5.0), tracklet(3, 9.0))
    with library.transaction("say") as tx:
        people.add_person(tx, "Cleo", "nobody's picture")
        for one, same in ((1, True), (2, True), (3, False)):
            footage.set_verdict(tx, bob, one, same)
    with library.read() as connection:
        found = people.list_portraits(connection)
        plain = people.list_people(connection)
    assert [(p.name, p.faces, p.bodies, p.confirmed) for p in found] == [
        ("Ada", 3, 0, 0),
        ("bob", 1, 1, 2),
        ("Cleo", 0, 0, 0),
    ]
    assert [(p.id, p.name, p.notes, p.created, p.faces, p.bodies) for p in found] == [
        (p.id, p.name, p.notes, p.created, p.faces, p.bodies) for p in plain
    ]
    pictures = [library.media.get(p.media) if p.media else b"" for p in found]
    assert pictures == [jpeg(7), jpeg(2), b""]  # a face before a better body


def test_templates_move_and_what_is_there_already_is_not_doubled(library: Library) -> None:
    ada, bob = enrol(library, "Ada", 1, 2, 3), enrol(library, "Bob", 3, 4)
    own = templates(library, ada)
    with library.transaction("move") as tx:
        people.move_templates(tx, [own["2.jpg"], own["3.jpg"]], bob)
    assert sorted(templates(library, ada)) == ["1.jpg"]
    assert sorted(templates(library, bob)) == ["2.jpg", "3.jpg", "4.jpg"]
    assert n_vectors(library) == 4
    with library.transaction("merge") as tx:
        people.merge(tx, into=bob, gone=ada)
    assert sorted(templates(library, bob)) == ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]
    with library.read() as connection:
        assert [p.name for p in people.list_people(connection)] == ["Bob"]


def test_moving_to_where_they_are_changes_nothing(library: Library) -> None:
    ada = enrol(library, "Ada", 1, 2)
    with library.transaction("move") as tx:
        people.move_templates(tx, list(templates(library, ada).values()), ada)
    assert sorted(templates(library, ada)) == ["1.jpg", "2.jpg"]


def test_deleting_keeps_the_picture_until_it_is_swept(library: Library) -> None:
    ada, history = enrol(library, "Ada", 1, 2), History(library)
    own = templates(library, ada)
    with library.read() as connection:
        before = people.templates_of(connection, ada)
    with history.recording("delete", losing=[own["2.jpg"]]), library.transaction("delete") as tx:
        people.delete_templates(tx, [own["2.jpg"]])
    assert sorted(templates(library, ada)) == ["1.jpg"]
    assert n_vectors(library) == 1
    assert erase.sweep(library, keep=history.pictures).names == ()
    assert history.undo() == "delete"
    with library.read() as connection:
        assert people.templates_of(connection, ada) == before
        assert before[0].parts == {"size": 0.5, "pose": 0.25}
        assert library.media.get(before[0].media) == jpeg(2)
    assert n_vectors(library) == 2


@pytest.mark.parametrize("among", [lambda h: None, lambda h: h.touched], ids=["all", "touched"])
def test_sweeping_erases_what_nothing_refers_to(
    library: Library, among: Callable[[History], frozenset[str] | None]
) -> None:
    store_video(library, "/v/a.mp4", tracklet(1, 0.0))
    enrol(library, "Ada", 1)
    history = History(library)
    with history.recording("enrol"):
        enrol(library, "Bob", 2, 3)
    history.undo()
    history.clear()
    swept = erase.sweep(library, among=among(history))
    assert len(swept.names) == 2
    assert swept.size == len(jpeg(2)) + len(jpeg(3))
    left = sorted(library.media.names())
    assert len(left) == 3  # Ada's, and the two views of the tracklet
    assert erase.sweep(library).names == ()


def test_forgetting_takes_what_was_deleted_before_and_cannot_be_undone(library: Library) -> None:
    ada, bob = enrol(library, "Ada Lovelace", 1, 2), enrol(library, "Bob", 3, 4)
    history = History(library)
    for person, gone in ((bob, "4.jpg"), (ada, "2.jpg")):
        one = templates(library, person)[gone]
        with history.recording(f"delete {gone}", losing=[one]), library.transaction("x") as tx:
            people.delete_templates(tx, [one])
    assert holds(library.folder, jpeg(2))
    history.purge(ada)
    done = erase.forget(library, ada, keep=history.pictures)
    assert done.proven
    assert (done.templates, done.vectors, done.pictures) == (1, 1, 2)
    for needle in (jpeg(1), jpeg(2), unit(1).tobytes(), unit(2).tobytes(), b"Ada Lovelace"):
        assert not holds(library.folder, needle)
    assert history.undo() == "delete 4.jpg"  # what was done to others is still there
    assert history.undo() is None
    assert history.redo() == "delete 4.jpg"
    assert library.media.get(next(iter(history.pictures))) == jpeg(4)


def test_notes_are_kept(library: Library) -> None:
    ada = enrol(library, "Ada", 1)
    with library.transaction("notes") as tx:
        people.set_notes(tx, ada, "Seen in Turin.\nGlasses.")
    with library.read() as connection:
        assert people.find_person(connection, "ada").notes == "Seen in Turin.\nGlasses."
        assert people.person_named(connection, " ADA ") == ada
        assert people.person_named(connection, "Grace") is None
