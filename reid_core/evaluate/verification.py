"""One against one: are these two the same person?

scores: (N,) similarities. same: (N,) bool. A pair is accepted when its score is at least the
threshold. Every function raises TooFewPairs without a pair of either sort (genuine: of one
person, impostor: of two), and ValueError for scores that are not finite.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import TooFewPairs
from reid_core.evaluate.intervals import Share, clopper_pearson
from reid_core.types import Floats

Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]
N_FOLDS = 10  # as in the protocol of LFW


@dataclass(frozen=True, slots=True)
class Rate(Share):
    """With the threshold it was measured at."""

    threshold: float


@dataclass(frozen=True, slots=True)
class FoldAccuracy:
    """Accuracy over folds. std: standard deviation of a single fold. error: of the mean."""

    mean: float
    std: float
    error: float
    n_folds: int


def best_threshold(scores: Floats, same: Bools) -> float:
    """The threshold with the highest accuracy, in the middle of the gap it lies in.

    Of several equally good ones the highest, which accepts the fewest.
    """
    _split(scores, same)
    order = np.argsort(-scores, kind="stable")
    ranked, hit = scores[order], same[order]
    # right[k]: pairs judged rightly when the best k are accepted
    gain = np.where(hit, 1, -1)
    right = np.concatenate([[0], np.cumsum(gain)]) + np.count_nonzero(~hit)
    # accepting exactly k is only possible where pair k scores below pair k-1
    possible = np.concatenate([[True], ranked[1:] < ranked[:-1], [True]])
    k = int(np.argmax(np.where(possible, right, -1)))
    if k == 0:
        return _just_above(ranked[0])
    if k == len(ranked):
        return float(ranked[-1])
    middle = (ranked[k - 1] + ranked[k]) / 2
    # between two neighbouring numbers there is none: rounding must not accept the lower
    return float(middle if middle > ranked[k] else ranked[k - 1])


def k_fold_accuracy(scores: Floats, same: Bools, folds: NDArray[np.int64]) -> FoldAccuracy:
    """Accuracy on each fold with the threshold chosen on the others.

    Huang et al., "Labeled Faces in the Wild", UMass TR 07-49, 2007, section IV. folds: (N,).
    """
    names = np.unique(folds)
    if len(names) < 2:
        raise TooFewPairs("The list has one fold; choosing a threshold honestly needs two or more.")
    accuracy = []
    for fold in names:
        held = folds == fold
        threshold = best_threshold(scores[~held], same[~held])
        accuracy.append(float(np.mean((scores[held] >= threshold) == same[held])))
    std = float(np.std(accuracy, ddof=1))
    return FoldAccuracy(float(np.mean(accuracy)), std, std / float(np.sqrt(len(names))), len(names))


def deal_folds(same: Bools, *, n_folds: int = N_FOLDS) -> NDArray[np.int64]:
    """(N,) folds for a list that has none: genuine and impostor pairs dealt out in turn.

    Unlike LFW's own folds these may share people.
    """
    folds = np.zeros(len(same), np.int64)
    for part in (same, ~same):
        folds[part] = np.arange(np.count_nonzero(part)) % n_folds
    return folds


def auc(scores: Floats, same: Bools) -> float:
    """Area under the ROC: how often a genuine pair scores above an impostor pair, ties half.

    Hanley & McNeil, Radiology 143, 1982.
    """
    genuine, impostor = _split(scores, same)
    below = np.searchsorted(impostor, genuine, "left") + np.searchsorted(impostor, genuine, "right")
    return float(below.sum() / (2 * len(genuine) * len(impostor)))


def eer(scores: Floats, same: Bools) -> float:
    """The error rate at which false matches and false non-matches are equally frequent.

    Where no threshold makes them equal, on the straight line between the two nearest points of
    the ROC.
    """
    genuine, impostor = _split(scores, same)
    at = np.append(np.unique(scores.astype(np.float64)), np.inf)
    fnmr = np.searchsorted(genuine, at, "left") / len(genuine)
    fmr = 1 - np.searchsorted(impostor, at, "left") / len(impostor)
    gap = fnmr - fmr  # rises from -1 (everybody accepted) to 1 (nobody)
    i = int(np.argmax(gap >= 0))
    along = gap[i - 1] / (gap[i - 1] - gap[i])
    return float(fmr[i - 1] + along * (fmr[i] - fmr[i - 1]))


def threshold_at(scores: Floats, same: Bools, *, far: float) -> float:
    """The lowest threshold at which at most the share `far` of the impostors is accepted.

    Raises TooFewPairs when not even one impostor may be accepted, ValueError outside (0, 1].
    """
    _split(scores, same)
    impostor = np.sort(scores[~same])[::-1]
    allowed = accepted_of(len(impostor), far=far)
    if allowed == len(impostor):
        return float(scores.min())
    return _just_above(impostor[allowed])


def accepted_of(impostors: int, *, far: float) -> int:
    """How many of the impostors a false-match rate lets pass.

    Raises TooFewPairs for less than one, ValueError for a rate outside (0, 1].
    """
    if not 0 < far <= 1:
        raise ValueError(f"far is {far}, expected more than 0 and at most 1")
    allowed = int(far * impostors + 1e-9)  # 0.29 * 100 is 28.999999999999996
    if allowed < 1:
        raise TooFewPairs(
            f"A false-match rate of {far:g} needs at least {int(np.ceil(1 / far - 1e-9))} "
            f"impostor pairs; there are {impostors}."
        )
    return allowed


def tar_at(scores: Floats, same: Bools, *, far: float) -> Rate:
    """The share of genuine pairs accepted at a false-match rate.

    The interval is of that share at that threshold; the threshold itself was chosen on the
    same impostors and is not certain either. Raises TooFewPairs as `threshold_at`.
    """
    threshold = threshold_at(scores, same, far=far)
    genuine = _split(scores, same)[0]
    hits = int(np.count_nonzero(genuine >= threshold))
    low, high = clopper_pearson(hits, len(genuine))
    return Rate(hits / len(genuine), low, high, threshold)


def _just_above(score: np.float32) -> float:
    """The next number of the scores' own type, so that comparing in that type works too."""
    return float(np.nextafter(score, score.dtype.type(np.inf)))


def _split(scores: Floats, same: Bools) -> tuple[Doubles, Doubles]:
    """The rising scores of genuine and of impostor pairs."""
    if not np.isfinite(scores).all():
        raise ValueError("scores must be finite numbers")
    exact = scores.astype(np.float64)
    genuine, impostor = np.sort(exact[same]), np.sort(exact[~same])
    if not len(genuine) or not len(impostor):
        raise TooFewPairs(
            f"There are {len(genuine)} pairs of one person and {len(impostor)} of two; "
            "both sorts are needed."
        )
    return genuine, impostor
