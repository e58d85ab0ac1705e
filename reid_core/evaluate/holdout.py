"""What is kept apart before a model is fitted to a gallery, so that the verdict on it is honest.

A look is a row, or several that show the same moment: near duplicates of one person, the views of
one tracklet. A look is never on both sides. Some people are held out altogether (nobody of theirs
is trained on: the open set), of the others some looks. Who and which follows from their ids alone,
so that a later run with more people holds mostly the same ones out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from reid_core.types import Floats

Ids = NDArray[np.int64]
Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]

SHARE = 0.3  # of the people, and of the looks of the others
NEAR = 0.03  # of how far strangers are apart: closer looks of one person are the same picture
ROUNDING = 1e-6  # of a cosine
STRANGERS = 2000  # rows that this distance is measured on
AT_A_TIME = 2048  # rows compared with all others


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Of N rows, (N,) bool each: trained on, a known person's look held out, a person held out."""

    train: Bools
    known: Bools
    unseen: Bools

    @property
    def held(self) -> Bools:
        """All that is held out."""
        return self.known | self.unseen


def looks_of(vectors: Floats, people: Ids, moments: Ids) -> Ids:
    """(N,) which look each row is: rows of a person that are of one moment or nearly the same.

    vectors: (N, D) unit rows. moments: (N,) rows with the same number are of one moment. What
    "nearly" means is measured on the distances of strangers, which every model has another scale
    for.
    """
    if not len(people):
        return np.zeros(0, np.int64)
    limit = _usual_distance(vectors, people) * NEAR + ROUNDING
    order = np.argsort(people, kind="stable")
    ends = np.flatnonzero(np.diff(people[order])) + 1
    left, right = [], []
    for rows in np.split(order, ends):
        same = 1 - vectors[rows] @ vectors[rows].T <= limit
        same |= moments[rows][:, None] == moments[rows][None, :]
        a, b = np.nonzero(np.triu(same, 1))
        left.append(rows[a])
        right.append(rows[b])
    i, j, n = np.concatenate(left), np.concatenate(right), len(people)
    graph = coo_matrix((np.ones(len(i), bool), (i, j)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def split(
    people: Ids,
    looks: Ids,
    keys: Ids,
    *,
    times: Doubles | None = None,
    share: float = SHARE,
    seed: int = 0,
) -> Split:
    """Hold people and looks out.

    people, looks, keys: (N,) whose each row is, which look, and an id that lasts. Of the people
    with two looks or more `share` are held out altogether; of those with three or more looks
    that stay, `share` of their looks, always leaving two to learn from. times: (N,) when each row
    was seen, NaN where that is unknown; then the latest looks are held out first, so that what is
    held out by a later run of more looks was never learnt from by an earlier one. Raises ValueError
    for a share outside (0, 1).
    """
    if not 0 < share < 1:
        raise ValueError(f"share is {share}, expected more than 0 and less than 1")
    own = {int(p): np.unique(looks[people == p]) for p in np.unique(people)}
    several = sorted((p for p in own if len(own[p]) >= 2), key=lambda p: _lot(seed, p))
    unseen = set(several[: int(np.ceil(share * len(several) - 1e-9))])
    key_of: dict[int, int] = {}
    for look, key in zip(looks.tolist(), keys.tolist(), strict=True):
        key_of[look] = min(key, key_of.get(look, key))
    latest = _latest(looks, times)
    kept: list[int] = []
    for person in several:
        if person not in unseen:
            ranked = sorted(
                own[person].tolist(), key=lambda one: (-latest(one), _lot(seed, key_of[one]))
            )
            most = len(ranked) - 2
            kept += ranked[: min(most, max(1, int(share * len(ranked))))] if most > 0 else []
    away = np.isin(people, list(unseen))
    known = np.isin(looks, kept) & ~away
    return Split(~away & ~known, known, away)


def folds_of(people: Ids, *, count: int, seed: int = 0) -> Ids:
    """(N,) a fold from 0 for each row: all rows of a person are in the same one."""
    ranked = sorted(np.unique(people).tolist(), key=lambda p: _lot(seed, p))
    fold = {p: i % count for i, p in enumerate(ranked)}
    return np.array([fold[p] for p in people.tolist()], np.int64)


def nearest(rows: Floats, others: Floats) -> Ids:
    """(M,) which of the others (N, D) each row (M, D) is most alike, by cosine; N at least 1.

    For leaving out what shows, most likely, somebody who is kept apart.
    """
    parts = [(rows[i : i + AT_A_TIME] @ others.T).argmax(1) for i in range(0, len(rows), AT_A_TIME)]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _latest(looks: Ids, times: Doubles | None) -> Callable[[int], float]:
    """When a look was last seen; minus infinity where that is unknown."""
    found: dict[int, float] = {}
    if times is not None:
        for look, at in zip(looks.tolist(), times.tolist(), strict=True):
            if not np.isnan(at):
                found[look] = max(at, found.get(look, -np.inf))
    return lambda look: found.get(look, -np.inf)


def _usual_distance(vectors: Floats, people: Ids) -> float:
    """The median of 1 - cosine between people; 0 when there are no two."""
    if len(people) < 2:
        return 0.0
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, len(people), (2, STRANGERS))
    a, b = a[people[a] != people[b]], b[people[a] != people[b]]
    if not len(a):
        return 0.0
    return float(np.median(1 - np.einsum("nd,nd->n", vectors[a], vectors[b])))


def _lot(seed: int, key: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{key}".encode(), digest_size=8).digest()
