"""Two models on the same held-out rows: measures of both, and the interval of the difference.

The interval is a bootstrap over people (Efron 1979): rows of one person stand or fall together,
and each draw serves both models (paired).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.evaluate.holdout import Bools, Ids, Split
from reid_core.evaluate.intervals import percentiles
from reid_core.evaluate.ranking import Ranked, by_person
from reid_core.types import Floats

ROUNDS = 2000
LEAST_PEOPLE = 5  # held out, below which an interval over people says nothing
MOST_PAIRS = 1_000_000  # of strangers; all pairs of one person count
MAIN = "mAP"
Doubles = NDArray[np.float64]
Statistic = Callable[[Doubles], float]  # of how often each person was drawn
STEP = 65_536  # pairs compared at a time


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of both models. low, high: 95 % interval of new - old. basis: on what.

    lower_is_better: an error rate.
    """

    name: str
    old: float
    new: float
    low: float
    high: float
    basis: str
    lower_is_better: bool = False

    @property
    def is_better(self) -> bool:
        """Whether all of the interval speaks for the new model."""
        return self.high < 0 if self.lower_is_better else self.low > 0

    @property
    def is_worse(self) -> bool:
        """Whether all of the interval speaks against it."""
        return self.low > 0 if self.lower_is_better else self.high < 0


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """What is compared. old, new: (N, D) unit rows of both models. people, looks: (N,), people
    below 0 for strangers, who are nobody's gallery.

    strangers_old, strangers_new: cosines of different people in data that neither threshold is
    judged on and the new model was not fitted to (folds), for TAR at a false-match rate.
    """

    old: Floats
    new: Floats
    people: Ids
    looks: Ids
    split: Split
    strangers_old: Floats
    strangers_new: Floats


class Draws:
    """How often each person is drawn in each round; the same for both models."""

    def __init__(self, *, rounds: int = ROUNDS, seed: int = 0) -> None:
        self._rounds, self._seed = rounds, seed

    def interval(self, who: Ids, difference: Statistic) -> tuple[float, float]:
        """95 % of a statistic's values over draws of these people (P,), each a weight (P,)."""
        rng = np.random.default_rng(self._seed)
        share = np.full(len(who), 1 / len(who))
        drawn = rng.multinomial(len(who), share, self._rounds).astype(float)
        return percentiles([difference(weight) for weight in drawn])


def rankings(case: Case, old: Ranked, new: Ranked, draw: Draws) -> list[Figure]:
    """Rank-1 and mAP by person, of all and of the never-seen alone."""
    whose = case.people[old.rows]
    unseen = case.split.unseen[old.rows]
    figures = []
    for name, a, b in (
        (MAIN, old.precision, new.precision),
        ("rank-1", (old.place == 0).astype(float), (new.place == 0).astype(float)),
    ):
        for title, some in ((name, np.ones(len(whose), bool)), (f"{name}, unseen people", unseen)):
            who, before = by_person(a[some], whose[some])
            if len(who) >= LEAST_PEOPLE:
                after = by_person(b[some], whose[some])[1]
                basis = f"{int(some.sum())} pictures of {len(who)} people"
                figures.append(paired_mean(title, who, before, after, draw, basis))
    return figures


def paired_mean(
    name: str, who: Ids, before: Doubles, after: Doubles, draw: Draws, basis: str = ""
) -> Figure:
    """A measure by person (P,) before and after; who: (P,) they are."""
    low, high = draw.interval(who, _mean_of(after - before))
    return Figure(name, float(before.mean()), float(after.mean()), low, high, basis)


def _mean_of(values: Doubles) -> Statistic:
    return lambda weight: float(weight @ values / weight.sum())


def verification(case: Case, pairs: HeldPairs, draw: Draws, fmr: float) -> list[Figure]:
    """TAR at a threshold that other strangers set; nothing where there are too few of them."""
    n = min(len(case.strangers_old), len(case.strangers_new))
    rate = next((r for r in sorted({fmr, 1e-2, 1e-1}) if r >= fmr and n * r >= 10), None)
    if rate is None or not pairs.same.any():
        return []
    hits, false = [], []
    for x, strangers in ((case.old, case.strangers_old), (case.new, case.strangers_new)):
        above = pairs.scores(x) >= float(np.quantile(strangers, 1 - rate))
        hits.append(above[pairs.same].astype(np.float64))
        false.append(float(above[~pairs.same].mean()) if not pairs.same.all() else 0.0)
    who, where = np.unique(case.people[pairs.rows[pairs.same]], return_inverse=True)
    count = np.bincount(where).astype(np.float64)
    before, after = (np.bincount(where, h) for h in hits)
    low, high = draw.interval(who, lambda w: float(w @ (after - before) / (w @ count)))
    basis = f"{int(count.sum())} pairs; strangers accepted {false[0]:.2%} → {false[1]:.2%}"
    old, new = (float(h.sum() / count.sum()) for h in (before, after))
    return [Figure(f"TAR at FMR {rate:g}", old, new, low, high, basis)]


@dataclass(frozen=True, slots=True, eq=False)
class HeldPairs:
    """Held-out rows with rows of other looks. rows, other: (P,). same: (P,) of one person."""

    rows: Ids
    other: Ids
    same: Bools

    def scores(self, vectors: Floats) -> Floats:
        """(P,) cosines of (N, D) unit rows."""
        parts = [
            np.einsum(
                "nd,nd->n", vectors[self.rows[i : i + STEP]], vectors[self.other[i : i + STEP]]
            )
            for i in range(0, len(self.rows), STEP)
        ]
        return np.concatenate([np.zeros(0, np.float32), *parts])


def pairs_of(case: Case) -> HeldPairs:
    """Each held-out row with every row of another look of its person, and with strangers.

    Of the strangers at most `MOST_PAIRS` are drawn.
    """
    held, n = np.flatnonzero(case.split.held), len(case.people)
    a, b = [], []
    for row in held.tolist():
        mine = np.flatnonzero((case.people == case.people[row]) & (case.looks != case.looks[row]))
        mine = mine[~case.split.held[mine] | (mine > row)]  # a pair of two held-out rows once
        a.append(np.full(len(mine), row))
        b.append(mine)
    genuine = (
        np.concatenate([np.zeros(0, np.int64), *a]),
        np.concatenate([np.zeros(0, np.int64), *b]),
    )
    if len(held) * n <= MOST_PAIRS:
        left, right = np.repeat(held, n), np.tile(np.arange(n), len(held))
    else:
        rng = np.random.default_rng(0)
        left, right = rng.choice(held, MOST_PAIRS), rng.integers(0, n, MOST_PAIRS)
    apart = case.people[left] != case.people[right]
    apart &= ~case.split.held[right] | (right > left)
    left, right = left[apart], right[apart]
    same = np.r_[np.ones(len(genuine[0]), bool), np.zeros(len(left), bool)]
    return HeldPairs(np.r_[genuine[0], left], np.r_[genuine[1], right], same)


def open_set(case: Case, draw: Draws, fpir: float) -> list[Figure]:
    """FNIR at rank 1: known people's held-out looks against the enrolled, strangers unseen."""
    known, unseen = np.flatnonzero(case.split.known), np.flatnonzero(case.split.unseen)
    gallery = np.flatnonzero(case.split.train & (case.people >= 0))
    who, who_not = np.unique(case.people[known]), np.unique(case.people[unseen])
    if len(who) < LEAST_PEOPLE or len(who_not) < LEAST_PEOPLE or len(unseen) * fpir < 1:
        return []
    tops = [_tops(x, case.people, known, unseen, gallery) for x in (case.old, case.new)]
    known_of = np.searchsorted(who, case.people[known])
    unseen_of = len(who) + np.searchsorted(who_not, case.people[unseen])

    def rate(top: tuple[Floats, Floats], weight: Doubles) -> float:
        own, strangers = top
        threshold = _weighted_quantile(strangers, weight[unseen_of], 1 - fpir)
        total = weight[known_of].sum()
        if not total or np.isnan(threshold):  # nobody known, or no stranger, was drawn
            return float("nan")
        return float(weight[known_of] @ (own < threshold) / total)

    both = np.concatenate([who, who_not])
    one = np.ones(len(both))
    low, high = draw.interval(both, lambda w: rate(tops[1], w) - rate(tops[0], w))
    basis = f"{len(known)} looks of {len(who)} known, {len(unseen)} of {len(who_not)} strangers"
    name = f"FNIR at FPIR {fpir:g}"
    return [Figure(name, rate(tops[0], one), rate(tops[1], one), low, high, basis, True)]


def _tops(x: Floats, people: Ids, known: Ids, unseen: Ids, gallery: Ids) -> tuple[Floats, Floats]:
    """(own best score, -1 where somebody else is nearer) of the known, best of the unseen."""
    scores = x[known] @ x[gallery].T
    own = people[known][:, None] == people[gallery][None, :]
    mine = np.where(own, scores, -2).max(1)
    others = np.where(own, -2, scores).max(1)
    return np.where(mine > others, mine, -1), (x[unseen] @ x[gallery].T).max(1)


def _weighted_quantile(values: Floats, weight: Doubles, share: float) -> float:
    order = np.argsort(values)
    total = np.cumsum(weight[order])
    if not total[-1]:
        return float("nan")
    return float(
        values[order[np.searchsorted(total, share * total[-1], "right").clip(0, len(values) - 1)]]
    )
