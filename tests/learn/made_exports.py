"""Small networks to export, and how the tests export them."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from reid_core.learn.backbones.osnet import OSNet
from reid_core.learn.export import Exported, ModelCard, export
from reid_core.models.manifest import IMAGENET_MEAN, IMAGENET_STD, Role

PRECISIONS = ("fp32", "fp16", "int8")
HEIGHT, WIDTH, DIM = 32, 16, 24
CARD = ModelCard(
    data="eight made-up people",
    terms="made up, so free",
    command="cameo train nothing.toml",
    licence="MIT",
    commercial=True,
    figures={"rank-1 | home": 0.5},
    note="A test.",
    reference=0.4,
    basis="eight made-up people",
)


class Small(nn.Module):
    """Convolution, normalisation, depthwise convolution, gate, mean, linear."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()
        )
        self.depth = nn.Sequential(
            nn.Conv2d(16, 16, 3, padding=1, groups=16, bias=False), nn.BatchNorm2d(16), nn.ReLU()
        )
        self.gate = nn.Conv2d(16, 16, 1)
        self.last = nn.Linear(16, DIM)

    def forward(self, x: Tensor) -> Tensor:
        x = self.depth(self.first(x))
        x = x * torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True)))
        return self.last(x.mean((2, 3)))


class Pooled(nn.Module):
    """OSNet with the mean over places and a normalisation behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.body = OSNet(width=0.25)
        self.neck = nn.BatchNorm1d(self.body.channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.neck(self.body(x).mean((2, 3)))


def lived(network: nn.Module) -> nn.Module:
    """With statistics that are not those of a new network, in eval mode."""
    for layer in network.modules():
        if isinstance(layer, (nn.BatchNorm2d, nn.BatchNorm1d)):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, std=0.1)
            layer.running_mean.normal_(std=0.1)
            layer.running_var.uniform_(0.5, 1.5)
    return network.eval()


def pictures(n: int, height: int = HEIGHT, width: int = WIDTH, seed: int = 1) -> Tensor:
    g = torch.Generator().manual_seed(seed)
    smooth = torch.randn(n, 3, height // 4, width // 4, generator=g)
    return nn.functional.interpolate(smooth, (height, width), mode="bilinear")


def put(network: nn.Module, folder: Path, precision: str = "fp32", **more: object) -> Exported:
    given: dict[str, object] = {
        "name": "small",
        "role": Role.BODY_EMBEDDER,
        "height": HEIGHT,
        "width": WIDTH,
        "mean": IMAGENET_MEAN,
        "std": IMAGENET_STD,
        "color": "rgb",
        "dim": DIM,
        "card": CARD,
        "samples": pictures(40),
    }
    return export(network, folder, precision=precision, **{**given, **more})  # type: ignore[arg-type]
