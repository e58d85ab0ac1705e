"""What all losses compute with: float32 at least, and nothing infinite at length 0."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def as_float(x: Tensor) -> Tensor:
    """Half precision as float32; float32 and float64 as they are."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def without_autocast(x: Tensor) -> torch.autocast:
    """A context on the device of x in which no product is made in half precision."""
    return torch.autocast(x.device.type, enabled=False)


def products(x: Tensor, y: Tensor) -> Tensor:
    """(N, M) inner products of (N, dim) and (M, dim), inside autocast too in float32 at least."""
    with without_autocast(x):
        if x is y:
            own: Tensor = _OwnProducts.apply(as_float(x))
            return own
        return as_float(x) @ as_float(y).T


class _OwnProducts(torch.autograd.Function):
    """x xᵀ, whose gradient is one product, (G + Gᵀ) x, where the general one takes two."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x @ x.T

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        with without_autocast(x):
            by_x: Tensor = (grad + grad.T) @ x
        return by_x


def inverse(length: Tensor) -> Tensor:
    """1 / length, and 0 without a gradient where the length is 0."""
    zero = length == 0
    return length.masked_fill(zero, 1).reciprocal().masked_fill(zero, 0)


def directions(x: Tensor) -> Tensor:
    """The rows of x (N, dim) scaled to length 1; a row of length 0 stays so, without a gradient."""
    return x * inverse(x.norm(dim=1))[:, None]
