"""Average precision and first hits by query, which a comparison of two models is paired over.

Average precision as in `retrieval`: the mean of the precision at each match, and of equal
similarities the wrong one comes first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.evaluate.holdout import Bools, Ids
from reid_core.types import Floats

ROWS = 512  # queries at a time
FEW = 12  # matches that are quicker counted one by one than by sorting all others


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Of Q queries with something to find. rows: (Q,) which they are. precision: (Q,) average
    precision. place: (Q,) of the first match, from 0. best: (Q,) the row that stood first.
    """

    rows: Ids
    precision: NDArray[np.float64]
    place: Ids
    best: Ids


def rank_each(vectors: Floats, people: Ids, looks: Ids, queries: Bools) -> Ranked:
    """Every query against all rows but those of its own look.

    vectors: (N, D) unit rows. people, looks, queries: (N,). Queries whose person has no other
    look are left out.
    """
    found: list[tuple[int, float, int, int]] = []
    rows = np.flatnonzero(queries)
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        similar = vectors[some] @ vectors.T
        for row, scores in zip(some.tolist(), similar, strict=True):
            found += _one(row, scores, people, looks)
    table = list(zip(*found, strict=True)) or [(), (), (), ()]
    return Ranked(
        np.array(table[0], np.int64),
        np.array(table[1], np.float64),
        np.array(table[2], np.int64),
        np.array(table[3], np.int64),
    )


def by_person(values: NDArray[np.float64], people: Ids) -> tuple[Ids, NDArray[np.float64]]:
    """The mean of the values (Q,) of each person: who (P,) and what (P,)."""
    who, where = np.unique(people, return_inverse=True)
    return who, np.bincount(where, values) / np.bincount(where)


def _one(row: int, scores: Floats, people: Ids, looks: Ids) -> list[tuple[int, float, int, int]]:
    own, other = people == people[row], looks != looks[row]
    matches = np.sort(scores[own & other])[::-1]
    if not len(matches):
        return []
    ahead = _ahead(scores[~own], matches)
    count = np.arange(1, len(matches) + 1)
    best = int(np.argmax(np.where(other, scores, -np.inf)))
    return [(row, float(np.mean(count / (ahead + count))), int(ahead[0]), best)]


def _ahead(wrong: Floats, matches: Floats) -> Ids:
    """How many of the wrong stand before each match (M,)."""
    if len(matches) <= FEW:
        return np.array([np.count_nonzero(wrong >= m) for m in matches], np.int64)
    ranked = np.sort(wrong)
    return np.asarray(len(wrong) - np.searchsorted(ranked, matches, "left"), np.int64)
