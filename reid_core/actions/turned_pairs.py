"""Which pairs two models decide differently."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from reid_core.actions.labelled import Labelled
from reid_core.evaluate import allpairs
from reid_core.evaluate.allpairs import WORST, Rows, Scored
from reid_core.evaluate.compare import Changed, Turned
from reid_core.types import Floats

if TYPE_CHECKING:
    from reid_core.actions.evaluate_pairs import Judged

SHOWN = 6  # of each sort: one person or two, now right or now wrong
KEEP = 2_000_000  # accepted pairs held; of more a sample stands for the rest
STEP = 4096  # pairs multiplied at a time


def changed(pictures: Labelled, first: Judged, second: Judged, far: str) -> Changed:
    """Pairs on another side of each model's own threshold at one false-match rate."""
    limits = first.side.tar[far].threshold, second.side.tar[far].threshold
    sorts = list(_genuine(first, second, limits)) + list(_impostors(first, second, limits))
    rule = (
        f"each model's threshold at a false-match rate of {far}: {limits[0]:.4f}, {limits[1]:.4f}"
    )
    counts = dict.fromkeys((True, False), 0.0)
    examples: list[Turned] = []
    for same, right, pairs, after in sorts:
        counts[right] += float(pairs.stands_for.sum())
        examples += _shown(pictures, pairs, after, limits, same=same, right=right)
    return Changed(rule, round(counts[True]), round(counts[False]), tuple(examples))


Sort = tuple[bool, bool, Scored, Floats]


def _genuine(first: Judged, second: Judged, limits: tuple[float, float]) -> Iterator[Sort]:
    """Of one person: accepted by one of the two only."""
    pairs, after = first.counted.genuine, second.counted.genuine.scores
    by_first, by_second = pairs.scores >= limits[0], after >= limits[1]
    for right in (True, False):
        rows = np.flatnonzero((by_first != by_second) & (by_second == right))
        yield True, right, pairs[rows], after[rows]


def _impostors(first: Judged, second: Judged, limits: tuple[float, float]) -> Iterator[Sort]:
    """Of two people: what only the first accepts is now right, what only the second, wrong."""
    before = allpairs.above(first.rows, first.counted, level=limits[0], keep=KEEP)
    after = allpairs.above(second.rows, second.counted, level=limits[1], keep=KEEP)
    keys = [p.first.astype(np.int64) * len(first.rows.ids) + p.second for p in (before, after)]
    gone = before[~np.isin(keys[0], keys[1])]
    yield False, True, gone, similarities(second.rows, gone)
    come = after[~np.isin(keys[1], keys[0])]
    scores = similarities(first.rows, come)
    yield False, False, Scored(scores, come.first, come.second, come.stands_for), come.scores


def similarities(rows: Rows, pairs: Scored) -> Floats:
    """(M,) the similarities of some pairs."""
    result = np.full(len(pairs), WORST, np.float32)
    for start in range(0, len(pairs), STEP):
        a, b = pairs.first[start : start + STEP], pairs.second[start : start + STEP]
        cosine = np.einsum("nd,nd->n", rows.vectors[a], rows.vectors[b])
        both = rows.found[a] & rows.found[b]
        result[start : start + STEP] = np.where(both, cosine, WORST)
    return result


def _shown(
    pictures: Labelled,
    pairs: Scored,
    after: Floats,
    limits: tuple[float, float],
    *,
    same: bool,
    right: bool,
) -> list[Turned]:
    """The clearest: those farthest from both thresholds, one for any two people."""
    clear = np.abs(pairs.scores - limits[0]) + np.abs(after - limits[1])
    order = np.argsort(-clear, kind="stable")
    who = pictures.ids[pairs.first[order]] * len(pictures.names) + pictures.ids[pairs.second[order]]
    chosen = order[np.sort(np.unique(who, return_index=True)[1])[:SHOWN]]
    return [
        Turned(
            same,
            pictures.name(int(pairs.first[i])),
            pictures.name(int(pairs.second[i])),
            round(float(pairs.scores[i]), 4),
            round(float(after[i]), 4),
            right,
        )
        for i in chosen
    ]
