"""From products with the class centres to logits: what distinguishes the losses by class.

A rule is a function or module of (products x·W_j (n, classes), lengths |x| (n,), sizes |W_j|
(classes,), labels (n,)) to the logits (n, classes), float and differentiable, row by row: no row
looks at another, because rows come in parts (`blockwise`). A vector of length zero has cosine 0
with everything, without a gradient.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from reid_core.learn.losses import margins
from reid_core.learn.losses.margins import Margin
from reid_core.learn.losses.numeric import inverse


class Scaled(nn.Module):
    """The form of most of the field: |x'| |W'_j| cos θ_j + b_j, and ψ(cos θ_y) in the own column.

    length: |x'|, or None to leave the embedding's own. trainable: the length is learnt, as its
    logarithm, so that it stays above zero. unit_centres: |W'| = 1. bias: for so many classes.
    """

    def __init__(
        self,
        *,
        length: float | None = None,
        trainable: bool = False,
        unit_centres: bool = True,
        margin: Margin = margins.none,
        bias: int = 0,
    ) -> None:
        super().__init__()
        if length is not None and length <= 0:
            raise ValueError(f"the scale of the logits is above 0, not {length}")
        self.length, self.unit_centres, self.margin = length, unit_centres, margin
        self.log_length = nn.Parameter(torch.tensor(math.log(length or 1))) if trainable else None
        self.bias = nn.Parameter(torch.zeros(bias)) if bias else None

    def forward(self, products: Tensor, lengths: Tensor, sizes: Tensor, labels: Tensor) -> Tensor:
        """(n, classes) logits."""
        target = self._target(lengths)
        logits = products if target is lengths else products * (target * inverse(lengths))[:, None]
        if self.unit_centres:
            logits = logits * inverse(sizes)
        if self.margin is not margins.none:
            column = labels[:, None]
            bound = target if self.unit_centres else target * sizes[labels]
            cosine = logits.gather(1, column)[:, 0] * inverse(bound)
            changed = bound * self.margin(cosine.clamp(-1, 1), lengths)
            logits = logits.scatter(1, column, changed[:, None])
        return logits if self.bias is None else logits + self.bias

    def _target(self, lengths: Tensor) -> Tensor:
        """|x'|, (n,)."""
        if self.log_length is not None:
            return self.log_length.exp().expand(len(lengths))
        return lengths if self.length is None else torch.full_like(lengths, self.length)


class Curricular(nn.Module):
    """ArcFace whose hard negatives weigh more as training goes on (2004.00288, eq. 5 to 7).

    A wrong class nearer than cos(θ_y + m) has its cosine multiplied by t + cosine. progress: t.
    """

    progress: Tensor

    def __init__(self, *, scale: float, margin: float) -> None:
        super().__init__()
        self.scale, self.margin = scale, margins.arc(margin)
        self.register_buffer("progress", torch.tensor(0.0))

    def forward(self, products: Tensor, lengths: Tensor, sizes: Tensor, labels: Tensor) -> Tensor:
        """(n, classes) logits."""
        cosine, column = cosines(products, lengths, sizes), labels[:, None]
        own = cosine.gather(1, column)[:, 0].clamp(-1, 1)
        target = self.margin(own, lengths)[:, None]
        hard = cosine * (self.progress + cosine)
        cosine = torch.where(cosine > target, hard, cosine)
        return self.scale * cosine.scatter(1, column, target)


class Circle(nn.Module):
    """Each similarity has the weight by which it is off its optimum (2002.10857, eq. 5 to 8).

    α_p = [1 + m - s_y]+ and α_n = [s_j + m]+, without gradient; decision at 1 - m and m. scale: γ.
    """

    def __init__(self, *, scale: float, margin: float) -> None:
        super().__init__()
        self.scale, self.margin = scale, margin

    def forward(self, products: Tensor, lengths: Tensor, sizes: Tensor, labels: Tensor) -> Tensor:
        """(n, classes) logits."""
        cosine, column, m = cosines(products, lengths, sizes), labels[:, None], self.margin
        own = cosine.gather(1, column)
        positive = (1 + m - own.detach()).clamp(min=0) * (own - (1 - m))
        negative = (cosine.detach() + m).clamp_(min=0) * (cosine - m)
        return self.scale * negative.scatter(1, column, positive)


class Nearest(nn.Module):
    """Several centres a class, of which the nearest counts: sub-centre ArcFace (ECCV 2020, eq. 4).

    The centres of class j are the rows from j x centres of the weight. rule: the rest of the way.
    """

    def __init__(self, centres: int, rule: nn.Module) -> None:
        super().__init__()
        self.centres, self.rule = centres, rule

    def forward(self, products: Tensor, lengths: Tensor, sizes: Tensor, labels: Tensor) -> Tensor:
        """(n, classes) logits, of (n, classes x centres) products."""
        along = products * inverse(sizes)
        nearest = along.view(len(along), -1, self.centres).max(2).values
        logits: Tensor = self.rule(nearest, lengths, torch.ones_like(nearest[0]), labels)
        return logits


def cosines(products: Tensor, lengths: Tensor, sizes: Tensor) -> Tensor:
    """(n, classes), of the products and both lengths."""
    return products * inverse(lengths)[:, None] * inverse(sizes)
