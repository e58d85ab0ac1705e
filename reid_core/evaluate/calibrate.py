"""Calibrate: the threshold at a false-match rate, the map to log-likelihood ratios, the refusals.

Comparisons in, a `Fit` out; who keeps it, and for which model, is not known here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.calibration import METHODS, Interval, Origin
from reid_core.errors import EvaluationError, TooFewPairs
from reid_core.evaluate import llr, rates
from reid_core.evaluate.comparisons import ORIGINS, Comparisons, Doubles
from reid_core.evaluate.intervals import Share
from reid_core.evaluate.rates import Estimate, Pairs

Bools = NDArray[np.bool_]
N_FOLDS = 5  # of people, to choose the map
LEAST_RATE = 1e-9  # for which nobody has the people
PRIORS = (0.5, 0.1, 0.01, 0.001)  # at which it has to do well: a search looks through many
LEAST_PEOPLE = 10  # with comparisons of their own, so that anything can be said of misses
COMFORTABLE = 30  # pairs that pass make a threshold steady (rule of 30: Doddington et al. 2000)
MISSED_MUCH = 0.5
TIMES = 3.0  # rates of two origins that differ more mean two different things
SOME = 10  # comparisons that pass, so that a rate of one origin can be compared
FITS = {"logistic": llr.logistic, "isotonic": llr.isotonic}


@dataclass(frozen=True, slots=True)
class Fit:
    """What `Calibration` holds of the evidence itself; see there."""

    threshold: Interval
    passed: Interval
    missed: Interval
    method: str
    costs: dict[str, float]
    knots: llr.Knots
    people: int
    pairs: int
    effective: float
    genuine: int
    origins: tuple[Origin, ...]
    warnings: tuple[str, ...]


def check_rate(fmr: float) -> float:
    """A false-match rate that can be asked for. Raises EvaluationError saying what can."""
    if not LEAST_RATE <= fmr <= 0.5:  # also refuses NaN
        raise EvaluationError(
            f"{fmr:g} is no false-match rate to calibrate for: say a share from {LEAST_RATE:g} to "
            "0.5, such as 1e-3 for one pair of different people in a thousand."
        )
    return fmr


def fit(given: Comparisons, *, fmr: float, seed: int = 0) -> Fit:
    """Measure. fmr: the share of pairs of two people that may pass.

    Raises TooFewPairs saying how many there are and how many are needed, EvaluationError for a
    rate that is none or scores that tell nobody apart, ValueError for scores that are not finite.
    """
    check_rate(fmr)
    if not np.isfinite(given.scores).all():
        raise ValueError("scores must be finite numbers")
    impostor, genuine = given[~given.same], given[given.same]
    pairs = Pairs.of(impostor)
    check_enough(pairs=len(pairs), people=pairs.people, own=_n_people(genuine), fmr=fmr)
    threshold = rates.threshold_at(pairs, fmr)
    passed = rates.false_matches(pairs, threshold, seed=seed)
    if passed.worth * fmr < 1:
        raise TooFewPairs(_related(len(pairs), pairs.people, passed.worth, fmr))
    missed = misses(genuine, threshold)
    bounds = -math.log1p(missed.worth), math.log1p(_unrelated(pairs, seed))
    method, costs, knots = choose(given, bounds, seed=seed)
    low, high = rates.threshold_interval(pairs, passed, fmr)
    return Fit(
        threshold=Interval(round(threshold, 4), low, high),
        passed=_as_interval(passed),
        missed=_as_interval(missed),
        method=method,
        costs=costs,
        knots=knots,
        people=pairs.people,
        pairs=len(pairs),
        effective=round(passed.worth, 1),
        genuine=len(genuine),
        origins=_origins(given, threshold),
        warnings=tuple(_warnings(given, passed, missed, fmr, threshold)),
    )


def _unrelated(pairs: Pairs, seed: int) -> float:
    """How many unrelated pairs they are worth where few pass: no ratio beyond that is claimed.

    About the bound of Vergeer et al., Science & Justice 56, 2016: one more pair that is not there
    could be of two people. It must not depend on the rate that was asked for.
    """
    threshold = rates.threshold_at(pairs, min(COMFORTABLE / len(pairs), 0.5))
    return rates.false_matches(pairs, threshold, seed=seed).worth


def check_enough(*, pairs: int, people: int, own: int, fmr: float) -> None:
    """Raise TooFewPairs before anything is computed. own: people with comparisons of their own."""
    wanted = rates.needed(fmr)
    if pairs < wanted:
        raise TooFewPairs(
            f"A false-match rate of {fmr:g} cannot be measured: there are {pairs:,} pairs of two "
            f"different people ({people:,} people), and {wanted:,} are needed, which "
            f"{people_for(wanted):,} people make. {_advice(pairs)}"
        )
    if own < LEAST_PEOPLE:
        raise TooFewPairs(
            f"Only {own} people were seen more than once; {LEAST_PEOPLE} are needed to say how "
            "often one person is missed. Enrol people with two or more photos, or index footage."
        )


def people_for(pairs: int) -> int:
    """How many people make so many pairs."""
    return math.ceil((1 + math.sqrt(1 + 8 * pairs)) / 2)


def misses(genuine: Comparisons, threshold: float) -> Estimate:
    """The share of one person's comparisons below a threshold, each person counting once.

    The variance is that over people, whose comparisons are not independent.
    """
    who, at = np.unique(genuine.first, return_inverse=True)
    counts = np.bincount(at)
    share = np.bincount(at, genuine.scores < threshold) / counts
    n = len(who)
    variance = float(share.var(ddof=1)) / n if n > 1 else 1.0
    # people who are all missed or all found vary less than they would: no better than one look each
    mean = float(share.mean())
    least = mean * (1 - mean) / len(genuine)
    return rates.interval(mean, max(variance, least), most=n, freedom=max(n - 1, 2))


def choose(
    given: Comparisons, bounds: tuple[float, float], *, seed: int = 0
) -> tuple[str, dict[str, float], llr.Knots]:
    """The map that costs less on people it did not learn from: its name, both costs, its knots.

    People are dealt into folds; a comparison is learnt from when neither of its two people is
    held out, and judged on when both are. The cost is the mean over `PRIORS`; Cllr alone, which
    is that at 0.5, overlooks the high scores by which somebody is found among many.
    """
    people, weight = _weights(given)
    fold = _folds(people, seed)
    costs = {m: round(_held_out(given, weight, fold, m, bounds), 4) for m in METHODS}
    method = min(METHODS, key=lambda m: costs[m])
    every = llr.Weighted.of(given.scores, given.same, weight)
    least, most = bounds
    return method, costs, FITS[method](every, least=least, most=most)


def _held_out(
    given: Comparisons,
    weight: Doubles,
    fold: tuple[NDArray[np.int8], NDArray[np.int8]],
    method: str,
    bounds: tuple[float, float],
) -> float:
    """The mean cost over the folds that have both sorts of comparisons."""
    found = []
    for k in range(N_FOLDS):
        learnt, judged = (
            llr.Weighted.of(given.scores[rows], given.same[rows], weight[rows])
            for rows in ((fold[0] != k) & (fold[1] != k), (fold[0] == k) & (fold[1] == k))
        )
        if not (judged.genuine.any() and judged.impostor.any()):
            continue
        try:
            knots = FITS[method](learnt, least=bounds[0], most=bounds[1])
        except EvaluationError:  # a map that cannot be made is worth nothing there
            found.append(1.0)
            continue
        found.append(float(np.mean([llr.cost(knots, judged, prior=p) for p in PRIORS])))
    return float(np.mean(found)) if found else 1.0


def _weights(given: Comparisons) -> tuple[NDArray[np.int64], Doubles]:
    """(2, N) people numbered from 0; (N,) weights, together 1 for each pair and each person."""
    sides = np.stack([given.first, given.second])
    known, numbered = np.unique(sides, return_inverse=True)
    people = numbered.reshape(sides.shape)
    low, high = np.sort(people, axis=0)
    _, pair, made = np.unique(low * len(known) + high, return_inverse=True, return_counts=True)
    return people, 1 / made[pair]


def _folds(people: NDArray[np.int64], seed: int) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    n = int(people.max()) + 1
    dealt = np.random.default_rng(seed).permutation(n) % N_FOLDS
    fold = dealt.astype(np.int8)
    return fold[people[0]], fold[people[1]]


def _origins(given: Comparisons, threshold: float) -> tuple[Origin, ...]:
    result = []
    for code, name in enumerate(ORIGINS):
        some = given[given.origin == code]
        if not len(some):
            continue
        same = some.same
        above = some.scores >= threshold
        n_same, n_other = int(same.sum()), int((~same).sum())
        result.append(
            Origin(
                name,
                n_same,
                n_other,
                len(np.unique(np.concatenate([some.first, some.second]))),
                round(float((same & ~above).sum()) / n_same, 5) if n_same else None,
                round(float((~same & above).sum()) / n_other, 7) if n_other else None,
            )
        )
    return tuple(result)


def _differing(origins: tuple[Origin, ...]) -> list[str]:
    """That people of one origin pass far more often than those of another."""
    known = [o for o in origins if o.passed is not None and o.passed * o.impostor >= SOME]
    known.sort(key=lambda o: o.passed or 0.0)
    if len(known) < 2:
        return []
    least, most = known[0], known[-1]
    times = (most.passed or 0.0) / (least.passed or 1.0)
    if times < TIMES:
        return []
    return [
        f"Different people of the {most.name} pass {times:.0f} times as often as those of the "
        f"{least.name}: one threshold means two rates here."
    ]


def _warnings(
    given: Comparisons, passed: Estimate, missed: Estimate, fmr: float, threshold: float
) -> list[str]:
    said = []
    if passed.worth * fmr < COMFORTABLE:
        said.append(
            f"The threshold rests on few pairs: {math.ceil(COMFORTABLE / fmr):,} unrelated ones "
            f"make one of {fmr:g} steady, these are worth {passed.worth:,.0f}."
        )
    genuine = given.origin[given.same]
    if (genuine == ORIGINS.index("footage")).all():
        said.append(
            "That one person's looks are alike was seen within single appearances only, which is "
            "easier than on another day: more are missed than it says."
        )
    said += _differing(_origins(given, threshold))
    if missed.value > MISSED_MUCH:
        said.append(
            f"At this threshold {missed.value:.0%} of one person's looks are missed: the model "
            "cannot keep strangers apart as strictly as that."
        )
    return said


def _n_people(genuine: Comparisons) -> int:
    return len(np.unique(genuine.first))


def _advice(pairs: int) -> str:
    ask = -math.log(rates.TAIL) / pairs if pairs else 1.0
    could = 10 ** math.ceil(math.log10(ask)) if ask < 0.05 else None
    more = "Enrol more people, index footage with several people in one picture"
    return f"{more}, or ask for {could:g}." if could else f"{more}."


def _related(pairs: int, people: int, effective: float, fmr: float) -> str:
    return (
        f"A false-match rate of {fmr:g} cannot be measured: the {pairs:,} pairs of {people:,} "
        f"people are so related that they are worth {effective:,.0f}, and {1 / fmr:,.0f} "
        "are needed. A few people resemble many, or one person is there under two names."
    )


def _as_interval(share: Share) -> Interval:
    return Interval(share.value, share.low, share.high)
