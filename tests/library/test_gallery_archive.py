"""A gallery travels in an archive, and a hostile archive changes nothing."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from made_library import MODEL, crop, enrol, unit

from reid_core.errors import LibraryCorrupt
from reid_core.images import encode_jpeg
from reid_core.library import Library, archive, people, vectors
from reid_core.types import Kind


def test_a_gallery_travels(library: Library, tmp_path: Path) -> None:
    enrol(library, "Ada", 1, 2)
    enrol(library, "Bob", 3)
    assert archive.export_people(library, tmp_path / "g.zip") == 2
    with Library.open(tmp_path / "other") as other:
        enrol(other, "ada", 1)
        assert archive.import_people(other, tmp_path / "g.zip") == (2, 2)
        assert archive.import_people(other, tmp_path / "g.zip") == (2, 0)
        with other.read() as connection:
            assert [(p.name, p.faces) for p in people.list_people(connection)] == [
                ("ada", 2),
                ("Bob", 1),
            ]
            _, rows = vectors.all_vectors(connection, "template", Kind.FACE, MODEL)
        assert {r.tobytes() for r in rows} == {unit(s).tobytes() for s in (1, 2, 3)}


def hostile(change) -> dict:
    template = {
        "kind": "face",
        "media": "0" * 32,
        "quality": 0.5,
        "parts": {},
        "keypoints": [[0, 0]] * 5,
        "where_from": "x",
        "worn_at": None,
        "vectors": {"m": "AAAA" * 16},
    }
    record = {"format": 1, "people": [{"name": "Eve", "notes": "", "templates": [template]}]}
    change(record, template)
    return record


@pytest.mark.parametrize(
    "change",
    [
        lambda r, t: r.update(format=2),
        lambda r, t: r.pop("people"),
        lambda r, t: t.update(media="../../etc/passwd"),
        lambda r, t: t.update(kind="soul"),
        lambda r, t: t.update(vectors={"m": "not base 64!"}),
        lambda r, t: t.update(vectors={"m": "AAAA"}),
        lambda r, t: t.update(media="1" * 32),
        lambda r, t: r["people"][0].update(name=""),
        lambda r, t: r.update(people=[None]),
    ],
)
def test_a_hostile_archive_changes_nothing(library: Library, tmp_path: Path, change) -> None:
    with zipfile.ZipFile(tmp_path / "g.zip", "w") as out:
        out.writestr("people.json", json.dumps(hostile(change)))
        out.writestr(f"media/{'0' * 32}.jpg", encode_jpeg(crop(0)))
        out.writestr("../evil.txt", "x")
    with pytest.raises(LibraryCorrupt, match="not a gallery archive"):
        archive.import_people(library, tmp_path / "g.zip")
    with library.read() as connection:
        assert people.list_people(connection) == []
    assert not (tmp_path / "evil.txt").exists()


def test_an_archive_that_is_none(library: Library, tmp_path: Path) -> None:
    (tmp_path / "g.zip").write_bytes(b"PK nothing")
    with pytest.raises(LibraryCorrupt):
        archive.import_people(library, tmp_path / "g.zip")
    with pytest.raises(LibraryCorrupt, match="cannot be read"):
        archive.import_people(library, tmp_path / "none.zip")
