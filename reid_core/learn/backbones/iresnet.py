"""iResNet: the improved residual network of face recognition (Deng et al., arXiv 1801.07698).

Section 3.1: the unit is BN-Conv-BN-PReLU-Conv-BN, and the stem keeps the small picture's size.
The layers have the names that this field's published weights use.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

CHANNELS = (64, 128, 256, 512)
UNITS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 14, 3), 100: (3, 13, 30, 3)}
SLOPE = 0.25  # with which PReLU starts, for negative values


class IResNet(nn.Module):
    """Pictures (N, 3, H, W) to features (N, 512, H/16, W/16): 7x7 from faces of 112x112.

    units: of each of the four stages, which all begin with a stride of 2. Its last batch norm is
    the first of the paper's head (option E: BN-Dropout-FC-BN): pool "flatten" and a neck follow.
    """

    def __init__(self, units: Sequence[int]) -> None:
        super().__init__()
        self.channels = CHANNELS[-1]
        self.conv1 = _conv(3, CHANNELS[0])
        self.bn1 = nn.BatchNorm2d(CHANNELS[0])
        self.prelu = nn.PReLU(CHANNELS[0], init=SLOPE)
        self.layer1 = _stage(CHANNELS[0], CHANNELS[0], units[0])
        self.layer2 = _stage(CHANNELS[0], CHANNELS[1], units[1])
        self.layer3 = _stage(CHANNELS[1], CHANNELS[2], units[2])
        self.layer4 = _stage(CHANNELS[2], CHANNELS[3], units[3])
        self.bn2 = nn.BatchNorm2d(CHANNELS[3])
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, a=SLOPE, mode="fan_out")

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps of a batch of pictures."""
        x = self.prelu(self.bn1(self.conv1(x)))
        maps: Tensor = self.bn2(self.layer4(self.layer3(self.layer2(self.layer1(x)))))
        return maps


class Unit(nn.Module):
    """BN-Conv-BN-PReLU-Conv-BN beside a shortcut; the second convolution has the stride."""

    def __init__(self, given: int, made: int, *, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(given)
        self.conv1 = _conv(given, made)
        self.bn2 = nn.BatchNorm2d(made)
        self.prelu = nn.PReLU(made, init=SLOPE)
        self.conv2 = _conv(made, made, stride=stride)
        self.bn3 = nn.BatchNorm2d(made)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or given != made:
            self.downsample = nn.Sequential(
                nn.Conv2d(given, made, 1, stride=stride, bias=False), nn.BatchNorm2d(made)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(N, given, H, W) to (N, made, H / stride, W / stride)."""
        y = self.prelu(self.bn2(self.conv1(self.bn1(x))))
        return torch.add(self.bn3(self.conv2(y)), self.downsample(x))


def _stage(given: int, made: int, units: int) -> nn.Sequential:
    rest = (Unit(made, made) for _ in range(units - 1))
    return nn.Sequential(Unit(given, made, stride=2), *rest)


def _conv(given: int, made: int, *, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(given, made, 3, stride=stride, padding=1, bias=False)
