"""Freezing the first layers of a network, for galleries too small to train them all.

What is frozen has no gradient, and its batch norms keep the statistics that they have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from torch import nn

from reid_core.learn.hints import unknown

OPENED = (
    "features",
    "stages",
    "blocks",
    "layers",
)  # containers of which every part is a layer of its own

Layer = tuple[str, ...]  # the names of the modules and parameters that make it up


def layers_of(backbone: nn.Module) -> list[Layer]:
    """The layers from the picture on, each as the names of its parts.

    A norm or PReLU beside a convolution belongs to its layer; a transformer's own parameters, as
    its positions, to the first.
    """
    prefix, net = _inside(backbone)
    layers: list[Layer] = []
    for name, part in _parts(net):
        if layers and all(p.ndim < 2 for p in part.parameters()):
            layers[-1] += (prefix + name,)
        else:
            layers.append((prefix + name,))
    own = tuple(prefix + name for name, _ in net.named_parameters(recurse=False))
    return [own + layers[0], *layers[1:]] if layers else [own]


def freeze(backbone: nn.Module, layers: int | Sequence[str]) -> tuple[str, ...]:
    """Freezes the first so many layers, or the modules and parameters of these names.

    They stay in evaluation whatever `.train()` says. Gives the names of what is frozen; raises
    ValueError for more layers than there are, or for a name that is not there.
    """
    names = _first(backbone, layers) if isinstance(layers, int) else tuple(layers)
    there = {**dict(backbone.named_modules()), **dict(backbone.named_parameters())}
    for name in names:
        if name not in there or not name:
            raise unknown("layer", name, [n for n in there if n])
    for name in names:
        part = there[name].requires_grad_(False)
        if isinstance(part, nn.Module):
            for module in part.modules():
                module.train(False)
                module.register_forward_pre_hook(_stay_in_evaluation)
    return names


def _first(backbone: nn.Module, count: int) -> tuple[str, ...]:
    there = layers_of(backbone)
    if not 0 <= count <= len(there):
        raise ValueError(f"there are {len(there)} layers to freeze, not {count}")
    return tuple(name for layer in there[:count] for name in layer)


def _stay_in_evaluation(module: nn.Module, _: Any) -> None:
    """Before every call, for `.train()` on the whole network reaches frozen parts too.

    A hook and not a method in its place: a copy, as for a moving average, keeps it.
    """
    if module.training:
        module.training = False


def _inside(backbone: nn.Module) -> tuple[str, nn.Module]:
    """Through wrappers of one module to the network itself, and the prefix of its names."""
    prefix, net = "", backbone
    while len(parts := _weighted(net)) == 1 and not [*net.parameters(recurse=False)]:
        name, only = parts[0]
        if not _weighted(only):
            break
        prefix, net = f"{prefix}{name}.", only
    return prefix, net


def _parts(net: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Children with weights, and those of the opened containers."""
    for name, child in _weighted(net):
        if name in OPENED:
            yield from ((f"{name}.{inner}", part) for inner, part in _weighted(child))
        else:
            yield name, child


def _weighted(net: nn.Module) -> list[tuple[str, nn.Module]]:
    return [(n, child) for n, child in net.named_children() if [*child.parameters()]]
