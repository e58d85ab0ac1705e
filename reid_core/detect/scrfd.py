"""SCRFD, the face detector of the insightface packs.

Guo et al., "Sample and Computation Redistribution for Efficient Face Detection",
arXiv:2105.04714. Distances to the box's sides and offsets to the points are in strides from each
cell's corner; two anchors share a cell.
"""

from __future__ import annotations

import cv2
import numpy as np
from onnxruntime import InferenceSession

from reid_core import boxes
from reid_core.detect.blobs import blob_of
from reid_core.detect.tiles import concatenate
from reid_core.types import Detections, Floats, Image, Kind

STRIDES = (8, 16, 32)
ANCHORS = 2


class Scrfd:
    """Faces by an SCRFD graph with keypoints (nine outputs: scores, boxes, points per stride).

    side: the picture is letterboxed into a square of this many px.
    """

    kind = Kind.FACE

    def __init__(
        self,
        session: InferenceSession,
        *,
        score: float = 0.5,
        iou_above: float = 0.4,
        side: int = 640,
    ) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self._score = score
        self._iou_above = iou_above
        self._side = side

    def detect(self, image: Image) -> Detections:
        """image: (H, W, 3) uint8 BGR. Faces in its pixels, best first."""
        scale = self._side / max(image.shape[:2])
        size = tuple(max(1, int(n * scale)) for n in (image.shape[1], image.shape[0]))
        canvas = np.zeros((self._side, self._side, 3), np.uint8)
        canvas[: size[1], : size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        blob = blob_of([canvas], mean=(127.5,) * 3, std=(128.0,) * 3, rgb=True)
        raw = [
            part.reshape(-1, part.shape[-1])
            for part in self._session.run(None, {self._input: blob})
        ]
        n = len(STRIDES)
        levels = [
            _decode(raw[i], raw[i + n], raw[i + 2 * n], stride, self._side // stride, self._score)
            for i, stride in enumerate(STRIDES)
        ]
        faces = concatenate(levels)
        faces = faces[boxes.nms(faces.boxes, faces.scores, iou_above=self._iou_above)]
        factor = np.float32(1 / scale)
        return Detections(faces.boxes * factor, faces.scores, faces.keypoints * factor, Kind.FACE)


def _decode(
    scores: Floats, sides: Floats, points: Floats, stride: int, columns: int, least: float
) -> Detections:
    """One stride's (M, 1), (M, 4), (M, 10) outputs -> detections in input pixels."""
    hit = np.flatnonzero(scores[:, 0] >= least)
    cell = hit // ANCHORS
    origin = np.stack([cell % columns, cell // columns], axis=1).astype(np.float32) * stride
    low, high = origin - sides[hit, :2] * stride, origin + sides[hit, 2:] * stride
    keypoints = origin[:, None] + points[hit].reshape(-1, 5, 2) * stride
    return Detections(
        np.concatenate([low, high], axis=1).astype(np.float32),
        scores[hit, 0].astype(np.float32),
        keypoints.astype(np.float32),
        Kind.FACE,
    )
