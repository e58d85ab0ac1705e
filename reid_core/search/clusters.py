"""Grouping: which of many vectors are of the same person, when nobody is enrolled.

Average linkage: two groups are as alike as the pairs between them are on average, so one unlucky
pair does not join two people, as it does where any link counts (single linkage, DBSCAN). Reciprocal
nearest neighbours are merged all at once, which gives the same groups as merging one by one:
Murtagh, "A survey of recent advances in hierarchical clustering algorithms", The Computer Journal
26(4), 1983; in rounds: Sumengen et al., "Scaling hierarchical agglomerative clustering to
billion-sized datasets", 2021 (RAC).

Two things make it fast and small. The mean cosine between two groups of unit vectors is the inner
product of their means. And a mean is at most its largest part, so only groups with a pair between
them that is alike enough can become one: all pairs are looked at once, in blocks, and those few
links are what the rounds work on.

Some pairs are known to be two people, as those who are in one picture. Their groups are never
merged, nor those that they are in later; whom it concerns goes to the next most alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.protocols import Progress, no_progress
from reid_core.types import Floats

CELLS = 1 << 22  # similarities held at a time: 16 MiB of float32
LINKS = 1 << 21  # held at most, 48 MiB; with more of them groups are merged before looking again

Ids = NDArray[np.int64]
Bools = NDArray[np.bool_]
_NONE = np.zeros(0, np.int64)


def group(
    vectors: Floats,
    *,
    at_least: float,
    apart: tuple[Ids, Ids] | None = None,
    progress: Progress = no_progress,
) -> Ids:
    """Labels 0, 1, 2 … of N vectors, larger groups first; whoever is alone is a group of one.

    vectors: (N, D) float32 unit rows. at_least: the mean cosine between two groups from which
    they are one: average linkage cut at that height. apart: rows (P,) and (P,) that are never of
    one person. Raises ValueError for numbers that are not finite.
    """
    if not np.isfinite(vectors).all():
        raise ValueError("vectors must be finite numbers")
    groups = _Groups.of(vectors, *(apart or (_NONE, _NONE)))
    links = _linked(groups, at_least, progress)
    while links is None:
        nearest = _nearest(groups, at_least, progress)
        groups.join(*nearest.reciprocal(len(vectors)))
        links = _linked(groups, at_least, progress)
    while len(links):
        links = links.after(groups, *links.reciprocal(len(vectors)), at_least)
    return groups.labels()


@dataclass(slots=True, eq=False)
class _Groups:
    """Groups of N vectors on the way, each under the number of one of its vectors.

    means: (N, D) of those that stand. sizes: (N,). into: (N,) the group that each was merged
    into, itself while it stands. barred: (P,) pairs that must not be merged, as `keys`, rising.
    """

    means: Floats
    sizes: Floats
    into: Ids
    barred: Ids

    @classmethod
    def of(cls, vectors: Floats, first: Ids, second: Ids) -> _Groups:
        n = len(vectors)
        own = cls(np.array(vectors, np.float32), np.ones(n, np.float32), np.arange(n), _NONE)
        own.barred = own.keys(first, second)
        return own

    def keys(self, first: Ids, second: Ids) -> Ids:
        """Each pair of groups as one number, once, rising."""
        low, high = np.minimum(first, second), np.maximum(first, second)
        keys = np.sort((low * len(self.into) + high)[low != high])
        # several times as fast as numpy's unique, which half of the time went into
        return keys[np.diff(keys, prepend=-1) > 0]

    def pairs(self, keys: Ids) -> tuple[Ids, Ids]:
        """And back: the lower, the higher."""
        low, high = np.divmod(keys, max(1, len(self.into)))
        return low, high

    def may(self, first: Ids, second: Ids) -> Bools:
        """(L,) whether pairs with first < second may be merged."""
        if not len(self.barred):
            return np.ones(len(first), bool)
        keys = first * len(self.into) + second
        place = np.minimum(np.searchsorted(self.barred, keys), len(self.barred) - 1)
        free: Bools = self.barred[place] != keys
        return free

    def standing(self) -> Ids:
        return np.flatnonzero(self.into == np.arange(len(self.into)))

    def join(self, first: Ids, second: Ids) -> None:
        """Merge each second into its first."""
        total = self.sizes[first] + self.sizes[second]
        share = (self.sizes[first] / total)[:, None]
        self.means[first] = share * self.means[first] + (1 - share) * self.means[second]
        self.sizes[first], self.into[second] = total, first
        low, high = self.pairs(self.barred)
        self.barred = self.keys(self.into[low], self.into[high])

    def alike(self, first: Ids, second: Ids) -> Floats:
        """(L,) mean cosines of pairs of groups, in blocks."""
        step = max(1, CELLS // max(1, self.means.shape[1]))
        parts = [
            np.einsum("ld,ld->l", self.means[first[i : i + step]], self.means[second[i : i + step]])
            for i in range(0, len(first), step)
        ]
        return np.concatenate([np.zeros(0, np.float32), *parts])

    def labels(self) -> Ids:
        """(N,) numbers from 0, by falling size; of equal ones whoever comes first."""
        into = self.into
        while (into != into[into]).any():
            into = into[into]
        _, first, one, size = np.unique(
            into, return_index=True, return_inverse=True, return_counts=True
        )
        place = np.empty(len(size), np.int64)
        place[np.lexsort((first, -size))] = np.arange(len(size))
        return place[one]


@dataclass(frozen=True, slots=True, eq=False)
class _Links:
    """Pairs of groups that are alike enough, each once: first < second, alike (L,)."""

    first: Ids
    second: Ids
    alike: Floats

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, part: Bools) -> _Links:
        return _Links(self.first[part], self.second[part], self.alike[part])

    def reciprocal(self, n: int) -> tuple[Ids, Ids]:
        """The pairs of which each is the other's nearest; there is always one.

        Of equally near ones the first counts, for both sides of a pair alike.
        """
        best = np.full(n, -np.inf, np.float32)
        for side in (self.first, self.second):
            np.maximum.at(best, side, self.alike)
        near = np.full(n, n)
        for side, other in ((self.first, self.second), (self.second, self.first)):
            top = self.alike == best[side]
            np.minimum.at(near, side[top], other[top])
        mutual = (near[self.first] == self.second) & (near[self.second] == self.first)
        return self.first[mutual], self.second[mutual]

    def after(self, groups: _Groups, first: Ids, second: Ids, at_least: float) -> _Links:
        """Merge these pairs; the links that are left."""
        groups.join(first, second)
        changed = np.zeros(len(groups.into), bool)
        changed[first] = changed[second] = True
        touched = changed[self.first] | changed[self.second]
        old = self[touched]
        keys = groups.keys(groups.into[old.first], groups.into[old.second])
        low, high = groups.pairs(keys)
        new = _Links(low, high, groups.alike(low, high))
        return _joined([self[~touched], new[(new.alike >= at_least) & groups.may(low, high)]])


def _joined(parts: list[_Links]) -> _Links:
    return _Links(
        np.concatenate([_NONE, *(p.first for p in parts)]),
        np.concatenate([_NONE, *(p.second for p in parts)]),
        np.concatenate([np.zeros(0, np.float32), *(p.alike for p in parts)]),
    )


def _linked(groups: _Groups, at_least: float, progress: Progress) -> _Links | None:
    """All links between groups, or None when there are too many to hold."""
    standing, parts, held, start = groups.standing(), [], 0, 0
    means, n = groups.means[standing], len(standing)
    while start < n - 1:
        stop = min(n, start + max(1, CELLS // (n - start)))
        alike = means[start:stop] @ means[start:].T
        row, column = np.divmod(np.flatnonzero(alike >= at_least), n - start)
        later = column > row
        row, column = row[later], column[later]
        held += len(row)
        if held > LINKS + len(groups.barred):
            return None
        first, second = standing[start + row], standing[start + column]
        found = _Links(first, second, alike[row, column])
        parts.append(found[groups.may(first, second)])
        start = stop
        progress(1 - ((n - start) / n) ** 2, f"{start} of {n} compared")
    return _joined(parts)


def _nearest(groups: _Groups, at_least: float, progress: Progress) -> _Links:
    """The link of each group to its nearest, if it has one."""
    standing, parts = groups.standing(), []
    means, n = groups.means[standing], len(standing)
    step = max(1, CELLS // n)
    low, high = np.searchsorted(standing, np.stack(groups.pairs(groups.barred)))
    row, column = np.concatenate([low, high]), np.concatenate([high, low])
    for start in range(0, n, step):
        alike = means[start : start + step] @ means.T
        every = np.arange(len(alike))
        alike[every, start + every] = -np.inf
        here = (row >= start) & (row < start + len(alike))
        alike[row[here] - start, column[here]] = -np.inf
        near = alike.argmax(1)
        best = alike[every, near]
        pair = np.sort([standing[start + every], standing[near]], axis=0)
        parts.append(_Links(pair[0], pair[1], best)[best >= at_least])
        progress(start / n, f"{start} of {n} compared")
    return _joined(parts)
