"""One against many when the one may not be there: open-set identification.

ISO/IEC 19795-1; Grother, Ngan & Hanaoka, NISTIR 8271, 2019, section 3. A mated search is by
somebody who is enrolled, a non-mated one by somebody who is not.

    FPIR(N, T)     share of non-mated searches with at least one candidate at or above T
    FNIR(N, R, T)  share of mated searches whose person is not among the R best, or is below T

among N enrolled people. A person's score is the best over their templates. Of equal scores the
wrong person comes first, so that the answer depends neither on the gallery's order nor on luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reid_core.errors import EvaluationError, TooFewPairs
from reid_core.evaluate.allpairs import WORST, Bools, Doubles, Ids
from reid_core.types import Floats

CELLS = 1 << 22  # similarities held at a time: 16 MiB of float32
ROUNDING = 1e-9
POINTS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """Rows: templates that are enrolled, mated and non-mated probes."""

    gallery: Ids
    mated: Ids
    nonmated: Ids


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """What M mated and Q non-mated searches among N people found.

    scores: (M,) of the searched person. places: (M,) theirs among the N, from 0. mated: (M,) who
    searched. strongest: (Q,) best score of anybody. nonmated: (Q,) who searched. people: N.
    """

    scores: Floats
    places: Ids
    mated: Ids
    strongest: Floats
    nonmated: Ids
    people: int


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """thresholds, fpir, fnir: (P,), thresholds falling, so that FPIR rises."""

    thresholds: Doubles
    fpir: Doubles
    fnir: Doubles


def split(ids: Ids, *, templates: int, enrolled: float, rng: np.random.Generator) -> Partition:
    """Draw who is enrolled, and by which pictures.

    ids: (N,). templates: pictures enrolled of each. enrolled: share of those with more pictures
    than that; the others, and all with fewer, search without being there. Raises EvaluationError
    when that leaves nobody to enrol or to search.
    """
    order, who = rng.permutation(len(ids)), np.unique(ids, return_inverse=True)[1]
    sizes = np.bincount(who)
    able = rng.permutation(np.flatnonzero(sizes > templates))
    chosen = np.zeros(len(sizes), bool)
    chosen[able[: max(1, round(enrolled * len(able)))]] = True
    if not chosen.any() or chosen.all():
        raise EvaluationError(
            f"Of {len(sizes)} people {len(able)} have more than {templates} pictures, so that "
            f"{np.count_nonzero(chosen)} would be enrolled and {np.count_nonzero(~chosen)} "
            "search in vain; both need somebody."
        )
    shuffled = order[np.argsort(who[order], kind="stable")]  # by person, pictures in random order
    place = np.arange(len(ids)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    inside = chosen[who[shuffled]]
    first = place < templates
    return Partition(
        np.sort(shuffled[inside & first]),
        np.sort(shuffled[inside & ~first]),
        np.sort(shuffled[~inside]),
    )


def search(vectors: Floats, ids: Ids, found: Bools, parts: Partition) -> Searches:
    """Search every probe of a split.

    vectors: (N, D) unit rows. ids, found: (N,) identities and whether anybody was found in the
    picture; a probe or template without has the score `WORST` with everybody.
    """
    order = parts.gallery[np.argsort(ids[parts.gallery], kind="stable")]
    people, starts = np.unique(ids[order], return_index=True)
    probes = np.concatenate([parts.mated, parts.nonmated])
    best, own, places = [], [], []
    step = max(1, CELLS // max(len(order), 1))
    for start in range(0, len(probes), step):
        rows = probes[start : start + step]
        scores = vectors[rows] @ vectors[order].T
        scores[~found[rows]] = WORST
        scores[:, ~found[order]] = WORST
        by_person = np.maximum.reduceat(scores, starts, axis=1)
        column = np.minimum(np.searchsorted(people, ids[rows]), len(people) - 1)
        mine = by_person[np.arange(len(rows)), column]
        best.append(by_person.max(axis=1))
        own.append(mine)
        places.append(np.count_nonzero(by_person >= mine[:, None], axis=1) - 1)
    m = len(parts.mated)
    scores, place, strongest = (np.concatenate(x) for x in (own, places, best))
    place[:m][~found[parts.mated]] = len(people)  # who shows nobody finds nobody
    return Searches(
        scores[:m], place[:m], ids[parts.mated], strongest[m:], ids[parts.nonmated], len(people)
    )


def threshold_at(searches: Searches, *, fpir: float) -> float:
    """The lowest threshold at which at most the share `fpir` of non-mated searches finds anybody.

    Raises TooFewPairs when not even one may, ValueError outside (0, 1].
    """
    if not 0 < fpir <= 1:
        raise ValueError(f"fpir is {fpir}, expected more than 0 and at most 1")
    n = len(searches.strongest)
    allowed = int(fpir * n * (1 + ROUNDING))
    if allowed < 1:
        raise TooFewPairs(
            f"A false-positive identification rate of {fpir:g} needs at least "
            f"{int(np.ceil(1 / fpir - ROUNDING))} non-mated searches; there are {n}."
        )
    if allowed >= n:
        return -np.inf
    strongest = np.sort(searches.strongest)[::-1]
    return float(np.nextafter(strongest[allowed], np.float32(np.inf)))


def fnir(searches: Searches, *, threshold: float, rank: int | None = 1) -> float:
    """FNIR(N, rank, threshold). rank: None for N, so that only the threshold decides."""
    hit = searches.scores >= threshold
    if rank is not None:
        hit &= searches.places < rank
    return float(1 - np.mean(hit))


def fpir(searches: Searches, *, threshold: float) -> float:
    """FPIR(N, threshold)."""
    return float(np.mean(searches.strongest >= threshold))


def cmc(searches: Searches, *, ranks: int) -> Doubles:
    """(ranks,) share of mated searches whose person is among the first r, without a threshold."""
    return np.asarray((searches.places[:, None] < np.arange(1, ranks + 1)).mean(axis=0))


def sweep(several: Sequence[Searches], *, points: int = POINTS) -> Sweep:
    """FPIR and FNIR (rank 1) over thresholds, all searches of several splits together."""
    strongest = np.sort(np.concatenate([s.strongest for s in several]))
    kept = np.concatenate([s.scores[s.places < 1] for s in several])
    total, kept = sum(len(s.scores) for s in several), np.sort(kept)
    n = len(strongest)
    where = np.unique(np.geomspace(1, n, min(points, n)).round().astype(int))
    at = strongest[n - where]  # so many non-mated searches reach it
    reached = n - np.searchsorted(strongest, at, "left")
    hits = len(kept) - np.searchsorted(kept, at, "left")
    return Sweep(at.astype(np.float64), reached / n, 1 - hits / total)


def weighted(searches: Searches, drawn: Doubles, rates: Sequence[float]) -> Doubles:
    """(F + 1,) FNIR (rank 1) at each FPIR, then the share found first, in one bootstrap draw.

    drawn: (I,) how often each identity is drawn. The gallery stays as it is. NaN where the draw
    has no search of a sort.
    """
    mated, strangers = drawn[searches.mated], drawn[searches.nonmated]
    if mated.sum() <= 0 or strangers.sum() <= 0:
        return np.full(len(rates) + 1, np.nan)
    order = np.argsort(-searches.strongest, kind="stable")
    passed = np.cumsum(strangers[order])
    last = np.searchsorted(passed, np.array(rates) * passed[-1] * (1 + ROUNDING), "right")
    ranked = searches.strongest[order]
    limit = np.where(last < len(ranked), ranked[np.minimum(last, len(ranked) - 1)], -np.inf)
    first = searches.places < 1
    hit = first[:, None] & (searches.scores[:, None] > limit)
    missed = 1 - mated @ hit / mated.sum()
    return np.append(missed, mated @ first / mated.sum())
