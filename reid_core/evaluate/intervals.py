"""How sure a measured number is.

The binomial intervals take trials as independent. Pairs that share people are not, so for them
the intervals are a little too narrow; a bootstrap over people or folds is the honest way out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

Z_95 = 1.959963984540054  # two-sided 95 % point of the normal distribution


@dataclass(frozen=True, slots=True)
class Share:
    """A measured share with its 95 % interval."""

    value: float
    low: float
    high: float


def clopper_pearson(hits: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """(low, high) of a binomial share, exact. Clopper & Pearson, Biometrika 26, 1934.

    Raises ValueError for n < 1 or hits outside 0..n.
    """
    _check(hits, n)
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else float(beta.ppf(tail, hits, n - hits + 1))
    high = 1.0 if hits == n else float(beta.ppf(1 - tail, hits + 1, n - hits))
    return low, high


def wilson(hits: int, n: int, *, z: float = Z_95) -> tuple[float, float]:
    """(low, high) of a binomial share, approximate and needing no scipy. Wilson, JASA 22, 1927.

    z: how many standard deviations to each side. Raises ValueError as `clopper_pearson`.
    """
    _check(hits, n)
    share, weight = hits / n, z * z / n
    middle = (share + weight / 2) / (1 + weight)
    half = z * float(np.sqrt(share * (1 - share) / n + weight / (4 * n))) / (1 + weight)
    # at the two ends the limit is exact; rounding must not push it past the share itself
    low = 0.0 if hits == 0 else max(middle - half, 0.0)
    high = 1.0 if hits == n else min(middle + half, 1.0)
    return low, high


def percentiles(drawn: ArrayLike, *, confidence: float = 0.95) -> tuple[float, float]:
    """(low, high) by the percentile bootstrap. Efron, Annals of Statistics 7, 1979.

    drawn: (R,) the statistic in each draw; NaN for one without an answer, which is left out. NaN
    when none has one.
    """
    tail = (1 - confidence) / 2
    values = np.asarray(drawn, np.float64)
    answered = values[np.isfinite(values)]
    if not len(answered):
        return float("nan"), float("nan")
    low, high = np.quantile(answered, [tail, 1 - tail])
    return float(low), float(high)


def _check(hits: int, n: int) -> None:
    if n < 1 or not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no share: expected 0 <= hits <= n and n >= 1")
