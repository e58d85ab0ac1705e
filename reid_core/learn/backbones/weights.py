"""Weights from a file into a network, or a sentence about why they do not fit."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from reid_core.errors import TrainingError

log = logging.getLogger(__name__)

INSIDE = ("state_dict", "model")  # under which checkpoints of others keep the weights
PARALLEL = "module."  # what data-parallel training puts before every name
COUNTER = "num_batches_tracked"  # of a batch norm; old files lack it
SHOWN = 3


def load(net: nn.Module, path: str | Path) -> None:
    """Every weight of the network is read from the file; others in it, as a head's, are left.

    The file is one of `torch.save`: tensors by name, and nothing that could run code. Raises
    TrainingError where it cannot be read, or where a weight is missing or of another shape.
    """
    given = read(path)
    wanted = net.state_dict()
    missing = [n for n in wanted if n not in given and not n.endswith(COUNTER)]
    shapes = [
        f"{n} is {_size(given[n])} there and {_size(w)} here"
        for n, w in wanted.items()
        if n in given and given[n].shape != w.shape
    ]
    faults = []
    if missing:
        faults.append(f"{len(missing)} of {len(wanted)} weights are missing: {_some(missing)}")
    if shapes:
        faults.append(f"{len(shapes)} have another shape: {_some(shapes)}")
    if faults:
        raise TrainingError(
            f"the weights in {path} do not fit: {'; '.join(faults)}. It has {_some(given)}"
        )
    net.load_state_dict({n: given[n] for n in wanted if n in given}, strict=False)
    log.info("%d weights read, %d others left", len(wanted), len(given.keys() - wanted.keys()))


def read(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a file by name. Raises TrainingError."""
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as e:
        raise TrainingError(f"the weights {path} cannot be read: {e.strerror or e}") from e
    except (RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as e:
        raise TrainingError(f"{path} is not a file of weights, or is damaged") from e
    for key in INSIDE:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    if not isinstance(found, Mapping) or not found:
        raise TrainingError(f"{path} has no weights by name")
    tensors = {str(n): t for n, t in found.items() if isinstance(t, Tensor)}
    if all(n.startswith(PARALLEL) for n in tensors):
        tensors = {n.removeprefix(PARALLEL): t for n, t in tensors.items()}
    return tensors


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:SHOWN]) + (" …" if len(listed) > SHOWN else "")


def _size(weight: Tensor) -> str:
    return "x".join(map(str, weight.shape)) or "a number"
