"""Retraining without the network: a residual map on its vectors, learnt in seconds.

    x' = unit((I + s A) (x - s m))

m is the mean of the people trained on. A is learnt by any loss of `losses`, from where it begins
and drawn back to that: from zero, or from what evens out how far looks at one person differ in each
direction (within-class covariance normalisation, Hatch et al., Interspeech 2006, shrunk). The
beginning, the pull and the strength s in [0, 1] are those that do best on people whom A was not
learnt from (cross-validation over people). Strength 0, which changes nothing, is always a candidate
and wins unless another gains more than its standard error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from reid_core.adapter import Adapter, identity
from reid_core.evaluate.holdout import Bools, Ids, nearest
from reid_core.evaluate.ranking import by_person, rank_each
from reid_core.learn.folds import (
    Batches,
    Parts,
    Tried,
    choose,
    dealt,
    descend,
    error_of,
    one_thread,
    strangers,
)
from reid_core.learn.losses import named
from reid_core.learn.unlabelled import FootageLoss, Unlabelled
from reid_core.protocols import Progress, no_progress
from reid_core.types import Floats

LOSS = "supervised-contrastive"
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
SHRINKAGE = 3.0  # of the covariance within people, in units of its mean variance
FOLDS = 5
QUERIES = 2000  # that a strength is judged by, at most


@dataclass(frozen=True, slots=True)
class Way:
    """How A is learnt. decay: pull back to where it began, a step. evened: where that is.

    footage: how much what nobody labelled counts beside the people; 0 for nothing.
    """

    decay: float
    evened: bool = False
    footage: float = 0.0


# few people and a weak shift ask for the first, a strong shift for the second, noise for the third
WAYS = (Way(0.1), Way(0.01), Way(0.3, evened=True))
FOOTAGE_WAYS = (Way(0.1, footage=1.0), Way(0.3, evened=True, footage=1.0))  # tried beside them


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an adapter is learnt. options: of the loss. ways, strengths: that are tried.

    footage: appearances that nobody labelled, which further ways learn from as well.
    """

    loss: str = LOSS
    options: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 200
    rate: float = 1e-3
    ways: Sequence[Way] = WAYS
    centred: bool = True
    strengths: Sequence[float] = STRENGTHS
    seed: int = 0
    footage: Unlabelled | None = None

    @property
    def tried(self) -> tuple[Way, ...]:
        """The ways, with those that learn from footage where there is some."""
        return (*self.ways, *(FOOTAGE_WAYS if self.footage is not None else ()))


@dataclass(frozen=True, slots=True)
class TriedWay(Tried):
    """The same of a map that was learnt in one of the ways."""

    way: Way


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What was learnt. strangers: two (P,) rows that are of different people, and their cosines
    (P,) by maps of that strength that were not learnt from them.
    """

    adapter: Adapter
    strength: float
    tried: tuple[TriedWay, ...]
    strangers: tuple[Ids, Ids]
    strangers_scores: Floats


def fit(
    base: str,
    vectors: Floats,
    people: Ids,
    looks: Ids,
    recipe: Recipe | None = None,
    *,
    progress: Progress = no_progress,
) -> Fitted:
    """Learn an adapter for the model `base`.

    vectors: (N, D) unit rows to train on. people, looks: (N,). A `progress` that raises stops it.
    Raises DataError with fewer than three people of two looks, Diverged, ValueError for a loss
    or option that does not exist.
    """
    how = recipe or Recipe()
    with one_thread():
        return _fit(base, vectors, people, looks, how, progress)


def _fit(
    base: str, vectors: Floats, people: Ids, looks: Ids, how: Recipe, progress: Progress
) -> Fitted:
    folds = dealt(people, looks, count=FOLDS, seed=how.seed)
    n = int(folds.max()) + 1
    parts = Parts(progress, n * len(how.tried) + 1)
    apart = _apart(how, vectors, folds)
    maps = {
        way: [_learn(vectors, people, folds != k, apart[k], way, parts.next()) for k in range(n)]
        for way in how.tried
    }
    tried = _try(vectors, people, looks, folds, maps, how)
    best = choose(tried)
    whole = _learn(vectors, people, np.ones(len(people), bool), how, best.way, parts.next())
    progress(1.0, "done")
    chosen = [_adapter(base, one, best.strength) for one in maps[best.way]]
    pairs, scores = strangers(people, folds, lambda k, rows: chosen[k].apply(vectors[rows]))
    adapter = _adapter(base, whole, best.strength)
    return Fitted(adapter, best.strength, tried, pairs, scores)


def _apart(how: Recipe, vectors: Floats, folds: Ids) -> list[Recipe]:
    """The recipe for each fold: without footage that most likely shows people of the fold, whom
    what is learnt is measured on.
    """
    count, seen = int(folds.max()) + 1, how.footage
    if seen is None:
        return [how] * count
    fold = folds[nearest(seen.vectors, vectors)]
    return [replace(how, footage=seen.without(fold == k)) for k in range(count)]


@dataclass(frozen=True, slots=True, eq=False)
class _Map:
    """A (D, D) and m (D,)."""

    residual: Floats
    mean: Floats


def _adapter(base: str, one: _Map, strength: float) -> Adapter:
    if strength == 0:
        return identity(base, len(one.mean))
    weight = np.eye(len(one.mean), dtype=np.float32) + np.float32(strength) * one.residual
    return Adapter(base, weight, np.float32(strength) * one.mean)


def _learn(
    vectors: Floats, people: Ids, some: Bools, how: Recipe, way: Way, progress: Progress
) -> _Map:
    """A and m by the loss, from some of the rows."""
    x, labels = vectors[some], np.unique(people[some], return_inverse=True)[1]
    mean = _mean(x, labels) if how.centred else np.zeros(x.shape[1], np.float32)
    torch.manual_seed(how.seed)
    loss = named.make(how.loss, dim=x.shape[1], classes=int(labels.max()) + 1, **how.options)
    seen = how.footage if way.footage else None
    start = torch.zeros(2 * x.shape[1:])
    if way.evened:
        start = torch.from_numpy(
            _evened(x, labels) if seen is None else _evened_with(x, labels, seen)
        )
    beside = FootageLoss(seen, mean, how.seed) if seen is not None else None
    residual = nn.Parameter(torch.zeros_like(start))
    optimiser = torch.optim.AdamW(
        [
            {"params": [residual], "weight_decay": way.decay / how.rate},
            {"params": list(loss.parameters()), "lr": 10 * how.rate, "weight_decay": 0.0},
        ],
        lr=how.rate,
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, how.steps)
    given, targets = torch.from_numpy(x - mean), torch.from_numpy(labels)
    batches = Batches(labels, how.seed)
    for step in range(how.steps):
        progress(step / how.steps, f"step {step} of {how.steps}")
        rows = batches.next()
        batch = given[rows]
        out = F.normalize(batch + batch @ (start + residual).T, dim=1)
        value: Tensor = loss(out, targets[rows])
        if beside is not None:
            value = value + way.footage * beside(start + residual)
        descend(value, optimiser, schedule, loss=how.loss, step=step)
    return _Map((start + residual.detach()).numpy().astype(np.float32), mean)


def _evened(x: Floats, labels: Ids) -> Floats:
    """(D, D) the residual that gives looks at one person nearly the same spread in all directions.

    S^-1/2 - I, S the covariance within people plus `SHRINKAGE`, scaled to a mean eigenvalue of 1.
    """
    sums = np.zeros((int(labels.max()) + 1, x.shape[1]))
    np.add.at(sums, labels, x)
    apart = x - (sums / np.bincount(labels)[:, None])[labels]
    scatter = apart.T @ apart
    unit = np.eye(len(scatter))
    scatter = scatter / max(np.trace(scatter) / len(scatter), 1e-12) + SHRINKAGE * unit
    values, axes = np.linalg.eigh(scatter)
    root = (axes / np.sqrt(values)) @ axes.T
    return np.asarray(root * len(root) / np.trace(root) - unit, np.float32)


def _evened_with(x: Floats, labels: Ids, seen: Unlabelled) -> Floats:
    """The same with the looks of appearances, each one's among themselves."""
    whose = np.concatenate([labels, int(labels.max()) + 1 + seen.whose])
    return _evened(np.concatenate([x, seen.vectors]), whose)


def _mean(x: Floats, labels: Ids) -> Floats:
    """(D,) the mean of people's means, so that no one with many pictures pulls it."""
    sums = np.zeros((int(labels.max()) + 1, x.shape[1]))
    np.add.at(sums, labels, x)
    return np.asarray((sums / np.bincount(labels)[:, None]).mean(0), np.float32)


def _try(
    vectors: Floats,
    people: Ids,
    looks: Ids,
    folds: Ids,
    maps: Mapping[Way, Sequence[_Map]],
    how: Recipe,
) -> tuple[TriedWay, ...]:
    """Every strength on the people of each fold, with the map that was not learnt from them.

    The first is none.
    """
    asked = np.random.default_rng(how.seed).random(len(people)) < QUERIES / len(people)

    def measured(way: Way, strength: float) -> NDArray[np.float64]:
        parts = []
        for k, one in enumerate(maps[way]):
            x = _adapter("", one, strength).apply(vectors)
            ranked = rank_each(x, people, looks, (folds == k) & asked)
            parts.append(by_person(ranked.precision, people[ranked.rows])[1])
        return np.concatenate(parts)

    none = measured(how.ways[0], 0.0)
    tried = [TriedWay(0.0, float(none.mean()), 0.0, 0.0, how.ways[0])]
    for way in how.tried:
        for strength in sorted({*how.strengths} - {0.0}):
            p = measured(way, strength)
            gain = float((p - none).mean())
            tried.append(TriedWay(strength, float(p.mean()), gain, error_of(p - none), way))
    return tuple(tried)
