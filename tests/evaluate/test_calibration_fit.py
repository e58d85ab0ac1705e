"""Maps to likelihood ratios against other words for them, and the refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_scores import SCALE, genuine, impostors, true_llr, world

from reid_core.errors import EvaluationError, TooFewPairs
from reid_core.evaluate import calibrate, llr
from reid_core.evaluate.comparisons import Comparisons, Looks, cross, leave_one_out
from reid_core.evaluate.rates import Pairs

FAR = 50.0  # a limit that no score reaches


def scored(n: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray, llr.Weighted]:
    rng = np.random.default_rng(seed)
    same = rng.random(n) < 0.3
    scores = np.round(np.where(same, rng.normal(0.4, 0.15, n), rng.normal(0.1, 0.15, n)), 4)
    return scores, same, llr.Weighted.of(scores, same, np.ones(n))


def balanced(same: np.ndarray, share: float = 0.5) -> np.ndarray:
    """Weights under which the genuine make up a share."""
    return np.where(same, share / same.sum(), (1 - share) / (~same).sum())


def test_the_logistic_map_is_that_of_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    scores, same, given = scored()
    x = (scores[:, None] - 0.25) / 0.2
    reference = LogisticRegression(C=1e8, tol=1e-10, max_iter=1000)
    reference.fit(x, same, sample_weight=balanced(same, 0.1) * len(same))
    at = np.array([0.0, 0.2, 0.5])
    odds = reference.decision_function((at[:, None] - 0.25) / 0.2)
    wanted = odds - math.log(0.1 / 0.9)
    found = llr.apply(llr.logistic(given, least=-FAR, most=FAR), at)
    assert found == pytest.approx(wanted, abs=0.02)  # a slight ridge keeps ours finite


def test_the_isotonic_map_is_that_of_scikit_learn() -> None:
    from sklearn.isotonic import IsotonicRegression

    scores, same, given = scored()
    reference = IsotonicRegression(y_min=0, y_max=1)
    share = reference.fit(scores, same, sample_weight=balanced(same)).predict(scores)
    knots = llr.isotonic(given, least=-3.0, most=3.0)
    for value, level in knots:
        nearest = share[np.abs(scores - value).argsort(kind="stable")[:1]][0]
        clipped = np.clip(np.log(max(nearest, 1e-30) / max(1 - nearest, 1e-30)), -3, 3)
        assert abs(level - clipped) < 1e-6 or value not in scores
    inside = [level for _, level in knots]
    assert inside == sorted(inside)
    assert llr.cost(knots, given) < llr.cost(llr.logistic(given, least=-3, most=3), given) + 1e-9


def test_cost_is_the_mean_of_the_two_sorts_in_bits() -> None:
    knots = ((0.0, -2.0), (1.0, 2.0))
    given = llr.Weighted.of(
        np.array([0.75, 0.0, 0.5]), np.array([True, False, False]), np.array([1.0, 1.0, 3.0])
    )
    wanted = math.log2(1 + math.exp(-1)) + (math.log2(1 + math.exp(-2)) + 3 * 1) / 4
    assert llr.cost(knots, given) == pytest.approx(wanted / 2)
    assert llr.cost(((0.0, 0.0), (1.0, 0.0)), given) == pytest.approx(1.0)


def test_cost_at_a_low_prior_is_that_of_the_probabilities_it_gives() -> None:
    knots, prior = ((0.0, -2.0), (1.0, 2.0)), 0.01
    given = llr.Weighted.of(np.array([0.75, 0.25]), np.array([True, False]), np.ones(2))
    chances = [1 / (1 + math.exp(-x) * (1 - prior) / prior) for x in (1, -1)]
    spent = -prior * math.log(chances[0]) - (1 - prior) * math.log(1 - chances[1])
    known = -prior * math.log(prior) - (1 - prior) * math.log(1 - prior)
    assert llr.cost(knots, given, prior=prior) == pytest.approx(spent / known)


def test_likelihood_ratios_are_the_true_ones() -> None:
    found = calibrate.fit(world(300, np.random.default_rng(0)), fmr=1e-3)
    assert found.method == "logistic"  # what made the scores is one
    for score in (0.1, 0.15, 0.2, 0.25, 0.3):
        assert llr.apply(found.knots, np.array([score]))[0] == pytest.approx(
            true_llr(score), abs=0.8
        )


def test_a_bent_world_takes_the_isotonic_map() -> None:
    """Half of all genuine comparisons look like impostors: no straight line says that."""
    rng = np.random.default_rng(0)
    odd = genuine(400, rng, each=3)
    poor = rng.random(len(odd)) < 0.5
    scores = np.where(poor, SCALE * rng.normal(size=len(odd)), odd.scores)
    bent = Comparisons.of(scores, odd.first, odd.second, "gallery")
    found = calibrate.fit(Comparisons.joined([impostors(400, rng), bent]), fmr=1e-3)
    assert found.method == "isotonic"
    assert found.costs["isotonic"] < found.costs["logistic"]


def test_no_claim_beyond_the_evidence() -> None:
    found = calibrate.fit(world(100, np.random.default_rng(1)), fmr=1e-2)
    values = llr.apply(found.knots, np.linspace(-1, 1, 201))
    assert values.max() <= math.log(1 + found.pairs) + 1e-9
    assert values.min() >= -math.log(1 + found.genuine) - 1e-9
    assert found.effective <= found.pairs


def test_scores_that_never_mix_still_have_a_map_within_bounds() -> None:
    rng = np.random.default_rng(0)
    other = impostors(60, rng)
    one = Comparisons.of(np.full(60, 0.95), np.arange(60), np.arange(60), "gallery")
    found = calibrate.fit(Comparisons.joined([other, one]), fmr=1e-2)
    values = llr.apply(found.knots, np.array([-1.0, 0.95, 1.0]))
    assert np.isfinite(values).all()
    assert values[0] < 0 < values[1] <= math.log(1 + found.pairs)


@pytest.mark.parametrize("fmr", [0.0, 1.0, 2.0, -1e-3, math.nan, math.inf])
def test_an_odd_rate_is_refused_in_a_sentence(fmr: float) -> None:
    with pytest.raises(EvaluationError, match="false-match rate") as caught:
        calibrate.fit(world(60, np.random.default_rng(0)), fmr=fmr)
    assert not isinstance(caught.value, TooFewPairs)


def test_too_few_pairs_are_refused_with_both_numbers_and_a_way_out() -> None:
    with pytest.raises(TooFewPairs, match=r"45 pairs.*10 people.*3,689 are needed.*87 people"):
        calibrate.fit(world(10, np.random.default_rng(0)), fmr=1e-3)
    with pytest.raises(TooFewPairs, match=r"or ask for 0\.01\."):
        calibrate.fit(world(40, np.random.default_rng(0)), fmr=1e-3)
    nobody = Comparisons.joined([])
    with pytest.raises(TooFewPairs, match=r"0 pairs"):
        calibrate.fit(nobody, fmr=0.1)


def test_what_it_advises_to_ask_for_is_enough() -> None:
    given = world(40, np.random.default_rng(0))
    assert calibrate.fit(given, fmr=1e-2).pairs == 780


def test_people_seen_once_say_nothing_of_misses() -> None:
    rng = np.random.default_rng(0)
    given = Comparisons.joined([impostors(60, rng), genuine(9, rng)])
    with pytest.raises(TooFewPairs, match=r"Only 9 people were seen more than once; 10"):
        calibrate.fit(given, fmr=1e-2)


def test_pairs_that_are_all_of_one_person_are_refused() -> None:
    """One person under many names: whatever passes, passes because of them."""
    rng = np.random.default_rng(0)
    other = impostors(60, rng)
    hers = (other.first == 0) | (other.second == 0)
    scores = np.where(hers, 0.9, other.scores - 0.5)
    given = Comparisons.of(scores, other.first, other.second, "gallery")
    with pytest.raises(TooFewPairs, match="so related"):
        calibrate.fit(Comparisons.joined([given, genuine(60, rng)]), fmr=59.5 / 1770)


def test_a_model_that_tells_nobody_apart_is_refused() -> None:
    rng = np.random.default_rng(0)
    given = genuine(60, rng)
    lower = Comparisons.of(-given.scores, given.first, given.second, "gallery")
    with pytest.raises(EvaluationError, match="no more alike"):
        calibrate.fit(Comparisons.joined([impostors(60, rng), lower]), fmr=1e-2)


def test_few_pairs_that_pass_are_warned_of_and_many_are_not() -> None:
    few, many = (calibrate.fit(world(n, np.random.default_rng(0)), fmr=1e-2) for n in (40, 300))
    assert any("rests on few pairs" in w for w in few.warnings)
    assert not many.warnings


def test_origins_that_mean_two_things_are_warned_of() -> None:
    rng = np.random.default_rng(0)
    strangers, family = impostors(200, rng), impostors(60, rng)
    nearer = Comparisons.of(family.scores + 0.1, family.first + 500, family.second + 500, "footage")
    given = Comparisons.joined([strangers, nearer, genuine(200, rng)])
    (said,) = [w for w in calibrate.fit(given, fmr=1e-2).warnings if "as often" in w]
    assert "of the footage pass" in said


def test_the_same_evidence_gives_the_same_answer() -> None:
    given = world(60, np.random.default_rng(0))
    turned = given[np.random.default_rng(1).permutation(len(given))]
    one, other = calibrate.fit(given, fmr=1e-2), calibrate.fit(turned, fmr=1e-2)
    assert one.threshold == other.threshold
    assert one.method == other.method


def test_everybody_a_copy_of_one_picture() -> None:
    """No threshold keeps them apart, and it says that everybody is missed."""
    rows = np.tile(np.eye(4, dtype=np.float32)[:1], (60, 1))
    looks = Looks(rows, np.repeat(np.arange(30), 2))
    assert len(leave_one_out(looks, "gallery")) == 0  # copies prove nothing
    other = cross(looks, looks, "gallery")
    one = Comparisons.of(np.full(30, 0.99), np.arange(30), np.arange(30), "gallery")
    with pytest.raises(EvaluationError):
        calibrate.fit(Comparisons.joined([other, one]), fmr=1e-2)


def test_sets_are_compared_as_decisions_do() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(12, 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    who = np.array([3, 1, 1, 2, 2, 2, 3, 1, 2, 3, 3, 1])
    looks = Looks(vectors, who)
    made = Comparisons.joined([cross(looks, looks, "gallery"), leave_one_out(looks, "gallery")])
    wanted = []
    for i in range(12):
        for person in (1, 2, 3):
            own = [j for j in range(12) if who[j] == person and j != i]
            wanted.append((person, who[i], max(float(vectors[i] @ vectors[j]) for j in own)))
    found = sorted(zip(made.first, made.second, made.scores, strict=True))
    assert np.array(found) == pytest.approx(np.array(sorted(wanted)), abs=6e-5)


def test_pairs_count_once_each() -> None:
    given = Comparisons.of(
        np.array([0.9, 0.1, 0.1, 0.8]), np.array([1, 1, 1, 3]), np.array([2, 2, 2, 1]), "gallery"
    )
    pairs = Pairs.of(given)
    assert len(pairs) == 2
    assert pairs.people == 3
    assert sorted(pairs.passing(0.5).tolist()) == pytest.approx([1 / 3, 1.0])


def test_a_map_that_cannot_be_made_of_some_people_costs_what_knowing_nothing_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given, bounds = world(60, np.random.default_rng(0)), (-5.0, 5.0)
    _, before, _ = calibrate.choose(given, bounds)
    folds = iter(range(calibrate.N_FOLDS + 1))

    def failing(some: llr.Weighted, *, least: float, most: float) -> llr.Knots:
        if next(folds) == 0:
            raise EvaluationError("made")
        return llr.logistic(some, least=least, most=most)

    monkeypatch.setitem(calibrate.FITS, "logistic", failing)
    _, after, _ = calibrate.choose(given, bounds)
    assert after["isotonic"] == before["isotonic"]
    assert after["logistic"] > before["logistic"] + 0.05
