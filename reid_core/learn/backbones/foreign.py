"""Any network of torchvision or timm by its name, without its classifier and untrained.

Nothing is downloaded: trained weights come from a file that the user has.
"""

from __future__ import annotations

import importlib
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import Tensor, nn

from reid_core.errors import TrainingError
from reid_core.learn.backbones import weights as files
from reid_core.learn.hints import unknown

SIDE = 224  # of the picture that finds out the shape of the features, unless a network has its own
Builder = Callable[..., nn.Module]
OURS = ("pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "checkpoint_path", "num_classes")
HEAD = ("avgpool", "flatten", "classifier", "fc", "head", "heads")  # where torchvision's end
VECTORS = ("densenet", "vit_", "maxvit")  # of which the layers up to the head are no plain row
NO_SIDE_HEADS: dict[str, dict[str, bool]] = {
    "googlenet": {"aux_logits": False, "init_weights": True},
    "inception_v3": {"aux_logits": False, "init_weights": True},
}


class Foreign(nn.Module):
    """Pictures (N, 3, H, W) to features (N, channels, h, w) or vectors (N, channels).

    turned: the network itself gives (N, h, w, channels).
    """

    def __init__(self, net: nn.Module, channels: int, *, turned: bool = False) -> None:
        super().__init__()
        self.net, self.channels, self.turned = net, channels, turned

    def forward(self, x: Tensor) -> Tensor:
        """Features of a batch of pictures."""
        features: Tensor = self.net(x)
        return features.permute(0, 3, 1, 2) if self.turned else features


def from_torchvision(name: str, *, weights: str | Path | None = None, **options: Any) -> Foreign:
    """A torchvision classifier as far as its last maps, or its vectors where it is no plain row.

    options: of torchvision's own function. Raises ValueError for a name or option that it lacks,
    TrainingError where the weights do not fit.
    """
    there = torchvision.models.list_models(module=torchvision.models)
    if name not in there:
        raise unknown("network of torchvision", name, there)
    net = _built(torchvision.models.get_model, name, {**NO_SIDE_HEADS.get(name, {}), **options})
    if name.startswith(VECTORS):
        _without_last_linear(net)
    else:
        body = takewhile(lambda child: child[0] not in HEAD, net.named_children())
        net = nn.Sequential(OrderedDict(body))
    if weights is not None:
        files.load(net, weights)
    return Foreign(net, _features(net, _sides(net, options)).shape[1])


def from_timm(name: str, *, weights: str | Path | None = None, **options: Any) -> Foreign:
    """A timm network as far as its last maps, or its vectors where it works on tokens.

    options: of timm's own function. Raises ValueError for a name or option that it lacks,
    TrainingError where timm is missing or the weights do not fit.
    """
    try:
        timm = importlib.import_module("timm")
    except ImportError as e:
        raise TrainingError(
            f"'timm:{name}' needs timm, which is not installed: pip install timm"
        ) from e
    if not timm.is_model(name):
        raise unknown("network of timm", name, timm.list_models())
    net, features = _timm(timm.create_model, name, options)
    if weights is not None:
        files.load(net, weights)
    turned = features.ndim == 4 and _is_turned(net, features)
    return Foreign(net, features.shape[3 if turned else 1], turned=turned)


def _timm(make: Builder, name: str, options: dict[str, Any]) -> tuple[nn.Module, Tensor]:
    """The network without its pooling where that leaves maps, else with it; what it gives."""
    if "global_pool" not in options:
        try:
            net = make(name, num_classes=0, global_pool="", **_allowed(options))
        except (AssertionError, TypeError):  # so some say that they cannot be without
            pass
        else:
            features = _features(net, _sides(net, options))
            if features.ndim == 4:
                return net, features
    net = _built(partial(make, num_classes=0), name, options)
    return net, _features(net, _sides(net, options))


def _built(make: Builder, name: str, options: dict[str, Any]) -> nn.Module:
    try:
        return make(name, **_allowed(options))
    except (TypeError, AssertionError) as e:
        raise ValueError(f"{name} does not take these options: {e}") from e


def _allowed(options: dict[str, Any]) -> dict[str, Any]:
    """The options, of which none is one that this module decides."""
    for option in OURS:
        if option in options:
            raise ValueError(f"{option} is not an option here: weights come from a file, `weights`")
    return options


def _sides(net: nn.Module, options: dict[str, Any]) -> tuple[int, int]:
    """(H, W) of the pictures for which a network is made, pixels."""
    given = options.get("image_size", options.get("img_size"))
    if given is None:
        given = getattr(net, "default_cfg", {}).get("input_size", (3, SIDE, SIDE))[1:]
    return (given, given) if isinstance(given, int) else (given[0], given[1])


def _features(net: nn.Module, sides: tuple[int, int]) -> Tensor:
    """What an empty picture gives: maps or a vector. Raises TrainingError for anything else."""
    was_training = net.training
    with torch.no_grad():
        features = net.eval()(torch.zeros(1, 3, *sides))
    net.train(was_training)
    if not isinstance(features, Tensor) or features.ndim not in (2, 3, 4):
        raise TrainingError(f"a {type(net).__name__} gives neither maps nor vectors")
    return features


def _is_turned(net: nn.Module, features: Tensor) -> bool:
    """Whether the channels come last: a network of timm says how many it has."""
    own = {getattr(net, "num_features", None), getattr(net, "head_hidden_size", None)}
    return features.shape[1] not in own and features.shape[3] in own


def _without_last_linear(net: nn.Module) -> None:
    """The classifier, which is the last linear layer, becomes nothing."""
    name = [n for n, layer in net.named_modules() if isinstance(layer, nn.Linear)][-1]
    net.set_submodule(name, nn.Identity())
