"""Several who write: each transaction waits its turn, a video has one who works on it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_footage import content_of, store_video, tracklet

from reid_core.actions import videos
from reid_core.errors import LibraryLocked
from reid_core.library import Library, erase, people

HOLDER = """
import sys
from pathlib import Path
from reid_core.library import Library
library = Library.open(Path(sys.argv[1]))
with getattr(library, sys.argv[2])(*sys.argv[3:]):
    print("ready", flush=True)
    sys.stdin.read()
"""


def held(library: Library, *how: str) -> subprocess.Popen[str]:
    """Another process that holds a lock until its stdin ends."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(library.folder), *how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    return child


def end(child: subprocess.Popen[str]) -> None:
    child.communicate(timeout=10)
    assert child.returncode == 0


@pytest.fixture
def indexer(library: Library) -> Iterator[subprocess.Popen[str]]:
    """A process that indexes a.mp4."""
    child = held(library, "indexing", content_of("a.mp4"))
    yield child
    child.kill()
    child.communicate()


def add(library: Library, name: str) -> None:
    with library.transaction("add") as tx:
        people.add_person(tx, name)


def names(library: Library) -> list[str]:
    with library.read() as connection:
        return [p.name for p in people.list_people(connection)]


def test_a_writer_waits_for_another_and_then_writes(library: Library) -> None:
    child = held(library, "writer", "enroll")
    waiting = threading.Thread(target=add, args=(library, "Ada"))
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    assert names(library) == []
    end(child)
    waiting.join(5)
    assert names(library) == ["Ada"]


def test_who_waited_long_enough_is_told(library: Library) -> None:
    child = held(library, "writer", "enroll")
    library.wait_s = 0.3
    started = time.monotonic()
    with pytest.raises(LibraryLocked, match=rf"process {child.pid} \(enroll"):
        add(library, "Ada")
    assert time.monotonic() - started >= 0.3
    end(child)


def test_two_threads_write_in_turn(library: Library) -> None:
    threads = [threading.Thread(target=add, args=(library, f"P{n}")) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    assert sorted(names(library)) == [f"P{n}" for n in range(8)]


def test_people_are_changed_while_a_video_is_indexed(library: Library, indexer) -> None:
    library.wait_s = 0.0
    add(library, "Ada")
    with library.read() as connection:
        ada = people.find_person(connection, "Ada").id
    with library.transaction("rename") as tx:
        people.rename(tx, ada, "Grace")
    assert names(library) == ["Grace"]
    assert erase.forget(library, ada).proven


def test_a_video_has_one_indexer_and_other_videos_have_theirs(library: Library, indexer) -> None:
    with (
        pytest.raises(LibraryLocked, match=rf"process {indexer.pid} \(index, since"),
        library.indexing(content_of("a.mp4")),
    ):
        pass
    with library.indexing(content_of("b.mp4")):
        pass


def test_two_threads_do_not_index_the_same(library: Library) -> None:
    told: list[str] = []

    def second() -> None:
        try:
            with library.indexing(content_of("a.mp4")):
                told.append("both")
        except LibraryLocked as error:
            told.append(str(error))

    with library.indexing(content_of("a.mp4")):
        other = threading.Thread(target=second)
        other.start()
        other.join(10)
    assert "worked on by process" in told[0]
    second()
    assert told[1:] == ["both"]


def test_what_is_indexed_cannot_be_removed(library: Library, indexer) -> None:
    video = store_video(library, "a.mp4", tracklet(1, 0.0))
    with pytest.raises(LibraryLocked, match="worked on"):
        videos.remove(library, video)
    indexer.kill()  # its lock ends with it
    indexer.wait()
    assert videos.remove(library, video) > 0
    assert not list(library.media.folder.rglob("*.jpg"))


def test_locks_leave_no_files(library: Library) -> None:
    with library.indexing(content_of("a.mp4")):
        assert list((library.folder / "indexing").iterdir())
    assert not list((library.folder / "indexing").iterdir())


def test_forgetting_copes_with_files_that_come_and_go(library: Library) -> None:
    add(library, "Somebody unheard of")
    with library.read() as connection:
        person = people.find_person(connection, "Somebody unheard of").id
    over = threading.Event()

    def churn() -> None:
        while not over.is_set():
            path = library.media.path(library.media.put(b"x" * 100))
            path.unlink()

    other = threading.Thread(target=churn)
    other.start()
    try:
        for _ in range(20):
            assert not erase._found(library.folder, [b"no such bytes"])
        assert erase.forget(library, person).proven
    finally:
        over.set()
        other.join()


def test_the_search_for_traces_finds_what_lies_across_two_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase, "CHUNK", 8)
    (tmp_path / "a").write_bytes(b"0123456Ada89")
    assert erase._found(tmp_path, [b"Ada"])
    assert erase._found(tmp_path, [b"nothing", b"89"])
    assert not erase._found(tmp_path, [b"Eve"])
