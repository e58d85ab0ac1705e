"""Retraining the last stage of a network on stored crops, in minutes.

What is before that stage is left as it is, so its values are computed once, by ONNX Runtime, for
each crop and a few changed versions of it, and kept in memory. The stage is learnt by any loss of
`losses` and pulled back to where it began (L2-SP, Li et al., arXiv 1802.01483, with the pull
outside of the gradient, as weight decay in AdamW). How far it goes is the strength s in [0, 1]: the
weights are w0 + s (w1 - w0) (Wortsman et al., arXiv 2109.01903), and s is what does best on people
whom w1 was not learnt from (cross-validation over people). Strength 0, which changes nothing, wins
unless another gains more than its standard error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from reid_core.errors import DataError
from reid_core.evaluate.holdout import Bools, Ids
from reid_core.evaluate.ranking import by_person, rank_each
from reid_core.learn import augment
from reid_core.learn.backbones.onnx_graph import OnnxGraph
from reid_core.learn.distributed import pick_device
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
from reid_core.models.tail import Tail
from reid_core.protocols import Progress, no_progress
from reid_core.types import Floats, Image

LOSS = "supervised-contrastive"
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
FOLDS = 3
PLAIN, MIRRORED = 0, 1  # the first two versions of a crop; the others are changed by chance
VERSIONS = 5
LIMIT = 1 << 30  # bytes of values that are kept
CHANGES: dict[str, Any] = {
    "crop_pad": 0.04,
    "colour": 0.5,
    "brightness": (0.8, 1.2),
    "contrast": (0.8, 1.2),
}
CHANGES |= {"saturation": (0.8, 1.2), "blur": 0.1, "blur_sigma": (0.3, 1.0)}
AT_A_TIME = 64  # crops
PEOPLE, LOOKS = 24, 3  # in a batch, and of each
OTHERS = 2000  # that the people of a fold are looked for among

Values = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a stage is learnt. pull: back to where it began, a step. strengths: that are tried."""

    loss: str = LOSS
    options: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 80
    rate: float = 1e-4
    pull: float = 0.002
    strengths: Sequence[float] = STRENGTHS
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What was learnt. weights: by their names in the graph. strangers: as of `adapt.Fitted`."""

    weights: dict[str, Floats]
    strength: float
    tried: tuple[Tried, ...]
    strangers: tuple[Ids, Ids]
    strangers_scores: Floats


class Seen:
    """What goes into the stage for N crops, filled crop by crop.

    flip: whether a vector is the mean of a crop's and its mirror image's.
    """

    def __init__(self, count: int, shape: tuple[int, ...], *, flip: bool, seed: int = 0) -> None:
        each = count * int(np.prod(shape)) * 2
        self.versions = max(1 + flip, min(VERSIONS, LIMIT // max(each, 1)))
        if self.versions * each > LIMIT:
            raise DataError(
                f"{count} pictures are too many for the memory that this takes; retrain with "
                "--strength full, or adapter."
            )
        self.values: Values = np.empty((self.versions, count, *shape), np.float16)
        self.flip, self._seed, self._at = flip, seed, 0

    def add(self, chips: Sequence[Image], look: Callable[[Sequence[Image]], Floats]) -> None:
        """The next crops, (height, width, 3) uint8 BGR each.

        look: what the layers before the stage make of M crops, (M, ...) of the shape.
        """
        changed = [
            versions(c, self.versions, self._seed + i) for i, c in enumerate(chips, self._at)
        ]
        for k in range(self.versions):
            values = look([own[k] for own in changed])
            self.values[k, self._at : self._at + len(chips)] = values
        self._at += len(chips)


def fit(
    stage: Tail,
    seen: Seen,
    people: Ids,
    looks: Ids,
    recipe: Recipe | None = None,
    *,
    progress: Progress = no_progress,
) -> Fitted:
    """Learn the stage from N crops of people (N,) in looks (N,).

    A `progress` that raises stops it. Raises DataError with fewer than three people of two looks,
    Diverged, ValueError for a loss or option that does not exist.
    """
    with one_thread():
        return _fit(stage, seen, people, looks, recipe or Recipe(), progress)


def _fit(
    stage: Tail, seen: Seen, people: Ids, looks: Ids, how: Recipe, progress: Progress
) -> Fitted:
    folds = dealt(people, looks, count=FOLDS, seed=how.seed)
    n = int(folds.max()) + 1
    parts = _Stages(stage, seen, people, how, Parts(progress, n + 1))
    learnt = [parts.learn(folds != k) for k in range(n)]
    tried, rows = _try(parts, learnt, folds, looks)
    best = choose(tried)
    every = parts.learn(np.ones(len(people), bool))
    progress(1.0, "done")
    pairs, scores = strangers(people, folds, lambda k, some: rows[best.strength][some])
    weights = parts.between(every, best.strength).weights()
    return Fitted(weights, best.strength, tried, pairs, scores)


class _Stages:
    """The stage as it was, and what is learnt of it from some of the crops."""

    def __init__(self, stage: Tail, seen: Seen, people: Ids, how: Recipe, parts: Parts) -> None:
        self._stage, self._seen, self._parts = stage, seen, parts
        self.people, self.how = people, how
        self._device = pick_device("auto")
        self._start = [p.detach().clone() for p in self._fresh().parameters()]

    def learn(self, some: Bools) -> list[Tensor]:
        """The weights after learning from these crops."""
        how, progress = self.how, self._parts.next()
        rows = np.flatnonzero(some)
        labels = np.unique(self.people[rows], return_inverse=True)[1]
        torch.manual_seed(how.seed)
        net = self._fresh()
        dim = net(self._given(rows[:2], [PLAIN])).shape[1]
        loss = named.make(how.loss, dim=dim, classes=int(labels.max()) + 1, **how.options)
        optimiser, schedule = _optimiser(net, loss.to(self._device), how)
        batches = Batches(labels, how.seed, people=PEOPLE, looks=LOOKS)
        targets = torch.from_numpy(labels)
        rng = np.random.default_rng(how.seed)
        for step in range(how.steps):
            progress(step / how.steps, f"step {step} of {how.steps}")
            chosen = batches.next()
            versions = rng.integers(0, self._seen.versions, len(chosen))
            out = F.normalize(net(self._given(rows[chosen.numpy()], versions)), dim=1)
            value: Tensor = loss(out, targets[chosen].to(self._device))
            descend(value, optimiser, schedule, loss=how.loss, step=step)
            _pull(net, self._start, how.pull)
        return [p.detach().clone() for p in net.parameters()]

    def between(self, end: Sequence[Tensor], strength: float) -> OnnxGraph:
        """The stage with w0 + s (w1 - w0)."""
        net = self._fresh()
        with torch.no_grad():
            for p, start, learnt in zip(net.parameters(), self._start, end, strict=True):
                p.copy_(torch.lerp(start, learnt, strength))
        return net

    def vectors(self, net: OnnxGraph, rows: Ids) -> Floats:
        """(M, D) float32 unit rows of these crops."""
        parts = [
            self._vectors(net, rows[i : i + AT_A_TIME]) for i in range(0, len(rows), AT_A_TIME)
        ]
        return np.concatenate(parts)

    def _vectors(self, net: OnnxGraph, rows: Ids) -> Floats:
        with torch.inference_mode():
            out = F.normalize(net(self._given(rows, [PLAIN])), dim=1)
            if self._seen.flip:
                out = F.normalize(
                    out + F.normalize(net(self._given(rows, [MIRRORED])), dim=1), dim=1
                )
        return np.asarray(out.cpu().numpy(), np.float32)

    def _given(self, rows: Ids, versions: Sequence[int] | Ids) -> Tensor:
        values = self._seen.values[np.asarray(versions), rows].astype(np.float32)
        return torch.from_numpy(values).to(self._device)

    def _fresh(self) -> OnnxGraph:
        return OnnxGraph(self._stage).to(self._device)


def _optimiser(
    net: nn.Module, loss: nn.Module, how: Recipe
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    groups: list[dict[str, Any]] = [
        {"params": list(net.parameters())},
        {"params": list(loss.parameters()), "lr": 10 * how.rate},
    ]
    optimiser = torch.optim.AdamW(groups, lr=how.rate, weight_decay=0.0)
    return optimiser, torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, how.steps)


def _pull(net: nn.Module, start: Sequence[Tensor], share: float) -> None:
    """Every weight a share of the way back."""
    with torch.no_grad():
        for p, begun in zip(net.parameters(), start, strict=True):
            p.lerp_(begun, share)


def versions(chip: Image, count: int, seed: int) -> list[Image]:
    """The crop, its mirror image, and changed ones, BGR."""
    made = [chip, chip[:, ::-1]][:count]
    if count > len(made):
        change = augment.make(*chip.shape[:2], **CHANGES)
        generator = torch.Generator().manual_seed(seed)
        picture = torch.from_numpy(np.ascontiguousarray(chip[..., ::-1].transpose(2, 0, 1)))
        for _ in range(count - len(made)):
            made.append(change(picture, generator).numpy().transpose(1, 2, 0)[..., ::-1])
    return made


def _try(
    parts: _Stages, learnt: Sequence[Sequence[Tensor]], folds: Ids, looks: Ids
) -> tuple[tuple[Tried, ...], dict[float, Floats]]:
    """Every strength on the people of each fold, by the stage that was not learnt from them.

    The first is none. Also the vectors (N, D) by strength.
    """
    people, found = parts.people, dict[float, NDArray[np.float64]]()
    rows: dict[float, Floats] = {}
    rng = np.random.default_rng(parts.how.seed)
    others = [rng.permutation(np.flatnonzero(folds != k))[:OTHERS] for k in range(len(learnt))]
    for strength in sorted({0.0, *parts.how.strengths}):
        precisions, table = [], dict[int, Floats]()
        for k, one in enumerate(learnt):
            own = np.flatnonzero(folds == k)
            some = np.concatenate([own, others[k]])
            x = parts.vectors(parts.between(one, strength), some)
            ranked = rank_each(x, people[some], looks[some], folds[some] == k)
            precisions.append(by_person(ranked.precision, people[some][ranked.rows])[1])
            table |= dict(zip(own.tolist(), x, strict=False))
        rows[strength] = np.stack([table[i] for i in range(len(people))])
        found[strength] = np.concatenate(precisions)
    none = found[0.0]
    gains = {s: p - none for s, p in found.items()}
    tried = [
        Tried(s, float(p.mean()), float(gains[s].mean()), error_of(gains[s]) if s else 0.0)
        for s, p in found.items()
    ]
    return tuple(tried), rows
