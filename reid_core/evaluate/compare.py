"""Two models on the same pictures: is one better, or is that not shown?

A paired bootstrap: both are judged in the same draws of identities, so that only their difference
counts, not how hard the pictures are for both (Efron & Tibshirani, "An Introduction to the
Bootstrap", 1993, chapter 10).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reid_core.evaluate.allpairs import Doubles, Ids
from reid_core.evaluate.intervals import percentiles

BETTER, WORSE, SAME = "better", "worse", "no difference shown"
FEW = 6  # people: that fewer all agree happens by chance in more than one case of twenty


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of two models. difference: second less first, with its 95 % interval.

    verdict: whether the second is better or worse, or no difference is shown.
    """

    figure: str
    first: float
    second: float
    difference: float
    low: float
    high: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Turned:
    """A decision in which two models differ: names of the pictures, and both similarities.

    now_right: the second model decides rightly.
    """

    same_person: bool
    first: str
    second: str
    before: float
    after: float
    now_right: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """How many decisions turned, and some of them, the clearest first.

    now_right, now_wrong: what the second model decides rightly and the first wrongly, and the
    other way round. rule: in words, how each decides.
    """

    rule: str
    now_right: int
    now_wrong: int
    examples: tuple[Turned, ...]


def difference(
    figure: str,
    values: tuple[float, float],
    drawn: Doubles,
    *,
    people: int,
    more_is_better: bool = True,
) -> Difference:
    """values: of the first and second model. drawn: (R,) second less first in each draw.

    people: how many the figure is of; of fewer than `FEW` no difference can be shown.
    """
    low, high = percentiles(drawn)
    verdict = SAME
    if people >= FEW and (low > 0 or high < 0):
        verdict = BETTER if (low > 0) == more_is_better else WORSE
    first, second = values
    return Difference(
        figure,
        round(first, 5),
        round(second, 5),
        round(second - first, 5),
        round(low, 5),
        round(high, 5),
        verdict,
    )


def mean_draws(values: Doubles, owners: Ids, drawn: Sequence[Doubles]) -> Doubles:
    """(R,) the mean of values (N,) of which each belongs to an identity, owners (N,), by draw."""
    sums = np.bincount(owners, values, minlength=len(drawn[0]))
    sizes = np.bincount(owners, minlength=len(drawn[0]))
    return np.array([(w @ sums) / total if (total := w @ sizes) > 0 else np.nan for w in drawn])
