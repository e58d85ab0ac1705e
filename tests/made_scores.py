"""Simulated galleries whose people are related: who resembles one resembles others too."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from reid_core.evaluate.comparisons import Comparisons

RHO = 0.3  # share of the variance of an impostor score that belongs to its two people
APART = 4.0  # how much higher genuine scores lie, in standard deviations of impostor scores
SCALE = 0.1  # scores are cosines


def impostors(
    n: int, rng: np.random.Generator, *, partners: int | None = None, harsh: bool = False
) -> Comparisons:
    """Of n people, all pairs, or so many others for each. Scores have the variance SCALE².

    They are normal, or else harsh: people's own parts are exponential, so that very few people
    resemble very many.
    """
    if partners is None:
        first, second = np.triu_indices(n, 1)
    else:
        first = np.repeat(np.arange(n), partners)
        second = (first + rng.integers(1, n, len(first))) % n
    own = (rng.exponential(size=n) - 1 if harsh else rng.normal(size=n)) * np.sqrt(RHO / 2)
    noise = rng.normal(size=len(first)) * np.sqrt(1 - RHO)
    return Comparisons.of(SCALE * (own[first] + own[second] + noise), first, second, "gallery")


def genuine(n: int, rng: np.random.Generator, *, each: int = 2) -> Comparisons:
    """n people with so many comparisons each, which are related too."""
    who = np.repeat(np.arange(n), each)
    own = rng.normal(size=n) * np.sqrt(RHO)
    scores = APART + own[who] + rng.normal(size=len(who)) * np.sqrt(1 - RHO)
    return Comparisons.of(SCALE * scores, who, who, "gallery")


def world(n: int, rng: np.random.Generator, *, partners: int | None = None) -> Comparisons:
    """Both sorts."""
    return Comparisons.joined([impostors(n, rng, partners=partners), genuine(n, rng)])


def true_fmr(threshold: float, *, harsh: bool = False) -> float:
    """How many pairs of two people of this world pass."""
    # scores are kept to four decimals, so a threshold begins half a step below
    x = (threshold - 0.5e-4) / SCALE
    if not harsh:
        return float(norm.sf(x))
    both = np.linspace(0, 60, 60_001)  # two exponentials together: a gamma distribution
    weight = both * np.exp(-both)
    rest = norm.sf((x - (both - 2) * np.sqrt(RHO / 2)) / np.sqrt(1 - RHO))
    return float(rest @ weight / weight.sum())


def true_fnmr(threshold: float) -> float:
    """How many comparisons of one person do not."""
    return float(norm.cdf((threshold - 0.5e-4) / SCALE - APART))


def threshold_for(fmr: float) -> float:
    """Where exactly so many pass."""
    return float(SCALE * norm.isf(fmr))


def true_llr(score: float) -> float:
    """Of one comparison."""
    x = score / SCALE
    return float(norm.logpdf(x - APART) - norm.logpdf(x))
