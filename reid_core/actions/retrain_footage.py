"""Footage that nobody labelled, as something more to learn from.

An appearance with two looks that differ is somebody, whoever that is; two that were in one picture
at once, in places apart, are two people. More is not claimed: any other two may be one person.
Left out is whatever the user has spoken of or enrolled from, which is learnt from by name, and what
looks most like something held out, lest the verdict be about what was learnt. It is never judged by
and nobody's.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.actions.retrain_data import Samples, seen_in
from reid_core.evaluate.holdout import Ids, looks_of, nearest
from reid_core.library import footage, schema, together, vectors
from reid_core.library.together import Spans
from reid_core.quality import LEAST
from reid_core.types import Floats, Kind

MOST = 2_000  # appearances learnt from
LOOKED_AT = 3  # times as many, since most have one look only
RUN = 10  # appearances that follow one another are taken together: who was seen beside whom
VIEWS = 8  # of each, the best
MOST_PAIRS = 60_000


@dataclass(frozen=True, slots=True, eq=False)
class Footage:
    """vectors: (N, D) unit rows of the network. whose: (N,) appearances from 0.

    apart: (P, 2) appearances that are two people. tracklets: all that they are made of. found: how
    many appearances nobody has spoken of, of which these were taken.
    """

    vectors: Floats
    whose: Ids
    apart: Ids
    tracklets: tuple[int, ...]
    found: int

    @property
    def count(self) -> int:
        """Appearances."""
        return len(np.unique(self.whose))

    @property
    def sentence(self) -> str:
        """What is learnt from."""
        limit = f", the most that are taken, from all videos alike ({self.found} there are)"
        return (
            f"Footage that nobody labelled: {self.count} appearances with looks that differ"
            f"{limit if self.count == MOST else ''}, and {len(self.apart)} pairs of them seen at "
            "once."
        )


def gather_footage(
    connection: Connection, kind: Kind, model: str, samples: Samples, *, seed: int = 0
) -> Footage:
    """What may be learnt from beside the samples. model: the network's id."""
    every, rng = _unspoken(connection, kind), np.random.default_rng(seed)
    order = _order(every, rng)
    some = _subset(every, np.isin(every.chain, order[: LOOKED_AT * MOST]))
    rows, chains = _looks(connection, kind, model, some)
    fit = _several(chains[_not_held(rows, chains, samples)])
    names = np.sort(order[np.isin(order, fit)][:MOST])
    there = np.isin(chains, names)
    shown = _subset(some, np.isin(some.chain, names))
    apart = np.searchsorted(names, _apart(connection, shown, rng))
    whose = np.searchsorted(names, chains[there]).astype(np.int64)
    return Footage(rows[there], whose, apart, tuple(shown.ids.tolist()), len(order))


def with_footage(
    connection: Connection, kind: Kind, model: str, samples: Samples, *, seed: int = 0
) -> Samples:
    """The samples with what footage teaches beside them, which their stock tells of."""
    found = gather_footage(connection, kind, model, samples, seed=seed)
    stock = replace(
        samples.stock.noting(found.sentence), footage=found.count, footage_pairs=len(found.apart)
    )
    return replace(samples, footage=found if found.count else None, stock=stock)


def _unspoken(connection: Connection, kind: Kind) -> Spans:
    """Appearances that no verdict is about and nobody was enrolled from."""
    every = together.spans(connection, kind)
    v, t = schema.verdict.c, schema.tracklet.c
    said = sa.select(t.chain).join(schema.verdict, v.tracklet_id == t.id)
    media = connection.scalars(sa.select(schema.template.c.media)).all()
    enrolled = {chain for chain, _ in seen_in(connection, set(media)).values()}
    spoken = {*connection.scalars(said), *enrolled}
    return _subset(every, ~np.isin(every.chain, list(spoken)))


def _subset(given: Spans, some: np.ndarray) -> Spans:
    return Spans(*(getattr(given, name)[some] for name in Spans.__slots__))


def _order(given: Spans, rng: np.random.Generator) -> Ids:
    """(C,) appearances in the order in which they are taken: in runs, from all videos alike."""
    chains, first = np.unique(given.chain, return_index=True)
    chains, video = chains[np.argsort(first)], given.video[np.sort(first)]
    turn = np.zeros(len(chains))
    for one in np.unique(video):
        own = np.flatnonzero(video == one)
        runs = np.arange(len(own)) // RUN
        turn[own] = rng.permutation(int(runs.max()) + 1)[runs] + rng.random()
    return chains[np.argsort(turn, kind="stable")]


def _looks(connection: Connection, kind: Kind, model: str, given: Spans) -> tuple[Floats, Ids]:
    """(N, D) a row for each look that differs, the best of each appearance, and its chain (N,)."""
    chain_of = dict(zip(given.ids.tolist(), given.chain.tolist(), strict=True))
    good: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for view in footage.views_of(connection, list(chain_of)):
        if view.quality >= LEAST:
            good[chain_of[view.tracklet_id]].append((-view.quality, view.id))
    of = {i: chain for chain, some in good.items() for _, i in sorted(some)[:VIEWS]}
    ids, rows = vectors.vectors_of(connection, "view", kind, model, sorted(of))
    chains = np.array([of[i] for i in ids.tolist()], np.int64)
    looks = looks_of(rows, chains, np.arange(len(rows)))
    first = np.sort(np.unique(looks, return_index=True)[1])
    return rows[first], chains[first]


def _several(chains: Ids) -> Ids:
    """Those with two looks or more."""
    names, count = np.unique(chains, return_counts=True)
    return names[count >= 2]


def _not_held(rows: Floats, chains: Ids, samples: Samples) -> np.ndarray:
    """(N,) whether no look of an appearance is nearest to something held out."""
    named = np.flatnonzero(samples.people >= 0)
    like = named[nearest(rows, samples.vectors[named])]
    return ~np.isin(chains, chains[samples.split.held[like]])


def _apart(connection: Connection, given: Spans, rng: np.random.Generator) -> Ids:
    """(P, 2) chains of which some tracklets were seen at once, in places apart."""
    first, second = (one[:MOST_PAIRS] for one in together.overlapping(given, rng))
    two = together.apart(connection, given, first, second)
    pairs = np.sort(np.stack([given.chain[first[two]], given.chain[second[two]]], 1), axis=1)
    return np.asarray(np.unique(pairs, axis=0), np.int64).reshape(-1, 2)
