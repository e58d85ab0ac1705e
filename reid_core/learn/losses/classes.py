"""Losses by class: a learnt centre for each class, and the cross-entropy of the logits.

`logits` says how each loss makes its logits of the products x·W_j; the functions and classes below
give them the field's names. Embeddings are (N, dim) of any float type, labels (N,) int64 in
[0, classes). Half precision is computed in float32, in autocast too.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reid_core.learn.losses import logits as rules
from reid_core.learn.losses import margins
from reid_core.learn.losses.blockwise import mean_loss
from reid_core.learn.losses.numeric import as_float, directions, products


class ClassLoss(nn.Module):
    """The mean cross-entropy of what a rule makes of the products; see `logits`.

    weight: (classes x centres, dim), the class centres, `centres` to a class. smoothing: of the
    labels, in [0, 1).
    """

    reads = "neck"

    def __init__(
        self, dim: int, classes: int, rule: nn.Module, *, centres: int = 1, smoothing: float = 0.0
    ) -> None:
        super().__init__()
        if classes < 2 or dim < 1 or centres < 1:
            raise ValueError(f"at least 2 classes, not {classes}; dim {dim}, centres {centres}")
        if not 0 <= smoothing < 1:
            raise ValueError(f"the smoothing is in [0, 1), not {smoothing}")
        self.rule, self.smoothing = rule, smoothing
        self.weight = nn.Parameter(torch.randn(classes * centres, dim) * 0.01)

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of a batch, a scalar; zero, with a gradient, for an empty one."""
        if not len(labels):
            return embeddings.sum() * 0 + self.weight.sum() * 0
        x, w = as_float(embeddings), as_float(self.weight)
        return mean_loss(self._summed, x, w, labels, tuple(self.rule.parameters()))

    def logits(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """(N, classes), with the margin in the own class's column."""
        x, w = as_float(embeddings), as_float(self.weight)
        found: Tensor = self.rule(products(x, w), x.norm(dim=1), w.norm(dim=1), labels)
        return found

    def _summed(self, inner: Tensor, lengths: Tensor, sizes: Tensor, labels: Tensor) -> Tensor:
        logits = self.rule(inner, lengths, sizes, labels)
        return F.cross_entropy(logits, labels, label_smoothing=self.smoothing, reduction="sum")


def softmax(dim: int, classes: int, *, smoothing: float = 0.0, bias: bool = True) -> ClassLoss:
    """Cross-entropy over a linear layer; behind a BNNeck without bias (1903.07071, section 3.5)."""
    rule = rules.Scaled(unit_centres=False, bias=classes * bias)
    return ClassLoss(dim, classes, rule, smoothing=smoothing)


def l2_softmax(
    dim: int, classes: int, *, length: float = 16.0, trainable: bool = False
) -> ClassLoss:
    """Embeddings of one length α, given or learnt (1703.09507, equation 3)."""
    rule = rules.Scaled(length=length, trainable=trainable, unit_centres=False, bias=classes)
    return ClassLoss(dim, classes, rule)


def large_margin_softmax(
    dim: int,
    classes: int,
    *,
    margin: int = 4,
    least: float = 0.0,
    most: float = 1000.0,
    decay: float = 0.12,
) -> ClassLoss:
    """|W_y| |x| ψ(θ_y) (1612.02295, equation 4). least, most, decay: see `MultipliedAngle`."""
    psi = margins.MultipliedAngle(margin, least=least, most=most, decay=decay)
    return ClassLoss(dim, classes, rules.Scaled(unit_centres=False, margin=psi))


def a_softmax(
    dim: int,
    classes: int,
    *,
    margin: int = 4,
    least: float = 0.0,
    most: float = 1000.0,
    decay: float = 0.12,
) -> ClassLoss:
    """SphereFace: |x| ψ(θ_y), centres of unit length (1704.08063, equation 7).

    least, most, decay: see `MultipliedAngle`; the authors train with a least λ of 5.
    """
    psi = margins.MultipliedAngle(margin, least=least, most=most, decay=decay)
    return ClassLoss(dim, classes, rules.Scaled(margin=psi))


def norm_face(dim: int, classes: int, *, scale: float = 30.0) -> ClassLoss:
    """Softmax over scaled cosines (1704.06369, section 3.3)."""
    return ClassLoss(dim, classes, rules.Scaled(length=scale))


def cos_face(dim: int, classes: int, *, scale: float = 64.0, margin: float = 0.35) -> ClassLoss:
    """S (cos θ - m) (1801.09414, equation 4)."""
    rule = partial(margins.additive_cosine, margin=margin)
    return ClassLoss(dim, classes, rules.Scaled(length=scale, margin=rule))


def am_softmax(dim: int, classes: int, *, scale: float = 30.0, margin: float = 0.35) -> ClassLoss:
    """The same as CosFace, found at the same time, with its own scale (1801.05599, equation 6)."""
    return cos_face(dim, classes, scale=scale, margin=margin)


def arc_face(dim: int, classes: int, *, scale: float = 64.0, margin: float = 0.5) -> ClassLoss:
    """S cos(θ + m), m in radians (1801.07698, equation 3)."""
    return ClassLoss(dim, classes, rules.Scaled(length=scale, margin=margins.arc(margin)))


def sub_centre_arc_face(
    dim: int, classes: int, *, scale: float = 64.0, margin: float = 0.5, centres: int = 3
) -> ClassLoss:
    """ArcFace to the nearest of several centres a class (ECCV 2020, equation 4)."""
    rule = rules.Nearest(centres, rules.Scaled(length=scale, margin=margins.arc(margin)))
    return ClassLoss(dim, classes, rule, centres=centres)


def circle_classes(
    dim: int, classes: int, *, scale: float = 256.0, margin: float = 0.25
) -> ClassLoss:
    """Circle loss with class centres for the others (2002.10857, section 3.3)."""
    return ClassLoss(dim, classes, rules.Circle(scale=scale, margin=margin))


class AdaFace(ClassLoss):
    """A margin that follows the picture's quality (2204.00964); see `margins.Adaptive`."""

    def __init__(self, dim: int, classes: int, *, scale: float = 64.0, margin: float = 0.4) -> None:
        adaptive = margins.Adaptive(margin=margin)
        super().__init__(dim, classes, rules.Scaled(length=scale, margin=adaptive))

    @property
    def adaptive(self) -> margins.Adaptive:
        """The margin, with its running mean and deviation."""
        margin = self.rule.margin
        assert isinstance(margin, margins.Adaptive)
        return margin

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of a batch, a scalar; in training the lengths are followed first."""
        if self.training and len(labels):
            self.adaptive.follow(as_float(embeddings).norm(dim=1))
        return super().forward(embeddings, labels)


class MagFace(ClassLoss):
    """A margin that grows with the embedding's length, which is pulled up (2103.06627, eq. 4).

    lengths: l_a and u_a. margin: l_m and u_m, radians. pull: λ_g, of g(a) = a / u_a² + 1 / a.
    """

    def __init__(
        self,
        dim: int,
        classes: int,
        *,
        scale: float = 64.0,
        lengths: tuple[float, float] = (10.0, 110.0),
        margin: tuple[float, float] = (0.45, 0.8),
        pull: float = 35.0,
    ) -> None:
        if not 0 < lengths[0] < lengths[1]:
            raise ValueError(f"lengths are above 0 and rise, not {lengths}")
        rule = partial(margins.magnitude, lengths=lengths, margins=margin)
        super().__init__(dim, classes, rules.Scaled(length=scale, margin=rule))
        self.lengths, self.pull = lengths, pull

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of a batch, a scalar."""
        loss: Tensor = super().forward(embeddings, labels)
        if not len(labels):
            return loss
        length = as_float(embeddings).norm(dim=1).clamp(*self.lengths)
        pulled: Tensor = length / self.lengths[1] ** 2 + 1 / length
        return loss + self.pull * pulled.mean()


class CurricularFace(ClassLoss):
    """ArcFace with a curriculum (2004.00288, equations 5 to 9); see `logits.Curricular`.

    t follows the mean own cosine, with a momentum (1 - α in the paper).
    """

    def __init__(
        self,
        dim: int,
        classes: int,
        *,
        scale: float = 64.0,
        margin: float = 0.5,
        momentum: float = 0.01,
    ) -> None:
        super().__init__(dim, classes, rules.Curricular(scale=scale, margin=margin))
        self.momentum = momentum

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of a batch, a scalar; in training the progress is followed first."""
        if self.training and len(labels):
            self._follow(as_float(embeddings), labels)
        return super().forward(embeddings, labels)

    @torch.no_grad()
    def _follow(self, x: Tensor, labels: Tensor) -> None:
        progress = self.rule.progress
        assert isinstance(progress, Tensor)
        own = (directions(x) * directions(as_float(self.weight[labels]))).sum(1)
        progress.lerp_(own.mean().to(progress.dtype), self.momentum)
