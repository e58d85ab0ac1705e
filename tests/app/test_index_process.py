"""The indexing process as the window sees it: a real one on short made films."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from made import write_video
from PySide6.QtCore import QElapsedTimer, QTimer
from pytestqt.qtbot import QtBot

import app.indexing
from app.indexing import Indexer
from reid_core.library import Library, footage
from reid_core.models.store import ModelStore

WAIT = 60_000


@pytest.fixture
def indexer(qtbot: QtBot, library: Library, model_store: ModelStore) -> Iterator[Indexer]:
    made = Indexer(library.folder, model_store.folder)
    yield made
    made.close()


@pytest.fixture
def film_of_noise(tmp_path: Path) -> Path:
    return write_video(tmp_path / "noise.mp4", [n / 10 for n in range(300)])


def begin(indexer: Indexer, source: object, rate: float = 2.0) -> None:
    indexer.index(str(source), rate=rate, kinds=("face",))


def test_from_start_to_end(indexer: Indexer, film_of_noise: Path, qtbot: QtBot, library) -> None:
    shares: list[float] = []
    indexer.progressed.connect(lambda source, share, detail: shares.append(share))
    with qtbot.waitSignal(indexer.finished, timeout=WAIT) as told:
        begin(indexer, film_of_noise)
    source, report = told.args
    assert (source, report.name, report.state) == (str(film_of_noise), "noise.mp4", "done")
    assert shares == sorted(shares)
    assert indexer.source is None
    assert indexer.pid
    with library.read() as connection:
        assert [v.id for v in footage.list_videos(connection)] == [report.video]


def test_pausing_resuming_and_stopping(indexer: Indexer, film_of_noise: Path, qtbot: QtBot) -> None:
    begin(indexer, film_of_noise, rate=10)
    with qtbot.waitSignal(indexer.paused, timeout=WAIT):
        indexer.pause()
    with qtbot.waitSignal(indexer.resumed, timeout=WAIT):
        indexer.resume()
    with qtbot.waitSignal(indexer.cancelled, timeout=WAIT) as told:
        indexer.cancel()
    assert told.args == [str(film_of_noise)]
    with qtbot.waitSignal(indexer.finished, timeout=WAIT):
        begin(indexer, film_of_noise, rate=1)


def test_what_is_no_video_is_told(indexer: Indexer, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(indexer.failed, timeout=WAIT) as told:
        begin(indexer, tmp_path / "nothing.mp4")
    assert "nothing.mp4" in told.args[1]


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_a_process_that_dies_fails_its_source_and_the_next_gets_a_new_one(
    indexer: Indexer, film_of_noise: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(indexer.progressed, timeout=WAIT):
        begin(indexer, film_of_noise, rate=10)
    first = indexer.pid
    with qtbot.waitSignal(indexer.failed, timeout=WAIT) as told:
        os.kill(first, signal.SIGSEGV)
    assert "unexpectedly" in told.args[1]
    with qtbot.waitSignal(indexer.finished, timeout=WAIT):
        begin(indexer, film_of_noise, rate=1)
    assert indexer.pid != first


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_a_process_that_does_not_stop_is_killed(
    indexer: Indexer, film_of_noise: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(indexer.progressed, timeout=WAIT):
        begin(indexer, film_of_noise, rate=10)
    os.kill(indexer.pid, signal.SIGSTOP)
    with qtbot.waitSignal(indexer.cancelled, timeout=WAIT):
        indexer.cancel(wait_ms=100)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize("stuck", [False, True])
def test_closing_takes_two_seconds_at_most(
    indexer: Indexer, film_of_noise: Path, qtbot: QtBot, stuck: bool
) -> None:
    with qtbot.waitSignal(indexer.progressed, timeout=WAIT):
        begin(indexer, film_of_noise, rate=10)
    pid = indexer.pid
    if stuck:
        os.kill(pid, signal.SIGSTOP)
    clock = QElapsedTimer()
    clock.start()
    indexer.close()
    assert clock.elapsed() < app.indexing.CLOSE_MS + 1500
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    indexer.close()


def test_an_idle_process_ends(
    indexer: Indexer, film_of_noise: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexer._idle.setInterval(50)
    with qtbot.waitSignal(indexer.finished, timeout=WAIT):
        begin(indexer, film_of_noise, rate=1)
    qtbot.waitUntil(lambda: indexer.pid == 0, timeout=WAIT)
    with qtbot.waitSignal(indexer.finished, timeout=WAIT):  # and comes back when it is needed
        begin(indexer, film_of_noise, rate=1)


def test_without_a_python_it_says_so(
    indexer: Indexer, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with qtbot.waitSignal(indexer.failed, timeout=WAIT) as told:
        QTimer.singleShot(0, lambda: begin(indexer, "a.mp4"))
    assert "could not be started" in told.args[1]


def test_lines_that_are_no_events_are_passed_over(indexer: Indexer, qtbot: QtBot) -> None:
    indexer._take({"event": "progress", "share": 0.5, "detail": ""})  # nothing is under way
    indexer._take({"event": "of another version"})
    indexer._take({})
