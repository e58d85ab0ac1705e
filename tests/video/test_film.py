"""The made film shows what its camera path says."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from reid_core.video.film import Film, pan

FILM = Film(
    (pan((0, 200, 150, 200), (4, 600, 150, 200)), pan((4, 100, 150, 400), (6, 100, 150, 400))),
    (160, 120),
    10,
)


def test_what_is_seen_follows_from_the_path() -> None:
    # the window is 200 wide and its centre moves 100 px a second: a 20 px box at x 390..410 is
    # inside from centre 310 (1.1 s) to centre 490 (2.9 s)
    ((start, end),) = FILM.seen(np.float32([390, 140, 410, 160]), inside=1.0)
    assert abs(start - 1.1) < 0.11
    assert abs(end - 2.9) < 0.21


def test_a_cut_ends_and_begins_a_span() -> None:
    spans = FILM.seen(np.float32([120, 140, 140, 160]), inside=1.0)
    assert [round(s) for s, _ in spans] == [0, 4]


def test_the_written_file_has_those_pictures(tmp_path: Path) -> None:
    photograph = np.zeros((300, 800, 3), np.uint8)
    photograph[:, 400:] = 255
    FILM.write(photograph, tmp_path / "film.mp4")
    with av.open(str(tmp_path / "film.mp4")) as video:
        pictures = [frame.to_ndarray(format="gray") for frame in video.decode(video=0)]
    assert len(pictures) == len(FILM.times()) == 60
    assert pictures[0].shape == (120, 160)
    assert pictures[0].mean() < 10  # x 100..300: all dark
    assert pictures[39].mean() > 245  # x 496..696: all bright


def test_writing_tells_how_far_it_is_and_can_be_stopped(tmp_path: Path) -> None:
    shares: list[float] = []

    def told(share: float, _: str) -> None:
        shares.append(share)
        if len(shares) == 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        FILM.write(np.zeros((300, 800, 3), np.uint8), tmp_path / "film.mp4", progress=told)
    assert shares == [i / 60 for i in range(5)]
