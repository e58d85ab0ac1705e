"""One against many: rank a gallery for every query. CMC, mAP and mINP.

Zheng et al., "Scalable Person Re-identification: A Benchmark", ICCV 2015 (CMC, mAP, same-camera
junk); Ye et al., "Deep Learning for Person Re-identification", TPAMI 2021, eq. 3 (mINP). Average
precision is the mean of the precision at each match, not the trapezoid of the first code for
Market-1501, which is a little higher.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import TooFewPairs
from reid_core.types import Floats

CELLS = 1 << 22  # similarities held at a time: 16 MiB of float32
Ids = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """How well matches were found.

    cmc: (R,) share of queries with a match among the first r. mAP, mINP: in [0, 1]. queries: how
    many had a match to find. without_match: how many had none and were left out. protocol: in
    words.
    """

    cmc: Floats
    mAP: float
    mINP: float
    queries: int
    without_match: int
    protocol: str


def rank(
    query: Floats,
    gallery: Floats,
    *,
    query_ids: Ids,
    gallery_ids: Ids,
    query_cameras: Ids | None = None,
    gallery_cameras: Ids | None = None,
    same_camera_junk: bool = True,
    ranks: int = 20,
) -> Ranking:
    """Rank by inner product.

    query (Q, D), gallery (G, D): unit rows. ids, cameras: (Q,), (G,). same_camera_junk: with
    cameras known, gallery entries of a query's own identity and camera are neither right nor
    wrong. Of equal similarities the wrong one comes first, so that the answer depends neither on
    the order of the gallery nor on luck. Raises TooFewPairs when no query has a match.
    """
    _check(query, query_ids, query_cameras)
    _check(gallery, gallery_ids, gallery_cameras)
    junk = same_camera_junk and query_cameras is not None and gallery_cameras is not None
    places: list[Ids] = []
    step = max(1, CELLS // max(len(gallery), 1))
    for start in range(0, len(query), step):
        part = slice(start, start + step)
        own = gallery_ids == query_ids[part, None]
        good = own
        if junk and query_cameras is not None:
            good = own & (gallery_cameras != query_cameras[part, None])
        similar = query[part] @ gallery.T
        places += [_places(*row) for row in zip(similar, good, ~own, strict=True)]
    how = "same identity in same camera left out" if junk else "every gallery picture counts"
    return _summary(places, ranks, how)


def leave_one_out(vectors: Floats, ids: Ids, *, ranks: int = 20) -> Ranking:
    """Every picture against all others, for sets with one camera or none.

    vectors: (N, D) unit rows. ids: (N,). Raises TooFewPairs when everybody is there once.
    """
    each = np.arange(len(vectors))  # as many "cameras" as pictures: only the query itself is junk
    got = rank(
        vectors,
        vectors,
        query_ids=ids,
        gallery_ids=ids,
        query_cameras=each,
        gallery_cameras=each,
        ranks=ranks,
    )
    how = "every picture against all others"
    return Ranking(got.cmc, got.mAP, got.mINP, got.queries, got.without_match, how)


def _places(similar: Floats, good: Bools, wrong: Bools) -> Ids:
    """Where a query's matches stand among those that count, from 0, best first."""
    mine = np.sort(similar[good])[::-1]
    others = np.sort(similar[wrong])
    ahead = len(others) - np.searchsorted(others, mine, "left")
    return np.asarray(ahead + np.arange(len(mine)), np.int64)


def _summary(places: list[Ids], ranks: int, protocol: str) -> Ranking:
    found = [p for p in places if len(p)]
    if not found:
        raise TooFewPairs("No query has a match in the gallery, so there is nothing to rank.")
    first = np.array([p[0] for p in found])
    cmc = (first[:, None] <= np.arange(ranks)).mean(axis=0).astype(np.float32)
    precision = [float(np.mean((np.arange(len(p)) + 1) / (p + 1))) for p in found]
    inverse = [len(p) / (int(p[-1]) + 1) for p in found]
    left = len(places) - len(found)
    mean, least = float(np.mean(precision)), float(np.mean(inverse))
    return Ranking(cmc, mean, least, len(found), left, protocol)


def _check(vectors: Floats, ids: Ids, cameras: Ids | None) -> None:
    n = len(vectors)
    if len(ids) != n or (cameras is not None and len(cameras) != n):
        raise ValueError(f"{n} vectors need as many identities and cameras")
    if not np.isfinite(vectors).all():
        raise ValueError("vectors must be finite numbers")
