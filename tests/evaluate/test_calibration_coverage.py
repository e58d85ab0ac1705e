"""The intervals hold what they say, on simulated galleries whose truth is known exactly."""

from __future__ import annotations

import numpy as np
import pytest
from made_scores import genuine, impostors, threshold_for, true_fmr, true_fnmr

from reid_core.evaluate import calibrate, rates
from reid_core.evaluate.comparisons import Comparisons
from reid_core.evaluate.intervals import clopper_pearson
from reid_core.evaluate.rates import Pairs

GALLERIES = 200
PROMISED = 0.93  # of intervals that are called 95 %


def covered(n: int, fmr: float, partners: int | None) -> tuple[float, float]:
    """The share of galleries whose interval holds the true rate, and the true threshold."""
    hits = []
    for seed in range(GALLERIES):
        rng = np.random.default_rng([seed, n])
        pairs = Pairs.of(impostors(n, rng, partners=partners))
        threshold = rates.threshold_at(pairs, fmr)
        rate = rates.false_matches(pairs, threshold, rounds=100, seed=seed)
        low, high = rates.threshold_interval(pairs, rate, fmr)
        hits.append(
            (
                rate.low <= true_fmr(threshold) <= rate.high,
                (low is None or low <= threshold_for(fmr))
                and (high is None or threshold_for(fmr) <= high),
            )
        )
    rate_hits, threshold_hits = np.mean(hits, axis=0)
    return float(rate_hits), float(threshold_hits)


@pytest.mark.parametrize(
    ("n", "fmr", "partners"),
    [(30, 1e-2, None), (60, 1e-2, None), (100, 1e-2, None), (100, 1e-3, None), (200, 1e-2, 6)],
)
def test_the_interval_covers_the_true_rate(n: int, fmr: float, partners: int | None) -> None:
    rate, threshold = covered(n, fmr, partners)
    assert rate >= PROMISED
    assert threshold >= PROMISED


def test_an_interval_that_counts_pairs_does_not() -> None:
    """What the bootstrap over people is for: the usual exact interval fails in the same worlds."""
    hits = []
    for seed in range(GALLERIES):
        pairs = Pairs.of(impostors(100, np.random.default_rng([seed, 100])))
        threshold = rates.threshold_at(pairs, 1e-2)
        passing = round(float(pairs.passing(threshold).sum()))
        low, high = clopper_pearson(passing, len(pairs))
        hits.append(low <= true_fmr(threshold) <= high)
    assert np.mean(hits) < 0.75


def percentiles(pairs: Pairs, threshold: float, seed: int) -> tuple[float, float]:
    """The plain bootstrap over people, both of a pair."""
    passed = pairs.passing(threshold)
    table = np.zeros((pairs.people, pairs.people))
    table[pairs.first, pairs.second] = passed
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(pairs.people, np.full(pairs.people, 1 / pairs.people), 200)
    hits = ((drawn @ table) * drawn).sum(1)
    every = (drawn.sum(1) ** 2 - (drawn**2).sum(1)) / 2
    low, high = np.quantile(hits / every, [0.025, 0.975])
    return float(low), float(high)


@pytest.mark.parametrize(("n", "fmr"), [(30, 1e-2), (60, 1e-2), (100, 1e-3)])
def test_where_few_people_are_behind_all_that_passes_it_still_holds(n: int, fmr: float) -> None:
    """The worst there is: percentiles of the same bootstrap fail, ours nearly do not."""
    hits = []
    for seed in range(GALLERIES):
        pairs = Pairs.of(impostors(n, np.random.default_rng([seed, n]), harsh=True))
        threshold = rates.threshold_at(pairs, fmr)
        truth = true_fmr(threshold, harsh=True)
        rate = rates.false_matches(pairs, threshold, rounds=100, seed=seed)
        low, high = percentiles(pairs, threshold, seed)
        hits.append((rate.low <= truth <= rate.high, low <= truth <= high))
    ours, plain = np.mean(hits, axis=0)
    assert ours >= 0.88
    assert plain < ours


def test_the_interval_of_misses_covers_the_true_share() -> None:
    hits = []
    for seed in range(GALLERIES):
        given = genuine(40, np.random.default_rng(seed), each=4)
        rate = calibrate.misses(given, 0.3)
        hits.append(rate.low <= true_fnmr(0.3) <= rate.high)
    assert np.mean(hits) >= PROMISED


def test_more_comparisons_of_the_same_pairs_make_nothing_surer() -> None:
    once = impostors(60, np.random.default_rng(0))
    often = Comparisons.joined([once] * 5)
    one, other = (
        rates.false_matches(p, rates.threshold_at(p, 1e-2)) for p in map(Pairs.of, (once, often))
    )
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


def test_who_is_compared_with_whom_does_not_matter() -> None:
    once = impostors(60, np.random.default_rng(0))
    turned = Comparisons(once.scores, once.second, once.first, once.origin)
    assert rates.threshold_at(Pairs.of(once), 1e-2) == rates.threshold_at(Pairs.of(turned), 1e-2)
    one, other = (rates.false_matches(Pairs.of(c), 0.23) for c in (once, turned))
    assert one.high == pytest.approx(other.high)


def test_the_variance_is_that_of_drawing_people() -> None:
    """Against a slow bootstrap that draws people, and counts what passes among them."""
    given = impostors(40, np.random.default_rng(3))
    pairs = Pairs.of(given)
    passed = pairs.passing(0.15)
    rest = passed - passed.mean()
    fast = rates._bootstrap(pairs, rest, 4000, 0)
    rng = np.random.default_rng(1)
    table = np.zeros((40, 40))
    table[pairs.first, pairs.second] = rest
    table += table.T
    slow = []
    for _ in range(4000):
        drawn = rng.integers(0, 40, 40)
        slow.append(table[np.ix_(drawn, drawn)].sum() / 2 / len(pairs))
    assert fast == pytest.approx(np.mean(np.square(slow)), rel=0.1)  # two random estimates


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
def test_of_unrelated_pairs_it_is_the_exact_interval(share: float) -> None:
    rate = rates.interval(share, share * (1 - share) / 200, most=200, freedom=1e9)
    assert (rate.low, rate.high) == pytest.approx(clopper_pearson(int(share * 200), 200), abs=1e-6)


def test_the_threshold_lets_at_most_so_many_pass_and_no_fewer_than_it_could() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        given = impostors(20, rng)
        ties = Comparisons.of(given.scores.round(2), given.first, given.second, "gallery")
        for share in (0.0, 0.004, 0.01, 0.05, 0.3, 1.0):
            pairs = Pairs.of(ties)
            threshold = rates.threshold_at(pairs, share)
            assert np.mean(ties.scores >= threshold) <= share + 1e-9
            lower = ties.scores[ties.scores < threshold]
            if len(lower):
                assert np.mean(ties.scores >= lower.max()) > share
