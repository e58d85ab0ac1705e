"""YuNet, a face detector with five points.

Wu, Peng, Yu: "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 2023.
The network finds faces of about 10 to 300 px, so each picture is looked at twice: as it is (up
to a limit) for small faces and as a small copy for large ones.
"""

from __future__ import annotations

import cv2
import numpy as np
from onnxruntime import InferenceSession

from reid_core import align, boxes
from reid_core.detect.tiles import concatenate
from reid_core.types import Detections, Floats, Image, Kind

STRIDES = (8, 16, 32)
PAD = 32  # the coarsest stride: sides must be multiples of it
LARGE_FACES_SIDE = 320  # px, the small copy; there a 300 px face of a 1280 px picture is 75 px


class YuNet:
    """Faces by YuNet.

    session: a graph with input (1, 3, H, W) float32 BGR 0..255 and outputs cls_S, obj_S, bbox_S,
    kps_S for each stride S. score: detections below it are dropped. max_side: pictures are shrunk
    to this many px on their longer side before the first look; faces below about
    10 px * (longer side / max_side) are missed.
    """

    kind = Kind.FACE

    def __init__(
        self,
        session: InferenceSession,
        *,
        score: float = 0.6,
        iou_above: float = 0.3,
        max_side: int = 1280,
    ) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self._outputs = [f"{part}_{s}" for s in STRIDES for part in ("cls", "obj", "bbox", "kps")]
        self._score = score
        self._iou_above = iou_above
        self._max_side = max_side

    def detect(self, image: Image) -> Detections:
        """image: (H, W, 3) uint8 BGR. Faces in its pixels, best first."""
        first, scale = align.fit_within(image, side=self._max_side)
        found = [scaled(self._at_native_size(first), 1 / scale)]
        if max(first.shape[:2]) > 1.5 * LARGE_FACES_SIDE:
            small, scale = align.fit_within(image, side=LARGE_FACES_SIDE)
            found.append(scaled(self._at_native_size(small), 1 / scale))
        faces = concatenate(found)
        return faces[boxes.nms(faces.boxes, faces.scores, iou_above=self._iou_above)]

    def _at_native_size(self, image: Image) -> Detections:
        h, w = image.shape[:2]
        padded = cv2.copyMakeBorder(
            image, 0, -h % PAD, 0, -w % PAD, cv2.BORDER_CONSTANT, value=(0, 0, 0)
        )
        blob = np.ascontiguousarray(padded.transpose(2, 0, 1)[None], np.float32)
        raw = self._session.run(self._outputs, {self._input: blob})
        columns = padded.shape[1]
        per_stride = [
            _decode(raw[4 * i : 4 * i + 4], stride, columns // stride, self._score)
            for i, stride in enumerate(STRIDES)
        ]
        return concatenate(per_stride)


def _decode(raw: list[Floats], stride: int, columns: int, least: float) -> Detections:
    """One stride's (1, M, ·) outputs -> detections in input pixels."""
    cls, obj, bbox, kps = (part[0] for part in raw)
    score = np.sqrt(np.clip(cls[:, 0], 0, 1) * np.clip(obj[:, 0], 0, 1))
    hit = np.flatnonzero(score >= least)
    cell = np.stack([hit % columns, hit // columns], axis=1).astype(np.float32)
    center = (cell + bbox[hit, :2]) * stride
    half = np.exp(bbox[hit, 2:]) * (stride / 2)
    points = (cell[:, None] + kps[hit].reshape(-1, 5, 2)) * stride
    box = np.concatenate([center - half, center + half], axis=1)
    return Detections(
        box.astype(np.float32),
        score[hit].astype(np.float32),
        points.astype(np.float32),
        Kind.FACE,
    )


def scaled(found: Detections, by: float) -> Detections:
    """The same detections in the pixels of a picture `by` times as large."""
    factor = np.float32(by)
    return Detections(found.boxes * factor, found.scores, found.keypoints * factor, found.kind)
