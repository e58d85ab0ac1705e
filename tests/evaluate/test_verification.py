"""Verification against slow loops, scikit-learn and answers worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from reid_core.errors import TooFewPairs
from reid_core.evaluate import verification as v

Case = tuple[np.ndarray, np.ndarray]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Scores with many ties, and both sorts of pairs."""
    n = draw(st.integers(2, 40))
    scores = draw(st.lists(st.integers(-8, 8), min_size=n, max_size=n))
    same = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    same[0], same[1] = True, False
    return np.array(scores, np.float32) / 8, np.array(same)


def made(n: int = 600, seed: int = 1) -> Case:
    rng = np.random.default_rng(seed)
    same = rng.random(n) < 0.5
    scores = np.where(same, rng.normal(0.6, 0.2, n), rng.normal(0.2, 0.2, n))
    return scores.astype(np.float32), same


def accuracy(scores: np.ndarray, same: np.ndarray, threshold: float) -> float:
    right = [(float(s) >= threshold) == bool(y) for s, y in zip(scores, same, strict=True)]
    return sum(right) / len(right)


@given(cases())
def test_best_threshold_beats_all_others(case: Case) -> None:
    scores, same = case
    tried = [float(s) + d for s in scores for d in (-0.01, 0.0, 0.01)]
    best = max(accuracy(scores, same, t) for t in tried)
    assert accuracy(scores, same, v.best_threshold(scores, same)) == pytest.approx(best)


def test_best_threshold_lies_in_the_middle_of_the_gap() -> None:
    scores = np.array([0.9, 0.7, 0.3, 0.1], np.float32)
    same = np.array([True, True, False, False])
    assert v.best_threshold(scores, same) == pytest.approx(0.5)


def test_neighbouring_floats_are_told_apart() -> None:
    # between two neighbouring float32 there is none: a middle rounded down would accept both
    high = np.float32(0.5)
    low = np.nextafter(high, np.float32(0))
    scores = np.array([high, low] * 4, np.float32)
    same = np.array([True, False] * 4)
    assert v.k_fold_accuracy(scores, same, np.repeat([0, 1], 4)).mean == 1.0
    high, low = np.float32(0.5), np.nextafter(np.float32(0.5), np.float32(1))
    assert v.best_threshold(np.array([low, high], np.float32), np.array([True, False])) == low


@given(cases())
def test_auc_is_the_share_of_pairs_in_order(case: Case) -> None:
    scores, same = case
    wins = [1.0 if g > i else 0.5 if g == i else 0.0 for g in scores[same] for i in scores[~same]]
    assert v.auc(scores, same) == pytest.approx(sum(wins) / len(wins))
    assert v.auc(scores, same) == pytest.approx(roc_auc_score(same, scores))


@given(cases())
def test_eer_lies_where_the_roc_meets_the_diagonal(case: Case) -> None:
    scores, same = case
    fmr, hit, _ = roc_curve(same, scores, drop_intermediate=False)
    points = list(zip(fmr, 1 - hit, strict=True))
    for (m0, n0), (m1, n1) in pairwise(points):
        if (n0 - m0) >= 0 >= (n1 - m1) and (n0 - m0) != (n1 - m1):
            share = (n0 - m0) / ((n0 - m0) - (n1 - m1))
            assert v.eer(scores, same) == pytest.approx(m0 + share * (m1 - m0), abs=1e-9)
            return
    pytest.fail("the curve never meets the diagonal")


@pytest.mark.parametrize(
    ("genuine", "impostor", "expected"),
    [
        # from 0.3 to 0.7 one of three impostors passes and one of three genuine does not
        ([0.9, 0.8, 0.3], [0.7, 0.2, 0.1], 1 / 3),
        # one of three impostors passes on both sides of the genuine 0.8: a vertical piece
        ([0.9, 0.8], [0.85, 0.1, 0.05], 1 / 3),
        # at 0.5 (1/2, 0), above it (0, 1/2): half-way along the slope
        ([0.5, 0.9], [0.5, 0.1], 0.25),
        ([0.9], [0.1], 0.0),
        ([0.1], [0.9], 1.0),
    ],
)
def test_eer_by_hand(genuine: list[float], impostor: list[float], expected: float) -> None:
    scores = np.array(genuine + impostor, np.float32)
    same = np.array([True] * len(genuine) + [False] * len(impostor))
    assert v.eer(scores, same) == pytest.approx(expected)


@given(cases(), st.sampled_from([0.1, 0.2, 0.29, 0.5, 1.0]))
def test_tar_is_the_most_that_the_rate_allows(case: Case, far: float) -> None:
    scores, same = case
    n = int((~same).sum())
    best = None
    for threshold in [*sorted(set(scores.astype(float))), float(scores.max()) + 1]:
        passed = sum(float(s) >= threshold for s in scores[~same])
        if passed <= far * n + 1e-9:
            best = sum(float(s) >= threshold for s in scores[same]) / same.sum()
            break
    if far * n + 1e-9 < 1:
        with pytest.raises(TooFewPairs, match=f"there are {n}"):
            v.tar_at(scores, same, far=far)
        return
    rate = v.tar_at(scores, same, far=far)
    assert rate.value == pytest.approx(best)
    assert rate.low <= rate.value <= rate.high
    assert (scores[~same] >= rate.threshold).sum() <= far * n + 1e-9


@given(cases(), st.sampled_from([0.1, 0.25, 0.5, 1.0]))
def test_tar_is_a_point_of_scikit_learns_curve(case: Case, far: float) -> None:
    scores, same = case
    if far * int((~same).sum()) < 1:
        return
    fmr, tpr, _ = roc_curve(same, scores, drop_intermediate=False)
    assert v.tar_at(scores, same, far=far).value == pytest.approx(tpr[fmr <= far + 1e-9].max())


def test_tar_by_hand() -> None:
    # 10 impostors at 0.1 to 1.0; one may pass: the threshold lies just above 0.9
    scores = np.array([*np.arange(1, 11) / 10, 0.95, 0.9, 0.91, 0.2], np.float32)
    same = np.array([False] * 10 + [True] * 4)
    rate = v.tar_at(scores, same, far=0.1)
    assert rate.value == 0.5  # 0.95 and 0.91, not 0.9 itself
    # exact binomial limits of 2 of 4
    assert (rate.low, rate.high) == pytest.approx((0.0676, 0.9324), abs=1e-4)


def test_products_just_below_a_whole_number_count_as_it() -> None:
    # 0.29 * 100 is 28.999999999999996 in floating point
    impostor = np.arange(100)
    scores = np.concatenate([impostor, [1000.0]]).astype(np.float32)
    same = np.arange(101) == 100
    threshold = v.threshold_at(scores, same, far=0.29)
    assert (impostor >= threshold).sum() == 29


def test_too_few_impostors_say_how_many_are_needed() -> None:
    scores, same = made(1800)
    n = int((~same).sum())
    with pytest.raises(TooFewPairs, match=f"needs at least 1000 impostor pairs; there are {n}"):
        v.threshold_at(scores, same, far=1e-3)


def test_k_folds_against_a_slow_loop() -> None:
    scores, same = made()
    folds = np.arange(600) % 10
    got = v.k_fold_accuracy(scores, same, folds)
    each = []
    for fold in range(10):
        others = [i for i in range(600) if folds[i] != fold]
        held = [i for i in range(600) if folds[i] == fold]
        at = v.best_threshold(scores[others], same[others])
        each.append(accuracy(scores[held], same[held], at))
    mean = sum(each) / 10
    std = (sum((a - mean) ** 2 for a in each) / 9) ** 0.5
    assert (got.mean, got.std, got.error) == pytest.approx((mean, std, std / 10**0.5))
    assert got.n_folds == 10


def test_the_held_out_fold_does_not_choose_its_own_threshold() -> None:
    # each fold is separable, but at thresholds (0.25 and 0.75) that are wrong for the other
    scores = np.array([0.4, 0.1, 0.9, 0.6], np.float32)
    same = np.array([True, False, True, False])
    assert v.k_fold_accuracy(scores, same, np.array([0, 0, 1, 1])).mean == 0.5


def test_folds_dealt_out_are_balanced() -> None:
    same = np.random.default_rng(0).random(205) < 0.3
    folds = v.deal_folds(same)
    for part in (same, ~same):
        sizes = np.bincount(folds[part], minlength=10)
        assert sizes.max() - sizes.min() <= 1


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_pairs_does_not_matter(case: Case, random: object) -> None:
    scores, same = case
    order = np.random.default_rng(random.getrandbits(32)).permutation(len(scores))  # type: ignore[attr-defined]
    for measure in (v.auc, v.eer, v.best_threshold, lambda s, y: v.tar_at(s, y, far=1.0)):
        assert measure(scores[order], same[order]) == measure(scores, same)


@given(cases())
def test_only_the_order_of_scores_matters(case: Case) -> None:
    scores, same = case
    bent = np.exp(3 * scores).astype(np.float32)
    assert v.auc(bent, same) == pytest.approx(v.auc(scores, same))
    assert v.eer(bent, same) == pytest.approx(v.eer(scores, same))


def test_one_fold_one_sort_and_bad_numbers_are_refused() -> None:
    scores, same = made(20)
    with pytest.raises(TooFewPairs, match="one fold"):
        v.k_fold_accuracy(scores, same, np.zeros(20, np.int64))
    for measure in (v.auc, v.eer, v.best_threshold):
        with pytest.raises(TooFewPairs, match="20 pairs of one person and 0 of two"):
            measure(scores, np.ones(20, bool))
        with pytest.raises(ValueError, match="finite"):
            measure(np.full(20, np.nan, np.float32), same)
    with pytest.raises(ValueError, match="far is 0"):
        v.threshold_at(scores, same, far=0)
