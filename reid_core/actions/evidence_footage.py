"""Comparisons from footage that nobody labelled.

An appearance is searched for as `search --tracklet` does it: all its views against the pooled
vector of another. The first half of its looks against the second half is one person; two who are
seen at the same time, apart, are two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy.engine import Connection

from reid_core.actions.evidence_recurring import alike, who_comes_again
from reid_core.evaluate.comparisons import Comparisons, Ids, Looks, best_of_sets
from reid_core.library import footage, retrainings, together, vectors
from reid_core.library.footage import StoredView
from reid_core.library.together import Spans
from reid_core.protocols import Progress
from reid_core.quality import LEAST
from reid_core.types import Embeddings, Floats, Kind

MOST_TRACKLETS = 4_000  # whose views are read
MOST_PAIRS = 60_000  # of people seen at once
MORE = 1.5  # as many pairs are looked at, since some turn out not to be apart
OWN = 1_500  # appearances split in two halves
HALF_S = 0.5  # between the halves of an appearance: nearer looks are nearly one picture


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """A tracklet with its good looks. views: with times (V,), qualities (V,), rows (V, D)."""

    times: np.ndarray
    quality: Floats
    rows: Floats


def footage_comparisons(
    connection: Connection,
    model: str,
    kind: Kind,
    known: Mapping[int, int],
    templates: Looks,
    *,
    rng: np.random.Generator,
    progress: Progress,
) -> list[Comparisons]:
    """Of one person and of two. known: people by tracklet, where the user said so; templates: of
    people enrolled, who are not whoever was seen beside them. What a retrained model learnt from is
    left out.
    """
    every = together.spans(connection, kind, without=retrainings.tracklets_of(connection, model))
    if not len(every):
        return []
    first, second = _pairs(connection, every, known, rng)
    progress(0.5, "who is seen at once")
    rows = np.unique(np.concatenate([first, second, rng.permutation(len(every))[:OWN]]))
    shown = _shown(connection, model, kind, every, rows)
    progress(0.7, "appearances")
    pooled = _pooled(connection, model, kind, every, shown)
    said = who = _named(every, known)
    there = np.isin(first, list(pooled)) & np.isin(second, list(pooled))
    first, second = first[there], second[there]
    halves, two = _halves(every, shown, who), _two(shown, pooled, who, first, second)
    progress(0.8, "who comes again")
    level = alike(halves, two)
    if level is not None:
        pairs = np.stack([first, second], 1)
        who = who_comes_again(pooled, who, pairs, level=level, fixed=set(known.values()))
        halves, two = _halves(every, shown, who), _two(shown, pooled, who, first, second)
    return [halves, two, _beside(templates, pooled, said, who, first, second)]


def _named(every: Spans, known: Mapping[int, int]) -> Ids:
    """(N,) whom each tracklet shows: a person whom the user recognised, else its chain."""
    pairs = zip(every.ids.tolist(), every.chain.tolist(), strict=True)
    return np.array([known.get(one, chain) for one, chain in pairs], np.int64)


def _pairs(
    connection: Connection, every: Spans, known: Mapping[int, int], rng: np.random.Generator
) -> tuple[Ids, Ids]:
    """Rows of tracklets that show two people, of whole groups at once, up to the limits.

    Those who were seen beside somebody recognised come first.
    """
    first, second = together.overlapping(every, rng)
    sure = np.isin(every.ids, list(known))
    turn = rng.permutation(len(every))[first] - len(every) * (sure[first] | sure[second])
    order = np.argsort(turn, kind="stable")[: int(MORE * MOST_PAIRS)]
    first, second = first[order], second[order]
    new = np.zeros(2 * len(first), bool)
    new[np.unique(np.stack([first, second], 1).ravel(), return_index=True)[1]] = True
    few = np.cumsum(new)[1::2] <= MOST_TRACKLETS
    first, second = first[few], second[few]
    two = together.apart(connection, every, first, second)
    return first[two][:MOST_PAIRS], second[two][:MOST_PAIRS]


def _shown(
    connection: Connection, model: str, kind: Kind, every: Spans, rows: Ids
) -> dict[int, _Shown]:
    """By row, the tracklets with a look that is good enough to speak for a match."""
    looks: dict[int, list[StoredView]] = defaultdict(list)
    for one in footage.views_of(connection, every.ids[rows].tolist()):
        looks[one.tracklet_id].append(one)
    ids = [v.id for some in looks.values() for v in some]
    known, found = vectors.vectors_of(connection, "view", kind, model, ids)
    place = {v: i for i, v in enumerate(known.tolist())}
    result = {}
    for row in rows.tolist():
        own = [v for v in looks.get(int(every.ids[row]), ()) if v.id in place]
        if own and max(v.quality for v in own) >= LEAST:
            own.sort(key=lambda v: v.time_s)
            result[row] = _Shown(
                np.array([v.time_s for v in own]),
                np.array([v.quality for v in own], np.float32),
                found[[place[v.id] for v in own]],
            )
    return result


def _pooled(
    connection: Connection, model: str, kind: Kind, every: Spans, shown: Mapping[int, _Shown]
) -> dict[int, Floats]:
    """By row, the vectors that searches compare with."""
    rows = np.array(sorted(shown), np.int64)
    ids, found = vectors.vectors_of(connection, "tracklet", kind, model, every.ids[rows].tolist())
    place = dict(zip(every.ids[rows].tolist(), rows.tolist(), strict=True))
    return {place[i]: row for i, row in zip(ids.tolist(), found, strict=True)}


def _halves(every: Spans, shown: Mapping[int, _Shown], who: Ids) -> Comparisons:
    """The earlier looks of each appearance against the pooled later ones."""
    chains: dict[int, list[int]] = defaultdict(list)
    for row in shown:
        chains[int(every.chain[row])].append(row)
    scores, whose = [], []
    for rows in chains.values():
        score = _split([shown[row] for row in sorted(rows, key=lambda r: float(every.start[r]))])
        if score is not None:
            scores.append(score)
            whose.append(int(who[rows[0]]))
    everyone = np.array(whose, np.int64)
    return Comparisons.of(np.array(scores, np.float64), everyone, everyone, "footage")


def _split(parts: list[_Shown]) -> float | None:
    """None where there are not two halves with a good look each, or they are nearly one moment."""
    times, quality, rows = (
        np.concatenate([getattr(p, name) for p in parts]) for name in ("times", "quality", "rows")
    )
    half = len(times) // 2
    if half < 1 or times[half] - times[half - 1] < HALF_S:
        return None
    if min(quality[:half].max(), quality[half:].max()) < LEAST:
        return None
    later = Embeddings(rows[half:], quality[half:], "").pooled()
    return float((rows[:half] @ later).max())


def _two(
    shown: Mapping[int, _Shown],
    pooled: Mapping[int, Floats],
    who: Ids,
    first: Ids,
    second: Ids,
) -> Comparisons:
    """Each one's views against the other's pooled vector, both ways."""
    kept = who[first] != who[second]
    sides = (
        np.concatenate([first[kept], second[kept]]),
        np.concatenate([second[kept], first[kept]]),
    )
    scores = [
        float((shown[a].rows @ pooled[b]).max())
        for a, b in zip(*map(np.ndarray.tolist, sides), strict=True)
    ]
    return Comparisons.of(np.array(scores, np.float64), who[sides[0]], who[sides[1]], "footage")


def _beside(
    templates: Looks,
    pooled: Mapping[int, Floats],
    said: Ids,
    who: Ids,
    first: Ids,
    second: Ids,
) -> Comparisons:
    """The templates of somebody recognised against whoever was seen beside them.

    said: who was recognised by the user, which likeness alone (who) does not make anybody.
    """
    theirs, other = np.concatenate([first, second]), np.concatenate([second, first])
    kept = np.isin(said[theirs], templates.who) & (said[theirs] != who[other])
    theirs, other = theirs[kept], other[kept]
    if not len(theirs):
        return Comparisons.joined([])
    people, best = best_of_sets(templates, np.stack([pooled[row] for row in other.tolist()]))
    scores = best[np.searchsorted(people, said[theirs]), np.arange(len(theirs))]
    return Comparisons.of(scores, said[theirs], who[other], "verdicts")
