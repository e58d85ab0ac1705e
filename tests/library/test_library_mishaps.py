"""The library on disk is whole after every mishap."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from made_library import enrol, new_template

from reid_core.errors import (
    ChangedSince,
    DiskFull,
    LibraryCorrupt,
    LibraryError,
    LibraryGone,
    LibraryLocked,
    LibraryReadOnly,
    LibraryTooNew,
)
from reid_core.library import Library, erase, people, schema


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
