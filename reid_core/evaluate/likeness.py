"""How alike the templates of a gallery are: within people, between people, and what that says.

Products are taken a block of rows at a time, so that memory stays small for 100,000s of templates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from reid_core.protocols import Progress
from reid_core.types import Floats

BLOCK = 1 << 24  # similarities held at a time: 64 MiB of float32
NOBODY = -2.0  # in place of a cosine, where there is nobody to compare with
SEEN = 512  # rows compared with every other person, to learn how alike strangers are
# Both were chosen on one half of the identities and judged on the other: benchmarks/bench_doctor.py
SPREADS = 2.0  # from the middle: unusual
STRANGERS = 0.95  # of the likenesses to other people lie below the limit
ENOUGH = 30  # templates with others of their person: fewer say little
CLOSE = 0.25  # of the usual distance within a person: nearly the same picture
NORMAL = 1.4826  # median absolute deviations to a standard deviation, for a normal distribution

Ids = NDArray[np.int64]
Bools = NDArray[np.bool_]
Together = Mapping[int, Collection[int]]  # people who count as one with a person


class Gallery:
    """N unit vectors and whose each is; rows count in the order given.

    vectors: (N, D) float32. people: (N,).
    """

    def __init__(self, vectors: Floats, people: Ids) -> None:
        self.people = np.asarray(people, np.int64)
        self._order = np.argsort(self.people, kind="stable")
        self._sorted = np.ascontiguousarray(vectors[self._order], np.float32)
        self._vectors = vectors
        self._names, self._starts = np.unique(self.people[self._order], return_index=True)
        self._ends = np.append(self._starts[1:], len(self.people))
        self._places = {int(p): i for i, p in enumerate(self._names)}

    def __len__(self) -> int:
        return len(self.people)

    def __iter__(self) -> Iterator[tuple[int, Ids]]:
        """Everybody with their rows."""
        for person in self._names.tolist():
            yield person, self.rows(person)

    @property
    def n_people(self) -> int:
        """How many people there are."""
        return len(self._names)

    def rows(self, person: int) -> Ids:
        """The rows of somebody."""
        place = self._places[person]
        return self._order[self._starts[place] : self._ends[place]]

    def between(self, rows: Ids, others: Ids) -> Floats:
        """(R, S) the cosines of some rows to others."""
        return np.asarray(self._vectors[rows] @ self._vectors[others].T)

    def within(self, rows: Ids) -> tuple[Floats, Ids]:
        """Of each of one person's rows (R,) the best cosine to the others of them, and which row.

        NOBODY and -1 where there is no other.
        """
        if len(rows) < 2:
            return np.full(len(rows), NOBODY, np.float32), np.full(len(rows), -1, np.int64)
        scores = self.between(rows, rows)
        np.fill_diagonal(scores, NOBODY)
        best = scores.argmax(1)
        return scores[np.arange(len(rows)), best], rows[best]

    def groups(self, rows: Ids, least: float) -> Ids:
        """(R,) numbers from 0: rows that are alike by at least so much, directly or through
        others, are in one group.
        """
        near = self.between(rows, rows) >= least
        if near.all():
            return np.zeros(len(rows), np.int64)
        return np.asarray(connected_components(near, directed=False)[1], np.int64)

    def elsewhere(
        self, rows: Ids, *, without: Bools, together: Together, progress: Progress
    ) -> tuple[Floats, Ids]:
        """Of each row (R,) the best cosine to anybody else's, and which row.

        without: (N,) rows that do not count. together: people who are not anybody else to one
        another. NOBODY and -1 where nobody is left.
        """
        scores, nearest = np.full(len(rows), NOBODY, np.float32), np.full(len(rows), -1, np.int64)
        gone = without[self._order]
        step = max(1, BLOCK // max(len(self), 1))
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            found = self._vectors[part] @ self._sorted.T
            found[:, gone] = NOBODY
            for row, person in zip(found, self.people[part].tolist(), strict=True):
                for one in (person, *together.get(person, ())):
                    place = self._places[one]
                    row[self._starts[place] : self._ends[place]] = NOBODY
            best = found.argmax(1)
            top = found[np.arange(len(part)), best]
            scores[start : start + step] = top
            nearest[start : start + step] = np.where(top > NOBODY, self._order[best], -1)
            progress((start + len(part)) / len(rows), "")
        return scores, nearest

    def to_people(self, rows: Ids) -> Floats:
        """(R, P) the best cosine of each row to each person's templates, NOBODY for its own."""
        scores = np.maximum.reduceat(self._vectors[rows] @ self._sorted.T, self._starts, axis=1)
        places = [self._places[p] for p in self.people[rows].tolist()]
        scores[np.arange(len(rows)), places] = NOBODY
        return np.asarray(scores)


@dataclass(frozen=True, slots=True)
class Scale:
    """What a cosine means in one gallery.

    typical: how like the best other of its person a template usually is. spread: the robust
    standard deviation of that. unlike: below it a template is no more like its person than
    strangers are. gap: how much more like somebody else than like its own person a template may
    be. double: from it two people are one. alike: from it two templates are nearly one picture.
    first: the share of templates that are most like their own person. is_own: whether the figures
    come from the gallery, and not from the model's reference.
    """

    typical: float
    spread: float
    unlike: float
    gap: float
    double: float
    alike: float
    first: float | None
    is_own: bool


def measure(gallery: Gallery, own: Floats, other: Floats, reference: float | None) -> Scale | None:
    """The scale of a gallery, None where neither it nor a reference says anything.

    own, other: (N,) the best cosines within the person and to anybody else. reference: the cosine
    from which two are probably one person, None when that is not known.
    """
    known = (own > NOBODY) & (other > NOBODY)
    if known.sum() < ENOUGH:
        return None if reference is None else _by_reference(reference)
    typical, spread = _middle(own[known])
    rival, noise = _middle(other[known])
    lead, sway = _middle(own[known] - other[known])
    unlike = min(_strangers(gallery), typical - SPREADS * spread)
    return Scale(
        typical=typical,
        spread=spread,
        unlike=unlike if reference is None else min(unlike, reference),
        gap=max(spread, SPREADS * sway - lead),
        double=max(typical - SPREADS * spread, rival + noise),
        alike=1 - CLOSE * (1 - typical),
        first=float(np.mean(own[known] > other[known])),
        is_own=True,
    )


def _by_reference(reference: float) -> Scale:
    """For a small gallery, a guess on the safe side of the reference."""
    room = 1 - reference
    return Scale(
        typical=1 - room / 2,
        spread=room / 4,
        unlike=reference - room / 4,
        gap=room / 4,
        double=reference + room / 4,
        alike=1 - CLOSE * room / 2,
        first=None,
        is_own=False,
    )


def _strangers(gallery: Gallery) -> float:
    """The likeness to another person that hardly any template has."""
    dice = np.random.default_rng(0)
    rows = dice.permutation(len(gallery))[:SEEN]
    scores = gallery.to_people(rows)
    return float(np.quantile(scores[scores > NOBODY], STRANGERS))


def _middle(values: Floats) -> tuple[float, float]:
    """The median and the robust standard deviation."""
    middle = float(np.median(values))
    spread = NORMAL * float(np.median(np.abs(values - middle)))
    return middle, max(spread, 1e-4)
