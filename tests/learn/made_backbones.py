"""One small backbone of each kind, and pictures for them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from reid_core.learn.backbones import named

SMALL: dict[str, dict[str, object]] = {  # one of each kind, cheap enough to run and to train
    "iresnet18": {},
    "mobilefacenet": {},
    "osnet-x0.25": {"ain": True, "stem_pool": False},
    "resnet18": {"ibn": True},
    "vit-tiny": {"depth": 2, "size": (64, 32)},
}
KINDS = pytest.mark.parametrize("name", SMALL)


def small(name: str, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return named.make(name, **SMALL[name])


def pictures(n: int = 2, seed: int = 1) -> Tensor:
    return torch.randn(n, 3, 64, 32, generator=torch.Generator().manual_seed(seed))


def weights_of(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def settled(net: nn.Module) -> nn.Module:
    """In evaluation, with the statistics of a few batches and no norm that does nothing."""
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # the mean over all batches
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.uniform_(layer.bias, -0.2, 0.2)
    with torch.no_grad():
        for seed in range(2):
            net(pictures(4, seed))
    return net.eval()
