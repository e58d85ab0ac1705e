"""The library on disk: whole after every mishap, and forgetting that forgets."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from reid_core.errors import (
    BadName,
    ChangedSince,
    DiskFull,
    LibraryCorrupt,
    LibraryError,
    LibraryGone,
    LibraryLocked,
    LibraryReadOnly,
    LibraryTooNew,
    NameTaken,
    PersonNotFound,
    TrackletNotFound,
    VideoNotFound,
)
from reid_core.images import encode_jpeg
from reid_core.library import (
    Library,
    archive,
    erase,
    footage,
    models_used,
    paths,
    people,
    schema,
    vectors,
)
from reid_core.library.ids import format_id, parse_id, random_id, stable_id
from reid_core.library.store import generation
from reid_core.types import Embeddings, Kind, Tracklet, View

MODEL = "m@1"


def unit(seed: int, dim: int = 16) -> np.ndarray:
    row = np.random.default_rng(seed).normal(size=dim).astype(np.float32)
    return row / np.linalg.norm(row)


def crop(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (24, 20, 3)).astype(np.uint8)


def new_template(library: Library, seed: int, kind: Kind = Kind.FACE) -> people.NewTemplate:
    media = library.media.put(encode_jpeg(crop(seed)))
    points = np.zeros((kind.n_keypoints, 2), np.float32)
    return people.NewTemplate(
        kind, media, 0.8, {"size": 1.0}, points, f"{seed}.jpg", unit(seed), MODEL
    )


def enrol(library: Library, name: str, *seeds: int) -> int:
    with library.transaction("enroll") as tx:
        person = people.add_person(tx, name)
        for seed in seeds:
            people.add_template(tx, person, new_template(library, seed))
    return person


def tracklet(key: int, start: float, *, seed: int = 0, kind: Kind = Kind.FACE) -> Tracklet:
    times = np.array([start, start + 1.0])
    boxes = np.float32([[0, 0, 10, 10], [5, 0, 15, 10]])
    points = np.zeros((kind.n_keypoints, 2), np.float32)
    views = tuple(
        View(encode_jpeg(crop(seed + i)), points, boxes[0], start + i / 2, 0.5 + i / 10)
        for i in range(2)
    )
    rows = np.stack([unit(seed), unit(seed + 1)])
    return Tracklet(
        key, kind, times, boxes, views, Embeddings(rows, np.float32([0.5, 0.6]), MODEL), key
    )


def film(library: Library, *tracklets: Tracklet, name: str = "a.mp4") -> int:
    with library.transaction("index") as tx:
        video = footage.add_video(
            tx, f"/v/{name}", content_hash=name.ljust(32, "0"), duration_s=60, settings={}
        )
        footage.write_tracklets(tx, library.media, video, tracklets)
    return video


# ---- ids and packed arrays


@given(st.integers(0, 2**63 - 1))
def test_ids_survive_being_shown(value: int) -> None:
    assert parse_id(format_id(value)) == value
    assert parse_id(format_id(value).upper()) == value


def test_what_is_no_id() -> None:
    for text in ("", "short", "i" * 13, "z" * 13, "0" * 14):
        assert parse_id(text) is None
    assert random_id() != random_id()
    assert stable_id("a", 1.0) == stable_id("a", 1.0) != stable_id("a", 1.5)


@given(st.lists(st.tuples(*[st.floats(-1e3, 1e3, width=32)] * 5), min_size=1, max_size=20))
def test_paths_survive_being_packed(rows) -> None:
    table = np.array(rows)
    times, boxes = paths.path_from_bytes(
        paths.path_to_bytes(table[:, 0], table[:, 1:].astype(np.float32))
    )
    np.testing.assert_array_equal(times, table[:, 0])
    np.testing.assert_array_equal(boxes, table[:, 1:].astype(np.float32))


@pytest.mark.parametrize("data", [b"", b"1234567", b"x" * 25])
def test_damaged_arrays_are_corrupt(data: bytes) -> None:
    with pytest.raises(LibraryCorrupt):
        paths.path_from_bytes(data)


# ---- people


def test_people_are_found_by_name_in_any_case_and_by_id(library: Library) -> None:
    person = enrol(library, "  Ådå   Lovelace ", 1, 2)
    with library.read() as connection:
        for wanted in ("ådå lovelace", "ÅDÅ LOVELACE", format_id(person)):
            found = people.find_person(connection, wanted)
            assert (found.id, found.name, found.faces, found.bodies) == (
                person,
                "Ådå Lovelace",
                2,
                0,
            )
        with pytest.raises(PersonNotFound, match="Did you mean Ådå Lovelace"):
            people.find_person(connection, "Ada Lovelac")


def test_a_name_belongs_to_one(library: Library) -> None:
    ada = enrol(library, "Ada", 1)
    bob = enrol(library, "Bob", 2)
    for clash in (
        lambda tx: people.add_person(tx, "ADA"),
        lambda tx: people.rename(tx, bob, "ada"),
    ):
        with pytest.raises(NameTaken), library.transaction("x") as tx:
            clash(tx)
    with library.transaction("x") as tx:
        people.rename(tx, ada, "ADA")
    with pytest.raises(BadName), library.transaction("x") as tx:
        people.add_person(tx, " \n\t ")


def test_the_same_picture_is_one_template(library: Library) -> None:
    person = enrol(library, "Ada", 1)
    with library.transaction("x") as tx:
        assert people.add_template(tx, person, new_template(library, 1)) is None
        assert people.add_template(tx, person, new_template(library, 2)) is not None


def test_merging_and_splitting_move_templates(library: Library) -> None:
    ada, other = enrol(library, "Ada", 1, 2), enrol(library, "A. L.", 3)
    with library.transaction("x") as tx:
        people.merge(tx, into=ada, gone=other)
    with library.read() as connection:
        assert [(p.name, p.faces) for p in people.list_people(connection)] == [("Ada", 3)]
        third = [t for t in people.templates_of(connection, ada) if t.where_from == "3.jpg"]
    with library.transaction("x") as tx:
        people.split(tx, [third[0].id], "Byron")
    with library.read() as connection:
        assert [(p.name, p.faces) for p in people.list_people(connection)] == [
            ("Ada", 2),
            ("Byron", 1),
        ]
        ids, rows = vectors.all_vectors(connection, "template", Kind.FACE, MODEL)
        owners = people.template_owners(connection, ids.tolist())
        assert sorted(np.unique(owners, return_counts=True)[1].tolist()) == [1, 2]
    assert rows.shape == (3, 16)


# ---- footage


def test_tracklets_come_back_as_they_were(library: Library) -> None:
    one = tracklet(11, 3.0, seed=5)
    video = film(library, one, tracklet(12, 9.0, seed=8))
    with library.read() as connection:
        back = footage.find_tracklet(connection, format_id(11))
        times, boxes = back.unpacked()
        np.testing.assert_array_equal(times, one.times)
        np.testing.assert_array_equal(boxes, one.boxes)
        assert (back.video_id, back.start_s, back.end_s, back.kind) == (video, 3.0, 4.0, Kind.FACE)
        views = footage.views_of(connection, [11])
        assert [v.rank for v in views] == [0, 1]
        _, rows = vectors.vectors_of(connection, "tracklet", Kind.FACE, MODEL, [11])
        mean = 0.5 * unit(5) + 0.6 * unit(6)
        np.testing.assert_allclose(rows[0], mean / np.linalg.norm(mean), atol=1e-6)
        with pytest.raises(TrackletNotFound):
            footage.find_tracklet(connection, format_id(99))
    assert library.media.get(views[0].media).startswith(b"\xff\xd8")


def test_filters(library: Library) -> None:
    a = film(library, tracklet(1, 0.0), tracklet(2, 10.0), tracklet(3, 20.0))
    film(library, tracklet(4, 10.0, kind=Kind.BODY), tracklet(5, 10.5), name="b.mp4")
    with library.read() as connection:
        got = lambda **f: sorted(footage.tracklet_ids(connection, Kind.FACE, **f).tolist())  # noqa: E731
        assert got() == [1, 2, 3, 5]
        assert got(videos=[a]) == [1, 2, 3]
        assert got(from_s=10.5) == [2, 3, 5]
        assert got(to_s=10.0) == [1, 2]
        assert got(videos=[]) == []


def test_resuming_drops_what_starts_behind_the_boundary(library: Library) -> None:
    video = film(library, tracklet(1, 58.9), tracklet(2, 60.0), tracklet(3, 61.0))
    with library.transaction("resume") as tx:
        orphans = footage.drop_from(tx, video, 60.0)
    with library.read() as connection:
        assert footage.tracklet_ids(connection, Kind.FACE).tolist() == [1]
    assert orphans == []  # all three share their pictures, which are still used


def test_removing_a_video_leaves_nothing_of_it(library: Library) -> None:
    video = film(library, tracklet(1, 0.0, seed=1), tracklet(2, 5.0, seed=50))
    keep = film(library, tracklet(3, 0.0, seed=1), name="b.mp4")
    with library.transaction("remove") as tx:
        orphans = footage.remove_video(tx, video)
    for name in orphans:
        library.media.remove(name)
    assert len(orphans) == 2  # those of seed 1 belong to the other video too
    with library.read() as connection:
        assert [v.id for v in footage.list_videos(connection)] == [keep]
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.vector)) == 3
        for view in footage.views_of(connection, [3]):
            library.media.get(view.media)


def test_videos_are_found_by_name_path_and_id(library: Library) -> None:
    video = film(library, name="a.mp4")
    with library.read() as connection:
        for wanted in ("a.mp4", "/v/a.mp4", format_id(video)):
            assert footage.find_video(connection, wanted).id == video
        with pytest.raises(VideoNotFound, match="videos list"):
            footage.find_video(connection, "b.mp4")


def test_changes_of_vectors_change_the_generation(library: Library) -> None:
    def now() -> tuple[int, int]:
        with library.read() as connection:
            return generation(connection, "people"), generation(connection, "footage")

    first = now()
    enrol(library, "Ada", 1)
    second = now()
    film(library, tracklet(1, 0.0))
    assert second[0] > first[0]
    assert second[1] == first[1] < now()[1]


def test_verdicts_and_models(library: Library) -> None:
    person = enrol(library, "Ada", 1)
    film(library, tracklet(1, 0.0))
    with library.transaction("x") as tx:
        footage.set_verdict(tx, person, 1, True)
        footage.set_verdict(tx, person, 1, False)
        models_used.use(tx, "face-embedder", "sface")
    with library.read() as connection:
        assert footage.verdicts_of(connection, person) == {1: False}
        assert models_used.in_use(connection) == {"face-embedder": "sface"}


# ---- mishaps


def test_a_failed_action_leaves_nothing(library: Library) -> None:
    def fail_in_the_middle() -> None:
        with library.transaction("x") as tx:
            people.add_person(tx, "Ada")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fail_in_the_middle()
    with library.read() as connection:
        assert people.list_people(connection) == []
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.event)) == 0


def test_the_format_made_by_migrations_is_the_schema(library: Library) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with library.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


WRITER = """
import sys
from pathlib import Path
from reid_core.library import Library, people
library = Library.open(Path(sys.argv[1]))
with library.writer("index"):
    with library.transaction("add") as tx:
        people.add_person(tx, "Kept")
    with library.transaction("add") as tx:
        people.add_person(tx, "Lost")
        print("ready", flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def other_writer(library: Library):
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(library.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    yield child
    child.kill()
    child.communicate()


def test_a_second_writer_is_told_who_the_first_is(library: Library, other_writer) -> None:
    library.wait_s = 0.2
    with pytest.raises(LibraryLocked, match=rf"process {other_writer.pid} \(index"):
        enrol(library, "Ada", 1)
    with library.read() as connection:  # reading goes on
        assert [p.name for p in people.list_people(connection)] == ["Kept"]


def test_kill_9_in_a_transaction_loses_that_transaction_only(
    library: Library, other_writer
) -> None:
    other_writer.send_signal(signal.SIGKILL)
    other_writer.wait()
    with Library.open(library.folder) as again:
        with again.read() as connection:
            assert [p.name for p in people.list_people(connection)] == ["Kept"]
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        enrol(again, "Ada", 1)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "library.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(LibraryCorrupt, match="damaged or is not"):
        Library.open(tmp_path)


def test_a_library_of_the_future(library: Library) -> None:
    library.close()
    with sqlite3.connect(library.folder / "library.db") as link:
        link.execute("UPDATE alembic_version SET version_num = '9999'")
    link.close()
    with pytest.raises(LibraryTooNew, match="Update Cameo"):
        Library.open(library.folder)


def test_no_library_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no library"):
        Library.open(tmp_path / "none", create=False)
    (tmp_path / "file").touch()
    with pytest.raises(LibraryReadOnly):
        Library.open(tmp_path / "file")


def test_a_read_only_library_can_be_read(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may run as root, whom file modes do not stop: the probe for writing is made to fail."""
    enrol(library, "Ada", 1)
    erase.clear_caches(library)
    library.close()
    refuse = OSError(30, "Read-only file system")
    monkeypatch.setattr(Path, "touch", lambda *_, **__: (_ for _ in ()).throw(refuse))
    with Library.open(library.folder) as again:
        with again.read() as connection:
            assert people.find_person(connection, "Ada").faces == 1
        with pytest.raises(LibraryReadOnly, match="cannot be written"):
            enrol(again, "Bob", 2)


def test_a_full_disk_keeps_what_was_there(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(library, "Ada", 1)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(DiskFull, match="No space"):
            enrol_in_one(library)
    with pytest.raises(DiskFull, match="No space"):
        fill_up(library)
    with library.read() as connection:
        assert people.find_person(connection, "Ada").faces == 1


def fill_up(library: Library) -> None:
    """Add people to a database that is not allowed to grow."""
    with library.transaction("fill") as tx:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar()
        tx.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        for n in range(10_000):
            people.add_person(tx, f"{n} {'x' * 150}")


def enrol_in_one(library: Library) -> None:
    with library.transaction("enroll") as tx:
        person = people.add_person(tx, "Bob")
        people.add_template(tx, person, new_template(library, 77))


# ---- forgetting, and taking along


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


def test_media_names_are_not_paths(library: Library) -> None:
    for name in ("../x", "a" * 31, "A" * 32, "/etc/passwd"):
        with pytest.raises(ValueError):
            library.media.path(name)


def test_the_folder_may_move(library: Library, tmp_path: Path) -> None:
    enrol(library, "Ada", 1)
    library.close()
    shutil.move(library.folder, tmp_path / "elsewhere ü")
    with Library.open(tmp_path / "elsewhere ü") as again, again.read() as connection:
        assert people.find_person(connection, "Ada")
    assert os.listdir(tmp_path / "elsewhere ü")  # noqa: PTH208


def test_a_library_that_was_taken_away_is_not_made_anew(library: Library, tmp_path: Path) -> None:
    with library.transaction("before") as tx:
        people.add_person(tx, "Ada")
    library.folder.rename(tmp_path / "elsewhere")
    with pytest.raises(LibraryGone), library.read():
        pass
    with pytest.raises(LibraryGone), library.transaction("rename"):
        pass
    with pytest.raises(LibraryGone):
        erase.forget(library, 1)
    assert not library.folder.exists()
    with Library.open(tmp_path / "elsewhere") as again, again.read() as connection:
        assert [p.name for p in people.list_people(connection)] == ["Ada"]


def test_what_refers_to_something_gone_is_a_sentence(library: Library) -> None:
    with pytest.raises(ChangedSince), library.transaction("move") as tx:
        tx.execute(
            schema.verdict.insert().values(person_id=1, tracklet_id=2, same=True, created="now")
        )
