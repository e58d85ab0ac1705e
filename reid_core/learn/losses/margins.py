"""How a margin changes the cosine between an embedding and the centre of its own class.

A margin is any function of (cosine (N,), length (N,)) to (N,): the cosine to the own class and the
length of the embedding before normalisation, float; margins in the papers' units. All are finite,
with finite gradients, from cosine -1 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

Margin = Callable[[Tensor, Tensor], Tensor]
EDGE = 1e-7  # 1 - cos²: below it the sine's slope is cut, which would be infinite at cosine ±1


def none(cosine: Tensor, length: Tensor) -> Tensor:
    """No margin: plain softmax, NormFace, L2-Softmax."""
    return cosine


def additive_cosine(cosine: Tensor, length: Tensor, *, margin: float) -> Tensor:
    """Cos θ - m: CosFace (1801.09414, equation 4), AM-Softmax (1801.05599, equation 5)."""
    return cosine - margin


def additive_angle(cosine: Tensor, length: Tensor, *, margin: float | Tensor) -> Tensor:
    """cos(θ + m), m in radians: ArcFace (1801.07698, equation 3).

    Where θ + m would pass π, and the cosine rise again, it goes on as cos θ - m sin m, as the
    authors' own code does, so that it falls everywhere.
    """
    m = torch.as_tensor(margin, dtype=cosine.dtype, device=cosine.device)
    turned = cosine * m.cos() - _sine(cosine) * m.sin()
    return torch.where(cosine > -m.cos(), turned, cosine - m * m.sin())


class MultipliedAngle(nn.Module):
    """ψ(θ) = (-1)^k cos(mθ) - 2k for θ in [kπ/m, (k+1)π/m], m a whole number.

    L-Softmax (1612.02295, equation 6), A-Softmax (1704.08063, equation 7). Both papers blend it
    with the plain cosine, (λ cos θ + ψ) / (1 + λ). softening: λ, now. It begins as `least`; a
    trainer that calls `soften` at every step takes it down from `most`, as the papers' code does.
    """

    def __init__(
        self, margin: int, *, least: float = 0.0, most: float = 1000.0, decay: float = 0.12
    ) -> None:
        super().__init__()
        if margin < 1 or margin != int(margin):
            raise ValueError(f"the margin is a whole number of at least 1, not {margin}")
        if not 0 <= least <= most:
            raise ValueError(f"0 <= least <= most, not {least} and {most}")
        self.margin, self.least, self.most, self.decay = int(margin), least, most, decay
        self.softening = least

    def soften(self, step: int) -> None:
        """λ = max(least, most / (1 + decay x step)), for the given step of training from 0."""
        self.softening = max(self.least, self.most / (1 + self.decay * step))

    def forward(self, cosine: Tensor, length: Tensor) -> Tensor:
        """The blend, (N,)."""
        bounded = cosine.clamp(-1, 1)
        with torch.no_grad():
            k = (bounded.acos() * self.margin / math.pi).floor().clamp(max=self.margin - 1)
            sign = 1 - 2 * (k % 2)
        psi = sign * _chebyshev(bounded, self.margin) - 2 * k
        return (self.softening * cosine + psi) / (1 + self.softening)


def magnitude_margin(
    length: Tensor, *, lengths: tuple[float, float], margins: tuple[float, float]
) -> Tensor:
    """m(a): radians, from the first of `margins` to the second as the length goes over `lengths`.

    MagFace (2103.06627, section 3.2).
    """
    (low, high), (least, most) = lengths, margins
    return least + (most - least) / (high - low) * (length.clamp(low, high) - low)


def magnitude(
    cosine: Tensor, length: Tensor, *, lengths: tuple[float, float], margins: tuple[float, float]
) -> Tensor:
    """cos(θ + m(a)): the longer the embedding, the larger its margin; MagFace (section 3.2)."""
    return additive_angle(
        cosine, length, margin=magnitude_margin(length, lengths=lengths, margins=margins)
    )


class Adaptive(nn.Module):
    """AdaFace (2204.00964, section 3.3): the length says how good the picture is.

    Good pictures get a margin added to the cosine, poor ones have it subtracted from the angle.
    margin: m. concentration: h, what share of a standard deviation counts. momentum: of the
    running mean and deviation of the lengths, which `follow` keeps.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self, *, margin: float = 0.4, concentration: float = 0.333, momentum: float = 0.01
    ) -> None:
        super().__init__()
        self.margin, self.concentration, self.momentum = margin, concentration, momentum
        self.register_buffer("mean", torch.tensor(20.0))
        self.register_buffer("deviation", torch.tensor(100.0))

    def forward(self, cosine: Tensor, length: Tensor) -> Tensor:
        """cos(θ - m q) - m (q + 1), q in [-1, 1] the standing of the length among all."""
        length = length.detach().clamp(1e-3, 100)
        standing = (length - self.mean) / (self.deviation + 1e-3) * self.concentration
        standing = standing.clamp(-1, 1).to(cosine.dtype)
        # the angle stays in [0, π], as in the authors' code
        theta = torch.acos(cosine.clamp(-1 + EDGE, 1 - EDGE)) - self.margin * standing
        return theta.clamp(1e-3, math.pi - 1e-3).cos() - self.margin * (standing + 1)

    @torch.no_grad()
    def follow(self, length: Tensor) -> None:
        """Take in the lengths (N,) of a batch."""
        length = length.clamp(1e-3, 100)
        deviation = length.std() if len(length) > 1 else self.deviation
        self.mean.lerp_(length.mean().to(self.mean.dtype), self.momentum)
        self.deviation.lerp_(deviation.to(self.mean.dtype), self.momentum)


def arc(margin: float) -> Margin:
    """`additive_angle` with its margin, radians."""
    return partial(additive_angle, margin=margin)


def _sine(cosine: Tensor) -> Tensor:
    return (1 - cosine.square()).clamp(min=EDGE).sqrt()


def _chebyshev(cosine: Tensor, n: int) -> Tensor:
    """cos(nθ) as a polynomial in cos θ."""
    before, now = torch.ones_like(cosine), cosine
    for _ in range(n - 1):
        before, now = now, 2 * cosine * now - before
    return now
