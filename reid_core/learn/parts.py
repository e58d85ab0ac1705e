"""From a configuration to the parts of a run: pictures, network, loss, optimiser, loader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn, optim
from torch.utils.data import DataLoader

from reid_core.errors import DataError, TrainingError
from reid_core.learn import augment, samplers
from reid_core.learn import made as made_up
from reid_core.learn.backbones.freeze import freeze
from reid_core.learn.checkpoint import load_weights
from reid_core.learn.config import Config, Data
from reid_core.learn.data import Cache, Pictures, PictureSet, check, combine, read, split_identities
from reid_core.learn.distributed import device_name, rank, synchronise_batch_norm, world
from reid_core.learn.hints import unknown
from reid_core.learn.losses import named
from reid_core.learn.losses.classes import ClassLoss
from reid_core.learn.losses.combine import Sum
from reid_core.learn.losses.margins import MultipliedAngle
from reid_core.learn.network import Features, Network, make_network
from reid_core.learn.partial_fc import ShardedClasses

MIB = 1 << 20
Broken = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sets:
    """What a run learns from and what it is measured on. broken: (path, reason), left out."""

    train: PictureSet
    val: PictureSet
    broken: Broken

    def about(self, device: torch.device) -> dict[str, int | str]:
        """How much there is to learn from, and on what, for people who watch."""
        own = self.train.pictures
        counts = {"identities": own.classes, "pictures": len(own), "left_out": len(self.broken)}
        return {"device": device_name(device), **counts}


def make_sets(config: Config) -> Sets:
    """Find, check and split the pictures. Raises DataError."""
    data = config.data
    train, val = find_pictures(config)
    sets, broken = [], Broken()
    for what, part in (("training", train), ("validation", val)):
        limit = int(data.cache_mb * MIB * len(part) / (len(train) + len(val)))
        cache = Cache(part.paths, height=data.height, width=data.width, limit=limit)
        good, bad = check(part, cache=cache, workers=data.workers, what=what)
        broken += bad
        sets.append(PictureSet(good, height=data.height, width=data.width, cache=cache))
    try:
        sets[0].transform = augment.make(data.height, data.width, **config.augment.options)
    except ValueError as error:
        raise TrainingError(f"[augment]: {error}") from error
    return Sets(sets[0], sets[1], broken)


def find_pictures(config: Config) -> tuple[Pictures, Pictures]:
    """What is to be learnt from, and what to be measured on, not looked at yet.

    Raises DataError, also where a picture is in both.
    """
    data = config.data
    pictures = _read_all(config, data.train)
    train, val = (pictures, _read_all(config, data.val)) if data.val else _split(data, pictures)
    if twice := set(train.paths) & set(val.paths):
        raise DataError(
            f"{len(twice)} pictures are to be learnt from and measured on, first "
            f"{min(map(str, twice))}: data.val must have others than data.train."
        )
    return train, val


def held_out(data: Data, pictures: Pictures) -> int:
    """How many identities are held out: as many as was said, or that share, two at least."""
    if data.held_out <= 0:
        raise TrainingError("data.held_out is 0: without data.val, some must be held out.")
    if data.held_out >= 1:
        return int(data.held_out)
    return max(2, round(data.held_out * pictures.classes))


def _split(data: Data, pictures: Pictures) -> tuple[Pictures, Pictures]:
    return split_identities(pictures, count=held_out(data, pictures), seed=data.split_seed)


def _read_all(config: Config, sources: str | list[str]) -> Pictures:
    every = [sources] if isinstance(sources, str) else sources
    if not any(every):
        raise TrainingError(
            "Nothing to train on: say data.train=FOLDER (a folder per identity, Market-style "
            "names, a CSV list, or a Cameo library)."
        )
    made = Path(config.run.folder) / "made"
    found = [str(made_up.write_made(s, made)) if made_up.is_made(s) else s for s in every]
    try:
        return combine([read(source, config.data.form) for source in found])
    except ValueError as error:
        raise TrainingError(f"[data]: {error}") from error


def make_model(config: Config, device: torch.device) -> Network:
    """The network on its device. Raises TrainingError for names and options that do not fit."""
    own, data = config.network, config.data
    try:
        network = make_network(
            own.name,
            height=data.height,
            width=data.width,
            dim=own.dim or None,
            pool=own.pool,
            neck=own.neck,
            dropout=own.dropout,
            **own.options,
        )
        if own.weights:
            load_weights(network, Path(own.weights))
        if config.optim.sync_bn and world() > 1:
            synchronise_batch_norm(network, device)
        if own.freeze:  # last, for what is put in a layer's place is not frozen
            freeze(network.backbone, own.freeze)
    except (ValueError, TypeError, RuntimeError) as error:  # torch: pictures too small, no memory
        raise TrainingError(f"[network]: {_first_line(error)}") from error
    network = network.to(device)
    return network.to(memory_format=torch.channels_last) if config.optim.channels_last else network


def _first_line(error: Exception) -> str:
    """What torch says, without where in its own code."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def make_loss(config: Config, *, dim: int, classes: int) -> nn.Module:
    """The loss, or the weighted sum of several. Raises TrainingError."""
    own = config.loss
    make_one = partial(_one_loss, config, dim=dim, classes=classes)
    try:
        if not own.parts:
            return make_one(own.name, **own.options)
        if own.options:
            raise unknown("option of a sum", next(iter(own.options)), own.parts)
        return named.make_sum(own.parts, make_one)
    except (ValueError, TypeError) as error:
        raise TrainingError(f"[loss]: {error}") from error


def _one_loss(config: Config, name: str, /, *, dim: int, classes: int, **options: Any) -> nn.Module:
    if not config.loss.sharded:
        return named.make(name, dim=dim, classes=classes, **options)
    like = named.make(name, dim=dim, classes=2, **options)
    if isinstance(like, ClassLoss):
        return ShardedClasses(like, classes, sample=config.loss.sample)
    return named.make(name, dim=dim, classes=classes, **options)


def apply_loss(loss: nn.Module, features: Features, labels: Tensor) -> Tensor:
    """The loss of a batch: losses by class read behind the neck, the others before it."""
    value: Tensor
    if isinstance(loss, Sum):
        value = loss(features.neck, labels, raw=features.raw)
    else:
        value = loss(getattr(features, str(loss.reads)), labels)
    return value


def values_of(loss: nn.Module) -> dict[str, Tensor]:
    """What each loss of a sum was at last, unweighted, by the name that the log gives it."""
    last = loss.last if isinstance(loss, Sum) else {}
    return {f"loss/{name}": value for name, value in last.items()}


def soften(loss: nn.Module, step: int) -> None:
    """Tell the margins that begin softly how far the run is."""
    for part in loss.modules():
        if isinstance(part, MultipliedAngle):
            part.soften(step)


def shards_of(loss: nn.Module) -> dict[str, ShardedClasses]:
    """The sharded losses in a loss, by the prefix of their names in its state."""
    return {
        f"{name}." if name else "": part
        for name, part in loss.named_modules()
        if isinstance(part, ShardedClasses)
    }


def make_optimiser(config: Config, network: nn.Module, loss: nn.Module) -> optim.Optimizer:
    """With a rate of their own for the losses' weights; one-dimensional weights do not decay."""
    own = config.optim
    groups = _groups(network.parameters(), own.lr, own.weight_decay)
    groups += _groups(loss.parameters(), own.loss_lr or own.lr, own.weight_decay)
    if not groups:
        raise TrainingError("Nothing is left to learn: freeze fewer layers, or take another loss.")
    match own.name:
        case "adamw":
            return optim.AdamW(groups, lr=own.lr, fused=True)
        case "adam":
            return optim.Adam(groups, lr=own.lr, fused=True)
        case "sgd":
            return optim.SGD(
                groups, lr=own.lr, momentum=own.momentum, nesterov=own.momentum > 0, fused=True
            )
    raise TrainingError(f"optim.name is {own.name!r}, expected adamw, adam or sgd.")


def _groups(every: Iterable[nn.Parameter], lr: float, decay: float) -> list[dict[str, Any]]:
    learning = [p for p in every if p.requires_grad]
    parts = [
        {"params": [p for p in learning if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in learning if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return [{**part, "lr": lr, "asked": lr} for part in parts if part["params"]]


def make_sampler(config: Config, pictures: Pictures) -> samplers.Batches:
    """The batches of this process. Raises TrainingError, DataError."""
    own = config.sampler
    if own.batch < 2 * world() and not config.optim.sync_bn:
        raise TrainingError(
            f"sampler.batch is {own.batch}, expected at least two pictures for each of "
            f"{world()} processes, or optim.sync_bn."
        )
    try:
        return samplers.make(
            own.name,
            pictures,
            batch=own.batch,
            seed=config.run.seed,
            rank=rank(),
            world=world(),
            **own.options,
        )
    except (ValueError, TypeError) as error:
        raise TrainingError(f"[sampler]: {error}") from error


def make_loader(
    config: Config, pictures: PictureSet, batches: samplers.Batches, device: torch.device
) -> DataLoader[Any]:
    """Batches of (pictures uint8, labels, rows), in pinned memory for a GPU."""
    workers = config.data.workers
    return DataLoader(
        pictures,
        batch_sampler=batches,
        num_workers=workers,
        pin_memory=device.type == "cuda",
        persistent_workers=workers > 0,
        prefetch_factor=4 if workers else None,
        generator=torch.Generator(),
    )
