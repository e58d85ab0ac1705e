"""Box geometry against plain loops and its own symmetries."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reid_core import boxes


def some_boxes(least: int = 0) -> st.SearchStrategy[np.ndarray]:
    corners = arrays(
        np.float32,
        st.tuples(st.integers(least, 8), st.just(4)),
        elements=st.integers(0, 100).map(float),
    )
    return corners.map(lambda c: np.hstack([c[:, :2], c[:, :2] + c[:, 2:]]).astype(np.float32))


def slow_iou(a: np.ndarray, b: np.ndarray) -> float:
    w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h
    return w * h / union if union > 0 else 0.0


@given(some_boxes(), some_boxes())
def test_iou_equals_the_loop_over_pairs(a: np.ndarray, b: np.ndarray) -> None:
    got = boxes.iou(a, b)
    assert got.shape == (len(a), len(b))
    for i in range(len(a)):
        for j in range(len(b)):
            assert abs(got[i, j] - slow_iou(a[i], b[j])) < 1e-5


@given(some_boxes(least=1))
def test_iou_does_not_change_with_shift_and_scale(a: np.ndarray) -> None:
    moved = (a * 4 + np.float32(7)).astype(np.float32)
    np.testing.assert_allclose(boxes.iou(a, a), boxes.iou(moved, moved), atol=1e-5)


@given(some_boxes(), st.floats(0.1, 0.9), st.randoms(use_true_random=False))
def test_nms_keeps_no_overlapping_pair_and_drops_nothing_else(a, above, random) -> None:
    scores = np.array([random.random() for _ in a], np.float32)
    keep = boxes.nms(a, scores, iou_above=above)
    assert list(scores[keep]) == sorted(scores[keep], reverse=True)
    kept = set(keep.tolist())
    for i in range(len(a)):
        rivals = [k for k in kept if k != i and scores[k] >= scores[i]]
        beaten = any(slow_iou(a[i], a[k]) > above + 1e-6 for k in rivals)
        if i in kept:
            assert not any(slow_iou(a[i], a[k]) > above + 1e-5 for k in rivals)
        else:
            assert beaten or any(abs(slow_iou(a[i], a[k]) - above) < 1e-5 for k in rivals)


def test_coverage_is_the_share_of_the_first() -> None:
    small, large = np.float32([[0, 0, 2, 2]]), np.float32([[1, 0, 9, 9]])
    assert boxes.coverage(small, large)[0, 0] == 0.5
    assert abs(boxes.coverage(large, small)[0, 0] - 2 / 72) < 1e-6
    assert boxes.smaller_overlap(large, small)[0, 0] == 0.5


def test_expand_keeps_the_centre() -> None:
    np.testing.assert_allclose(
        boxes.expand(np.float32([[10, 10, 20, 30]]), by=0.5), [[7.5, 5, 22.5, 35]]
    )


def test_interpolation_is_linear_inside_and_constant_outside() -> None:
    times = np.array([1.0, 3.0])
    path = np.float32([[0, 0, 10, 10], [20, 0, 30, 10]])
    got = boxes.interpolate(times, path, np.array([0.0, 1.5, 2.0, 9.0]))
    np.testing.assert_allclose(got[:, 0], [0, 5, 10, 20])
