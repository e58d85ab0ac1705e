"""Who was seen at the same time: tracklets of one video that show two people.

Nobody is twice in a picture, so two tracklets that last at the same time, in places apart, are two
people, without anybody having said so. Only within one video: two cameras may see one person at
once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from reid_core import boxes
from reid_core.library import schema
from reid_core.library.paths import path_from_bytes
from reid_core.library.vectors import IN_QUERY
from reid_core.types import Floats, Kind

Ids = NDArray[np.int64]
Four = tuple[Ids, Ids, Ids, Ids]
TOGETHER_S = 0.6  # two tracklets last at the same time for at least so long
APART = 0.2  # share of the smaller box that the other may cover while they count as apart
ALWAYS = 0.5  # of the moments looked at, in how many they must be apart
MOMENTS = 5  # looked at
MOST_FOUND = 1_000_000  # pairs enumerated; beyond, by chance


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """N tracklets of a kind: id, video, chain, link (0: none) (N,) int64; start, end (N,) s."""

    ids: Ids
    video: Ids
    chain: Ids
    link: Ids
    start: NDArray[np.float64]
    end: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)


def spans(connection: Connection, kind: Kind, *, without: Collection[int] = ()) -> Spans:
    """When each tracklet of a kind lasts, by video and start; but for some."""
    t = schema.tracklet.c
    query = (
        sa.select(t.id, t.video_id, t.chain, t.link, t.start_s, t.end_s)
        .where(t.kind == str(kind))
        .order_by(t.video_id, t.start_s, t.id)
    )
    left_out = set(without)
    rows = [row for row in connection.execute(query) if row[0] not in left_out]
    if not rows:
        none = np.zeros(0, np.int64)
        return Spans(none, none, none, none, np.zeros(0), np.zeros(0))
    ids, video, chain, link, start, end = zip(*rows, strict=True)
    return Spans(
        *_integers(ids, video, chain, [v or 0 for v in link]),
        np.array(start, np.float64),
        np.array(end, np.float64),
    )


def overlapping(given: Spans, rng: np.random.Generator) -> tuple[Ids, Ids]:
    """Rows (P,) and (P,) of tracklets that last at the same time, of different chains.

    Two that are linked to one and the same of the other kind (two faces of one body) are left out.
    """
    hi = _ends(given)
    counts = np.maximum(hi - np.arange(len(given)) - 1, 0)
    rows = np.arange(len(given))
    if counts.sum() > MOST_FOUND:
        rows = rng.permutation(rows)
        rows = rows[np.cumsum(counts[rows]) <= MOST_FOUND]
    first = np.repeat(rows, counts[rows])
    within = np.arange(len(first)) - np.repeat(np.cumsum(counts[rows]) - counts[rows], counts[rows])
    second = first + 1 + within
    shared = np.minimum(given.end[first], given.end[second]) - given.start[second]
    one_body = (given.link[first] != 0) & (given.link[first] == given.link[second])
    kept = (shared >= TOGETHER_S) & (given.chain[first] != given.chain[second]) & ~one_body
    return first[kept], second[kept]


def apart(connection: Connection, given: Spans, first: Ids, second: Ids) -> NDArray[np.bool_]:
    """(P,) whether the boxes of two tracklets are in different places while both last.

    A face found twice, and a picture within a picture, are not.
    """
    paths = _paths(connection, given.ids[np.unique(np.concatenate([first, second]))])
    result = np.zeros(len(first), bool)
    for i, (a, b) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        times = np.linspace(
            max(given.start[a], given.start[b]), min(given.end[a], given.end[b]), MOMENTS + 2
        )[1:-1]
        sides = [boxes.interpolate(*paths[int(given.ids[row])], times) for row in (a, b)]
        result[i] = np.mean(_covered(*sides) <= APART) > ALWAYS
    return result


def _integers(a: Sequence[int], b: Sequence[int], c: Sequence[int], d: Sequence[int]) -> Four:
    return tuple(np.array(v, np.int64) for v in (a, b, c, d))  # type: ignore[return-value]


def _ends(given: Spans) -> Ids:
    """(N,) for each row the first later row that starts too late to be seen with it."""
    result = np.zeros(len(given), np.int64)
    edges = np.flatnonzero(np.diff(given.video, prepend=-1, append=-1))
    for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        latest = given.end[a:b] - TOGETHER_S
        result[a:b] = a + np.searchsorted(given.start[a:b], latest, "right")
    return result


def _covered(one: Floats, other: Floats) -> Floats:
    """(M,) the share of the smaller of two boxes (M, 4) that the other covers."""
    low, high = np.maximum(one[:, :2], other[:, :2]), np.minimum(one[:, 2:], other[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    smaller = np.minimum(boxes.area(one), boxes.area(other))
    return np.asarray(shared / np.maximum(smaller, 1e-6), np.float32)


def _paths(connection: Connection, ids: Ids) -> dict[int, tuple[NDArray[np.float64], Floats]]:
    t = schema.tracklet.c
    found = {}
    for i in range(0, len(ids), IN_QUERY):
        query = sa.select(t.id, t.path).where(t.id.in_(ids[i : i + IN_QUERY].tolist()))
        found.update({row[0]: path_from_bytes(row[1]) for row in connection.execute(query)})
    return found
