"""A small vision transformer (Dosovitskiy et al., arXiv 2010.11929).

The sizes tiny and small are those of Touvron et al. (arXiv 2012.12877, table 1). There is no class
token: the patches' tokens go out as maps, so that pooling is the same as a convolutional net's.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.ops import StochasticDepth

WIDEN = 4  # of the layers inside an MLP
SPREAD = 0.02  # of the first weights
EPSILON = 1e-6  # in the norms


class ViT(nn.Module):
    """Pictures (N, 3, H, W) to features (N, width, H/patch, W/patch).

    size: (H, W) of the pictures for which the positions are learnt, pixels; for others they are
    interpolated. Both sides are multiples of `patch`. drop_path: how often a picture skips the
    last block, [0, 1); the blocks before it are skipped in proportion (1603.09382).
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        depth: int = 12,
        patch: int = 16,
        size: Sequence[int] = (256, 128),
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        self.channels = width
        self.stem = Patches(width, patch=patch, size=size)
        drops = (drop_path * i / max(depth - 1, 1) for i in range(depth))
        self.blocks = nn.Sequential(*(Block(width, heads, drop=d) for d in drops))
        self.norm = nn.LayerNorm(width, eps=EPSILON)
        for layer in self.blocks.modules():
            if isinstance(layer, nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=SPREAD)
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps of a batch of pictures. Raises ValueError for a side that does not fit."""
        maps = self.stem(x)
        tokens = self.norm(self.blocks(maps.flatten(2).transpose(1, 2)))  # (N, hw, width)
        return torch.unflatten(tokens.transpose(1, 2), 2, maps.shape[2:])


class Patches(nn.Module):
    """A linear map of each patch, plus its place (equation 1)."""

    def __init__(self, width: int, *, patch: int, size: Sequence[int]) -> None:
        super().__init__()
        self.patch = patch
        rows, columns = self._grid(tuple(size))
        self.project = nn.Conv2d(3, width, patch, stride=patch)
        self.places = nn.Parameter(torch.empty(1, width, rows, columns))
        nn.init.trunc_normal_(self.places, std=SPREAD)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, width, H/patch, W/patch)."""
        grid = self._grid(tuple(x.shape[2:]))
        maps: Tensor = self.project(x)
        return maps + self.places_for(grid)

    def places_for(self, grid: tuple[int, int]) -> Tensor:
        """(1, width, *grid): the learnt places, interpolated where the grid is another."""
        if grid == tuple(self.places.shape[2:]):
            return self.places
        return F.interpolate(self.places, grid, mode="bicubic", align_corners=False)

    def _grid(self, size: tuple[int, ...]) -> tuple[int, int]:
        if len(size) != 2 or any(side < self.patch or side % self.patch for side in size):
            raise ValueError(f"both sides are multiples of {self.patch}, not {size}")
        return size[0] // self.patch, size[1] // self.patch


class Block(nn.Module):
    """Attention and an MLP, each behind a norm and added to what came in (equations 2 and 3)."""

    def __init__(self, width: int, heads: int, *, drop: float = 0.0) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=EPSILON)
        self.attend = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=EPSILON)
        self.mlp = nn.Sequential(
            nn.Linear(width, WIDEN * width), nn.GELU(), nn.Linear(WIDEN * width, width)
        )
        self.drop: nn.Module = StochasticDepth(drop, "row") if drop else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(N, tokens, width) to the same shape."""
        x = x + self.drop(self.attend(self.norm1(x)))
        return torch.add(x, self.drop(self.mlp(self.norm2(x))))


class Attention(nn.Module):
    """Self-attention of several heads (appendix A)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"a width of {width} is not shared by {heads} heads")
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(N, tokens, width) to the same shape."""
        split = self.qkv(x).unflatten(2, (3, self.heads, -1))  # (N, tokens, 3, heads, width/heads)
        q, k, v = split.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = F.scaled_dot_product_attention(q, k, v)
        together: Tensor = self.project(mixed.transpose(1, 2).flatten(2))
        return together
