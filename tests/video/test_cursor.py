"""Going about in a video picture by picture, against a slow reading of the whole file."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import pytest

from reid_core.video.cursor import Cursor
from reid_core.video.file import to_bgr
from tests.numbered import cut_off, film, number_in

STEADY = [n / 25 for n in range(120)]
UNEVEN = [0.0, 0.04, 0.5, 0.51, 0.52, 3.0, 3.04, 9.0, 9.04, 9.08, 9.5, 12.0]


def number(found: tuple[float, object] | None) -> int:
    assert found is not None
    return number_in(to_bgr(found[1]))


def right(times: list[float], at: float) -> int:
    """The last one not after the moment, by looking at each."""
    return max((n for n, t in enumerate(times) if t <= at + 1e-6), default=0)


FORMS = [
    *(
        (ending, times, gop)
        for ending in ("mp4", "mkv")
        for times in (STEADY, UNEVEN)
        for gop in ((10, 0), (250, 3))
    ),
    ("avi", STEADY, (10, 0)),  # it counts pictures, not time
]


@pytest.mark.parametrize(("ending", "times", "coded"), FORMS)
def test_any_moment_in_any_order(
    tmp_path: Path, ending: str, times: list[float], coded: tuple[int, int]
) -> None:
    gop, b_frames = coded
    path = film(tmp_path / f"a.{ending}", times=times, gop=gop, b_frames=b_frames)
    draw = random.Random(3)
    wanted = [draw.uniform(0, times[-1] + 0.5) for _ in range(40)] + list(times)
    draw.shuffle(wanted)
    with closing(Cursor(path)) as cursor:
        for at in wanted:
            assert number(cursor.at(at)) == right(times, at), at


def test_steps(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", times=UNEVEN, gop=5, b_frames=2)
    with closing(Cursor(path)) as cursor:
        assert number(cursor.at(3.0)) == 5
        seen = [number(cursor.next()) for _ in range(6)]
        assert seen == [6, 7, 8, 9, 10, 11]
        assert cursor.next() is None
        assert number(cursor.previous()) == 10
        cursor.at(9.0)
        assert [number(cursor.previous()) for _ in range(9)] == [6, 5, 4, 3, 2, 1, 0, 0, 0]


def test_steps_back_beyond_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reid_core.video.cursor.KEEP_MOST", 8)
    path = film(tmp_path / "a.mp4", times=STEADY, gop=40, b_frames=3)
    with closing(Cursor(path)) as cursor:
        cursor.at(STEADY[70])
        assert [number(cursor.previous()) for _ in range(50)] == list(range(69, 19, -1))


def test_on_a_long_way_the_decoder_leaves_out_what_no_other_picture_needs(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", times=STEADY, gop=250, b_frames=3)
    with closing(Cursor(path)) as cursor:
        cursor.at(0.0)
        before = cursor._clock.decoded
        assert number(cursor.at(STEADY[110])) == 110
        assert cursor._clock.decoded - before < 80
        assert [number(cursor.previous()) for _ in range(30)] == list(range(109, 79, -1))
        assert [number(cursor.next()) for _ in range(35)] == list(range(81, 116))


def test_nothing_is_missing_after_a_seek_that_was_stopped(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", times=STEADY, gop=250, b_frames=3)
    asked: list[int] = []
    with closing(Cursor(path)) as cursor:
        cursor.at(0.0)
        assert cursor.at(4.5, stop=lambda: asked.append(1) or len(asked) > 5) is None
        seen = [number(cursor.next()) for _ in range(50)]
        first = seen[20]  # what was with the decoder already has passed
        assert seen[20:] == list(range(first, first + 30))
        assert number(cursor.at(1.6)) == 40


def test_a_seek_stops_when_it_is_overtaken(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", times=STEADY, gop=250)
    with closing(Cursor(path)) as cursor:
        cursor.at(0.0)
        assert cursor.at(4.0, stop=lambda: True) is None
        assert number(cursor.at(1.0)) == 25
        assert cursor.at(4.0, stop=lambda: True) is None
        assert cursor.next() is not None


def test_a_long_way_is_told_of(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", times=STEADY, gop=50)
    told: list[float] = []
    with closing(Cursor(path)) as cursor:
        cursor.at(3.9, rough=lambda at, _: told.append(at))
        assert told == [2.0]
        cursor.at(0.1, rough=lambda at, _: told.append(at))
        assert told == [2.0]


def test_a_file_cut_short_gives_its_last_picture(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", times=STEADY, gop=10)
    cut_off(path, share=0.6)
    with closing(Cursor(path)) as cursor:
        found = cursor.at(4.7)
        assert found is not None
        assert found[0] < 4.0
        assert cursor.is_cut_short
        assert number(cursor.at(0.4)) == 10
        assert not cursor.is_cut_short
