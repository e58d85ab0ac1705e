"""Priors and probabilities, against slower ways of saying the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.search.probability import (
    LEAST_SHOWN,
    MOST_SHARE,
    among_people,
    posterior,
    search_prior,
)

llrs = st.lists(st.floats(-8, 12), min_size=1, max_size=30).map(np.array)


def by_em(found: np.ndarray, n: int) -> float:
    """Saerens et al.: the prior is the mean of the probabilities under it, again and again."""
    least = LEAST_SHOWN / n
    share = 0.1
    for _ in range(20_000):
        mean = float(posterior(found, share).sum()) / n
        new = float(np.clip(mean, least, MOST_SHARE))
        if abs(new - share) < 1e-12:
            break
        share = new
    return share


@given(llrs, st.integers(30, 100_000))
def test_the_prior_is_where_em_comes_to_rest(found: np.ndarray, n: int) -> None:
    assert search_prior(found, n) == pytest.approx(by_em(found, n), rel=0.05)


def test_who_is_there_is_counted() -> None:
    """Ten of ten thousand, told apart without doubt."""
    found = np.array([12.0] * 10 + [-8.0] * 90)
    prior = search_prior(found, 10_000)
    assert prior * 10_000 == pytest.approx(10, rel=0.15)
    assert posterior(found, prior)[0] > 0.98
    assert posterior(found, prior)[-1] < 1e-4


def test_the_same_likeness_is_worth_less_among_more() -> None:
    found = np.array([6.0])
    chances = [float(posterior(found, search_prior(found, n))[0]) for n in (10, 1000, 100_000)]
    assert chances[0] > 0.9
    assert chances[0] > chances[1] > chances[2]
    assert chances[2] < 0.01


def test_nobody_there_gives_no_confidence() -> None:
    found = np.full(64, -3.0)
    prior = search_prior(found, 100_000)
    assert prior == pytest.approx(LEAST_SHOWN / 100_000)
    assert posterior(found, prior).max() < 1e-5


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_library_of_next_to_nothing_has_a_prior(n: int) -> None:
    assert 0 < search_prior(np.array([3.0][:n]), n) <= MOST_SHARE


@given(llrs)
def test_everybody_and_nobody_are_one(found: np.ndarray) -> None:
    chances = among_people(found)
    nobody = 1 / (1 + np.exp(found).sum())
    assert chances.sum() + nobody == pytest.approx(1)
    ratio = chances / nobody
    assert ratio == pytest.approx(np.exp(found), rel=1e-6)


def test_nobody_enrolled_is_no_mishap() -> None:
    assert among_people(np.zeros(0)).tolist() == []


def test_a_stranger_among_many_is_nobody() -> None:
    assert among_people(np.full(1000, -9.0)).max() < 0.001
    assert among_people(np.array([9.0, *[-5.0] * 50]))[0] > 0.99
