"""One against many: rank a gallery for every query. CMC, mAP and mINP.

Zheng et al., "Scalable Person Re-identification: A Benchmark", ICCV 2015 (CMC, mAP, same-camera
junk); Ye et al., "Deep Learning for Person Re-identification", TPAMI 2021, eq. 3 (mINP).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import TooFewPairs
from reid_core.types import Floats

BLOCK = 512  # queries ranked at a time
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """cmc: (R,) share of queries with a match among the first r. mAP, mINP: in [0, 1].
    queries: how many had a match to find. protocol: in words.
    """

    cmc: Floats
    mAP: float
    mINP: float
    queries: int
    protocol: str


def rank(
    query: Floats,
    gallery: Floats,
    *,
    query_ids: Ids,
    gallery_ids: Ids,
    query_cameras: Ids | None = None,
    gallery_cameras: Ids | None = None,
    ranks: int = 20,
) -> Ranking:
    """Rank by inner product.

    query (Q, D), gallery (G, D): unit rows. ids: (Q,), (G,). With cameras, gallery entries of a
    query's own identity and camera are junk: neither right nor wrong. Queries without a match are
    left out. Raises TooFewPairs when none is left.
    """
    cmc, precision, inverse = np.zeros(ranks), [], []
    for start in range(0, len(query), BLOCK):
        part = slice(start, start + BLOCK)
        order = np.argsort(-(query[part] @ gallery.T), axis=1, kind="stable")
        hit = gallery_ids[order] == query_ids[part, None]
        junk = np.zeros_like(hit)
        if query_cameras is not None and gallery_cameras is not None:
            junk = hit & (gallery_cameras[order] == query_cameras[part, None])
        for row, bad in zip(hit, junk, strict=True):
            matches = row[~bad]
            places = np.flatnonzero(matches)
            if len(places):
                cmc += np.arange(ranks) >= places[0]
                precision.append(float(np.mean((np.arange(len(places)) + 1) / (places + 1))))
                inverse.append(len(places) / (int(places[-1]) + 1))
    if not precision:
        raise TooFewPairs("No query has a match in the gallery, so there is nothing to rank.")
    n = len(precision)
    how = (
        "same identity and camera left out" if query_cameras is not None else "every other picture"
    )
    return Ranking(
        (cmc / n).astype(np.float32), float(np.mean(precision)), float(np.mean(inverse)), n, how
    )
