"""A finished run: its best network again, and as a model to be installed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from reid_core.errors import TrainingError
from reid_core.learn import augment, checkpoint, config, parts
from reid_core.learn.config import Config
from reid_core.learn.export import Exported, ModelCard, export
from reid_core.learn.network import Embedding, Network
from reid_core.models.manifest import ARCFACE_TEMPLATE, Role

CHIP = 112  # px, the side that the template is given for
SAMPLES = 256  # validation pictures that the exported file must agree on


@dataclass(frozen=True, slots=True)
class Finished:
    """A run's best network, in evaluation mode on the CPU, with what it was told and reached."""

    network: Network
    told: Config
    metrics: dict[str, float]
    step: int
    identities: int


def load_run(folder: Path, *, name: str = "best.pt") -> Finished:
    """The network of a run's checkpoint. Raises TrainingError in a sentence."""
    state = checkpoint.load(folder / name)
    told = config.from_tables(tomllib.loads(state["config"]), where=str(folder / name))
    plain = replace(
        told,
        network=replace(told.network, weights="", freeze=0),
        optim=replace(told.optim, sync_bn=False),
    )
    network = parts.make_model(plain, torch.device("cpu"))
    network.load_state_dict(state.get("ema") or state["network"])
    return Finished(network.eval(), told, state["best_metrics"], state["step"], len(state["names"]))


def export_run(
    run: Path,
    folder: Path,
    *,
    name: str,
    role: str,
    precision: str,
    licence: str,
    commercial: bool,
    data: str,
    terms: str = "",
    command: str = "",
    note: str = "",
) -> Exported:
    """Write a run's best network as ONNX, manifest and model card, if it gives the same vectors.

    The pictures that it is compared on are the run's own validation pictures; made-up noise where
    they are no longer there. data, terms, command, note: for the card, see `ModelCard`. Raises
    TrainingError.
    """
    if precision not in ("fp32", "fp16", "int8"):
        raise TrainingError(f"precision is {precision!r}, expected fp32, fp16 or int8.")
    kind: Literal["fp32", "fp16", "int8"] = precision  # type: ignore[assignment]
    done = load_run(run)
    told = done.told
    return export(
        Embedding(done.network).eval(),
        folder,
        name=name,
        role=_role(role),
        height=told.data.height,
        width=told.data.width,
        mean=tuple(told.data.mean),
        std=tuple(told.data.std),
        color="rgb",
        dim=done.network.dim,
        precision=kind,
        card=ModelCard(
            data=data or "Not stated.",
            terms=terms or "Those of the data it was trained on.",
            command=command or f"cameo train {run.name}/config.toml",
            note=note,
            licence=licence,
            commercial=commercial,
            figures=_figures(done),
        ),
        samples=_samples(told),
        template=_template(role, told.data.height, told.data.width),
    )


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
        "identities trained on": str(done.identities),
        "steps": str(done.step),
        **shown,
    }


def _samples(told: Config) -> Tensor:
    """(N, 3, H, W) float inputs, as the network gets them."""
    data = told.data
    try:
        val = parts.make_sets(replace(told, data=replace(data, workers=0))).val
    except TrainingError:
        noise = torch.Generator().manual_seed(0)
        some = torch.randint(0, 256, (64, 3, data.height, data.width), generator=noise)
        pictures = some.to(torch.uint8)
    else:
        pictures = torch.stack([val.plain(i) for i in range(min(len(val), SAMPLES))])
    return augment.normalise(pictures, mean=tuple(data.mean), std=tuple(data.std))
