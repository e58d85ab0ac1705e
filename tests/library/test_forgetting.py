"""Forgetting leaves no byte of a person."""

from __future__ import annotations

from pathlib import Path

from made_library import crop, enrol, film, tracklet, unit

from reid_core.images import encode_jpeg
from reid_core.library import Library, erase, footage, people
from reid_core.types import Kind


def test_forgetting_leaves_no_byte(library: Library) -> None:
    person = enrol(library, "Unforgettable Name", 1, 2, 3)
    enrol(library, "Somebody Else", 4)
    film(library, tracklet(1, 0.0, seed=60))
    with library.transaction("verdict") as tx:
        footage.set_verdict(tx, person, 1, True)
    library.cache.mkdir()
    (library.cache / "face.faiss").write_bytes(unit(1).tobytes())
    secrets = [
        b"Unforgettable",
        *(unit(s).tobytes() for s in (1, 2, 3)),
        encode_jpeg(crop(1))[-150:-50],
    ]
    assert all(present(library.folder, s) for s in secrets)
    done = erase.forget(library, person)
    assert (done.templates, done.vectors, done.verdicts, done.pictures) == (3, 3, 1, 3)
    assert done.proven
    for secret in secrets:
        assert not present(library.folder, secret)
    with library.read() as connection:
        assert [p.name for p in people.list_people(connection)] == ["Somebody Else"]
        assert footage.tracklet_ids(connection, Kind.FACE).tolist() == [1]


def test_the_proof_of_erasure_can_fail(library: Library) -> None:
    person = enrol(library, "Unforgettable Name", 1)
    (library.folder / "notes.txt").write_text("about Unforgettable Name")
    assert not erase.forget(library, person).proven


def present(folder: Path, needle: bytes) -> bool:
    return any(needle in p.read_bytes() for p in folder.rglob("*") if p.is_file())
