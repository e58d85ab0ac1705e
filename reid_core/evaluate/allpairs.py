"""Every pair of N labelled pictures, a block at a time: counted, selected, and never all held.

Similarities are made twice. The first time they are counted in bins; that says in which few bins
the answers lie, and the second time the scores in those are held and sorted. So thresholds and
rates are those of a sort over all pairs, in the memory of one block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import TooFewPairs
from reid_core.protocols import Progress, no_progress
from reid_core.types import Floats

CELLS = 1 << 21  # similarities held at a time: 8 MiB of float32
PER_UNIT = 1 << 16  # bins from 0 to 1; a power of two, so that edges are exact numbers
BINS = 2 * PER_UNIT + 1
WORST = -1.0  # the similarity of a pair in which somebody was not found
KEEP = 200_000  # pairs above which a sample stands for all of them

Ids = NDArray[np.int64]
Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """N pictures in the order of their identities.

    vectors: (N, D) float32 unit rows. ids: (N,) identities 0, 1, 2 … in rising order. found: (N,)
    whether anybody was found; pairs with others have the similarity `WORST`. Raises ValueError.
    """

    vectors: Floats
    ids: Ids
    found: Bools

    def __post_init__(self) -> None:
        n = len(self.vectors)
        if len(self.ids) != n or len(self.found) != n:
            raise ValueError(f"{n} vectors need as many identities and marks of who was found")
        if n and (self.ids[0] != 0 or not np.isin(np.diff(self.ids), (0, 1)).all()):
            raise ValueError("identities must be 0, 1, 2 … in rising order")
        if not np.isfinite(self.vectors).all():
            raise ValueError("vectors must be finite numbers")

    @property
    def pictures(self) -> Ids:
        """(I,) how many pictures there are of each identity."""
        return np.bincount(self.ids).astype(np.int64)

    @property
    def n_genuine(self) -> int:
        """Pairs of one person."""
        return int(np.sum(self.pictures * (self.pictures - 1) // 2))

    @property
    def n_impostor(self) -> int:
        """Pairs of two people."""
        return len(self.ids) * (len(self.ids) - 1) // 2 - self.n_genuine


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """M pairs with their similarities.

    scores: (M,) float32. first, second: (M,) rows, first < second. stands_for: for how many pairs
    each speaks where only a sample is held, (M,) float32.
    """

    scores: Floats
    first: NDArray[np.int32]
    second: NDArray[np.int32]
    stands_for: Floats

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, part: Bools | Ids) -> Scored:
        return Scored(self.scores[part], self.first[part], self.second[part], self.stands_for[part])


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What a first look at all pairs says.

    genuine: every pair of one person. impostors: (BINS,) how many pairs of two people have a
    similarity in [edge, next edge), see `edges`; the outermost bins hold what lies outside.
    """

    genuine: Scored
    impostors: Ids

    @property
    def n_impostor(self) -> int:
        """Pairs of two people."""
        return int(self.impostors.sum())


def edges() -> Doubles:
    """(BINS,) the lower edge of each bin, exact numbers."""
    return (np.arange(BINS) - PER_UNIT) / PER_UNIT


def bins_of(scores: Floats) -> NDArray[np.int32]:
    """The bin of each similarity. Multiplying by a power of two rounds nothing."""
    whole = np.floor(scores * np.float32(PER_UNIT))
    bins: NDArray[np.int32] = np.clip(whole, -PER_UNIT, PER_UNIT).astype(np.int32) + PER_UNIT
    return bins


def in_order(ids: Ids) -> tuple[Ids, Ids]:
    """The rows (N,) in the order of their identities, and those identities as 0, 1, 2 …"""
    order = np.argsort(ids, kind="stable")
    return order, np.unique(ids[order], return_inverse=True)[1].astype(np.int64)


def count(rows: Rows, *, progress: Progress = no_progress) -> Counted:
    """Look at every pair once. Raises TooFewPairs without a pair of either sort."""
    if not rows.n_genuine or not rows.n_impostor:
        raise TooFewPairs(
            f"There are {rows.n_genuine} pairs of one person and {rows.n_impostor} of two; "
            "both sorts are needed."
        )
    impostors, genuine = np.zeros(BINS, np.int64), []
    for block in _blocks(rows, progress, "counting pairs"):
        impostors += np.bincount(bins_of(block.scores[block.impostor]), minlength=BINS)
        genuine.append(_picked(block, *np.nonzero(block.genuine)))
    return Counted(_joined(genuine), impostors)


def in_bins(
    rows: Rows, wanted: Sequence[int], *, progress: Progress = no_progress
) -> dict[int, Floats]:
    """The impostors' scores in some bins, each rising."""
    look = np.zeros(BINS, bool)
    look[list(wanted)] = True
    parts = []
    for block in _blocks(rows, progress, "selecting pairs"):
        scores = block.scores[block.impostor]
        parts.append(scores[look[bins_of(scores)]])
    held = np.sort(np.concatenate([np.zeros(0, np.float32), *parts]))
    where = bins_of(held)
    return {
        b: held[np.searchsorted(where, b, "left") : np.searchsorted(where, b, "right")]
        for b in wanted
    }


def above(
    rows: Rows,
    counted: Counted,
    *,
    level: float,
    keep: int = KEEP,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Scored:
    """The impostors that score at least `level`, best first.

    Of more than `keep` the best half of it and of the rest a random sample, whose pairs stand for
    several each.
    """
    first_all, share = _sampling(counted, level, keep)
    rng, parts = np.random.default_rng(seed), []
    for block in _blocks(rows, progress, "selecting pairs"):
        some = _picked(block, *np.nonzero(block.impostor & (block.scores >= level)))
        if share < 1:
            some = some[(some.scores >= first_all) | (rng.random(len(some)) < share)]
        parts.append(some)
    found = _joined(parts)
    weight = np.where(found.scores >= first_all, 1, 1 / share).astype(np.float32)
    found = Scored(found.scores, found.first, found.second, weight)
    return found[np.argsort(-found.scores, kind="stable")]


def level_of(counted: Counted, share: float) -> float:
    """A score that at least this share of the impostors reaches: a lower edge of a bin."""
    reach = np.cumsum(counted.impostors[::-1])[::-1]
    enough = np.flatnonzero(reach >= min(share, 1.0) * counted.n_impostor)
    return float(edges()[enough[-1]]) if enough[-1] > 0 else -np.inf


def _sampling(counted: Counted, level: float, keep: int) -> tuple[float, float]:
    """From which score on all are kept, and which share of those below it."""
    reach = np.cumsum(counted.impostors[::-1])[::-1]
    total = int(reach[bins_of(np.array([max(level, WORST)], np.float32))[0]])
    if total <= keep:
        return -np.inf, 1.0
    start = int(np.flatnonzero(reach <= keep // 2)[0]) if reach[-1] <= keep // 2 else BINS - 1
    return float(edges()[start]), min(1.0, (keep - keep // 2) / max(total - int(reach[start]), 1))


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Rows from `start` on against all that come after. scores, genuine, impostor: (R, C)."""

    start: int
    scores: Floats
    genuine: Bools
    impostor: Bools


def _blocks(rows: Rows, progress: Progress, what: str) -> Iterator[_Block]:
    """All pairs, each once: genuine or impostor, the first row before the second."""
    n, ends = len(rows.ids), np.cumsum(rows.pictures)[rows.ids]
    start = 0
    while start < n - 1:
        stop = min(n, start + max(1, CELLS // (n - start)))
        scores = rows.vectors[start:stop] @ rows.vectors[start:].T
        scores[~rows.found[start:stop]] = WORST
        scores[:, ~rows.found[start:]] = WORST
        columns, own = np.arange(start, n), np.arange(start, stop)[:, None]
        impostor = columns >= ends[start:stop, None]
        yield _Block(start, scores, (columns > own) & ~impostor, impostor)
        start = stop
        progress(1 - ((n - start) / n) ** 2, what)


def _picked(block: _Block, row: Ids, column: Ids) -> Scored:
    scores = block.scores[row, column]
    first, second = ((side + block.start).astype(np.int32) for side in (row, column))
    return Scored(scores, first, second, np.ones(len(scores), np.float32))


def _joined(parts: Sequence[Scored]) -> Scored:
    return Scored(
        np.concatenate([p.scores for p in parts]),
        np.concatenate([p.first for p in parts]),
        np.concatenate([p.second for p in parts]),
        np.concatenate([p.stands_for for p in parts]),
    )
