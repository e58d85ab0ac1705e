"""Comparisons whose truth is known, made as decisions make them: somebody's looks against one.

A person's score is the best over their templates, so what is calibrated is the best of a set
against one look, never one look against one where a set decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.types import Floats

Ids = NDArray[np.int64]
Doubles = NDArray[np.float64]
ORIGINS = ("gallery", "verdicts", "footage", "pictures")
DECIMALS = 4  # of a score, as results show and decide by
COPY = 0.9995  # looks more alike than this are one picture twice, and prove nothing
BLOCK = 1 << 24  # numbers held at a time while sets are compared


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """N comparisons. scores: (N,) float64 cosines, to `DECIMALS`. first: (N,) whose set it was,
    second: (N,) whose look; any int64 ids, equal where it is one person. origin: (N,) int8, its
    place in `ORIGINS`.
    """

    scores: Doubles
    first: Ids
    second: Ids
    origin: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def same(self) -> NDArray[np.bool_]:
        """(N,) whether it is a comparison of one person."""
        return np.asarray(self.first == self.second)

    def __getitem__(self, rows: NDArray[np.bool_] | Ids) -> Comparisons:
        return Comparisons(
            self.scores[rows], self.first[rows], self.second[rows], self.origin[rows]
        )

    @classmethod
    def of(cls, scores: Floats | Doubles, first: Ids, second: Ids, origin: str) -> Comparisons:
        """Comparisons of one origin. scores: (N,) as they come. first, second: (N,)."""
        exact: Doubles = np.clip(np.asarray(scores, np.float64).round(DECIMALS), -1.0, 1.0)
        code = np.full(len(exact), ORIGINS.index(origin), np.int8)
        return cls(exact, first.astype(np.int64), second.astype(np.int64), code)

    @classmethod
    def joined(cls, parts: Sequence[Comparisons]) -> Comparisons:
        """All of them, one after another."""
        none = cls.of(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64), ORIGINS[0])
        every = (none, *parts)
        return cls(
            np.concatenate([p.scores for p in every]),
            np.concatenate([p.first for p in every]),
            np.concatenate([p.second for p in every]),
            np.concatenate([p.origin for p in every]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """N looks at people: vectors (N, D) float32 unit rows, who (N,) int64 ids."""

    vectors: Floats
    who: Ids

    def __len__(self) -> int:
        return len(self.who)

    def __getitem__(self, rows: NDArray[np.bool_] | Ids) -> Looks:
        return Looks(self.vectors[rows], self.who[rows])


def best_of_sets(sets: Looks, probes: Floats) -> tuple[Ids, Floats]:
    """Whose sets there are, (S,) rising, and the best cosine (S, Q) of each with each probe.

    probes: (Q, D) float32 unit rows.
    """
    order = np.argsort(sets.who, kind="stable")
    who, starts = np.unique(sets.who[order], return_index=True)
    vectors = sets.vectors[order]
    best = np.empty((len(who), len(probes)), np.float32)
    step = max(1, BLOCK // max(1, len(vectors)))
    for i in range(0, len(probes), step):
        scores = vectors @ probes[i : i + step].T
        best[:, i : i + step] = np.maximum.reduceat(scores, starts, axis=0)
    return who, best


def cross(sets: Looks, probes: Looks, origin: str) -> Comparisons:
    """Every set against every look at somebody else."""
    if not len(sets) or not len(probes):
        return Comparisons.joined([])
    who, best = best_of_sets(sets, probes.vectors)
    other = who[:, None] != probes.who[None]
    first = np.broadcast_to(who[:, None], other.shape)[other]
    second = np.broadcast_to(probes.who[None], other.shape)[other]
    return Comparisons.of(best[other], first, second, origin)


def leave_one_out(looks: Looks, origin: str) -> Comparisons:
    """Every look against the others of its person; copies of one picture count for nothing."""
    if not len(looks):
        return Comparisons.joined([])
    scores, whose = [], []
    order = np.argsort(looks.who, kind="stable")
    who, starts = np.unique(looks.who[order], return_index=True)
    for person, rows in zip(who, np.split(order, starts[1:]), strict=True):
        if len(rows) > 1:
            found = _others(looks.vectors[rows])
            scores.append(found)
            whose.append(np.full(len(found), person))
    if not scores:
        return Comparisons.joined([])
    everyone = np.concatenate(whose)
    return Comparisons.of(np.concatenate(scores), everyone, everyone, origin)


def _others(vectors: Floats) -> Floats:
    """(M,) the best cosine of each row with the others, M <= N: copies only once."""
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -2)
    copy = np.triu(scores > COPY).any(0)  # of an earlier row
    scores[:, copy] = -2
    best = scores[~copy].max(1)
    return np.asarray(best[best > -2], np.float32)
