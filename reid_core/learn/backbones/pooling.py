"""From feature maps (N, C, h, w) to one vector a picture.

Each pool says in `channels` how long its vectors are.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from reid_core.learn.backbones.mobilefacenet import GlobalDepthwise
from reid_core.learn.hints import unknown


class Average(nn.Module):
    """The mean of each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, h, w) to (N, C)."""
        return maps.mean((2, 3))


class Max(nn.Module):
    """The greatest value of each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, h, w) to (N, C)."""
        return maps.amax((2, 3))


class AverageMax(nn.Module):
    """The mean of each channel plus its greatest value."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, h, w) to (N, C)."""
        return maps.mean((2, 3)) + maps.amax((2, 3))


class GeM(nn.Module):
    """The generalised mean: (mean of x^p)^(1/p) of each channel (1711.02512, equation 3).

    p is learnt; 1 is the average of values above 0, great p come near to the maximum. Values
    below `least` count as that. Computed in float32 and on the scale of each channel's maximum,
    which leaves the value and its gradient as they are and keeps the powers finite.
    """

    def __init__(self, channels: int, *, p: float = 3.0, least: float = 1e-6) -> None:
        super().__init__()
        if p <= 0 or least <= 0:
            raise ValueError(f"p and least are above 0, not {p} and {least}")
        self.channels, self.least = channels, least
        self.p = nn.Parameter(torch.tensor([p]))

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, h, w) to (N, C), of the maps' type."""
        with torch.autocast(maps.device.type, enabled=False):
            p = self.p.float()
            x = maps.float().clamp(min=self.least)
            top = x.detach().amax((2, 3), keepdim=True)
            mean = (x / top).pow(p).mean((2, 3)).pow(1 / p)
            return (mean * top[:, :, 0, 0]).to(maps.dtype)


class Flatten(nn.Module):
    """All values in a row, for a linear layer (1801.07698, section 3.1, options C to E)."""

    def __init__(self, channels: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.channels = channels * size[0] * size[1]

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, h, w) to (N, C h w)."""
        return maps.flatten(1)


Pool = Average | Max | AverageMax | GeM | GlobalDepthwise | Flatten

SIMPLE: dict[str, Callable[[int], Pool]] = {
    "average": Average,
    "max": Max,
    "average+max": AverageMax,
    "gem": GeM,
}
SIZED: dict[str, Callable[[int, tuple[int, int]], Pool]] = {  # these serve maps of one size only
    "depthwise": GlobalDepthwise,
    "flatten": Flatten,
}


def make_pool(name: str, channels: int, size: int | tuple[int, int] | None = None) -> Pool:
    """The pool of that name, for maps of so many channels. Raises ValueError for another name.

    size: of the maps, (rows, columns), which "depthwise" and "flatten" need.
    """
    if name in SIMPLE:
        return SIMPLE[name](channels)
    if name not in SIZED:
        raise unknown("pooling", name, [*SIMPLE, *SIZED])
    if size is None:
        raise ValueError(f"the pooling {name!r} needs the size of the maps")
    size = (size, size) if isinstance(size, int) else size
    return SIZED[name](channels, size)
