"""MobileFaceNet: a face embedder for telephones (Chen et al., arXiv 1804.07573, table 1)."""

from __future__ import annotations

from torch import Tensor, nn

STEM = 64
MADE = 512
SLOPE = 0.25  # with which PReLU starts, for negative values
# expansion, channels, repeats, stride of the first: the bottlenecks of table 1
BOTTLENECKS = ((2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1))


class MobileFaceNet(nn.Module):
    """Pictures (N, 3, H, W) to features (N, 512, H/16, W/16): 7x7 from faces of 112x112.

    As far as the 512-channel pointwise convolution; the paper goes on with `GlobalDepthwise` and
    a linear layer of 128.
    """

    def __init__(self) -> None:
        super().__init__()
        self.channels = MADE
        self.stem = nn.Sequential(_conv(3, STEM, 3, stride=2), _conv(STEM, STEM, 3, groups=STEM))
        stages, given = [], STEM
        for expansion, made, repeats, stride in BOTTLENECKS:
            first = Bottleneck(given, made, expansion=expansion, stride=stride)
            rest = (Bottleneck(made, made, expansion=expansion) for _ in range(repeats - 1))
            stages.append(nn.Sequential(first, *rest))
            given = made
        self.stages = nn.Sequential(*stages, _conv(given, MADE, 1))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, a=SLOPE)  # fan-in: of a group

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps of a batch of pictures."""
        maps: Tensor = self.stages(self.stem(x))
        return maps


class Bottleneck(nn.Module):
    """Pointwise, depthwise, linear pointwise (1801.04381, with PReLU), added to what came in.

    Nothing is added where the stride or the number of channels changes.
    """

    def __init__(self, given: int, made: int, *, expansion: int, stride: int = 1) -> None:
        super().__init__()
        wide = given * expansion
        self.adds = stride == 1 and given == made
        self.layers = nn.Sequential(
            _conv(given, wide, 1),
            _conv(wide, wide, 3, stride=stride, groups=wide),
            _conv(wide, made, 1, linear=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, given, H, W) to (N, made, H / stride, W / stride)."""
        y: Tensor = self.layers(x)
        return x + y if self.adds else y


class GlobalDepthwise(nn.Module):
    """Pooling with a learnt weight for each place of each channel (section 3.2, GDConv).

    Maps (N, channels, *size) to vectors (N, channels). size: of the maps, (rows, columns).
    """

    def __init__(self, channels: int, size: int | tuple[int, int]) -> None:
        super().__init__()
        self.channels = channels
        self.size = (size, size) if isinstance(size, int) else (size[0], size[1])
        self.conv = nn.Conv2d(channels, channels, self.size, groups=channels, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, maps: Tensor) -> Tensor:
        """Raises ValueError for maps of another size."""
        if tuple(maps.shape[2:]) != self.size:
            raise ValueError(f"maps of {self.size} are pooled here, not {tuple(maps.shape[2:])}")
        pooled: Tensor = self.norm(self.conv(maps)).flatten(1)
        return pooled


def _conv(
    given: int, made: int, size: int, *, stride: int = 1, groups: int = 1, linear: bool = False
) -> nn.Sequential:
    """Convolution and batch norm, and PReLU unless linear."""
    conv = nn.Conv2d(given, made, size, stride, size // 2, groups=groups, bias=False)
    layers: list[nn.Module] = [conv, nn.BatchNorm2d(made)]
    return nn.Sequential(*layers) if linear else nn.Sequential(*layers, nn.PReLU(made, init=SLOPE))
