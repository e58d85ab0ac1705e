"""A file played as if it were a camera: in time, and never more and more behind."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from reid_core.types import Frame
from reid_core.video.paced import LATE_S, SHOW_S, PacedSource


class Film:
    """Pictures at these times; taking one costs so many seconds of the clock."""

    def __init__(self, clock: Clock, times: list[float], cost_s: float) -> None:
        self.name, self.duration_s, self.decoded_frames = "film", times[-1], 0
        self.clock, self.times, self.cost_s, self.closed = clock, times, cost_s, 0

    def __iter__(self) -> Iterator[Frame]:
        for n, at in enumerate(self.times):
            self.clock.now_s += self.cost_s
            yield Frame(np.zeros((2, 2, 3), np.uint8), n, at, self.name)

    def close(self) -> None:
        self.closed += 1


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def now(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> None:
        self.now_s += seconds


def played(times: list[float], cost_s: float) -> tuple[list[tuple[int, float]], PacedSource]:
    """The pictures that came, each with how late it was."""
    clock = Clock()
    source = PacedSource(Film(clock, times, cost_s), now=clock.now, wait=clock.wait)
    came = [(f.index, clock.now_s - source.began_s - f.time_s) for f in source]
    return came, source


def test_every_picture_comes_when_its_time_has_come() -> None:
    came, source = played([0.0, 0.04, 0.5, 0.54], cost_s=0.01)
    assert [n for n, _ in came] == [0, 1, 2, 3]
    assert max(abs(late) for _, late in came) < 1e-9
    assert source.began_s == 100.01  # from the first picture on


def test_who_is_late_leaves_pictures_out() -> None:
    times = [n / 10 for n in range(50)]
    came, _ = played([0.0, *(1 + t for t in times)], cost_s=0.0)
    assert len(came) == 51
    clock = Clock()
    film = Film(clock, times, 0.02)
    source = PacedSource(film, now=clock.now, wait=clock.wait)
    late = []
    for frame in source:
        late.append(clock.now_s - source.began_s - frame.time_s)
        if frame.index == 10:
            clock.now_s += 1.0  # somebody kept us waiting
    assert len(late) < 50
    assert sum(one > LATE_S for one in late) <= 1.0 / SHOW_S + 1
    assert late[-1] < 1e-9


def test_a_computer_that_is_too_slow_still_shows_something() -> None:
    came, _ = played([n / 25 for n in range(100)], cost_s=0.2)
    assert len(came) > 100 * 0.2 / (SHOW_S + 0.2) - 2


def test_it_stops_and_closes() -> None:
    clock = Clock()
    film = Film(clock, [0.0, 1.0, 2.0], 0.0)
    source = PacedSource(film, now=clock.now, wait=clock.wait)
    pictures = iter(source)
    assert next(pictures).index == 0
    source.stop()
    assert list(pictures) == []
    source.close()
    source.close()
    assert film.closed == 2
