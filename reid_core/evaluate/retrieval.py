"""One against many: rank a gallery for every query. CMC, mAP, mINP and Recall@K.

Zheng et al., "Scalable Person Re-identification: A Benchmark", ICCV 2015 (CMC, mAP, same-camera
junk); Ye et al., "Deep Learning for Person Re-identification", TPAMI 2021, eq. 3 (mINP); Song et
al., arXiv 1511.06452, section 5 (Recall@K). Average precision is the mean of the precision at
each match, not the trapezoid of the first code for Market-1501, which is a little higher.

Junk is what counts neither as right nor as wrong: some of the query's own identity in the gallery,
pictures that would be too easy to find. Others are never junk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import EvaluationError, TooFewPairs
from reid_core.types import Floats

CELLS = 1 << 22  # similarities held at a time: 16 MiB of float32
RANKS = 20  # of the CMC, unless said
EVERYTHING = "every gallery picture counts"
OWN_CAMERA = "same identity in same camera left out"
ALL_OTHERS = "every picture against all others"

Ids = NDArray[np.int64]
Bools = NDArray[np.bool_]
Scores = Callable[[slice], Floats]  # some of the Q queries -> (q, G) similarities, more is nearer
Junk = Callable[[slice], Bools]  # some of the Q queries -> (q, G) which do not count


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


@dataclass(frozen=True, slots=True, eq=False)
class Shots:
    """Where and when N pictures were taken: (N,) each.

    frames: counted within a sequence of a camera; below 0 where unknown.
    """

    cameras: Ids
    sequences: Ids
    frames: Ids

    def __getitem__(self, rows: Ids) -> Shots:
        return Shots(self.cameras[rows], self.sequences[rows], self.frames[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Who is searched among whom. queries (Q,), gallery (G,): rows. protocol: in words.

    is_whole: every picture is a query against all others.
    """

    queries: Ids
    gallery: Ids
    junk: tuple[Junk, ...]
    protocol: str
    is_whole: bool = False


def rank(
    query: Floats,
    gallery: Floats,
    *,
    query_ids: Ids,
    gallery_ids: Ids,
    query_cameras: Ids | None = None,
    gallery_cameras: Ids | None = None,
    same_camera_junk: bool = True,
    ranks: int = RANKS,
) -> Ranking:
    """Rank by inner product.

    query (Q, D), gallery (G, D): unit rows. ids, cameras: (Q,), (G,). same_camera_junk: with
    cameras known, gallery entries of a query's own identity and camera are neither right nor
    wrong. Of equal similarities the wrong one comes first, so that the answer depends neither on
    the order of the gallery nor on luck. Raises TooFewPairs when no query has a match.
    """
    _check(query, query_ids, query_cameras)
    _check(gallery, gallery_ids, gallery_cameras)
    junk, how = [], EVERYTHING
    if same_camera_junk and query_cameras is not None and gallery_cameras is not None:
        junk, how = [same_camera(query_cameras, gallery_cameras)], OWN_CAMERA
    return rank_scores(
        inner_products(query, gallery),
        query_ids=query_ids,
        gallery_ids=gallery_ids,
        junk=junk,
        ranks=ranks,
        protocol=how,
    )


def rank_scores(
    scores: Scores,
    *,
    query_ids: Ids,
    gallery_ids: Ids,
    junk: Sequence[Junk] = (),
    ranks: int = RANKS,
    protocol: str = EVERYTHING,
) -> Ranking:
    """Rank by any similarity, which is asked for some queries at a time.

    query_ids, gallery_ids: (Q,), (G,). junk: rules for what does not count, applied to the query's
    own identity. Ties as in `rank`. Raises TooFewPairs when no query has a match, ValueError for
    similarities that are not finite.
    """
    return summary(
        places(scores, query_ids=query_ids, gallery_ids=gallery_ids, junk=junk),
        ranks=ranks,
        protocol=protocol,
    )


def places(
    scores: Scores, *, query_ids: Ids, gallery_ids: Ids, junk: Sequence[Junk] = ()
) -> list[Ids]:
    """For each of the Q queries where its matches stand among those that count, from 0, rising.

    Arguments, ties and errors as of `rank_scores`.
    """
    found: list[Ids] = []
    step = max(1, CELLS // max(len(gallery_ids), 1))
    for start in range(0, len(query_ids), step):
        part = slice(start, start + step)
        own = gallery_ids == query_ids[part, None]
        good = own.copy()
        for rule in junk:
            good &= ~rule(part)
        similar = scores(part)
        if not np.isfinite(similar).all():
            raise ValueError("similarities must be finite numbers")
        found += [_places(*row) for row in zip(similar, good, ~own, strict=True)]
    return found


def average_precision(matches: Ids) -> float:
    """The mean of the precision at each match of one query. matches: see `places`; not empty."""
    return float(np.mean((np.arange(len(matches)) + 1) / (matches + 1)))


def leave_one_out(vectors: Floats, ids: Ids, *, ranks: int = RANKS) -> Ranking:
    """Every picture against all others, for sets with one camera or none.

    vectors: (N, D) unit rows. ids: (N,). Raises TooFewPairs when everybody is there once.
    """
    _check(vectors, ids, None)
    rows = np.arange(len(vectors))
    return rank_scores(
        inner_products(vectors, vectors),
        query_ids=ids,
        gallery_ids=ids,
        junk=[itself(rows, rows)],
        ranks=ranks,
        protocol=ALL_OTHERS,
    )


def recall_at(vectors: Floats, ids: Ids, ks: Sequence[int] = (1, 2, 4, 8)) -> dict[int, float]:
    """Recall@K of image retrieval: how often one of the K nearest others is of the same identity.

    vectors: (N, D) unit rows. ids: (N,). Pictures that are alone of their identity have nothing
    to find and are left out; the usual sets have none. Raises TooFewPairs when all are, ValueError
    for a K below 1.
    """
    if not ks or min(ks) < 1:
        raise ValueError(f"ks is {list(ks)}, expected whole numbers from 1")
    cmc = leave_one_out(vectors, ids, ranks=max(ks)).cmc
    return {k: float(cmc[k - 1]) for k in ks}


def plan(
    ids: Ids, shots: Shots | None, *, same_camera_junk: bool = True, time_gap: int | None = None
) -> Plan:
    """The protocol that fits a set of N labelled pictures in the order of their names.

    With several cameras the first picture of each identity in each camera is a query and all
    others are the gallery; with one camera, or none known (no shots), every picture is a query
    against all others. ids: (N,). same_camera_junk: as in `rank`. time_gap: frames; where the
    same camera counts, see `within`. Raises EvaluationError where a time gap cannot be applied.
    """
    cameras = 0 if shots is None else len(np.unique(shots.cameras))
    cross = cameras > 1 and same_camera_junk
    if time_gap is not None:
        _check_times(shots, cross=cross)
    queries = rest = np.arange(len(ids))
    words = ["one camera, leave one out" if cameras else "no cameras, leave one out"]
    words[0] += f": {ALL_OTHERS}"
    if shots is not None and cameras > 1:
        queries, rest, which = _split(ids, shots.cameras, cross=cross)
        kind = "cross-camera" if cross else "within and across cameras"
        words = [f"{kind}: one query per identity and camera, all {which}crops as gallery"]
    junk = [itself(queries, rest)]
    if shots is not None and cross:
        junk.append(same_camera(shots.cameras[queries], shots.cameras[rest]))
        words.append(OWN_CAMERA)
    if shots is not None and time_gap is not None:
        junk.append(within(shots[queries], shots[rest], gap=time_gap))
        words.append(f"same identity in same sequence within {time_gap} frames left out")
    return Plan(queries, rest, tuple(junk), ", ".join(words), is_whole=cameras < 2)


def inner_products(query: Floats, gallery: Floats) -> Scores:
    """The similarities of (Q, D) and (G, D) vectors."""
    return lambda part: query[part] @ gallery.T


def same_camera(query_cameras: Ids, gallery_cameras: Ids) -> Junk:
    """Junk: what the query's own camera saw."""
    return lambda part: gallery_cameras == query_cameras[part, None]


def itself(query_rows: Ids, gallery_rows: Ids) -> Junk:
    """Junk: the query's own picture, where rows of one set are both queries and gallery."""
    return lambda part: gallery_rows == query_rows[part, None]


def within(query: Shots, gallery: Shots, *, gap: int) -> Junk:
    """Junk: what the query's camera saw in the same sequence at most `gap` frames away.

    The nearest frames of a walk are nearly the same picture. Raises ValueError for a gap below 0.
    """
    if gap < 0:
        raise ValueError(f"gap is {gap} frames, expected at least 0")

    def junk(part: slice) -> Bools:
        near: Bools = np.abs(gallery.frames - query.frames[part, None]) <= gap
        near &= gallery.sequences == query.sequences[part, None]
        near &= gallery.cameras == query.cameras[part, None]
        return near

    return junk


def _check_times(shots: Shots | None, *, cross: bool) -> None:
    if cross:
        raise EvaluationError(
            "A time gap is for pictures of one camera, and with several the query's own camera is "
            "left out altogether; add --keep-same-camera to use it."
        )
    unknown = -1 if shots is None else int(np.count_nonzero(shots.frames < 0))
    if unknown:
        some = "The names" if shots is None else f"The names of {unknown} pictures"
        raise EvaluationError(
            f"{some} say no sequence and frame, as 0002_c1_s1f000451n03.jpg does, "
            "so a time gap cannot be applied."
        )


def _split(ids: Ids, cameras: Ids, *, cross: bool) -> tuple[Ids, Ids, str]:
    """The first row of each identity in each camera, the gallery, and "other " or "".

    All rows are the gallery where the others leave nobody to find.
    """
    first = np.unique(np.stack([ids, cameras], 1), axis=0, return_index=True)[1]
    queries = np.sort(first)
    rest = np.setdiff1d(np.arange(len(ids)), queries)
    kept = set(zip(ids[rest].tolist(), cameras[rest].tolist(), strict=True))
    seen: dict[int, set[int]] = {}
    for one, camera in kept:
        seen.setdefault(one, set()).add(camera)
    pairs = zip(ids[queries].tolist(), cameras[queries].tolist(), strict=True)
    if any(seen.get(one, set()) - ({camera} if cross else set()) for one, camera in pairs):
        return queries, rest, "other "
    return queries, np.arange(len(ids)), ""


def _places(similar: Floats, good: Bools, wrong: Bools) -> Ids:
    """Where a query's matches stand among those that count, from 0, best first."""
    mine = np.sort(similar[good])[::-1]
    others = np.sort(similar[wrong])
    ahead = len(others) - np.searchsorted(others, mine, "left")
    return np.asarray(ahead + np.arange(len(mine)), np.int64)


def summary(places: list[Ids], *, ranks: int = RANKS, protocol: str = EVERYTHING) -> Ranking:
    """What `places` come to. Raises TooFewPairs when no query has a match."""
    found = [p for p in places if len(p)]
    if not found:
        raise TooFewPairs("No query has a match in the gallery, so there is nothing to rank.")
    first = np.array([p[0] for p in found])
    cmc = (first[:, None] <= np.arange(ranks)).mean(axis=0).astype(np.float32)
    precision = [average_precision(p) for p in found]
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
