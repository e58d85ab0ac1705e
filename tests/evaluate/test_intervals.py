"""Intervals, each checked against what defines it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.evaluate.intervals import clopper_pearson, percentiles, wilson


def at_least(hits: int, n: int, p: float) -> float:
    """The chance of `hits` or more in n trials."""
    return sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(hits, n + 1))


@pytest.mark.parametrize(("hits", "n"), [(1, 10), (5, 10), (9, 10), (37, 40), (3, 300)])
def test_clopper_pearson_leaves_a_fortieth_in_each_tail(hits: int, n: int) -> None:
    low, high = clopper_pearson(hits, n)
    assert at_least(hits, n, low) == pytest.approx(0.025, abs=1e-9)
    assert 1 - at_least(hits + 1, n, high) == pytest.approx(0.025, abs=1e-9)


def test_clopper_pearson_at_the_ends() -> None:
    # none of 20: (1 - p)^20 = 0.025
    assert clopper_pearson(0, 20) == pytest.approx((0.0, 1 - 0.025 ** (1 / 20)))
    assert clopper_pearson(20, 20) == pytest.approx((0.025 ** (1 / 20), 1.0))


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_limits_are_the_shares_just_not_rejected(case: tuple[int, int]) -> None:
    hits, n = case
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    for limit in (low, high):
        if 0 < limit < 1:
            distance = abs(hits / n - limit) / math.sqrt(limit * (1 - limit) / n)
            assert distance == pytest.approx(1.959964, abs=1e-4)


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_failures_mirror_successes(case: tuple[int, int]) -> None:
    hits, n = case
    for interval in (wilson, clopper_pearson):
        low, high = interval(hits, n)
        assert interval(n - hits, n) == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_percentiles_of_a_mean_are_as_wide_as_theory_says() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(5, 2, 400)
    low, high = percentiles([values[rng.integers(0, 400, 400)].mean() for _ in range(4000)])
    # 2 * 1.96 * sd / sqrt(n); 4000 rounds pin the quantiles to a few per cent
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.08)
    assert low < values.mean() < high


def test_draws_without_an_answer_are_left_out() -> None:
    assert percentiles([0.5, math.nan, 0.5]) == (0.5, 0.5)
    assert np.isnan(percentiles([math.nan] * 3)).all()


@pytest.mark.parametrize("case", [(0, 0), (-1, 5), (6, 5)])
def test_what_is_no_share_is_refused(case: tuple[int, int]) -> None:
    for interval in (wilson, clopper_pearson):
        with pytest.raises(ValueError, match=r"is no share"):
            interval(*case)
