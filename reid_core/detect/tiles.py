"""Looking at parts of a picture, so that people who are small in the whole are found too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reid_core import boxes
from reid_core.types import Detections, Floats

SAME_PERSON_IOU = 0.55  # measured: suppressing boxes inside others as well cost 5 points of AP


def layout(width: int, height: int, *, tiles: int, overlap: float) -> NDArray[np.int64]:
    """Parts of a picture: the whole, then `tiles` equal parts along its longer side.

    overlap: shared share of neighbouring tiles. Returns (1 + tiles, 4) xyxy px; only the whole
    when tiles is 0.
    """
    whole = [0, 0, width, height]
    if tiles == 0:
        return np.array([whole], np.int64)
    longer = max(width, height)
    size = longer / (tiles - (tiles - 1) * overlap)
    starts = np.linspace(0, longer - size, tiles)
    spans = [(round(s), min(longer, round(s + size))) for s in starts]
    if width >= height:
        parts = [[a, 0, b, height] for a, b in spans]
    else:
        parts = [[0, a, width, b] for a, b in spans]
    return np.array([whole, *parts], np.int64)


def touches_inner_edge(
    found: Floats, tile: NDArray[np.int64], *, width: int, height: int
) -> NDArray[np.bool_]:
    """(N, 4) picture-pixel boxes -> (N,) whether each is cut by an edge of the tile that is not
    an edge of the picture: such a person is seen better by a neighbour or the whole.
    """
    slack = 0.01 * max(tile[2] - tile[0], tile[3] - tile[1])
    inner_low = (found[:, :2] <= tile[:2] + slack) & (tile[:2] > 0)
    inner_high = (found[:, 2:] >= tile[2:] - slack) & (tile[2:] < np.array([width, height]))
    return np.asarray(inner_low.any(1) | inner_high.any(1))


def merge(found: Detections, *, iou_above: float = SAME_PERSON_IOU) -> Detections:
    """One detection per person out of those of several tiles, best score first."""
    return found[boxes.nms(found.boxes, found.scores, iou_above=iou_above)]


def concatenate(found: Sequence[Detections]) -> Detections:
    """All detections of one kind in one value, in the given order."""
    return Detections(
        np.concatenate([f.boxes for f in found]),
        np.concatenate([f.scores for f in found]),
        np.concatenate([f.keypoints for f in found]),
        found[0].kind,
    )
