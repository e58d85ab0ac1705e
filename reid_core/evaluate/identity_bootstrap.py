"""How sure a rate over pairs is when pairs share people: a bootstrap over identities.

An identity that is drawn w times counts w times in its own pairs, and a pair of two people counts
as often as the product of theirs (Owen, "The pigeonhole bootstrap", Annals of Applied Statistics
1(2), 2007; for biometrics Bolle et al., "Error analysis of pattern recognition systems - the
subsets bootstrap", CVIU 93, 2004). The threshold is chosen anew in every draw, so that its own
uncertainty is in the interval. Two models that are given the same draws can be compared: what
both find hard cancels out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from reid_core.evaluate.allpairs import (
    KEEP,
    Counted,
    Doubles,
    Ids,
    Rows,
    Scored,
    above,
    level_of,
)
from reid_core.evaluate.intervals import clopper_pearson, percentiles
from reid_core.protocols import Progress, no_progress

ROUNDS = 1000
SLACK = 3.0  # how many times the pairs that a rate lets pass are held, for draws with more of them
LEAST = 50_000  # pairs held at least, where there are so many
ROUNDING = 1e-9  # 0.29 * 100 is 28.999999999999996


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Pairs by whom they show, as the bootstrap needs them.

    genuine: pairs of one person, best first, with their identity in `first`. impostors: the best
    pairs of two, best first, with both identities. pictures: (I,) of each identity. whole: no
    impostor is missing.
    """

    genuine: Scored
    impostors: Scored
    pictures: Ids
    whole: bool


def people(
    rows: Rows,
    counted: Counted,
    *,
    far: float,
    keep: int = KEEP,
    seed: int = 0,
    progress: Progress = no_progress,
) -> People:
    """Hold what is needed for false-match rates up to `far`.

    More than `keep` genuine pairs are stood for by a random sample, as are impostors, see `above`.
    """
    level = level_of(counted, max(SLACK * far, LEAST / counted.n_impostor))
    best = above(rows, counted, level=level, keep=keep, seed=seed, progress=progress)
    genuine = counted.genuine
    if len(genuine) > keep:
        rng = np.random.default_rng(seed)
        genuine = genuine[np.sort(rng.choice(len(genuine), keep, replace=False))]
    return people_of(rows, genuine, best, whole=len(best) == counted.n_impostor)


def people_of(rows: Rows, genuine: Scored, impostors: Scored, *, whole: bool) -> People:
    """The same of pairs that are held. impostors: best first. whole: none is missing."""
    genuine = genuine[np.argsort(-genuine.scores, kind="stable")]
    return People(_named(genuine, rows.ids), _named(impostors, rows.ids), rows.pictures, whole)


def _named(pairs: Scored, ids: Ids) -> Scored:
    """With identities in the place of rows."""
    first, second = (ids[side].astype(np.int32) for side in (pairs.first, pairs.second))
    return Scored(pairs.scores, first, second, pairs.stands_for)


def draws(identities: int, *, rounds: int = ROUNDS, seed: int = 0) -> Iterator[Doubles]:
    """(I,) how often each identity is drawn, `rounds` times; the same for the same seed."""
    rng = np.random.default_rng(seed)
    for _ in range(rounds):
        drawn = rng.integers(0, identities, identities)
        yield np.bincount(drawn, minlength=identities).astype(np.float64)


def tars(pairs: People, drawn: Doubles, fars: Sequence[float]) -> Doubles:
    """(F,) the share of genuine pairs accepted at false-match rates, in one draw.

    NaN where the draw has no pair of a sort.
    """
    g, i = pairs.genuine, pairs.impostors
    weight = drawn[i.first] * drawn[i.second] * i.stands_for
    passed = np.cumsum(weight)
    total = float(passed[-1]) if pairs.whole else _pairs_of_two(drawn, pairs.pictures)
    hits = np.cumsum(drawn[g.first])
    if total <= 0 or not len(hits) or hits[-1] <= 0:
        return np.full(len(fars), np.nan)
    last = np.searchsorted(passed, np.array(fars) * total * (1 + ROUNDING), "right")
    # the best one that must be rejected; only what scores above it is accepted
    limit = i.scores[np.minimum(last, len(i) - 1)]
    accepted = np.searchsorted(-g.scores, -limit, "left")
    accepted[last >= len(passed)] = len(hits)
    return np.asarray(np.where(accepted > 0, hits[np.maximum(accepted, 1) - 1], 0) / hits[-1])


def _pairs_of_two(drawn: Doubles, pictures: Ids) -> float:
    """How many pairs of two people a draw has. Copies of one person are not two people."""
    own = drawn * pictures
    return float((own.sum() ** 2 - np.sum(own**2)) / 2)


def share_interval(
    values: Doubles, value: float, *, units: int, confidence: float = 0.95
) -> tuple[float, float]:
    """The interval of a share, with a bound where it is 0 or 1 and no draw can differ.

    units: how many independent ones all agree; the bound is the exact one of so many
    (`clopper_pearson`).
    """
    low, high = percentiles(values, confidence=confidence)
    if not np.isfinite(low):  # no draw has an answer, so nothing is known
        return 0.0, 1.0
    n = max(units, 1)
    if value <= 0:
        high = max(high, clopper_pearson(0, n, confidence=confidence)[1])
    if value >= 1:
        low = min(low, clopper_pearson(n, n, confidence=confidence)[0])
    # percentiles of a skewed statistic need not hold the value itself
    return min(low, value), max(high, value)
