"""Random batches for the losses' tests, and how two losses are compared."""

from __future__ import annotations

import torch
from torch import Tensor

DIM, CLASSES = 7, 5
SEEDS = range(50)


def batch(seed: int, *, n: int = 12, classes: int = CLASSES) -> tuple[Tensor, Tensor]:
    """(n, DIM) float64 embeddings of several lengths, and labels, some of them alone."""
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, DIM, dtype=torch.float64, generator=g)
    x = x * torch.rand(n, 1, dtype=torch.float64, generator=g).mul(2).add(0.2)
    return x.requires_grad_(), torch.randint(0, classes, (n,), generator=g)


def agree(ours: Tensor, theirs: Tensor, *inputs: Tensor) -> None:
    """Both scalars are the same, and so are their gradients in the inputs."""
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)
    a = torch.autograd.grad(ours, inputs, retain_graph=True)
    b = torch.autograd.grad(theirs, inputs, retain_graph=True)
    for one, other in zip(a, b, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-8)
