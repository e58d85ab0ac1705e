"""Checkpoints: all that a run needs to go on exactly where it was, and what a network is made of.

A checkpoint is one file of tensors and plain values, read with `weights_only`, so that a hostile
one cannot run code. It is written beside its name and then moved there: a run that is killed
leaves the last one whole.
"""

from __future__ import annotations

import io
import pickle
import random
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed, nn, optim

from reid_core.errors import TrainingError
from reid_core.files import write_atomically
from reid_core.learn.distributed import world
from reid_core.learn.partial_fc import ShardedClasses, share_of

FORMAT = 1
DAMAGE = (  # what torch.load raises for files that are none of its own, or not to be trusted
    *(RuntimeError, EOFError, ValueError, LookupError, AttributeError, TypeError, AssertionError),
    *(OverflowError, MemoryError, struct.error, pickle.UnpicklingError),
)
KINDS = {  # what every checkpoint has
    **{"network": dict, "loss": dict, "optimiser": dict, "config": str, "names": list},
    **{"step": int, "best_metrics": dict},
}
State = dict[str, Any]


def save(state: State, path: Path) -> None:
    """Write a checkpoint. Raises OSError."""
    packed = io.BytesIO()
    torch.save({"format": FORMAT, **state}, packed)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, packed.getvalue())


def load(path: Path) -> State:
    """Read a checkpoint onto the CPU. Raises TrainingError in a sentence."""
    try:
        with warnings.catch_warnings():  # torch warns of what it then refuses
            warnings.simplefilter("ignore")
            state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror}.") from error
    except DAMAGE as error:
        raise TrainingError(f"{path} is no checkpoint of Cameo, or is damaged.") from error
    whole = isinstance(state, dict) and all(isinstance(state.get(k), t) for k, t in KINDS.items())
    if not whole or state.get("format") != FORMAT or state["step"] < 0:
        raise TrainingError(f"{path} is no checkpoint that this version of Cameo reads.")
    return dict(state)


def random_state() -> State:
    """Where Python's, numpy's and torch's random numbers stand."""
    version, words, gauss = random.getstate()
    numpy_state: Any = np.random.get_state(legacy=True)  # noqa: NPY002 - libraries draw from it
    state: State = {
        "python": [version, list(words), gauss],
        "numpy": [numpy_state[0], numpy_state[1].tolist(), *numpy_state[2:]],
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def restore_random(state: State) -> None:
    """Go on drawing from there."""
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
    name, keys, *rest = state["numpy"]
    np.random.set_state((name, np.array(keys, np.uint32), *rest))  # noqa: NPY002
    torch.set_rng_state(state["torch"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


def gathered(state: State, shards: dict[str, ShardedClasses], optimiser: optim.Optimizer) -> State:
    """A state in which sharded centres, and what the optimiser knows of them, are whole.

    state: with "loss" and "optimiser" as their state_dict. shards: the sharded losses by the name
    of their place in "loss". Every process must call it.
    """
    if not shards or world() == 1:
        return state
    places = _places(optimiser)
    state = {**state, "loss": dict(state["loss"]), "optimiser": _copy(state["optimiser"])}
    for name, shard in shards.items():
        key = f"{name}weight"
        state["loss"][key] = _joined(state["loss"][key], shard.classes)
        moments = state["optimiser"]["state"].get(places[id(shard.weight)], {})
        for kind, value in moments.items():
            if isinstance(value, Tensor) and value.shape == shard.weight.shape:
                moments[kind] = _joined(value, shard.classes)
    return state


def sliced(state: State, shards: dict[str, ShardedClasses], optimiser: optim.Optimizer) -> State:
    """The other way round: this process's part of sharded centres, whatever their number was."""
    places = _places(optimiser)
    state = {**state, "loss": dict(state["loss"]), "optimiser": _copy(state["optimiser"])}
    for name, shard in shards.items():
        key, rows = f"{name}weight", slice(shard.first, shard.last)
        state["loss"][key] = state["loss"][key][rows]
        moments = state["optimiser"]["state"].get(places[id(shard.weight)], {})
        for kind, value in moments.items():
            if isinstance(value, Tensor) and value.ndim == 2 and len(value) == shard.classes:
                moments[kind] = value[rows]
    return state


def same_kind(optimiser: optim.Optimizer, state: State) -> None:
    """Raise ValueError for the state of an optimiser of another kind, which torch would take."""
    own, other = optimiser.param_groups[0], state["param_groups"][0]
    if ("betas" in own) != ("betas" in other):
        raise ValueError("the state is another optimiser's")


def _places(optimiser: optim.Optimizer) -> dict[int, int]:
    """The number that each parameter has in the optimiser's state_dict."""
    every = [p for group in optimiser.param_groups for p in group["params"]]
    return {id(p): i for i, p in enumerate(every)}


def _copy(state: State) -> State:
    return {**state, "state": {k: dict(v) for k, v in state["state"].items()}}


def _joined(rows: Tensor, classes: int) -> Tensor:
    """(C_r, …) of each process -> (classes, …)."""
    sizes = [share_of(classes, rank=r, world=world()) for r in range(world())]
    most = max(last - first for first, last in sizes)
    padded = rows.new_zeros(most, *rows.shape[1:])
    padded[: len(rows)] = rows
    parts = [torch.empty_like(padded) for _ in sizes]
    distributed.all_gather(parts, padded)
    return torch.cat([p[: last - first] for p, (first, last) in zip(parts, sizes, strict=True)])


def load_weights(network: nn.Module, path: Path) -> None:
    """Begin with the weights of a checkpoint; layers of another shape are named and refused.

    The running mean of the weights is taken where the checkpoint has one. Raises TrainingError.
    """
    put_weights(network, load(path), path)


def put_weights(network: nn.Module, state: State, path: Path) -> None:
    """As `load_weights`, of a state that was read from `path`."""
    weights = state.get("ema") or state["network"]
    own = network.state_dict()
    wrong = [k for k, v in weights.items() if k not in own or own[k].shape != np.shape(v)]
    missing = [k for k in own if k not in weights]
    if wrong or missing:
        raise TrainingError(
            f"{path} does not fit the network: {len(wrong)} of its weights have no place "
            f"({', '.join(wrong[:3])}) and {len(missing)} are missing ({', '.join(missing[:3])})."
        )
    network.load_state_dict(weights)
