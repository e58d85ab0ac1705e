"""Geometry of boxes: (N, 4) float32 xyxy in image pixels, x to the right, y down."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reid_core.types import Floats


def area(boxes: Floats) -> Floats:
    """(N, 4) -> (N,) areas in px²; zero where a box is inside out."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)


def centers(boxes: Floats) -> Floats:
    """(N, 4) -> (N, 2) centres in px."""
    return np.asarray((boxes[:, :2] + boxes[:, 2:]) / 2, np.float32)


def intersection(a: Floats, b: Floats) -> Floats:
    """(N, 4), (M, 4) -> (N, M) shared areas in px²."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    sides = np.maximum(high - low, 0)
    return np.asarray(sides[..., 0] * sides[..., 1], np.float32)


def iou(a: Floats, b: Floats) -> Floats:
    """(N, 4), (M, 4) -> (N, M) intersection over union in [0, 1]; 0 for empty boxes."""
    shared = intersection(a, b)
    union = area(a)[:, None] + area(b)[None, :] - shared
    return np.asarray(shared / np.maximum(union, 1e-9), np.float32)


def coverage(a: Floats, b: Floats) -> Floats:
    """(N, 4), (M, 4) -> (N, M) share of each a that lies inside each b, in [0, 1]."""
    return np.asarray(intersection(a, b) / np.maximum(area(a), 1e-9)[:, None], np.float32)


def smaller_overlap(a: Floats, b: Floats) -> Floats:
    """(N, 4), (M, 4) -> (N, M) shared area over the smaller of the two areas, in [0, 1]."""
    smaller = np.minimum(area(a)[:, None], area(b)[None, :])
    return np.asarray(intersection(a, b) / np.maximum(smaller, 1e-9), np.float32)


def nms(boxes: Floats, scores: Floats, *, iou_above: float) -> NDArray[np.int64]:
    """Greedy non-maximum suppression.

    boxes: (N, 4). scores: (N,). Returns the indices that stay, best score first; a box goes when
    it overlaps a better one by more than `iou_above`.
    """
    return suppress(iou(boxes, boxes), scores, above=iou_above)


def suppress(overlap: Floats, scores: Floats, *, above: float) -> NDArray[np.int64]:
    """Greedy suppression on any symmetric (N, N) overlap measure; indices best score first."""
    order = np.argsort(-scores, kind="stable")
    alive = np.ones(len(scores), bool)
    keep = []
    for i in order:
        if alive[i]:
            keep.append(int(i))
            alive &= overlap[i] <= above
    return np.array(keep, np.int64)


def clip(boxes: Floats, *, width: float, height: float) -> Floats:
    """(N, 4) boxes cut to the picture [0, width] x [0, height]."""
    limit = np.array([width, height, width, height], np.float32)
    return np.clip(boxes, np.float32(0), limit)


def expand(boxes: Floats, *, by: float) -> Floats:
    """(N, 4) boxes grown about their centres by the share `by` of each side (0.5 = half more)."""
    half = (boxes[:, 2:] - boxes[:, :2]) * np.float32((1 + by) / 2)
    middle = centers(boxes)
    return np.concatenate([middle - half, middle + half], axis=1).astype(np.float32)


def interpolate(times: NDArray[np.float64], boxes: Floats, at: NDArray[np.float64]) -> Floats:
    """Boxes of a track at other moments.

    times: (T,) rising seconds. boxes: (T, 4). at: (M,) seconds. Returns (M, 4), linear between
    the known moments and constant outside them.
    """
    columns = [np.interp(at, times, boxes[:, i]) for i in range(4)]
    return np.stack(columns, axis=1).astype(np.float32)
