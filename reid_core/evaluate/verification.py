"""One against one: are these two the same person?

scores: (N,) similarities. same: (N,) bool. A pair is accepted when its score is at least the
threshold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import TooFewPairs
from reid_core.evaluate.intervals import clopper_pearson
from reid_core.types import Floats

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % interval, and the threshold it was measured at."""

    value: float
    low: float
    high: float
    threshold: float


def best_threshold(scores: Floats, same: Bools) -> float:
    """The threshold with the highest accuracy; the middle of the gap it lies in."""
    order = np.argsort(-scores, kind="stable")
    ranked, hit = scores[order].astype(np.float64), same[order]
    right = (
        np.concatenate([[0], np.cumsum(hit)])
        + (~hit).sum()
        - np.concatenate([[0], np.cumsum(~hit)])
    )
    # accepting the first k is only possible where score k differs from score k-1
    possible = np.concatenate([[True], ranked[1:] < ranked[:-1], [True]])
    k = int(np.argmax(np.where(possible, right, -1)))
    above = ranked[k - 1] if k > 0 else ranked[0] + 1e-6
    below = ranked[k] if k < len(ranked) else ranked[-1] - 1e-6
    return float((above + below) / 2)


def k_fold_accuracy(scores: Floats, same: Bools, folds: NDArray[np.int64]) -> tuple[float, float]:
    """Mean accuracy over folds and its standard error, the threshold of each fold chosen on the
    others. Huang et al., "Labeled Faces in the Wild", 2007, section IV.
    """
    names = np.unique(folds)
    if len(names) < 2:
        raise TooFewPairs("The list has one fold; choosing a threshold honestly needs two or more.")
    accuracy = []
    for fold in names:
        held = folds == fold
        threshold = best_threshold(scores[~held], same[~held])
        accuracy.append(float(np.mean((scores[held] >= threshold) == same[held])))
    return float(np.mean(accuracy)), float(np.std(accuracy, ddof=1) / np.sqrt(len(names)))


def auc(scores: Floats, same: Bools) -> float:
    """Area under the ROC: how often a genuine pair scores above an impostor pair, ties half."""
    genuine, impostor = np.sort(scores[same]), np.sort(scores[~same])
    below = np.searchsorted(impostor, genuine, "left") + np.searchsorted(impostor, genuine, "right")
    return float(below.sum() / (2 * len(genuine) * len(impostor)))


def eer(scores: Floats, same: Bools) -> float:
    """The error rate where false matches and false non-matches are equally frequent."""
    genuine, impostor = np.sort(scores[same]), np.sort(scores[~same])
    at = np.unique(scores)
    fnmr = np.searchsorted(genuine, at, "left") / len(genuine)
    fmr = 1 - np.searchsorted(impostor, at, "left") / len(impostor)
    crossing = int(np.argmin(np.abs(fnmr - fmr)))
    return float((fnmr[crossing] + fmr[crossing]) / 2)


def threshold_at(scores: Floats, same: Bools, *, far: float) -> float:
    """The lowest threshold at which at most the share `far` of the impostors is accepted.

    Raises TooFewPairs when not even one impostor may be accepted.
    """
    impostor = np.sort(scores[~same])[::-1]
    allowed = int(far * len(impostor))
    if allowed < 1:
        raise TooFewPairs(
            f"A false-match rate of {far:g} needs at least {round(1 / far)} impostor pairs; "
            f"there are {len(impostor)}."
        )
    return (
        float(np.nextafter(impostor[allowed], np.float32(np.inf)))
        if allowed < len(impostor)
        else -1.0
    )


def tar_at(scores: Floats, same: Bools, *, far: float) -> Rate:
    """The share of genuine pairs accepted at a false-match rate. Raises TooFewPairs."""
    threshold = threshold_at(scores, same, far=far)
    hits, n = int((scores[same] >= threshold).sum()), int(same.sum())
    low, high = clopper_pearson(hits, n)
    return Rate(hits / n, low, high, threshold)
