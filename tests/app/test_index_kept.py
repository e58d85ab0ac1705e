"""What waits to be indexed outlives the window, however that ends."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from footage_fakes import FakeClient
from pytestqt.qtbot import QtBot

from app.session import Session
from app.viewmodels import index_kept
from app.viewmodels.index_entries import entry_for
from app.viewmodels.index_queue import IndexQueue


@pytest.fixture
def queue(session: Session):
    made = IndexQueue(session, FakeClient)
    yield made
    made.close()


def add(queue: IndexQueue, *sources: str) -> None:
    queue.add([entry_for(s, rate=5.0, kinds=("face",)) for s in sources])


def kept(session: Session) -> list[str] | None:
    path = session.library.folder / "queue.json"
    return json.loads(path.read_text()) if path.is_file() else None


def fake(queue: IndexQueue) -> FakeClient:
    return queue._clients[""]


def test_a_window_that_is_killed_loses_nothing(queue, session: Session, qtbot: QtBot) -> None:
    """Nobody closes the queue here: what is on disk is all that a next window has."""
    add(queue, "a", "b", "camera:0", "broken")
    qtbot.waitUntil(lambda: kept(session) == ["a", "b", "broken"])
    fake(queue).end()
    qtbot.waitUntil(lambda: kept(session) == ["b", "broken"])
    queue.move("broken", to="first")
    fake(queue).end()
    fake(queue).end(fake(queue).failed, "broken is no video.")
    qtbot.waitUntil(lambda: kept(session) == [])
    add(queue, "c")
    qtbot.waitUntil(lambda: kept(session) == ["c"])
    later = IndexQueue(session, FakeClient)
    assert later.unfinished() == ["c"]
    later.close()


def test_it_is_written_beside_the_window_and_once_for_many(
    queue, session: Session, qtbot: QtBot, monkeypatch
) -> None:
    written: list[tuple[int, str]] = []

    def write(path: Path, data: bytes) -> None:
        written.append((len(json.loads(data)), threading.current_thread().name))

    monkeypatch.setattr(index_kept, "write_atomically", write)
    add(queue, *(f"{n}.mp4" for n in range(3000)))
    for n in range(2000, 2020):
        queue.move(f"{n}.mp4", to="first")
    qtbot.waitUntil(lambda: bool(written))
    assert [n for n, _ in written] == [3000]
    assert written[0][1].startswith("pool")


def test_an_older_list_never_comes_over_a_newer_one(queue, session: Session) -> None:
    queue._kept._write(2, ["new"])
    queue._kept._write(1, ["old"])
    assert kept(session) == ["new"]


def test_closing_writes_what_no_thread_has_written_yet(session: Session) -> None:
    queue = IndexQueue(session, FakeClient)
    add(queue, "a", "b", "broken", "camera:0")
    fake(queue).end()
    queue.pause("broken")
    queue.close()
    queue.close()
    assert fake(queue).asked[-1] == "close"
    assert session.tasks.jobs == ()
    assert kept(session) == ["b", "broken"]


def test_what_is_offered_stays_until_it_is_answered(session: Session) -> None:
    (session.library.folder / "queue.json").write_text('["a", "b"]')
    first = IndexQueue(session, FakeClient)
    assert first.unfinished() == ["a", "b"]
    add(first, "b", "c")
    assert first.unfinished() == ["a"]
    first.close()
    later = IndexQueue(session, FakeClient)
    assert later.unfinished() == ["b", "c", "a"]
    later.forget_unfinished()
    assert later.unfinished() == []
    later.close()
    assert kept(session) == []


@pytest.mark.parametrize("text", ["", "{", "{}", "3", "[1, null]", "[" * 100_000])
def test_a_note_that_makes_no_sense_is_nothing(session: Session, text: str) -> None:
    (session.library.folder / "queue.json").write_text(text)
    queue = IndexQueue(session, FakeClient)
    assert queue.unfinished() == []
    queue.close()


def test_a_folder_that_cannot_be_written_is_no_crash(queue, monkeypatch, caplog) -> None:
    def fail(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(index_kept, "write_atomically", fail)
    add(queue, "a")
    queue._kept.close()
    assert "No space left on device" in caplog.text
    caplog.clear()  # an unexpected warning fails a test
