"""What losses by pair look at: a matrix of similarities or distances, and which entries count.

    rows (N) are anchors, columns (M) what they are compared with: the batch itself, or a memory.
    positive, negative: (N, M) bool masks, never both; an embedding is not its own positive.

A miner makes the masks smaller, a loss makes a number of what is left:

    positive, negative = masks(labels)
    d = distances(x)
    loss = triplet(d, *miners.batch_hard(d, positive, negative), margin=0.3)
"""

from __future__ import annotations

import torch
from torch import Tensor

from reid_core.learn.losses.numeric import as_float, directions, products

# Of a squared distance, in units of the squared lengths: what rounding may leave of 0
NOISE = {torch.float32: 5e-7, torch.float64: 1e-15}
NOWHERE = -1e30  # below anything that counts, finite so that its gradient is 0 and not NaN


def masks(labels: Tensor, others: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """(positive, negative) masks of (N,) labels against themselves, or against (M,) others."""
    same = labels[:, None] == (labels if others is None else others)[None, :]
    negative = ~same
    if others is None:
        same = same.clone().fill_diagonal_(False)
    return same, negative


def similarities(x: Tensor, others: Tensor | None = None) -> Tensor:
    """(N, M) cosines of (N, dim) and (M, dim) embeddings."""
    x = directions(as_float(x))
    return products(x, x if others is None else directions(as_float(others)))


def squared_distances(x: Tensor, others: Tensor | None = None, *, unit: bool = True) -> Tensor:
    """(N, M) squared Euclidean distances. unit: of the embeddings scaled to length 1.

    Equal embeddings are exactly 0 apart, and without a gradient, whatever the rounding.
    """
    x = as_float(x)
    x = directions(x) if unit else x
    y = x if others is None else directions(as_float(others)) if unit else as_float(others)
    lengths = x.square().sum(1)[:, None] + y.square().sum(1)[None, :]
    if unit:
        lengths = lengths.detach()  # nothing changes them
    d = torch.add(lengths, products(x, y), alpha=-2)
    return d * (d > NOISE[d.dtype] * lengths).to(d.dtype)


def distances(x: Tensor, others: Tensor | None = None, *, unit: bool = True) -> Tensor:
    """(N, M) Euclidean distances; equal embeddings are 0 apart, without a gradient."""
    d = squared_distances(x, others, unit=unit)
    equal = (d == 0).to(d.dtype)
    return (d + equal).sqrt() - equal  # the root's slope is infinite at 0


def mean(values: Tensor, counted: Tensor | None = None) -> Tensor:
    """The mean of the counted values, all finite; zero, with a gradient, when there are none."""
    if counted is None:
        return values.sum() / max(values.numel(), 1)
    return (values * counted).sum() / counted.sum().clamp(min=1)


def mean_nonzero(values: Tensor) -> Tensor:
    """The mean of the values above zero, of none below: those already right do not thin it out."""
    return values.sum() / (values > 0).sum().clamp(min=1)


def only(values: Tensor, counted: Tensor) -> Tensor:
    """The counted values; the others `NOWHERE`, without a gradient to speak of.

    Sums, where `masked_fill` would say the same ten times slower on a processor.
    """
    return values + (counted.to(values.dtype) - 1) * -NOWHERE


def logsumexp(values: Tensor, counted: Tensor) -> Tensor:
    """Log Σ exp over the counted entries of each row, (N,); about `NOWHERE` where none is."""
    if not values.shape[1]:
        return values.sum(1) + NOWHERE
    values = only(values, counted)
    # at the peak, log softmax is peak - logsumexp; torch.logsumexp is slow where exp underflows
    peak = values.argmax(1, keepdim=True)
    return (values.gather(1, peak) - values.log_softmax(1).gather(1, peak))[:, 0]
