"""Who comes again: appearances that nobody labelled, put together where they look alike.

In an office film five people make five hundred appearances. Each pair of them seen at once is
truly two people, but it is ever the same ten pairs, and an interval that takes them for five
hundred people lies. So appearances that are alike count as one person where people are counted
and resampled. No comparison changes its truth by this: two who were seen at once stay two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import EvaluationError
from reid_core.evaluate import llr
from reid_core.evaluate.comparisons import Comparisons, Ids
from reid_core.types import Floats

FEWEST = 10  # comparisons of each sort, to say where alike begins


def alike(genuine: Comparisons, impostor: Comparisons) -> float | None:
    """The cosine at which one person is as likely as two; None where too little is known."""
    if min(len(genuine), len(impostor)) < FEWEST:
        return None
    every = Comparisons.joined([genuine, impostor])
    given = llr.Weighted.of(every.scores, every.same, np.ones(len(every)))
    try:
        knots = llr.logistic(given, least=-1.0, most=1.0)
    except EvaluationError:
        return None
    at, value = zip(*knots, strict=True)
    return float(np.interp(0.0, value, at))


def who_comes_again(
    pooled: Mapping[int, Floats],
    who: Ids,
    apart: Ids,
    *,
    level: float,
    fixed: Collection[int],
) -> Ids:
    """(N,) whom each tracklet shows, now that those who look alike count as one.

    pooled: vectors by row. who: (N,) so far; fixed: those of them who are known, and so are
    nobody else. apart: (P, 2) rows that show two people. level: the mean cosine at which groups
    are put together (average linkage: Sokal & Michener, 1958).
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    rows = np.array(sorted(pooled), np.int64)
    if len(rows) < 2:
        return who
    vectors = np.stack([pooled[row] for row in rows.tolist()]).astype(np.float64)
    tree = linkage(1 - _cosines(vectors), method="average")
    group = fcluster(tree, 1 - level, criterion="distance")
    # an appearance in several parts is one, wherever its parts were put: where the first was
    groups = dict(zip(who[rows][::-1].tolist(), group[::-1].tolist(), strict=True))
    return _renamed(who, groups, apart, fixed)


def _cosines(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of every pair of rows, as scipy lists them."""
    scores = vectors @ vectors.T
    return np.asarray(np.minimum(scores[np.triu_indices(len(scores), 1)], 1.0))


def _renamed(who: Ids, groups: Mapping[int, int], apart: Ids, fixed: Collection[int]) -> Ids:
    """Each group gets one name, or as many as it takes to keep apart who was seen at once."""
    near: dict[int, set[int]] = defaultdict(set)
    for a, b in who[apart].tolist():
        near[a].add(b)
        near[b].add(a)
    homes: dict[int, list[_Home]] = defaultdict(list)
    named = {}
    for one in sorted(groups, key=lambda unit: unit not in fixed):
        home = None if one in fixed else _home(homes[groups[one]], near[one])
        if home is None:
            home = _Home(one)
            homes[groups[one]].append(home)
        home.members.add(one)
        named[one] = home.name
    return np.array([named.get(one, one) for one in who.tolist()], np.int64)


@dataclass(frozen=True, slots=True)
class _Home:
    """A name and who goes under it."""

    name: int
    members: set[int] = field(default_factory=set)


def _home(homes: list[_Home], near: set[int]) -> _Home | None:
    """The first under whose name nobody goes of those who were seen at once with somebody."""
    return next((home for home in homes if not home.members & near), None)
