"""Enrol, index, search, jump: in a real window on a screen of its own, by mouse and keyboard."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app import system
from reid_core import images
from reid_core.actions.demo import FILM, other_look, sample_photograph
from reid_core.actions.loading import Models, load_detector
from reid_core.actions.search import Searcher, query_person
from reid_core.library import Library, footage, people
from reid_core.models.store import ModelStore
from reid_core.types import Floats, Kind

SCREEN = "1366x768x24"
NEEDED = ("Xvfb", "xdotool")
FILE = "fileNameEdit"  # as Qt calls it in its file dialog
CHILD = Path(__file__).with_name("real_window.py")
missing = [name for name in NEEDED if shutil.which(name) is None] + system.missing_packages()
REQUIRED = bool(os.environ.get("CAMEO_REQUIRE_SCREEN"))

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or (bool(missing) and not REQUIRED),
    reason=f"needs a screen of its own: {', '.join(missing) or 'Linux'}",
)


class Screen:
    """A window on a screen, seen through what it writes down and moved by xdotool."""

    def __init__(self, display: str, where: Path) -> None:
        self._environment = {**os.environ, "DISPLAY": display}
        self._where = where

    def told(self) -> dict[str, Any]:
        """What the window wrote down last."""
        try:
            seen: dict[str, Any] = json.loads(self._where.read_text())
        except OSError:
            return {"seen": {}, "words": [], "page": "", "time_s": None}
        return seen

    def click(self, name: str, *, times: int = 1) -> None:
        """Press what bears these words, once it is there."""
        wait(
            lambda: name in self.told()["seen"], f"{name} to be among {sorted(self.told()['seen'])}"
        )
        x, y = self.told()["seen"][name]
        self._do("mousemove", str(x), str(y), "click", "--repeat", str(times), "1")

    def type(self, text: str) -> None:
        """Write where the cursor is."""
        self._do("type", "--delay", "15", text)

    def key(self, name: str) -> None:
        """Press a key."""
        self._do("key", name)

    def _do(self, *what: str) -> None:
        subprocess.run(["xdotool", *what], env=self._environment, check=True, timeout=30)


def wait(is_so: Callable[[], bool], what: str, *, seconds: float = 60) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"waited for {what}"
        time.sleep(0.1)


@pytest.fixture
def display(tmp_path: Path) -> Iterator[str]:
    """A screen that nobody else uses."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", SCREEN, "-nolisten", "tcp"]
    with (tmp_path / "xvfb.log").open("w") as log:
        server = subprocess.Popen(command, pass_fds=[writing], stdout=log, stderr=log)
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    assert number, (tmp_path / "xvfb.log").read_text()
    yield f":{number}"
    server.terminate()
    server.wait(10)


@pytest.fixture
def screen(tmp_path: Path, display: str, model_store: ModelStore) -> Iterator[Screen]:
    """The program, started as a user starts it, on an empty library."""
    where = tmp_path / "where.json"
    settings = tmp_path / "app.json"
    settings.write_text('{"seen_welcome": true, "last_page": "people"}')
    environment = {**os.environ, "DISPLAY": display, "CAMEO_SETTINGS": str(settings)}
    environment.pop("QT_QPA_PLATFORM", None)
    command = [sys.executable, str(CHILD), str(where), "--library", str(tmp_path / "library")]
    command += ["--models", str(model_store.folder)]
    environment["PYTHONPATH"] = str(CHILD.parents[2])
    with (tmp_path / "said.txt").open("w") as said:
        child = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
    one = Screen(display, where)
    yield one
    one.key("ctrl+q")
    try:
        assert child.wait(30) == 0, (tmp_path / "said.txt").read_text()
    finally:
        child.kill()
    assert (tmp_path / "said.txt").read_text() == ""


@pytest.fixture
def material(tmp_path: Path, model_store: ModelStore) -> tuple[Path, Path, Floats]:
    """A portrait, a film with that person in it, and where they are in the photograph."""
    photograph = images.read_image(sample_photograph())
    found = load_detector(model_store, Kind.FACE).detect(photograph)
    face = found.boxes[np.argsort(found.boxes[:, 0])][2]
    images.write_image(other_look(photograph, face), tmp_path / "portrait.jpg")
    FILM.write(photograph, tmp_path / "film.mp4")
    return tmp_path / "portrait.jpg", tmp_path / "film.mp4", face


def test_enrol_index_search_jump(
    screen: Screen,
    material: tuple[Path, Path, Floats],
    model_store: ModelStore,
    tmp_path: Path,
) -> None:
    portrait, film, face = material
    folder = tmp_path / "library"

    screen.click("Enrol…")
    screen.click(FILE)
    screen.type(str(portrait))
    screen.key("Return")
    screen.click("Name")
    screen.type("Ada")
    screen.click("Enrol")
    wait(lambda: names(folder) == ["Ada"], "Ada to be enrolled")

    screen.click("Footage")
    screen.click("Add files…")
    screen.click(FILE)
    screen.type(str(film))
    screen.key("Return")
    wait(lambda: states(folder) == ["done"], "the film to be indexed", seconds=180)

    screen.click("Search")
    screen.click("Person to look for")
    screen.type("Ada")
    screen.key("Return")
    screen.click("first of Sightings")
    best = best_moment(folder, model_store)
    assert any(a < best < b for a, b in FILM.seen(face, inside=0.5))
    assert best > 0.5  # where the player does not stand by itself
    wait(lambda: abs(screen.told()["time_s"] - best) < 0.05, "the player to be at that moment")


def best_moment(library: Path, store: ModelStore) -> float:
    """Where the best sighting of Ada is, by the action that the window calls."""
    with Library.open(library) as opened:
        models = Models(store)
        found = Searcher(opened, models).search(query_person(opened, models, "Ada"))
        return found.sightings[0].best_s


def names(library: Path) -> list[str]:
    """Who is enrolled."""
    with Library.open(library) as opened, opened.read() as connection:
        return [p.name for p in people.list_people(connection)]


def states(library: Path) -> list[str]:
    """How far the videos are."""
    with Library.open(library) as opened, opened.read() as connection:
        return [v.state for v in footage.list_videos(connection)]
