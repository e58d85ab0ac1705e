"""Chains over occlusions in a made-up street where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.track.stitch import Stitcher
from reid_core.types import Embeddings, Kind, Tracklet, View

RNG = np.random.default_rng(4)
SIZE = (1200, 800)
PEOPLE = RNG.normal(size=(8, 32)).astype(np.float32)


def walk(
    key: int, person: int, start: float, end: float, *, x0: float, speed: float, y: float = 200
) -> Tracklet:
    """Somebody walking to the right at constant speed, seen from start to end."""
    times = np.arange(start, end + 1e-9, 0.2)
    x = x0 + speed * times
    path = np.stack([x, np.full_like(x, y), x + 40, np.full_like(x, y + 100)], 1).astype(np.float32)
    n_views = 4
    vectors = PEOPLE[person] + 0.35 * RNG.normal(size=(n_views, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rated = np.full(n_views, 0.8, np.float32)
    view = View(b"", np.zeros((0, 2), np.float32), path[0], float(start), 0.8)
    return Tracklet(
        key, Kind.BODY, times, path, (view,) * n_views, Embeddings(vectors, rated, "m"), key
    )


def bystanders() -> list[Tracklet]:
    """Enough people seen together that the video says what "similar" means."""
    return [walk(100 + p, p, 0.0, 20.0, x0=100 * p, speed=0.0, y=600) for p in range(2, 8)] + [
        walk(99, 1, 0, 20.0, x0=900, speed=0, y=20)
    ]


def chains(tracklets: list[Tracklet]) -> dict[int, int]:
    return {t.key: t.chain for t in Stitcher(gap_s=8.0).chains(tracklets, size=SIZE)}


def test_somebody_who_walks_on_behind_a_pole_is_one_chain() -> None:
    first = walk(1, 0, 2.0, 5.0, x0=0, speed=40)
    second = walk(2, 0, 7.0, 10.0, x0=0, speed=40)
    got = chains([*bystanders(), second, first])
    assert got[2] == got[1] == 1


def test_somebody_else_who_comes_out_instead_is_not() -> None:
    first = walk(1, 0, 2.0, 5.0, x0=0, speed=40)
    other = walk(2, 1, 7.0, 10.0, x0=300, speed=40)
    got = chains([*bystanders(), first, other])
    assert got[2] == 2


def test_two_who_cross_behind_the_pole_keep_their_own() -> None:
    a = [walk(1, 0, 2, 5, x0=0, speed=60), walk(2, 0, 6.5, 9, x0=0, speed=60)]
    b = [walk(3, 1, 2, 5, x0=680, speed=-60), walk(4, 1, 6.5, 9, x0=680, speed=-60)]
    got = chains([*bystanders(), *a, *b])
    assert (got[2], got[4]) == (1, 3)


def test_chains_go_on_over_segments() -> None:
    stitcher = Stitcher(gap_s=8.0)
    stitcher.chains([*bystanders(), walk(1, 0, 15, 20, x0=0, speed=20)], size=SIZE)
    (late,) = stitcher.chains([walk(2, 0, 20.2, 24, x0=0, speed=20)], size=SIZE)
    assert late.chain == 1


def test_nothing_joins_over_a_longer_gap_or_backwards_in_time() -> None:
    first, late = walk(1, 0, 2, 5, x0=0, speed=0), walk(2, 0, 14, 16, x0=0, speed=0)
    same_time = walk(3, 0, 3, 4, x0=200, speed=0)
    got = chains([*bystanders(), first, late, same_time])
    assert got == {**got, 1: 1, 2: 2, 3: 3}


def test_nobody() -> None:
    assert Stitcher(gap_s=5).chains([], size=SIZE) == []


def test_pooling_weighs_by_quality() -> None:
    vectors = np.eye(3, dtype=np.float32)[:2]
    path = np.zeros((1, 4), np.float32)
    rated = np.float32([0.9, 0.3])
    t = Tracklet(1, Kind.BODY, np.zeros(1), path, (), Embeddings(vectors, rated, "m"), 1)
    np.testing.assert_allclose(
        t.embeddings.pooled(), np.array([0.9, 0.3, 0]) / np.hypot(0.9, 0.3), atol=1e-6
    )
    assert float(np.linalg.norm(t.embeddings.pooled())) == pytest.approx(1)
