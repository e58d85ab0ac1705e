"""How sure a measured share is."""

from __future__ import annotations


def clopper_pearson(hits: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of a binomial share. Clopper & Pearson, Biometrika 26, 1934.

    It takes trials as independent; pairs that share people are not, so it is a little too narrow.
    """
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else float(beta.ppf(tail, hits, n - hits + 1))
    high = 1.0 if hits == n else float(beta.ppf(1 - tail, hits + 1, n - hits))
    return low, high
