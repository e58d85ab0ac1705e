"""The views that are kept are the best ones, spread over time."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reid_core.track.chooser import Candidate, Chooser

NOTHING = np.zeros((1, 1, 3), np.uint8)


def candidate(time_s: float, quality: float) -> Candidate:
    points, box = np.zeros((0, 2), np.float32), np.zeros(4, np.float32)
    return Candidate(NOTHING, points, box, time_s, quality, NOTHING)


def offer(chooser: Chooser, time_s: float, quality: float) -> None:
    if chooser.wants(time_s, quality):
        chooser.add(candidate(time_s, quality))


@given(st.lists(st.tuples(st.integers(0, 200), st.floats(0, 1)), max_size=60), st.integers(1, 6))
def test_few_apart_and_the_best_of_all_is_among_them(looks, k) -> None:
    chooser = Chooser(k=k, apart_s=1.0)
    for tenth, quality in sorted(looks, key=lambda look: look[0]):
        offer(chooser, tenth / 10, quality)
    kept = chooser.best_first()
    assert len(kept) == min(k, len(kept))
    times = sorted(v.time_s for v in kept)
    assert all(b - a >= 1.0 - 1e-9 for a, b in itertools.pairwise(times))
    assert [v.quality for v in kept] == sorted((v.quality for v in kept), reverse=True)
    if looks:
        assert kept[0].quality == max(q for _, q in looks)


def test_a_worse_look_at_the_same_moment_is_not_wanted() -> None:
    chooser = Chooser(k=3, apart_s=1.0)
    offer(chooser, 0.0, 0.5)
    assert not chooser.wants(0.4, 0.4)
    assert chooser.wants(0.4, 0.6)
    assert chooser.wants(1.1, 0.01)
