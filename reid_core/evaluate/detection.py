"""How well boxes are found.

Average precision at IoU 0.5: Everingham et al., "The PASCAL Visual Object Classes Challenge",
IJCV 2010, with the area under the whole curve (VOC 2010 on) instead of 11 points of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core import boxes as bx
from reid_core.types import Floats

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Detected:
    """ap50: area under precision over recall. precision, recall: at one score."""

    ap50: float
    precision: float
    recall: float


def average_precision(
    found: Sequence[tuple[Floats, Floats]],
    truth: Sequence[Floats],
    *,
    iou: float = 0.5,
    score: float = 0.0,
) -> Detected:
    """found: per picture boxes (N, 4) xyxy px and scores (N,). truth: per picture boxes (M, 4).

    A detection is right when it overlaps a true box, not yet taken by a better detection of the
    same picture, by at least `iou`; among several free ones it takes the one it overlaps most.
    score: precision and recall are those of the detections with at least this score; the area
    is over all. Precision is 0 when nothing was found, as is recall when nothing is there.
    """
    hits = [_matches(b, s, t, iou) for (b, s), t in zip(found, truth, strict=True)]
    scores = np.concatenate([s for _, s in found] or [np.zeros(0, np.float32)])
    right = np.concatenate(hits or [np.zeros(0, bool)])
    n_true = sum(len(t) for t in truth)
    kept = right[scores >= score]
    return Detected(
        _area(scores, right, n_true),
        np.count_nonzero(kept) / max(len(kept), 1),
        np.count_nonzero(kept) / max(n_true, 1),
    )


def _area(scores: Floats, right: Bools, n_true: int) -> float:
    """Under the precision that at least each recall can be had with."""
    if not len(scores) or not n_true:
        return 0.0
    order = np.argsort(-scores, kind="stable")
    ranked, n_right = scores[order], np.cumsum(right[order])
    # equal scores are one point of the curve: no threshold tells them apart
    last = np.append(np.flatnonzero(ranked[1:] < ranked[:-1]), len(ranked) - 1)
    recall = n_right[last] / n_true
    precision = n_right[last] / (last + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * envelope))


def _matches(found: Floats, scores: Floats, truth: Floats, iou: float) -> Bools:
    """(N,) whether each detection of one picture is right."""
    right = np.zeros(len(found), bool)
    if not len(truth) or not len(found):
        return right
    overlap = bx.iou(found, truth)
    free = np.ones(len(truth), bool)
    for i in np.argsort(-scores, kind="stable"):
        best = int(np.argmax(np.where(free, overlap[i], -1)))
        if free[best] and overlap[i, best] >= iou:
            free[best], right[i] = False, True
    return right
