"""The running mean of a network's weights, which often tells people apart better than the last."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class RunningMean:
    """The exponential mean of weights and batch statistics over the steps.

    stays: how much of the mean stays with each step, in (0, 1). At first it follows more closely,
    as if over a tenth of the steps, so that it does not remember the untrained network. module: the
    network with the mean's weights, in evaluation mode.
    """

    def __init__(self, network: nn.Module, stays: float) -> None:
        if not 0 < stays < 1:
            raise ValueError(f"ema is {stays}, expected 0 for none or a share in (0, 1)")
        self.stays, self.count = stays, 0
        self.module = copy.deepcopy(network).requires_grad_(False).eval()

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take in the weights as they are now."""
        moves = 1 - min(self.stays, (1 + self.count) / (10 + self.count))
        kept, now = _split(self.module), _split(network)
        torch._foreach_lerp_(kept[0], now[0], moves)
        for own, new in zip(kept[1], now[1], strict=True):
            own.copy_(new)
        self.count += 1


def _split(network: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """The tensors of a network that have a mean, and those that are counters."""
    every = list(network.state_dict().values())
    return (
        [t for t in every if t.is_floating_point()],
        [t for t in every if not t.is_floating_point()],
    )
