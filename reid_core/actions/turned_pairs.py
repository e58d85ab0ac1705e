"""Which pairs two models decide differently."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from reid_core.actions.judged_pairs import Judged, similarities
from reid_core.actions.labelled import Labelled
from reid_core.evaluate.allpairs import Scored
from reid_core.evaluate.compare import Changed, Turned
from reid_core.types import Floats

SHOWN = 6  # of each sort: one person or two, now right or now wrong


def changed(pictures: Labelled, first: Judged, second: Judged, far: str) -> Changed:
    """Pairs on another side of each model's own threshold at one false-match rate."""
    limits = first.thresholds[far], second.thresholds[far]
    sorts = [*_genuine(first, second, limits), *_impostors(first, second, far)]
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


def _impostors(first: Judged, second: Judged, far: str) -> Iterator[Sort]:
    """Of two people: what only the first accepts is now right, what only the second, wrong."""
    before, after = first.accepted(far), second.accepted(far)
    keys = [p.first.astype(np.int64) * len(first.rows.ids) + p.second for p in (before, after)]
    gone = before[~np.isin(keys[0], keys[1])]
    yield False, True, gone, similarities(second.rows, gone.first, gone.second)
    come = after[~np.isin(keys[1], keys[0])]
    scores = similarities(first.rows, come.first, come.second)
    yield False, False, Scored(scores, come.first, come.second, come.stands_for), come.scores


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
