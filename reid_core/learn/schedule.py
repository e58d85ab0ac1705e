"""How the learning rate goes over a run, as a factor of the one that was asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Schedule = Callable[[int], float]
KINDS = ("cosine", "step", "constant")


def schedule(
    kind: str,
    *,
    steps: int,
    warmup: int = 0,
    floor: float = 0.0,
    milestones: Sequence[float] = (0.5, 0.75),
    decay: float = 0.1,
) -> Schedule:
    """The factor at each step from 0.

    It rises evenly over `warmup` steps to 1. cosine: then falls to `floor` (1608.03983, equation
    5, one period). step: then is multiplied by `decay` at each milestone, a share of all steps.
    Raises ValueError for another kind.
    """
    if kind not in KINDS:
        raise ValueError(f"schedule is {kind!r}, expected one of {', '.join(KINDS)}")

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        if kind == "cosine":
            share = min((step - warmup) / max(steps - warmup, 1), 1.0)
            return floor + (1 - floor) * (1 + math.cos(math.pi * share)) / 2
        if kind == "step":
            passed = sum(step >= share * steps for share in milestones)
            return float(decay**passed)
        return 1.0

    return factor
