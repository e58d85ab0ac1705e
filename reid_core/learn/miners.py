"""Which pairs of a batch are worth learning from: masks made smaller, of the same shapes.

Each takes (matrix, positive, negative), all (N, M), and returns the two masks. Those on distances
say so; the others are on similarities. See `losses/matrix.py`. No gradient flows through them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from reid_core.learn.losses.matrix import only

Masks = tuple[Tensor, Tensor]


@torch.no_grad()
def batch_hard(distance: Tensor, positive: Tensor, negative: Tensor) -> Masks:
    """The farthest positive and the nearest negative of each anchor (1703.07737, equation 5)."""
    far = only(distance, positive).argmax(1, keepdim=True)
    near = only(-distance, negative).argmax(1, keepdim=True)
    return _at(positive, far), _at(negative, near)


@torch.no_grad()
def hard(distance: Tensor, positive: Tensor, negative: Tensor) -> Masks:
    """Positives farther than the nearest negative, negatives nearer than the farthest positive."""
    far = only(distance, positive).amax(1, keepdim=True)
    near = -only(-distance, negative).amax(1, keepdim=True)
    return positive & (distance > near), negative & (distance < far)


@torch.no_grad()
def semi_hard(distance: Tensor, positive: Tensor, negative: Tensor) -> Masks:
    """All positives; the nearest negative beyond the farthest positive (1503.03832, section 3.2).

    An anchor without such a negative gets its farthest one, so that it is not left out.
    """
    far = only(distance, positive).amax(1, keepdim=True)
    beyond = negative & (distance > far)
    nearest = only(-distance, beyond).argmax(1, keepdim=True)
    farthest = only(distance, negative).argmax(1, keepdim=True)
    chosen = torch.where(beyond.any(1, keepdim=True), nearest, farthest)
    return positive, _at(negative, chosen)


@torch.no_grad()
def easy_positive(distance: Tensor, positive: Tensor, negative: Tensor) -> Masks:
    """The nearest positive of each anchor, and all negatives (1904.04370, section 3)."""
    near = only(-distance, positive).argmax(1, keepdim=True)
    return _at(positive, near), negative


@torch.no_grad()
def distance_weighted(
    distance: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    dim: int,
    cutoff: float = 0.5,
    farthest: float = 1.4,
    generator: torch.Generator | None = None,
) -> Masks:
    """One negative for each anchor, drawn evenly over distances (1706.07567, equation 3).

    Of unit embeddings. dim: of the embeddings. cutoff: nearer ones are drawn as if they were
    here. farthest: beyond it a negative has no gradient worth having.
    """
    d = distance.double().clamp(min=cutoff)
    # the log of 1 / q(d): how rare this distance is between random points of the sphere
    rarity = (2.0 - dim) * d.log() - (dim - 3.0) / 2 * (1 - 0.25 * d.square()).clamp(min=1e-8).log()
    allowed = negative & (distance < farthest)
    some = allowed.any(1)
    rarity = rarity.masked_fill(~allowed, -torch.inf)
    weights = rarity.masked_fill(~some[:, None], 0).softmax(1)
    drawn = torch.multinomial(weights, 1, generator=generator)
    return positive, _at(allowed, drawn)


@torch.no_grad()
def multi_similarity(
    similarity: Tensor, positive: Tensor, negative: Tensor, *, epsilon: float = 0.1
) -> Masks:
    """Negatives above the least positive - ε, positives below the greatest negative + ε.

    1904.06627, equations 10 and 11.
    """
    least = -only(-similarity, positive).amax(1, keepdim=True)
    greatest = only(similarity, negative).amax(1, keepdim=True)
    return positive & (similarity - epsilon < greatest), negative & (similarity + epsilon > least)


def _at(mask: Tensor, column: Tensor) -> Tensor:
    """The mask with no more than the given column (N, 1) of each row."""
    return mask & torch.zeros_like(mask).scatter_(1, column, True)
