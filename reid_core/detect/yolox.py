"""YOLOX. Ge et al., "YOLOX: Exceeding YOLO Series in 2021", arXiv:2107.08430."""

from __future__ import annotations

import cv2
import numpy as np
from onnxruntime import InferenceSession

from reid_core import boxes
from reid_core.types import Detections, Floats, Image, Kind

STRIDES = (8, 16, 32)
GREY = 114  # the padding that the network was trained with
PERSON = 0  # its class in COCO


class YoloX:
    """People by a YOLOX graph without its own decoding.

    session: input (1, 3, S, S) float32 BGR 0..255 letterboxed into the top left corner; output
    (1, M, 5 + classes): cell offsets, log sides, objectness, class probabilities.
    """

    kind = Kind.BODY

    def __init__(
        self, session: InferenceSession, *, score: float = 0.25, iou_above: float = 0.5
    ) -> None:
        self._session = session
        given = session.get_inputs()[0]
        self._input, self._height, self._width = given.name, *map(int, given.shape[2:])
        self._cells, self._strides = _grid(self._width, self._height)
        self._score = score
        self._iou_above = iou_above

    def detect(self, image: Image) -> Detections:
        """image: (H, W, 3) uint8 BGR. People in its pixels, best first."""
        blob, scale = self._letterbox(image)
        raw = self._session.run(None, {self._input: blob})[0][0]
        scores = raw[:, 4] * raw[:, 5 + PERSON]
        hit = np.flatnonzero(scores >= self._score)
        found = self._decode(raw[hit], hit) / np.float32(scale)
        found = boxes.clip(found, width=image.shape[1], height=image.shape[0])
        empty = np.zeros((len(hit), 0, 2), np.float32)
        people = Detections(found, scores[hit].astype(np.float32), empty, Kind.BODY)
        return people[boxes.nms(people.boxes, people.scores, iou_above=self._iou_above)]

    def _letterbox(self, image: Image) -> tuple[Floats, float]:
        h, w = image.shape[:2]
        scale = min(self._height / h, self._width / w)
        size = (max(1, int(w * scale)), max(1, int(h * scale)))
        canvas = np.full((self._height, self._width, 3), GREY, np.uint8)
        canvas[: size[1], : size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(canvas.transpose(2, 0, 1)[None], np.float32), scale

    def _decode(self, raw: Floats, hit: np.ndarray) -> Floats:
        stride = self._strides[hit, None]
        center = (raw[:, :2] + self._cells[hit]) * stride
        half = np.exp(np.minimum(raw[:, 2:4], 20)) * stride / 2
        return np.concatenate([center - half, center + half], axis=1).astype(np.float32)


def _grid(width: int, height: int) -> tuple[Floats, Floats]:
    """Cell coordinates (M, 2) and strides (M,) in the order of the network's rows."""
    cells, strides = [], []
    for stride in STRIDES:
        y, x = np.mgrid[0 : height // stride, 0 : width // stride]
        cells.append(np.stack([x.ravel(), y.ravel()], axis=1))
        strides.append(np.full(x.size, stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)
