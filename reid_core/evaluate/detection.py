"""How well boxes are found. Average precision at IoU 0.5, Everingham et al., "The PASCAL Visual
Object Classes Challenge", IJCV 2010, with the area under the whole curve (VOC 2010 on).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core import boxes as bx
from reid_core.types import Floats


@dataclass(frozen=True, slots=True)
class Detected:
    """ap50: area under precision over recall. precision, recall: of all given detections."""

    ap50: float
    precision: float
    recall: float


def average_precision(
    found: Sequence[tuple[Floats, Floats]], truth: Sequence[Floats], *, iou: float = 0.5
) -> Detected:
    """found: per picture boxes (N, 4) and scores (N,). truth: per picture boxes (M, 4).

    A detection is right when it overlaps a true box, not yet taken by a better detection of the
    same picture, by at least `iou`.
    """
    right = [_matches(b, s, t, iou) for (b, s), t in zip(found, truth, strict=True)]
    scores = np.concatenate([s for _, s in found] or [np.zeros(0, np.float32)])
    hits = np.concatenate(right or [np.zeros(0, bool)])
    n_true = sum(len(t) for t in truth)
    order = np.argsort(-scores, kind="stable")
    true = np.cumsum(hits[order])
    recall = true / max(n_true, 1)
    precision = true / (np.arange(len(true)) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    area = float(np.sum(np.diff(np.concatenate([[0], recall])) * envelope))
    total = int(hits.sum())
    return Detected(area, total / max(len(hits), 1), total / max(n_true, 1))


def _matches(found: Floats, scores: Floats, truth: Floats, iou: float) -> NDArray[np.bool_]:
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
