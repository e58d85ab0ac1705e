"""The window's speed, offscreen: start, search, seek, and how long its thread is ever held up.

    python benchmarks/gui.py [start|search|seek|index|train|retrain]…

Start: processes of their own over a library of 1,000 people and 100,000 tracklets, from the
command until the first page is painted. Search: from the question to the painted results, the
index being warm. Seek: exact places at random in made films, 1080p30 H.264, a key picture every
two seconds, and every 250 pictures. Index: the longest that the window's thread had to wait while
its child indexes the sample film. Train: the same while a run on drawn people is watched. Retrain:
the same while a child learns from 60 people and the page of its verdict is looked at, while its
model is taken into use, and how long it takes until learning has stopped. The live view has a
script of its own (live_view.py).
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import av
import cv2
import numpy as np
from common import show, store
from made_library import make
from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer

from app import bootstrap, garbage
from app.session import Session
from app.settings import Settings
from app.views.window import Window
from reid_core import images
from reid_core.actions.demo import FILM, sample_photograph
from reid_core.actions.loading import Models
from reid_core.library import Library, footage

STARTS, SEARCHES, SEEKS, STOPS = 7, 15, 40, 5
WATCH_S = 60.0
SIZE = (1366, 768)
CHILD = """
import sys, time
import app.bootstrap as bootstrap
from app.views.window import Window

HEAVY = ("torch", "cv2", "onnxruntime", "faiss", "av", "scipy", "alembic")
shown = Window.show_page

def show_page(self, key, wanted=None):
    shown(self, key, wanted)
    self.repaint()
    print(time.time(), ",".join(m for m in HEAVY if m in sys.modules), flush=True)
    self.close()

Window.show_page = show_page
bootstrap.main(sys.argv[1:])
"""
Line = tuple[object, ...]


def start(library: Path) -> list[Line]:
    """Seconds from the command until the first page is painted."""
    seconds, heavy = [], ""
    note = library.parent / "app.json"
    note.write_text('{"seen_welcome": true}')
    environment = {**os.environ, "CAMEO_SETTINGS": str(note)}
    for _ in range(STARTS):
        began = time.time()
        command = [sys.executable, "-c", CHILD, "--library", str(library)]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        at, _, heavy = told.stdout.strip().partition(" ")
        seconds.append(float(at) - began)
    name = "window with its first page, after the command"
    return [line(name, seconds, f"heavy imports before it: {heavy or 'none'}")]


def search(library: Path) -> list[Line]:
    """Seconds from a question to its painted results."""
    session, window = opened(library, "search")
    page = window.page("search")
    seconds = []
    page.search.ask_person("Somebody")  # type: ignore[union-attr]
    Painted(page.list).wait()  # type: ignore[union-attr]
    wait(2.0)
    with Heartbeat() as heart:
        for n in range(1, SEARCHES + 1):
            page.search.clear()  # type: ignore[union-attr]
            wait(0.3)
            painted = Painted(page.list)  # type: ignore[union-attr]
            began = time.perf_counter()
            page.search.ask_person(f"Person {n:04d}")  # type: ignore[union-attr]
            seconds.append(painted.wait() - began)
    close(session, window)
    return [line("results painted after the question", seconds, heart.said())]


def seek(library: Path) -> list[Line]:
    """Seconds from a wish to the exact picture, and to the first near it while dragging."""
    often, rarely = library.parent / "often.mp4", library.parent / "rarely.mp4"
    write_film(often, every=60)
    write_film(rarely, every=250)
    (exact, first), (far, _) = seeks_in(often), seeks_in(rarely)
    return [
        line("seek, the exact picture", exact),
        line("seek, a first picture near it", first),
        line("seek, the exact picture, a key picture every 250", far),
    ]


def seeks_in(film: Path) -> tuple[list[float], list[float]]:
    """Seconds to the exact picture and to the first shown, of seeks at random."""
    from app.viewmodels.player import Player

    bootstrap.make_application()
    player, shown = Player(), []
    player.set_size(960, 540)
    player.picture_changed.connect(lambda p: shown.append((time.perf_counter(), p.is_exact)))
    player.open(str(film))
    until(lambda: bool(shown))
    exact, first, dice = [], [], random.Random(1)
    for _ in range(SEEKS):
        shown.clear()
        began = time.perf_counter()
        player.seek(dice.uniform(0, 19.9), rough=True)
        until(lambda: bool(shown) and shown[-1][1])
        exact.append(shown[-1][0] - began)
        first.append(shown[0][0] - began)
    player.close()
    return exact, first


def index(library: Path) -> list[Line]:
    """How long the window's thread waits while footage is indexed."""
    film = library.parent / "film.mp4"
    FILM.write(images.read_image(sample_photograph()), film)
    session, window = opened(library.parent / "other", "footage")
    wait(2.0)
    from app.requests import AddFootage

    with Heartbeat() as heart:
        window.show_page("footage", AddFootage((str(film),)))
        until(lambda: is_indexed(session), 120)
    until(lambda: not any(job.shown for job in session.tasks.jobs), 20)
    close(session, window)
    return [("the window's thread while indexing", *heart.said().split(", "))]


def train(library: Path) -> list[Line]:
    """How long the window's thread waits while a run is watched: curves, bar, and the rest."""
    session, window = opened(library.parent / "third", "train")
    from app.views.train_data import TRY

    page: Any = window.page("train")
    until(lambda: len(page.form.recipes) > 0)
    form = page.runs.form
    page.new.click()
    form.data.choose(TRY)
    until(form.start.isEnabled)
    form.values.epochs.setValue(30)
    form.extra.setPlainText("run.log_every=1\nrun.evaluate_every=1")
    until(form.start.isEnabled)
    wait(2.0)
    with Heartbeat() as heart:
        form.start.click()
        wait(WATCH_S)
    look = page.training.look_of(page.training.selected)
    points = len(look.curves.loss[0]) if look else 0
    page.training.kill()
    until(lambda: not page.training.is_busy)
    close(session, window)
    words = heart.said().split(", ")
    return [("the window's thread while training is watched", *words, f"{points} steps seen")]


def retrain(library: Path) -> list[Line]:
    """How long the window's thread waits while an adapter is learnt, and is taken into use."""
    place = library.parent / "fourth"
    with Library.open(place) as made:
        make(made, Models(store()), 10_000, enrolled=60)
    session, window = opened(place, "train")
    page: Any = window.page("train")
    own, retraining = page.own, page.retraining
    until(own.form.start.isEnabled, 60)
    stopped = [stop_learning(page) for _ in range(STOPS)]
    wait(2.0)
    with Heartbeat() as learning:
        own.form.start.click()
        until(lambda: retraining.selected is not None, 600)
        wait(2.0)
    row = retraining.selected
    assert row is not None, retraining.problems
    with Heartbeat() as switching:
        retraining.accept(row, override=True)
        until(lambda: retraining.in_use(row.run.kind) is not None, 300)
        wait(1.0)
    close(session, window)
    people = f"{len(row.people)} people"
    return [
        ("the window's thread while an adapter is learnt", *learning.said().split(", "), people),
        ("the window's thread while it is taken into use", *switching.said().split(", ")),
        line("learning has stopped, after it was told to", stopped),
    ]


def stop_learning(page: Any) -> float:
    """Seconds until learning that is well under way has stopped."""
    learning = page.retraining.learning
    page.own.form.start.click()
    until(lambda: learning.job is not None and learning.job.share > 0.02, 60)
    began = time.perf_counter()
    page.own.form.stop.click()
    until(lambda: not learning.is_busy, 30)
    return time.perf_counter() - began


def is_indexed(session: Session) -> bool:
    """Whether the library has a video, and it is done."""
    with session.library.read() as connection:
        return any(v.state == "done" for v in footage.list_videos(connection))


class Heartbeat(QObject):
    """Beats every 5 ms and notes how late it is."""

    def __enter__(self) -> Heartbeat:
        self._late: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._beat)
        self._timer.start(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.stop()

    def said(self) -> str:
        """The wait that 99 of 100 beats keep, and the longest."""
        late = np.array(self._late) * 1000
        return f"99 % within {np.percentile(late, 99):.0f} ms, longest {late.max():.0f} ms"

    def _beat(self) -> None:
        now = time.perf_counter()
        self._late.append(now - self._last)
        self._last = now


class Painted(QObject):
    """Tells when a list that has rows is painted."""

    def __init__(self, view: object) -> None:
        super().__init__()
        self._view, self._at = view, 0.0
        view.viewport().installEventFilter(self)  # type: ignore[attr-defined]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt asks before each event of the list."""
        if event.type() is QEvent.Type.Paint and self._view.model().rowCount():  # type: ignore[attr-defined]
            self._at = self._at or time.perf_counter()
        return False

    def wait(self) -> float:
        """When, on the clock of `perf_counter`."""
        until(lambda: self._at > 0)
        return self._at


def opened(library: Path, page: str) -> tuple[Session, Window]:
    """A window on a library."""
    garbage.allow()  # as the program does
    app = bootstrap.make_application()
    settings = Settings(theme="light", seen_welcome=True, last_page=page)
    bootstrap.dress(app, settings)
    session = bootstrap.open_session(settings, library=library, models=store().folder)
    window = bootstrap.make_window(session)
    window.resize(*SIZE)
    until(lambda: window.page(page) is not None)
    return session, window


def close(session: Session, window: Window) -> None:
    """Take it apart again."""
    window.close()
    bootstrap.close_session(session)


def wait(seconds: float) -> None:
    """Let the event loop run."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def until(is_so: Callable[[], bool], seconds: float = 10.0) -> None:
    """Let it run until something is so."""
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        wait(0.001)


def write_film(path: Path, *, every: int) -> None:
    """Twenty seconds of a moving disc at 1080p30, a key picture every so many."""
    with av.open(str(path), "w") as out:
        options = {"crf": "23", "g": str(every), "preset": "veryfast"}
        stream = out.add_stream("libx264", rate=30, options=options)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        ground = np.random.default_rng(0).integers(90, 160, (1080, 1920, 3), np.uint8)
        ground = cv2.GaussianBlur(ground, (0, 0), 6)
        for n in range(600):
            image = ground.copy()
            cv2.circle(image, (200 + 2 * n, 540), 180, (60, 120, 200), -1)
            one = av.VideoFrame.from_ndarray(image, format="bgr24")
            one.pts, one.time_base = n, Fraction(1, 30)
            out.mux(stream.encode(one))
        out.mux(stream.encode())


def line(name: str, seconds: list[float], more: str = "") -> Line:
    """A row of the table."""
    middle, most = statistics.median(seconds), max(seconds)
    return (name, f"{1000 * middle:.0f} ms", f"at most {1000 * most:.0f} ms", more)


def main() -> None:
    """Measure what is asked for, or everything."""
    wanted = sys.argv[1:] or list(PARTS)
    rows: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "library"
        with Library.open(place) as library:
            make(library, Models(store()), 100_000, enrolled=1000)
        for name in wanted:
            rows += PARTS[name](place)
    show([(*r, "", "")[:4] for r in rows], ("1,000 people, 100,000 tracklets", "median", "", ""))


PARTS = {"start": start, "search": search, "seek": seek, "index": index, "train": train}
PARTS["retrain"] = retrain

if __name__ == "__main__":
    main()
