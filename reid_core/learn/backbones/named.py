"""The one table from a config's name to a backbone.

A backbone takes pictures (N, 3, H, W) of any float type and gives feature maps (N, C, h, w) or
vectors (N, C); its `channels` is C.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from reid_core.learn.backbones import foreign, onnx_graph
from reid_core.learn.backbones import weights as files
from reid_core.learn.backbones.iresnet import UNITS, IResNet
from reid_core.learn.backbones.mobilefacenet import MobileFaceNet
from reid_core.learn.backbones.osnet import OSNet
from reid_core.learn.backbones.resnet import BLOCKS, ResNet
from reid_core.learn.backbones.vit import ViT
from reid_core.learn.hints import check_kind, unknown

MAKERS: dict[str, Callable[..., nn.Module]] = {
    **{f"iresnet{depth}": partial(IResNet, units) for depth, units in UNITS.items()},
    "mobilefacenet": MobileFaceNet,
    "osnet-x0.25": partial(OSNet, width=0.25),
    "osnet-x0.5": partial(OSNet, width=0.5),
    "osnet-x0.75": partial(OSNet, width=0.75),
    "osnet-x1.0": partial(OSNet, width=1.0),
    **{f"resnet{depth}": partial(ResNet, depth) for depth in BLOCKS},
    "vit-tiny": partial(ViT, 192, 3),
    "vit-small": partial(ViT, 384, 6),
}
OTHERS: dict[str, Callable[..., nn.Module]] = {
    "torchvision": foreign.from_torchvision,
    "timm": foreign.from_timm,
    "onnx": onnx_graph.from_onnx,
}


def names() -> tuple[str, ...]:
    """Our own backbones; besides them "torchvision:" and "timm:" with any name of theirs, and
    "onnx:" with a file.
    """
    return tuple(MAKERS)


def options_of(name: str) -> tuple[str, ...]:
    """What can be set of one of our own. Raises ValueError for a name that is not there."""
    return tuple(_options_of(name))


def _options_of(name: str) -> dict[str, Any]:
    """With their defaults."""
    if name not in MAKERS:
        raise unknown("backbone", name, [*MAKERS, *(f"{other}:<name>" for other in OTHERS)])
    maker = MAKERS[name]
    fixed = maker.keywords if isinstance(maker, partial) else {}
    there = inspect.signature(maker).parameters
    return {o: p.default for o, p in there.items() if o not in fixed}


def make(name: str, *, weights: str | Path | None = None, **options: Any) -> nn.Module:
    """The backbone of that name, untrained, or with the weights of a file.

    options: those of its constructor. Raises ValueError for an unknown name or option, naming the
    nearest, or a value of another kind; TrainingError where the file does not fit or timm is
    missing.
    """
    other, _, theirs = name.partition(":")
    if other in OTHERS and theirs:
        return OTHERS[other](theirs, weights=weights, **options)
    there = _options_of(name)
    for option, value in options.items():
        if option not in there:
            raise unknown(f"option of {name}", option, there)
        check_kind(f"{option} of {name}", value, there[option])
    net = MAKERS[name](**options)
    if weights is not None:
        files.load(net, weights)
    return net
