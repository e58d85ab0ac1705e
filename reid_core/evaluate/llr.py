"""From scores to log-likelihood ratios: the logistic and the isotonic map, and what they cost.

Weighted scores in, knots of a piecewise straight, rising map out. Genuine and impostor weights
count equally as a whole, so that how many there were of either says nothing of the prior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import EvaluationError

Doubles = NDArray[np.float64]
Knots = tuple[tuple[float, float], ...]
STEPS = 50  # of Newton's method, which needs about ten
FIT_PRIOR = 0.1  # of one person; measured on LFW it costs nothing at 0.5 and less below
RIDGE = 1e-4  # on the slope over standardised scores, so that scores that never mix have a map
FEWEST_KNOTS, MOST_KNOTS = 2, 200


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """Distinct scores with the weights of the two sorts that fell on them, rising.

    scores: (N,) float64. genuine, impostor: (N,) float64.
    """

    scores: Doubles
    genuine: Doubles
    impostor: Doubles

    @classmethod
    def of(cls, scores: Doubles, same: NDArray[np.bool_], weight: Doubles) -> Weighted:
        """Equal scores put together. scores, same, weight: (M,)."""
        known, at = np.unique(scores, return_inverse=True)
        sides = (np.bincount(at[s], weight[s], len(known)) for s in (same, ~same))
        return cls(known, *(side.astype(np.float64) for side in sides))

    def shares(self) -> tuple[Doubles, Doubles]:
        """The two sorts' weights, each summing to 1. Raises EvaluationError without either."""
        both = self.genuine.sum(), self.impostor.sum()
        if min(both) <= 0:
            raise EvaluationError("There are comparisons of one sort only; both are needed.")
        return self.genuine / both[0], self.impostor / both[1]


def logistic(given: Weighted, *, least: float, most: float) -> Knots:
    """An affine map by logistic regression, cut off at [least, most].

    Brümmer & du Preez, Computer Speech & Language 20, 2006, section 6. The prior at which it fits
    best is `FIT_PRIOR`: most of what is compared is of two people, and must not be passed by.
    Raises EvaluationError when one person's comparisons do not score above two people's.
    """
    genuine, impostor = given.shares()
    genuine, impostor = 2 * FIT_PRIOR * genuine, 2 * (1 - FIT_PRIOR) * impostor
    total = genuine + impostor
    middle = float(total @ given.scores) / 2
    spread = float(np.sqrt(total @ (given.scores - middle) ** 2 / 2)) or 1.0
    slope, offset = _fit((given.scores - middle) / spread, genuine, total)
    if slope <= 1e-6:
        raise EvaluationError(
            "One person's looks are no more alike than those of two people: with this model there "
            "is nothing to calibrate."
        )
    gain = slope / spread
    offset -= gain * middle + float(np.log(FIT_PRIOR / (1 - FIT_PRIOR)))
    return _line(gain, offset, least, most)


def isotonic(given: Weighted, *, least: float, most: float) -> Knots:
    """The rising map of least cost (pool adjacent violators), cut off at [least, most].

    Zadrozny & Elkan, KDD 2002; Brümmer & du Preez 2006, section 7.
    """
    from scipy.optimize import isotonic_regression

    genuine, impostor = given.shares()
    total = genuine + impostor
    kept = total > 0
    scores, weight = given.scores[kept], total[kept]
    fit = isotonic_regression(genuine[kept] / weight, weights=weight)
    starts = np.asarray(fit.blocks, np.int64)[:-1]
    held = np.add.reduceat(weight, starts)
    at = np.add.reduceat(weight * scores, starts) / held
    share = np.clip(np.asarray(fit.x)[starts], 1e-300, 1 - 1e-16)
    value = np.clip(np.log(share) - np.log1p(-share), least, most)
    return _knots(at, value)


def apply(knots: Knots, scores: Doubles) -> Doubles:
    """Natural log-likelihood ratios, straight between knots, level outside."""
    at, value = zip(*knots, strict=True)
    return np.asarray(np.interp(scores, at, value), np.float64)


def cost(knots: Knots, given: Weighted, *, prior: float = 0.5) -> float:
    """What acting on a map costs at a prior: 0 is perfect, 1 is knowing the prior alone.

    Empirical cross-entropy over that of the prior (Ramos & Gonzalez-Rodriguez, Forensic Science
    International 230, 2013, equation 11). At equal priors it is Cllr in bits (Brümmer & du Preez
    2006, equation 12).
    """
    genuine, impostor = given.shares()
    odds = apply(knots, given.scores) + np.log(prior / (1 - prior))
    nats = prior * (np.logaddexp(0, -odds) @ genuine)
    nats += (1 - prior) * (np.logaddexp(0, odds) @ impostor)
    return float(nats / -(prior * np.log(prior) + (1 - prior) * np.log1p(-prior)))


def _fit(x: Doubles, genuine: Doubles, total: Doubles) -> tuple[float, float]:
    """Slope and offset of the log-odds by Newton's method with halving, from no slope."""
    design = np.stack([x, np.ones_like(x)], 1)
    ridge = np.diag([RIDGE, 1e-12])
    at = np.zeros(2)
    now = _loss(design, genuine, total, ridge, at)
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ at, -500, 500)))
        gradient = design.T @ (total * p - genuine) + ridge @ at
        curve = (design * (total * p * (1 - p))[:, None]).T @ design + ridge
        step = np.linalg.solve(curve, gradient)
        size = 1.0
        while _loss(design, genuine, total, ridge, at - size * step) > now and size > 1e-6:
            size /= 2
        at = at - size * step
        was, now = now, _loss(design, genuine, total, ridge, at)
        if was - now < 1e-13:
            break
    return float(at[0]), float(at[1])


def _loss(design: Doubles, genuine: Doubles, total: Doubles, ridge: Doubles, at: Doubles) -> float:
    odds = design @ at
    return float(total @ np.logaddexp(0, odds) - genuine @ odds + at @ ridge @ at / 2)


def _line(gain: float, offset: float, least: float, most: float) -> Knots:
    """The knots of an affine map between its two limits, or within [-1, 1] if it is steeper."""
    ends = np.clip([(least - offset) / gain, (most - offset) / gain], -1, 1)
    if ends[1] - ends[0] < 1e-9:  # all of it lies beyond a limit
        ends = np.array([-1.0, 1.0])
    value = np.clip(gain * ends + offset, least, most)
    return _knots(ends, value)


def _knots(at: Doubles, value: Doubles) -> Knots:
    """As plain numbers, rising; thinned where there are very many."""
    if len(at) > MOST_KNOTS:
        rows = np.unique(np.linspace(0, len(at) - 1, MOST_KNOTS).round().astype(int))
        at, value = at[rows], value[rows]
    if len(at) < FEWEST_KNOTS:
        at, value = np.array([at[0], at[0] + 1e-6]), np.array([value[0], value[0]])
    rising = np.maximum.accumulate(value)
    return tuple(zip(at.tolist(), rising.tolist(), strict=True))
