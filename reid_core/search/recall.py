"""What an index finds of what is there: the true nearest by plain products, and the share found."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reid_core.types import Floats

BLOCK = 1 << 15  # rows looked at at a time
NEAREST = 20  # by which an index is judged: as many as a search shows
SAMPLE = 200  # queries that it is judged on

Ids = NDArray[np.int64]


class Rows(Protocol):
    """(N, D) vectors that can be sliced: an array in memory, or one mapped from a file."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice) -> NDArray[np.float32] | NDArray[np.float16]: ...


def nearest(queries: Floats, rows: Rows, *, k: int) -> tuple[Floats, Ids]:
    """The k rows most like each query, exactly, best first, of equal ones the earlier.

    queries: (Q, D) float32. rows: (N, D) float32 or float16. Returns cosines (Q, k') and places
    (Q, k') with k' = min(k, N). Memory: a block of rows and k candidates for each query.
    """
    scores = np.zeros((len(queries), 0), np.float32)
    places = np.zeros((len(queries), 0), np.int64)
    for start in range(0, len(rows), BLOCK):
        block = np.asarray(rows[start : start + BLOCK], np.float32)
        new = queries @ block.T
        there = np.broadcast_to(np.arange(start, start + len(block)), new.shape)
        scores = np.concatenate([scores, new], 1)
        places = np.concatenate([places, there], 1)
        if scores.shape[1] > k:
            best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
            scores = np.take_along_axis(scores, best, 1)
            places = np.take_along_axis(places, best, 1)
    order = np.lexsort((places, -scores), axis=1)
    return np.take_along_axis(scores, order, 1), np.take_along_axis(places, order, 1)


def sample(n: int, *, seed: int = 0) -> Ids:
    """Rows out of n to ask with, the same at every call."""
    return np.sort(np.random.default_rng(seed).permutation(n)[:SAMPLE])


def share_found(found: Ids, truth: Ids) -> float:
    """Recall: of what is truly nearest, the share that was found, over all queries.

    found: (Q, F) and truth: (Q, K) ids; where they stand in a row does not matter.
    """
    if not truth.size:
        return 1.0
    hits = [np.isin(right, some).sum() for some, right in zip(found, truth, strict=True)]
    return float(sum(hits) / truth.size)
