"""Average precision against a slow loop and answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.evaluate.detection import average_precision

Found = list[tuple[np.ndarray, np.ndarray]]
NONE = (np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


def squares(*lefts: float) -> np.ndarray:
    """Boxes 10 px wide and high, this far from the left."""
    return np.array([[x, 0, x + 10, 10] for x in lefts], np.float32).reshape(-1, 4)


def found(*pairs: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Squares as (left, score)."""
    return squares(*(x for x, _ in pairs)), np.array([s for _, s in pairs], np.float32)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes."""
    w = max(min(a[2], b[2]) - max(a[0], b[0]), 0)
    h = max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return float(w * h / (both - w * h))


def n_right(one: tuple[np.ndarray, np.ndarray], truth: np.ndarray, least: float) -> int:
    """How many of the detections with at least this score get a true box of their own."""
    taken: set[int] = set()
    for i in sorted(range(len(one[1])), key=lambda i: -one[1][i]):
        if one[1][i] < least:
            continue
        free = [j for j in range(len(truth)) if j not in taken]
        best = max(free, key=lambda j: overlap(one[0][i], truth[j]), default=None)
        if best is not None and overlap(one[0][i], truth[best]) >= 0.5:
            taken.add(best)
    return len(taken)


def slow(every: Found, truth: list[np.ndarray]) -> float:
    """Matched again from the beginning at every threshold."""
    total = sum(len(t) for t in truth)
    points = []
    for least in sorted({float(s) for _, scores in every for s in scores}, reverse=True):
        right = sum(n_right(f, t, least) for f, t in zip(every, truth, strict=True))
        kept = sum(int((s >= least).sum()) for _, s in every)
        points.append((right / total, right / kept))
    area, before = 0.0, 0.0
    for recall, _ in points:
        area += (recall - before) * max(p for r, p in points if r >= recall)
        before = recall
    return area


def made(seed: int, *, levels: int) -> tuple[Found, list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    every, truth = [], []
    for _ in range(6):
        t = np.sort(rng.choice(12, rng.integers(1, 5), replace=False)) * 12.0
        guess = np.concatenate([t + rng.normal(0, 2.5, len(t)), rng.random(3) * 150])
        # scores differ within a picture, where the order decides who takes a true box
        scores = rng.choice(levels, len(guess), replace=False) / levels
        every.append((squares(*guess), scores.astype(np.float32)))
        truth.append(squares(*t))
    return every, truth


@given(st.integers(0, 2000), st.sampled_from([8, 1000]))
def test_against_a_slow_loop(seed: int, levels: int) -> None:
    every, truth = made(seed, levels=levels)
    assert average_precision(every, truth).ap50 == pytest.approx(slow(every, truth))


def test_by_hand() -> None:
    # In order of score: right, wrong, right, (wrong: a second one on the same person); 3 are true.
    # (recall, precision) = (1/3, 1), (1/3, 1/2), (2/3, 2/3), (2/3, 1/2)
    # area = 1/3 * 1 + 1/3 * 2/3 + 1/3 * 0 = 5/9
    every = [found((0, 0.9), (50, 0.8), (1, 0.3)), found((0, 0.7))]
    truth = [squares(0, 100), squares(1)]
    got = average_precision(every, truth, score=0.5)
    assert got.ap50 == pytest.approx(5 / 9)
    # from 0.5 on three are found, two of them right, of three
    assert (got.precision, got.recall) == pytest.approx((2 / 3, 2 / 3))
    everything = average_precision(every, truth)
    assert (everything.precision, everything.recall) == pytest.approx((2 / 4, 2 / 3))
    assert everything.ap50 == got.ap50


def test_equal_scores_are_one_point_whatever_their_order() -> None:
    # two detections of one score, one right: precision 1/2 at recall 1
    right, wrong = found((0, 0.5)), found((90, 0.5))
    assert average_precision([right, wrong], [squares(0), squares()]).ap50 == 0.5
    assert average_precision([wrong, right], [squares(), squares(0)]).ap50 == 0.5


@given(st.integers(0, 500))
def test_the_order_of_pictures_does_not_matter(seed: int) -> None:
    every, truth = made(seed, levels=8)
    order = np.random.default_rng(seed).permutation(len(every))
    mixed = average_precision([every[i] for i in order], [truth[i] for i in order], score=0.4)
    assert mixed == average_precision(every, truth, score=0.4)


def test_a_taken_box_leaves_the_next_best() -> None:
    # the second detection overlaps the first true box most, but has to make do with the other
    truth = [squares(0, 4)]
    assert average_precision([found((0, 0.9), (1, 0.8))], truth).recall == 1.0


@pytest.mark.parametrize(
    ("every", "truth", "expected"),
    [
        ([NONE], [squares(0)], (0.0, 0.0, 0.0)),
        ([found((0, 0.5))], [squares()], (0.0, 0.0, 0.0)),
        ([NONE], [squares()], (0.0, 0.0, 0.0)),
        ([], [], (0.0, 0.0, 0.0)),
        ([found((0, 0.5))], [squares(0)], (1.0, 1.0, 1.0)),
    ],
)
def test_little_or_nothing(
    every: Found, truth: list[np.ndarray], expected: tuple[float, float, float]
) -> None:
    got = average_precision(every, truth)
    assert (got.ap50, got.precision, got.recall) == expected


def test_pictures_must_pair_up() -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        average_precision([NONE], [])
