"""The process that indexes for the window, spoken to as the window does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from made import write_video

from reid_core.library import Library, footage, listing
from reid_core.models.store import ModelStore


class Parent:
    """Starts the process and reads its events."""

    def __init__(self, library: Library, models: ModelStore) -> None:
        command = [sys.executable, "-P", "-m", "reid_core.cli.worker"]
        command += ["--library", str(library.folder), "--models", str(models.folder)]
        self.child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.seen: list[dict] = []

    def say(self, do: str, **details: object) -> None:
        assert self.child.stdin
        self.child.stdin.write(json.dumps({"do": do, **details}).encode() + b"\n")
        self.child.stdin.flush()

    def index(self, source: object, *, rate: float = 5.0, kinds: tuple[str, ...] = ("face",)):
        self.say("index", source=str(source), rate=rate, kinds=kinds)

    def until(self, *events: str) -> dict:
        assert self.child.stdout
        for line in self.child.stdout:
            self.seen.append(json.loads(line))
            if self.seen[-1]["event"] in events:
                return self.seen[-1]
        raise AssertionError((self.seen, self.child.stderr and self.child.stderr.read()))

    def end(self) -> int:
        _, err = self.child.communicate(timeout=30)
        assert b"Traceback" not in err, err
        return self.child.returncode


@pytest.fixture
def parent(library: Library, model_store: ModelStore) -> Iterator[Parent]:
    made = Parent(library, model_store)
    yield made
    made.child.kill()
    made.child.communicate()


def states(library: Library) -> list[tuple[str, float]]:
    with library.read() as connection:
        return [(v.state, v.indexed_until_s) for v in footage.list_videos(connection)]


def test_a_source_is_told_from_its_start_to_its_end(parent: Parent, library, film: Path) -> None:
    parent.index(film)
    done = parent.until("done", "failed")
    assert done["report"]["state"] == "done"
    assert done["report"]["faces"] > 0
    assert done["source"] == str(film)
    shares = [e["share"] for e in parent.seen if e["event"] == "progress"]
    assert shares == sorted(shares)
    assert shares[-1] > 0.5
    (poster,) = [e["name"] for e in parent.seen if e["event"] == "poster"]
    assert listing.posters(library).get(poster)
    parent.index(film)  # the same process goes on with the next
    assert parent.until("done")["report"]["state"] == "known"
    assert parent.end() == 0


def test_pause_holds_and_resume_goes_on(parent: Parent, library: Library, film: Path) -> None:
    parent.say("posters", videos=[])
    parent.index(film)
    parent.say("pause")
    parent.until("paused")
    assert states(library) == [] or states(library)[0][0] != "done"
    parent.say("resume")
    assert parent.until("resumed")
    assert parent.until("done")["report"]["faces"] > 0


def test_cancel_stops_and_the_process_lives(parent: Parent, library, film: Path) -> None:
    parent.index(film, rate=15)
    parent.until("progress")
    parent.say("cancel")
    assert parent.until("cancelled", "done")["event"] == "cancelled"
    parent.index(film, rate=1)
    assert parent.until("done", "cancelled")["event"] == "done"
    assert states(library)[0][0] == "done"


def test_cancel_also_when_paused(parent: Parent, film: Path) -> None:
    parent.index(film)
    parent.say("pause")
    parent.until("paused")
    parent.say("cancel")
    parent.until("cancelled")
    assert parent.end() == 0


@pytest.mark.parametrize("paused", [False, True])
def test_without_its_parent_it_ends_by_itself(
    parent: Parent, library: Library, film: Path, paused: bool
) -> None:
    parent.index(film, rate=15)
    if paused:
        parent.say("pause")
    parent.until("paused" if paused else "progress")
    assert parent.end() == 0
    assert all(state != "done" for state, _ in states(library))


def test_what_cannot_be_read_is_told_and_the_next_one_done(parent: Parent, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0" * 5000)
    parent.index(broken)
    assert "broken.mp4" in parent.until("failed", "done")["message"]
    good = write_video(tmp_path / "good.mp4", [n / 10 for n in range(30)])
    parent.index(good)
    assert parent.until("done", "failed")["report"]["state"] == "done"


def test_names_of_any_script_come_through(parent: Parent, tmp_path: Path) -> None:
    odd = write_video(tmp_path / "ü 名前 \u202e.mp4", [n / 10 for n in range(10)])
    parent.index(odd)
    assert parent.until("done", "failed")["report"]["name"] == odd.name


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="no priorities here")
def test_it_is_less_urgent_than_its_parent(parent: Parent, tmp_path: Path) -> None:
    parent.index(tmp_path / "nothing.mp4")
    parent.until("failed")
    assert os.getpriority(os.PRIO_PROCESS, parent.child.pid) > os.getpriority(os.PRIO_PROCESS, 0)


def test_posters_are_made_on_demand(parent: Parent, library: Library, tmp_path: Path) -> None:
    good = write_video(tmp_path / "good.mp4", [n / 10 for n in range(30)])
    parent.index(good, rate=1)
    parent.until("done")
    with library.read() as connection:
        (video,) = footage.list_videos(connection)
    listing.posters(library).path(video.content_hash).unlink()
    parent.say("posters", videos=[video.id, 12345])
    assert parent.until("poster")["name"] == video.content_hash
    assert parent.end() == 0


def test_a_bug_is_told_by_its_places_alone(parent: Parent) -> None:
    parent.say("index", source="secret.mp4", rate="no number", kinds=["face"])
    bug = parent.until("bug")
    assert "TypeError" in bug["report"]
    assert "secret" not in bug["report"]
    assert parent.child.wait(10) == 70


def test_a_library_that_is_not_there_is_told(tmp_path: Path, model_store: ModelStore) -> None:
    class Nowhere:
        folder = tmp_path / "nowhere"

    parent = Parent(Nowhere(), model_store)
    assert "no library" in parent.until("failed")["message"]
    assert parent.end() == 2


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_killed_it_leaves_whole_segments(parent: Parent, library: Library, film: Path) -> None:
    parent.index(film, rate=15)
    parent.until("poster")  # the video is in the library by then
    parent.child.send_signal(signal.SIGKILL)
    parent.child.wait(10)
    with library.read() as connection:
        video = footage.list_videos(connection)[0]
    with library.indexing(video.content_hash):  # its lock went with it
        pass
    assert video.state in ("new", "indexing")
