"""A loss of all the products between a batch and the class centres, held in memory only once.

With many classes, the (N, classes) matrix costs the memory and, through it, the time: written out
as usual, the scaling, the margin, the softmax and the gradient of each make one more such matrix.
Here the rows are taken a few at a time. The loss of these rows is ordinary differentiable code; its
gradient takes the place of their products in the one large matrix, and the backward pass is no more
than two products of that matrix with the centres and with the embeddings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from reid_core.learn.losses.numeric import without_autocast

# (products (n, classes), lengths of the embeddings (n,), of the centres (classes,), labels (n,))
# to the sum of the n losses
RowLoss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
BLOCK = {"cpu": 1 << 18}  # entries of the matrix at once: what the processor's cache holds
BLOCK_ELSEWHERE = 1 << 22


def mean_loss(
    loss: RowLoss, x: Tensor, w: Tensor, labels: Tensor, parameters: Sequence[Tensor] = ()
) -> Tensor:
    """The mean of a loss over the rows of x (N, dim) against the centres w (classes, dim).

    parameters: whatever else `loss` learns. Gradients once, not twice: it has no second derivative.
    """
    mean: Tensor = _MeanLoss.apply(loss, torch.is_grad_enabled(), labels, x, w, *parameters)
    return mean


class _MeanLoss(torch.autograd.Function):
    """`slopes` is the mean's gradient in x·w, made in forward in the place of x·w itself."""

    @staticmethod
    def forward(
        ctx: Any,
        loss: RowLoss,
        learning: bool,
        labels: Tensor,
        x: Tensor,
        w: Tensor,
        *parameters: Tensor,
    ) -> Tensor:
        with without_autocast(x):
            lengths, sizes = x.norm(dim=1), w.norm(dim=1)
            slopes = x @ w.T
            total, sums = x.new_zeros(()), [torch.zeros_like(p) for p in (sizes, *parameters)]
            by_length = torch.zeros_like(lengths)
            for rows in _blocks(slopes):
                given = slopes[rows], lengths[rows], sizes
                inner, length, size = leaves = [t.detach().requires_grad_() for t in given]
                with torch.set_grad_enabled(learning):
                    part = loss(inner, length, size, labels[rows]) / len(x)
                total += part.detach()
                if learning:
                    slope, by_length[rows], *rest = torch.autograd.grad(
                        part, [*leaves, *parameters], materialize_grads=True
                    )
                    slopes[rows] = slope
                    for so_far, more in zip(sums, rest):
                        so_far += more
        if learning:
            ctx.save_for_backward(x, w, lengths, sizes, slopes, by_length, *sums)
        return total

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, w, lengths, sizes, slopes, by_length, by_size, *by_parameter = ctx.saved_tensors
        with without_autocast(x):
            by_x = (slopes @ w).addcmul_(x, _over(by_length, lengths)).mul_(grad)
            by_w = (slopes.T @ (x * grad)).addcmul_(w, _over(by_size * grad, sizes))
        return None, None, None, by_x, by_w, *(grad * g for g in by_parameter)


def _blocks(matrix: Tensor) -> Iterator[slice]:
    entries = BLOCK.get(matrix.device.type, BLOCK_ELSEWHERE)
    step = max(1, entries // matrix.shape[1])
    return (slice(i, i + step) for i in range(0, len(matrix), step))


def _over(slope: Tensor, length: Tensor) -> Tensor:
    """The factor of a vector in the gradient of its own length, a column; 0 for length 0."""
    return torch.where(length > 0, slope / length, 0)[:, None]
