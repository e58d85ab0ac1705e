"""How often different people pass, and how sure that is, when pairs share people.

Two pairs that share a person are not independent: somebody who resembles many resembles them all.
So what is resampled are people, both of a pair; intervals that count pairs are several times too
narrow. Everything here is about pairs of two people, each pair counting once, however many
comparisons were made of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.evaluate.comparisons import Comparisons, Doubles, Ids
from reid_core.evaluate.intervals import Z_95, Share

ROUNDS = 400  # of the bootstrap
TAIL = 0.025


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of two people with their comparisons, highest score first.

    scores: (N,) falling. pair: (N,) which pair each is of. weight: (N,), together 1 for each
    pair. first, second: (P,) the two, numbered from 0. people: how many there are.
    """

    scores: Doubles
    pair: Ids
    weight: Doubles
    first: Ids
    second: Ids
    people: int

    def __len__(self) -> int:
        return len(self.first)

    @classmethod
    def of(cls, comparisons: Comparisons) -> Pairs:
        """Of comparisons of two people. Who is compared with whom does not matter."""
        order = np.argsort(-comparisons.scores, kind="stable")
        sides = np.stack([comparisons.first[order], comparisons.second[order]])
        known, numbered = np.unique(sides, return_inverse=True)
        low, high = np.sort(numbered.reshape(sides.shape), axis=0)
        code, pair, made = np.unique(
            low * len(known) + high, return_inverse=True, return_counts=True
        )
        weight = 1 / made[pair]
        first, second = np.divmod(code, max(1, len(known)))
        return cls(comparisons.scores[order], pair, weight, first, second, len(known))

    def passing(self, threshold: float) -> Doubles:
        """(P,) the share of each pair's comparisons that reach a threshold."""
        n = int(np.searchsorted(-self.scores, -threshold, "right"))
        found = np.bincount(self.pair[:n], self.weight[:n], len(self))
        return found.astype(np.float64)


@dataclass(frozen=True, slots=True)
class Estimate(Share):
    """worth: how many independent trials the share's variance says it was measured on; effective:
    how many its interval was made for, fewer since that is uncertain too.
    """

    worth: float
    effective: float


def threshold_at(pairs: Pairs, share: float) -> float:
    """The threshold that lets at most this share of the pairs pass: their lowest score.

    Of all thresholds with that outcome the highest, so that chance errs to the safe side. Above
    every score when not even one may pass.
    """
    allowed = share * len(pairs) + 1e-9
    gone = np.cumsum(pairs.weight)
    n = int(np.searchsorted(gone, allowed, "right"))
    while 0 < n < len(pairs.scores) and pairs.scores[n] == pairs.scores[n - 1]:
        n = int(np.searchsorted(-pairs.scores, -pairs.scores[n]))  # before all that are equal
    if n == 0:
        return float(pairs.scores[0]) + 1e-4
    return float(pairs.scores[n - 1])


def false_matches(
    pairs: Pairs, threshold: float, *, rounds: int = ROUNDS, seed: int = 0
) -> Estimate:
    """The share of pairs of two people that reach a threshold, as it is in the population.

    The variance is that of a bootstrap over people (both sides of a pair: Snijders & Borgatti,
    Connections 22, 1999; Fogliato et al., arXiv 2305.01740, 2023), which counts what belongs to
    single pairs three times; one of the three is taken off, so that it errs to the wide side as
    the jackknife does. The limits are Korn & Graubard's (Survey Methodology 24, 1998): exact
    binomial ones for the effective number of pairs, with the degrees of freedom of Satterthwaite
    over people, since few people may be behind all that passes.
    """
    passed = pairs.passing(threshold)
    share = float(passed.mean())
    rest = passed - share
    alone = float(rest @ rest) / len(pairs) ** 2
    variance = max(_bootstrap(pairs, rest, rounds, seed) - alone, alone)
    sides = [np.bincount(side, rest, pairs.people) for side in (pairs.first, pairs.second)]
    freedom = _freedom(np.sum(sides, axis=0) ** 2)
    return interval(share, variance, most=len(pairs), freedom=freedom)


def interval(share: float, variance: float, *, most: float, freedom: float) -> Estimate:
    """Korn & Graubard's interval of a share with a given variance. most: independent trials."""
    from scipy.special import betaincinv, stdtrit

    spread = share * (1 - share)
    worth = most if spread == 0 or variance <= 0 else min(spread / variance, most)
    wide = float(stdtrit(max(freedom, 2.0), 1 - TAIL)) if spread else Z_95
    n = worth * (Z_95 / wide) ** 2
    hits = share * n
    low = 0.0 if hits <= 0 else float(betaincinv(hits, n - hits + 1, TAIL))
    high = 1.0 if hits >= n else float(betaincinv(hits + 1, n - hits, 1 - TAIL))
    return Estimate(share, low, high, worth, n)


def threshold_interval(
    pairs: Pairs, rate: Estimate, share: float
) -> tuple[float | None, float | None]:
    """(low, high) of the threshold at which the true rate is `share`. Woodruff, JASA 47, 1952.

    rate: measured at the threshold chosen for it. None where the scores end before the limit.
    """
    n = rate.effective
    most = _solve(lambda p: _low(p, n) - share)  # a share whose lower limit is the asked one
    least = _solve(lambda p: _high(p, n) - share)
    low = threshold_at(pairs, most) if most < 1 else None
    high = threshold_at(pairs, least) if least * len(pairs) >= 1 else None
    return low, high


def needed(share: float) -> int:
    """How many unrelated pairs it takes to show a rate at all: none of fewer passing would not.

    The rule of three (Hanley & Lippman-Hand, JAMA 249, 1983), here for one of two tails.
    """
    return math.ceil(-math.log(TAIL) / share)


def _bootstrap(pairs: Pairs, rest: Doubles, rounds: int, seed: int) -> float:
    """The variance of the share over draws of people, linear in the pairs."""
    from scipy.sparse import coo_array

    n = pairs.people
    rng = np.random.default_rng(seed)
    times = rng.multinomial(n, np.full(n, 1 / n), rounds).T.astype(np.float64)  # (n, rounds)
    table = coo_array((rest, (pairs.first, pairs.second)), shape=(n, n)).tocsr()
    drawn = np.einsum("nr,nr->r", times, table @ times) / len(pairs)
    return float(np.mean(drawn**2))


def _freedom(parts: NDArray[np.float64]) -> float:
    """Satterthwaite's degrees of freedom of a sum of squares."""
    total = float((parts**2).sum())
    return float(parts.sum()) ** 2 / total if total > 0 else 1.0


def _low(share: float, n: float) -> float:
    from scipy.special import betaincinv

    return float(betaincinv(share * n, n - share * n + 1, TAIL)) if share > 0 else 0.0


def _high(share: float, n: float) -> float:
    from scipy.special import betaincinv

    return float(betaincinv(share * n + 1, n - share * n, 1 - TAIL)) if share < 1 else 1.0


def _solve(rising: Callable[[float], float]) -> float:
    """Where a rising function of a share crosses 0, by halving; the end it does not reach."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2
