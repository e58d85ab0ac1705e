"""A finished run: its best network again, and as a model to be installed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from torch import Tensor

from reid_core.errors import CameoError, TrainingError
from reid_core.learn import augment, checkpoint, config, parts
from reid_core.learn.config import Config
from reid_core.learn.data import PictureSet, check
from reid_core.learn.export import Exported, ModelCard, Precision, export
from reid_core.learn.network import Embedding, Network
from reid_core.learn.release import Release
from reid_core.models.manifest import ARCFACE_TEMPLATE, Role

CHIP = 112  # px, the side that the template is given for
PRECISIONS: dict[str, Precision] = {name: name for name in get_args(Precision)}
SAMPLES = 256  # validation pictures that the exported file must agree on


@dataclass(frozen=True, slots=True)
class Finished:
    """A run's best network, in evaluation mode on the CPU, with what it was told and reached.

    learnt: the names of the identities that it learnt from.
    """

    network: Network
    told: Config
    metrics: dict[str, float]
    step: int
    learnt: frozenset[str]


def load_run(folder: Path, *, name: str = "best.pt") -> Finished:
    """The network of a run's checkpoint. Raises TrainingError in a sentence."""
    path = folder / name
    if not path.is_file() and (folder / "last.pt").is_file():
        raise TrainingError(f"{folder} has no {name}: it was not measured yet. Go on: --resume.")
    state = checkpoint.load(path)
    try:
        told = config.from_tables(tomllib.loads(state["config"]), where=str(path))
    except tomllib.TOMLDecodeError as error:
        raise TrainingError(f"{path} has no configuration that can be read: {error}.") from error
    plain = replace(
        told,
        network=replace(told.network, name=_here(told.network.name, folder), weights="", freeze=0),
        optim=replace(told.optim, sync_bn=False),
    )
    network = parts.make_model(plain, torch.device("cpu"))
    checkpoint.put_weights(network, state, path)
    return Finished(
        network.eval(), told, state["best_metrics"], state["step"], frozenset(state["names"])
    )


def _here(name: str, folder: Path) -> str:
    """A network's name; a graph that lies beside the checkpoint is found after a move."""
    kind, _, file = name.partition(":")
    beside = folder / Path(file).name
    return f"onnx:{beside}" if kind == "onnx" and beside.is_file() else name


def export_run(run: Path, folder: Path, release: Release) -> Exported:
    """Write a run's best network as ONNX, manifest and model card, if it gives the same vectors.

    The pictures that it is compared on are the run's own validation pictures; made-up noise where
    they are no longer there. Raises TrainingError.
    """
    precision = PRECISIONS.get(release.precision)
    if precision is None:
        raise TrainingError(f"precision is {release.precision!r}, expected fp32, fp16 or int8.")
    role, done = _role(release.role), load_run(run)
    data = done.told.data
    card = ModelCard(
        data=release.data or "Not stated.",
        terms=release.terms or "Those of the data it was trained on.",
        command=release.command or f"cameo train {run.name}/config.toml",
        note=release.note,
        licence=release.licence,
        commercial=release.commercial,
        figures=_figures(done),
    )
    try:
        return export(
            Embedding(done.network).eval(),
            folder,
            name=release.name,
            role=role,
            height=data.height,
            width=data.width,
            mean=tuple(data.mean),
            std=tuple(data.std),
            color="rgb",
            dim=done.network.dim,
            precision=precision,
            card=card,
            samples=samples_of(done.told),
            template=_template(role, data.height, data.width),
        )
    except ValueError as error:  # a name that no model can have
        raise TrainingError(f"{error}.") from error


def _role(role: str) -> Role:
    known = (Role.BODY_EMBEDDER, Role.FACE_EMBEDDER)
    if role not in known:
        raise TrainingError(f"role is {role!r}, expected one of {', '.join(known)}.")
    return Role(role)


def _template(role: str, height: int, width: int) -> tuple[tuple[float, ...], ...] | None:
    """Where the five points of a face go: as in the chips of 112x112 that faces are learnt from.

    None for bodies, and for faces that were not square: those are cut out without turning.
    """
    if role != Role.FACE_EMBEDDER or height != width:
        return None
    return tuple(tuple(v * width / CHIP for v in point) for point in ARCFACE_TEMPLATE)


def _figures(done: Finished) -> dict[str, Any]:
    shown = {f"validation {k}": f"{v:.4f}" for k, v in done.metrics.items()}
    return {
        "identities trained on": str(len(done.learnt)),
        "steps": str(done.step),
        **shown,
    }


def samples_of(told: Config) -> Tensor:
    """(N, 3, H, W) float inputs, as the network gets them."""
    data = told.data
    try:
        _, found = parts.find_pictures(told)
        spread = np.linspace(0, len(found) - 1, min(len(found), SAMPLES)).astype(np.int64)
        good, _ = check(found.subset(spread), what="validation")
    except (CameoError, OSError):
        noise = torch.Generator().manual_seed(0)
        some = torch.randint(0, 256, (64, 3, data.height, data.width), generator=noise)
        pictures = some.to(torch.uint8)
    else:
        val = PictureSet(good, height=data.height, width=data.width)
        pictures = torch.stack([val.plain(i) for i in range(len(val))])
    return augment.normalise(pictures, mean=tuple(data.mean), std=tuple(data.std))
