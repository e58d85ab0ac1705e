"""Losses that hold embeddings near their class's centre, or hold all classes' proxies apart."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reid_core.learn.losses.matrix import logsumexp, mean
from reid_core.learn.losses.numeric import as_float, directions, products


class Centre(nn.Module):
    """½ |x - c_y|², the mean over the batch (Wen 2016, equation 2); the centres learn with it."""

    reads = "raw"

    def __init__(self, dim: int, classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, dim))

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """A scalar."""
        apart = as_float(embeddings) - as_float(self.weight)[labels]
        return mean(0.5 * apart.square().sum(1))


class ProxyAnchor(nn.Module):
    """Every proxy against the whole batch (2003.13911, equation 4). scale: α, margin: δ."""

    reads = "neck"

    def __init__(self, dim: int, classes: int, *, scale: float = 32.0, margin: float = 0.1) -> None:
        super().__init__()
        self.scale, self.margin = scale, margin
        self.weight = nn.Parameter(torch.empty(classes, dim))
        nn.init.kaiming_normal_(self.weight, mode="fan_out")

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """A scalar: the mean over proxies with positives, and over all proxies."""
        x, proxies = directions(as_float(embeddings)), directions(as_float(self.weight))
        similarity = products(proxies, x)  # (classes, N)
        own = torch.arange(len(proxies), device=x.device)[:, None] == labels[None, :]
        pull = F.softplus(logsumexp(-self.scale * (similarity - self.margin), own))
        push = F.softplus(logsumexp(self.scale * (similarity + self.margin), ~own))
        return mean(pull, own.any(1)) + mean(push)
