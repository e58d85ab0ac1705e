"""Re-identification of labelled crops, by one model or two against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core.actions import labelled, looking
from reid_core.actions.labelled import Labelled
from reid_core.evaluate import identity_bootstrap, rerank, retrieval
from reid_core.evaluate.allpairs import Doubles
from reid_core.evaluate.compare import Changed, Difference, Turned, difference, mean_draws
from reid_core.evaluate.intervals import Share
from reid_core.protocols import Embedder, Progress, no_progress
from reid_core.types import Floats

KS = (1, 2, 4, 8)  # of Recall@K
SHOWN = 12  # queries that two models answer differently
FIGURES = ("rank-1", "mAP")

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ReidRules:
    """How crops are ranked.

    same_camera_junk: with several cameras, a query's own identity in its own camera is left out.
    time_gap: where the same camera counts, what it saw of the query's identity in the same
    sequence at most this many frames away is left out; None for nothing. rerank: k-reciprocal
    re-ranking. expand: how many of its nearest a query is averaged with, 0 for none.
    """

    same_camera_junk: bool = True
    time_gap: int | None = None
    rerank: bool = False
    expand: int = 0

    def __post_init__(self) -> None:
        if self.expand < 0 or (self.time_gap is not None and self.time_gap < 0):
            raise ValueError(f"expand {self.expand}, time gap {self.time_gap}: expected at least 0")
        if self.rerank and self.expand:
            raise ValueError("re-ranking expands queries itself: expected one of the two")


@dataclass(frozen=True, slots=True)
class ReidSide:
    """One model. rank1, mAP: with intervals from a bootstrap over identities. cmc: by rank."""

    model: str
    rank1: Share
    mAP: Share
    mINP: float
    cmc: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Reidentification:
    """What `cameo evaluate reid` reports.

    queries: those with somebody to find. recall_at: Recall@K by K where every crop is searched
    among all others, else empty. intervals: of rank1 and mAP, from a bootstrap over identities.
    against: the second model, if one was named; differences and changed: how it compares.
    """

    queries: int
    gallery: int
    rank1: float
    rank5: float
    mAP: float
    mINP: float
    protocol: str
    model: str
    notes: tuple[str, ...] = ()
    recall_at: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    cmc: tuple[float, ...] = ()
    against: ReidSide | None = None
    differences: tuple[Difference, ...] = ()
    changed: Changed | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Ranked:
    """One model. places: by query. drawn: (R, 2) the `FIGURES` in each draw.

    people: whose pictures are queries with a match.
    """

    scores: retrieval.Scores
    places: list[Ids]
    ranking: retrieval.Ranking
    drawn: Doubles
    people: int
    side: ReidSide


def evaluate_reid(
    root: Path,
    embedder: Embedder,
    *,
    rules: ReidRules | None = None,
    against: Embedder | None = None,
    progress: Progress = no_progress,
) -> Reidentification:
    """Crops with Market-style names, a folder for each identity or a list, see `labelled.find`.

    The first crop by name of each identity in each camera is a query, all others are the gallery,
    where the query's own identity in its own camera is left out. With one camera, or none known,
    every crop is a query against all others. against: a second model to compare with. Raises
    BadList, TooFewPairs, SourceError, and EvaluationError for a time gap that cannot be applied.
    """
    rules = rules or ReidRules()
    crops = labelled.find(root)
    plan = retrieval.plan(
        crops.ids, crops.shots, same_camera_junk=rules.same_camera_junk, time_gap=rules.time_gap
    )
    embedders = [embedder] if against is None else [embedder, against]
    seen = looking.look(crops.paths, None, embedders, progress=progress)
    drawn = list(identity_bootstrap.draws(len(crops.names)))
    first, *rest = [
        _rank(v, e.model, crops, plan, rules, drawn)
        for v, e in zip(seen.vectors, embedders, strict=True)
    ]
    return _report(crops, plan, rules, first, rest[0] if rest else None)


def _rank(
    vectors: Floats,
    model: str,
    crops: Labelled,
    plan: retrieval.Plan,
    rules: ReidRules,
    drawn: Sequence[Doubles],
) -> _Ranked:
    scores, how = _scores(vectors, plan, rules)
    queries = crops.ids[plan.queries]
    places = retrieval.places(
        scores, query_ids=queries, gallery_ids=crops.ids[plan.gallery], junk=plan.junk
    )
    ranking = retrieval.summary(places, protocol=plan.protocol + how)
    rows = np.array([i for i, p in enumerate(places) if len(p)])
    first = np.array([float(places[i][0] == 0) for i in rows])
    precision = np.array([retrieval.average_precision(places[i]) for i in rows])
    draws = np.stack([mean_draws(v, queries[rows], drawn) for v in (first, precision)], 1)
    units = len(np.unique(queries[rows]))
    rank1, mean = (
        _share(float(v.mean()), draws[:, i], units) for i, v in enumerate((first, precision))
    )
    cmc = tuple(round(float(share), 4) for share in ranking.cmc)
    side = ReidSide(model, rank1, mean, round(ranking.mINP, 4), cmc)
    return _Ranked(scores, places, ranking, draws, units, side)


def _share(value: float, drawn: Doubles, units: int) -> Share:
    low, high = identity_bootstrap.share_interval(drawn, value, units=units)
    return Share(round(value, 4), round(low, 4), round(high, 4))


def _report(
    crops: Labelled,
    plan: retrieval.Plan,
    rules: ReidRules,
    first: _Ranked,
    second: _Ranked | None,
) -> Reidentification:
    result, side, notes = first.ranking, first.side, list(crops.notes)
    if result.without_match:
        notes.append(f"{result.without_match} queries with nobody to find left out.")
    ks = KS if plan.is_whole and rules.time_gap is None else ()
    return Reidentification(
        queries=result.queries,
        gallery=len(plan.gallery) - int(plan.is_whole),
        rank1=side.cmc[0],
        rank5=side.cmc[4],
        mAP=side.mAP.value,
        mINP=side.mINP,
        protocol=result.protocol,
        model=side.model,
        notes=tuple(notes),
        recall_at={str(k): side.cmc[k - 1] for k in ks},
        intervals={"rank1": _ends(side.rank1), "mAP": _ends(side.mAP)},
        cmc=side.cmc,
        against=second.side if second else None,
        differences=_differences(first, second) if second else (),
        changed=_changed(crops, plan, first, second) if second else None,
    )


def _ends(share: Share) -> tuple[float, float]:
    return share.low, share.high


def _differences(first: _Ranked, second: _Ranked) -> tuple[Difference, ...]:
    apart = second.drawn - first.drawn
    values = [
        (first.side.rank1.value, second.side.rank1.value),
        (first.side.mAP.value, second.side.mAP.value),
    ]
    return tuple(
        difference(name, both, apart[:, i], people=first.people)
        for i, (name, both) in enumerate(zip(FIGURES, values, strict=True))
    )


def _changed(crops: Labelled, plan: retrieval.Plan, first: _Ranked, second: _Ranked) -> Changed:
    """Queries that find their own person first with one model only, and whom they find else."""
    pairs = list(zip(first.places, second.places, strict=True))
    gone = np.array([len(a) and a[0] == 0 < b[0] for a, b in pairs], bool)
    come = np.array([len(a) and b[0] == 0 < a[0] for a, b in pairs], bool)
    rows = np.flatnonzero(gone | come)
    clear = [-abs(int(pairs[i][0][0]) - int(pairs[i][1][0])) for i in rows]
    some = rows[np.argsort(clear, kind="stable")[:SHOWN]] if len(rows) else rows
    examples = [_mistaken(crops, plan, int(i), first, second, right=bool(come[i])) for i in some]
    return Changed(
        "queries whose own person comes first with one of the models only, beside whom the other "
        "model puts first",
        int(come.sum()),
        int(gone.sum()),
        tuple(examples),
    )


def _mistaken(
    crops: Labelled,
    plan: retrieval.Plan,
    query: int,
    first: _Ranked,
    second: _Ranked,
    *,
    right: bool,
) -> Turned:
    """A query with the stranger whom the model that errs puts first."""
    part = slice(query, query + 1)
    before, after = first.scores(part)[0], second.scores(part)[0]
    strangers = crops.ids[plan.gallery] != crops.ids[plan.queries[query]]
    wrong = int(np.argmax(np.where(strangers, before if right else after, -np.inf)))
    return Turned(
        False,
        crops.name(int(plan.queries[query])),
        crops.name(int(plan.gallery[wrong])),
        round(float(before[wrong]), 4),
        round(float(after[wrong]), 4),
        right,
    )


def _scores(
    vectors: Floats, plan: retrieval.Plan, rules: ReidRules
) -> tuple[retrieval.Scores, str]:
    """The similarities to rank by, and what to add to the protocol."""
    if rules.rerank:
        encoding = rerank.encode(vectors)
        words = f"k1 {rerank.K1}, k2 {rerank.K2}, lambda {rerank.BLEND}"
        return (
            lambda part: -rerank.distances(encoding, plan.queries[part], plan.gallery),
            f", re-ranked by k-reciprocal encoding ({words})",
        )
    queries, gallery, how = vectors[plan.queries], vectors[plan.gallery], ""
    if rules.expand:
        own = np.searchsorted(plan.gallery, plan.queries)
        here = np.isin(plan.queries, plan.gallery).all()
        queries = rerank.expand(queries, gallery, n=rules.expand, own=own if here else None)
        how = f", queries expanded by their {rules.expand} nearest (alpha {rerank.ALPHA:g})"
    return retrieval.inner_products(queries, gallery), how
