"""Cuts between successive pictures."""

from __future__ import annotations

import numpy as np

from reid_core.video.scene import is_cut, layout

RNG = np.random.default_rng(1)
ROOM = RNG.integers(0, 255, (9, 16, 3), np.uint8).repeat(40, 0).repeat(40, 1)
GARDEN = RNG.integers(0, 255, (9, 16, 3), np.uint8).repeat(40, 0).repeat(40, 1)


def test_a_cut_is_told_from_what_moves_in_a_scene() -> None:
    walked = ROOM.copy()
    walked[100:300, 200:280] = 20  # somebody stands before the wall
    darker = (ROOM * 0.6).astype(np.uint8)
    before = layout(ROOM)
    assert not is_cut(None, before)
    assert not is_cut(before, layout(walked))
    assert not is_cut(before, layout(darker))
    assert is_cut(before, layout(GARDEN))


def test_a_layout_has_no_mean_and_one_variance() -> None:
    one = layout(ROOM)
    assert one.shape == (24, 24)
    assert abs(float(one.mean())) < 1e-4
    assert abs(float(one.std()) - 1) < 1e-4
    assert float(layout(np.full((50, 50, 3), 99, np.uint8)).std()) == 0
