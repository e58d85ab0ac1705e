"""ResNet on torchvision's blocks, as person re-identification uses it.

Last stride 1: maps of twice the size (Luo et al., arXiv 1903.07071, section 3.6). IBN-a: half of
the channels are normalised by instance, against other cameras' colours (Pan et al., arXiv
1807.09441, figure 3a). The layers have torchvision's names, so that its weights fit.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck
from torchvision.models.resnet import ResNet as TorchvisionResNet

BLOCKS = {
    18: (BasicBlock, [2, 2, 2, 2]),
    34: (BasicBlock, [3, 4, 6, 3]),
    50: (Bottleneck, [3, 4, 6, 3]),
    101: (Bottleneck, [3, 4, 23, 3]),
}
HEAD = ("avgpool", "fc")


class ResNet(nn.Module):
    """Pictures (N, 3, H, W) to features (N, channels, H/16, W/16), or H/32 with last stride 2.

    depth: 18, 34, 50 or 101. ibn: instance norm in the first norm of each block of layers 1 to 3.
    """

    def __init__(self, depth: int, *, ibn: bool = False, last_stride: int = 1) -> None:
        super().__init__()
        if depth not in BLOCKS:
            raise ValueError(f"depth is one of {', '.join(map(str, BLOCKS))}, not {depth}")
        if last_stride not in (1, 2):
            raise ValueError(f"last_stride is 1 or 2, not {last_stride}")
        net = TorchvisionResNet(*BLOCKS[depth])
        self.channels: int = net.fc.in_features
        for name, layer in net.named_children():
            if name not in HEAD:
                self.add_module(name, layer)
        if last_stride == 1:
            _no_stride(net.layer4[0])
        if ibn:
            for block in [*net.layer1, *net.layer2, *net.layer3]:
                block.bn1 = IBN(block.bn1.num_features)

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps of a batch of pictures."""
        for layer in self.children():
            x = layer(x)
        return x


class IBN(nn.Module):
    """Instance norm of the first half of the channels, batch norm of the second."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.split = channels // 2
        self.IN = nn.InstanceNorm2d(self.split, affine=True)
        self.BN = nn.BatchNorm2d(channels - self.split)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to the same shape."""
        return torch.cat((self.IN(x[:, : self.split]), self.BN(x[:, self.split :])), 1)


def _no_stride(block: nn.Module) -> None:
    """Every convolution of a block steps by 1; no shape of a weight changes."""
    for layer in block.modules():
        if isinstance(layer, nn.Conv2d):
            layer.stride = (1, 1)
