"""From calibrated likelihood ratios to probabilities: what was likely before anything was compared.

A likelihood ratio says how much more likely a similarity is between two looks at one person than
at two. What follows depends on how many others were looked through: one in a hundred thousand
tracklets who looks like somebody is likelier a stranger than one in ten. So the prior is never
one to one.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
LEAST_SHOWN = 0.5  # appearances that a search expects at least, among all that it looks through
MOST_SHARE = 0.5  # of what is looked through that may be taken for one person
STEPS = 60  # of halving: far finer than needed
# what belongs beside a probability
IN_SEARCH = (
    "probability: that it is this person, by what was measured on your data; it counts in how "
    "many others were searched"
)
AMONG_PEOPLE = (
    "probability: that it is this person, by what was measured on your data, if everybody "
    "enrolled and nobody of them were equally likely before"
)


def search_prior(llrs: Doubles, n: int) -> float:
    """The share of n tracklets that show whoever is looked for, as the search itself suggests.

    llrs: (K,) natural log-likelihood ratios of the K <= n best; the others are taken as not
    showing them. It is where the EM of Saerens, Latinne & Decaestecker (Neural Computation 14,
    2002) comes to rest: the share that equals the mean probability under it. Never less than half
    an appearance among all, nor more than half of them.
    """
    least = LEAST_SHOWN / max(n, 1)
    gain = np.expm1(np.minimum(llrs, 500.0))  # likelihood ratio - 1
    low, high = least, MOST_SHARE
    if low >= high:
        return high

    def slope(share: float) -> float:  # of the log-likelihood; the others have a ratio of 0
        return float(np.sum(gain / (1 + share * gain))) - (n - len(llrs)) / (1 - share)

    for _ in range(STEPS):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return low


def posterior(llrs: Doubles, prior: float) -> Doubles:
    """(K,) probabilities by Bayes' rule. prior: inside (0, 1)."""
    odds = llrs + math.log(prior / (1 - prior))
    return np.asarray(1 / (1 + np.exp(-odds)), np.float64)


def among_people(llrs: Doubles) -> Doubles:
    """(P,) that it is each of P people, when it may also be nobody of them.

    llrs: (P,) of one probe with each. All P + 1 answers are equally likely before.
    """
    top = max(0.0, float(llrs.max(initial=0.0)))
    parts = np.exp(llrs - top)
    return np.asarray(parts / (parts.sum() + math.exp(-top)), np.float64)
