"""How far the live view is behind the camera while the search for people is slower than it.

    python benchmarks/live_view.py [--seconds 60] [--slow 0.25] [--models]

A made 1080p30 file is played as if it were a camera, over and over, into the real page without a
screen. Without --models the search is a stand-in that takes --slow seconds a picture and finds six
people; with it the default models run. Delay: from the moment at which a picture was due until it
was painted. Heartbeat: how late a timer of 10 ms fires on the window's thread.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer

from app.bootstrap import close_session, dress, make_application, open_session
from app.live import LiveFrames, Picture
from app.settings import Settings
from app.viewmodels.live import Live
from app.views.live_page import Page
from benchmarks.common import show, store
from reid_core.actions.watch_types import Event, Shown, Update
from reid_core.types import Frame, Kind
from reid_core.video.encode import encoder
from reid_core.video.file import FileSource
from reid_core.video.paced import PacedSource

SIZE, FPS, FILM_S = (1920, 1080), 30, 10
BEAT_S = 0.01
WARM_S = 6.0  # left out of the figures: modules are imported, models loaded


def make_film(path: Path) -> None:
    """Something that moves, at 30 pictures a second."""
    rng = np.random.default_rng(5)
    width, height = SIZE
    wall = rng.integers(0, 255, (height // 8, width // 8 + FPS * FILM_S, 3), np.uint8)
    with encoder(path, per_second=FPS, bit_rate=8_000_000) as out:
        for n in range(FPS * FILM_S):
            part = wall[:, n : n + width // 8]
            out.write(np.repeat(np.repeat(part, 8, 0), 8, 1), n / FPS)


class Looped:
    """A film over and over, with times that go on."""

    def __init__(self, path: Path) -> None:
        self.name, self.duration_s, self.decoded_frames = str(path), None, 0
        self._path = path
        self._film: FileSource | None = None

    def __iter__(self) -> Iterator[Frame]:
        begun_s, index = 0.0, 0
        while True:
            self._film = FileSource(self._path)
            for frame in self._film:
                yield Frame(frame.image, index, begun_s + frame.time_s, self.name)
                index += 1
            begun_s = index / FPS

    def close(self) -> None:
        """Close the film."""
        if self._film is not None:
            self._film.close()


class SlowWatcher:
    """Takes its time, and finds six people who come and go."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._n = seconds, 0

    def update(self, frame: Frame) -> Update:
        """As the real one."""
        until = time.perf_counter() + self._seconds
        while time.perf_counter() < until:  # works, as a network would, outside the lock
            np.sort(np.asarray(frame.image[:270]).ravel())
        self._n += 1
        people = tuple(
            Shown(i, Kind.FACE, (100.0 + 280 * i, 300.0, 300.0 + 280 * i, 560.0), stranger=i)
            for i in range(6)
        )
        events = [Event("enter", frame.time_s, self._n, Kind.FACE)]
        return Update(events, people)

    def looks(self, _track: int) -> tuple[()]:
        """None."""
        return ()

    def person(self, _track: int) -> None:
        """Nobody."""

    def end(self) -> list[Event]:
        """Nothing."""
        return []


class Figures:
    """What is measured."""

    def __init__(self, live: Live) -> None:
        self._live, self._started, self._last = live, time.monotonic(), time.perf_counter()
        self.delays: list[float] = []
        self.beats: list[float] = []
        self.memory: list[float] = []
        self.searched: list[float] = []
        self._process = psutil.Process()

    @property
    def is_warm(self) -> bool:
        """Whether figures count."""
        return time.monotonic() - self._started > WARM_S

    def painted(self, picture: Picture) -> None:
        """Count a picture."""
        if self.is_warm:
            self.delays.append(time.monotonic() - picture.born_s)

    def beat(self) -> None:
        """Count a beat."""
        now = time.perf_counter()
        if self.is_warm:
            self.beats.append(now - self._last - BEAT_S)
        self._last = now

    def weigh(self) -> None:
        """Note how much memory is held, and how often is searched."""
        if self.is_warm:
            self.memory.append(self._process.memory_info().rss / 1e6)
            self.searched.append(self._live.status.search)

    def rows(self, seconds: float) -> list[tuple[object, ...]]:
        """The table."""
        delays, beats = np.array(self.delays), np.array(self.beats)
        tenth = max(1, len(self.memory) // 10)
        first, last = np.mean(self.memory[:tenth]), np.mean(self.memory[-tenth:])
        return [
            ("pictures painted per second", f"{len(delays) / seconds:.1f}", ""),
            ("searches per second", f"{np.median(self.searched):.1f}", ""),
            ("delay, median", f"{np.median(delays) * 1000:.0f} ms", "at most 200 ms"),
            ("delay, 95 %", f"{np.quantile(delays, 0.95) * 1000:.0f} ms", ""),
            ("heartbeat late, 99 %", f"{np.quantile(beats, 0.99) * 1000:.0f} ms", ""),
            ("heartbeat late, worst", f"{beats.max() * 1000:.0f} ms", "at most 50 ms"),
            ("memory at first", f"{first:.0f} MB", ""),
            ("memory at the end", f"{last:.0f} MB", "the same"),
        ]


def measure(seconds: float, slow: float | None, folder: Path) -> list[tuple[object, ...]]:
    """Play and count. slow: seconds a search takes, None for the real models."""
    film = folder / "film.mp4"
    make_film(film)
    app = make_application()
    settings = Settings(seen_welcome=True)
    dress(app, settings)
    session = open_session(settings, library=folder / "library", models=store().folder)

    def open_looped(_: str) -> LiveFrames:
        return PacedSource(Looped(film))

    watcher = None if slow is None else lambda _kinds: SlowWatcher(slow)
    live = Live(session, open_=open_looped, watcher=watcher)  # type: ignore[arg-type]
    page = Page(session, live)
    page.resize(1600, 900)
    page.show()
    figures = Figures(live)
    page.picture.painted.connect(figures.painted)
    timers = [QTimer(page, interval=int(1000 * BEAT_S)), QTimer(page, interval=500)]
    timers[0].timeout.connect(figures.beat)
    timers[1].timeout.connect(figures.weigh)
    for one in timers:
        one.start()
    live.start(str(film))
    QTimer.singleShot(int(1000 * (WARM_S + seconds)), app.quit)
    app.exec()
    rows = figures.rows(seconds)
    started = time.perf_counter()
    page.close_page()
    rows.append(("stopping", f"{time.perf_counter() - started:.2f} s", "at most 2 s"))
    page.close()
    close_session(session)
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--slow", type=float, default=0.25, help="seconds that a search takes")
    parser.add_argument("--models", action="store_true", help="search with the default models")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(told.seconds, None if told.models else told.slow, Path(folder))
    show(rows, (f"live view, 1080p30, {told.seconds:.0f} s", "", "wanted"))


if __name__ == "__main__":
    main()
