"""OSNet: omni-scale features for person re-identification (Zhou et al., arXiv 1905.00953).

With instance normalisation (`ain`): OSNet-AIN (Zhou et al., arXiv 1910.06827), with the places of
instance normalisation that its search found.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

CHANNELS = (64, 256, 384, 512)  # table 1 of 1905.00953, at width 1
STREAMS = 4  # receptive fields of 3, 5, 7 and 9
REDUCTION = 4  # of channels inside a block
GATE_REDUCTION = 16
LEAST_GATE = 4  # hidden units of a gate; one alone is often dead from the start, and the gate fixed
AIN = ((True, True), (False, True), (True, False))  # which blocks normalise instances


class OSNet(nn.Module):
    """Pictures (N, 3, H, W) to features (N, channels, H/16, W/16).

    width: of all layers, x0.25 to x1. ain: instance normalisation against other cameras' colours.
    stem_pool: the paper's maximum pooling behind the first layer, for pictures of 256x128. Without
    it the features are (H/8, W/8), as many from a crop of 128x64 as the paper has from 256x128.
    """

    def __init__(self, *, width: float = 1.0, ain: bool = False, stem_pool: bool = True) -> None:
        super().__init__()
        c = [round(channels * width) for channels in CHANNELS]
        self.channels = c[3]
        self.stem = nn.Sequential(
            nn.Conv2d(3, c[0], 7, stride=2, padding=3, bias=False),
            nn.InstanceNorm2d(c[0], affine=True) if ain else nn.BatchNorm2d(c[0]),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, padding=1) if stem_pool else nn.Identity(),
        )
        stages: list[nn.Module] = []
        for i, marks in enumerate(AIN):
            stages += [
                OmniScaleBlock(c[i], c[i + 1], instance_norm=ain and marks[0]),
                OmniScaleBlock(c[i + 1], c[i + 1], instance_norm=ain and marks[1]),
            ]
            if i < 2:
                stages += [_pointwise(c[i + 1], c[i + 1]), nn.AvgPool2d(2)]
        self.stages = nn.Sequential(*stages, _pointwise(c[3], c[3]))
        _initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps of a batch of pictures."""
        maps: Tensor = self.stages(self.stem(x))
        return maps


class OmniScaleBlock(nn.Module):
    """Four streams of 1 to 4 small convolutions, weighed by one gate and added (figure 4).

    The streams run side by side as groups of one convolution: the t-th step of every stream that
    is at least t long is one call, four calls in place of ten.
    """

    def __init__(self, given: int, made: int, *, instance_norm: bool = False) -> None:
        super().__init__()
        self.inner = inner = made // REDUCTION
        self.reduce = _pointwise(given, inner)
        self.steps = nn.ModuleList(_light(inner, STREAMS - t, first=t == 0) for t in range(STREAMS))
        self.gate = _Gate(inner)
        self.expand = nn.Sequential(nn.Conv2d(inner, made, 1, bias=False))
        self.expand.append(
            nn.InstanceNorm2d(made, affine=True) if instance_norm else nn.BatchNorm2d(made)
        )
        self.shortcut = nn.Identity() if given == made else _pointwise(given, made, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, given, H, W) to (N, made, H, W)."""
        streams = self.reduce(x)
        mixed: Tensor | None = None
        for step in self.steps:
            streams = step(streams)
            done, streams = streams[:, : self.inner], streams[:, self.inner :]
            gated = self.gate(done)
            mixed = gated if mixed is None else mixed + gated
        return torch.relu(self.expand(mixed) + self.shortcut(x))


class _Gate(nn.Module):
    """Weights in (0, 1) for each channel, from its mean: shared by the streams (equation 2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = max(channels // GATE_REDUCTION, LEAST_GATE)
        self.weigh = nn.Sequential(
            nn.Conv2d(channels, narrow, 1), nn.ReLU(inplace=True), nn.Conv2d(narrow, channels, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.weigh(x.mean((2, 3), keepdim=True)))


def _light(inner: int, streams: int, *, first: bool) -> nn.Sequential:
    """A pointwise and a depthwise convolution for each stream; at first all read the same."""
    n = inner * streams
    given = inner if first else n
    return nn.Sequential(
        nn.Conv2d(given, n, 1, groups=1 if first else streams, bias=False),
        nn.Conv2d(n, n, 3, padding=1, groups=n, bias=False),
        nn.BatchNorm2d(n),
        nn.ReLU(inplace=True),
    )


def _pointwise(given: int, made: int, *, relu: bool = True) -> nn.Sequential:
    layers = [nn.Conv2d(given, made, 1, bias=False), nn.BatchNorm2d(made)]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if relu else nn.Sequential(*layers)


def _initialise(net: nn.Module) -> None:
    """By what goes in: by what comes out, grouped convolutions would begin too small."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
