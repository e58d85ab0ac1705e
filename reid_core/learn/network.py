"""The network of three parts: a backbone, a head that makes one vector of its maps, and a neck."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from reid_core.learn.backbones import named, pooling


class Features(NamedTuple):
    """What a network makes of a batch, (N, dim) each: before the neck, and behind it.

    Losses by pair and centre loss read `raw`, losses by class read `neck`; without a neck the two
    are the same. The embedding that is kept is the neck's (1903.07071, section 3.5).
    """

    raw: Tensor
    neck: Tensor


class Network(nn.Module):
    """Pictures (N, 3, H, W) to `Features`.

    dim: of the embedding; None keeps the pool's channels without a layer of its own. neck: a
    batch normalisation whose shift stays 0 (BNNeck). dropout: before the layer, a probability.
    """

    def __init__(
        self,
        backbone: nn.Module,
        *,
        pool: pooling.Pool,
        dim: int | None = None,
        neck: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.backbone, self.pool = backbone, pool
        self.dim = dim or pool.channels
        self.dropout = nn.Dropout(dropout)
        self.layer = nn.Linear(pool.channels, dim, bias=False) if dim else nn.Identity()
        self.neck = nn.BatchNorm1d(self.dim) if neck else nn.Identity()
        if isinstance(self.neck, nn.BatchNorm1d):
            self.neck.bias.requires_grad_(False)

    def forward(self, pictures: Tensor) -> Features:
        """pictures: (N, 3, H, W) float, normalised."""
        maps = self.backbone(pictures)
        pooled = self.pool(maps) if maps.ndim == 4 else maps
        with torch.autocast(pooled.device.type, enabled=False):  # the last layers want precision
            raw = self.layer(self.dropout(pooled.float() if pooled.itemsize < 4 else pooled))
            return Features(raw, self.neck(raw))


class Embedding(nn.Module):
    """The part of a network that is kept: pictures (N, 3, H, W) to embeddings (N, dim)."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, dim), not of unit length."""
        neck: Tensor = self.network(pictures).neck
        return neck


def make_network(
    name: str,
    *,
    height: int,
    width: int,
    dim: int | None = 512,
    pool: str = "average",
    neck: bool = True,
    dropout: float = 0.0,
    **options: Any,
) -> Network:
    """A network by its backbone's name in `backbones.named`; options are the backbone's.

    height, width: px of the pictures. Raises ValueError for unknown names.
    """
    if name.startswith("vit-"):  # its positions are those of one size
        options = {"size": (height, width), **options}
    backbone = named.make(name, **options)
    channels = backbone.channels
    assert isinstance(channels, int)
    pooled = pooling.make_pool(pool, channels, _map_size(backbone, height, width))
    return Network(backbone, pool=pooled, dim=dim, neck=neck, dropout=dropout)


def _map_size(backbone: nn.Module, height: int, width: int) -> tuple[int, int]:
    """Height and width of the feature maps; 1 x 1 for a backbone that gives vectors."""
    was = backbone.training
    with torch.no_grad():
        maps = backbone.eval()(torch.zeros(1, 3, height, width))
    backbone.train(was)
    return (maps.shape[2], maps.shape[3]) if maps.ndim == 4 else (1, 1)
