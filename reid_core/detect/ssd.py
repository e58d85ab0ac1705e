"""SSDLite MobileNetV2, one class: person. Liu et al., "SSD: Single Shot MultiBox Detector", 2016.

The network sees 300x300 px whatever the picture, so the picture is also shown in tiles.
"""

from __future__ import annotations

import cv2
import numpy as np
from onnxruntime import InferenceSession

from reid_core import boxes
from reid_core.detect import tiles
from reid_core.detect.blobs import blob_of
from reid_core.types import Detections, Floats, Image, Kind

SIDE = 300
CANDIDATES = 200  # per look; more overlapping boxes than this are noise


class SsdPerson:
    """People by an SSD graph.

    session: input (N, 3, 300, 300) float32 RGB in [-1, 1]; outputs boxes (N, A, 4) xyxy in 0..1
    and scores (N, A) in 0..1. score: detections below it are dropped. n_tiles: parts looked at
    besides the whole (0 = only the whole).
    """

    kind = Kind.BODY

    def __init__(
        self,
        session: InferenceSession,
        *,
        score: float = 0.25,
        n_tiles: int = 2,
        overlap: float = 0.25,
    ) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self._score = score
        self._n_tiles = n_tiles
        self._overlap = overlap

    def detect(self, image: Image) -> Detections:
        """image: (H, W, 3) uint8 BGR. People in its pixels, best first."""
        height, width = image.shape[:2]
        parts = tiles.layout(width, height, tiles=self._n_tiles, overlap=self._overlap)
        looks = [_shrunk(image[y0:y1, x0:x1]) for x0, y0, x1, y1 in parts]
        blob = blob_of(looks, mean=(127.5,) * 3, std=(127.5,) * 3, rgb=True)
        all_boxes, all_scores = self._session.run(["boxes", "scores"], {self._input: blob})
        found = []
        for part, some_boxes, some_scores in zip(parts, all_boxes, all_scores, strict=True):
            here = _above(some_boxes, some_scores, self._score, part)
            cut = tiles.touches_inner_edge(here.boxes, part, width=width, height=height)
            found.append(here[~cut])
        people = tiles.merge(tiles.concatenate(found))
        return Detections(
            boxes.clip(people.boxes, width=width, height=height),
            people.scores,
            people.keypoints,
            Kind.BODY,
        )


def _shrunk(part: Image) -> Image:
    return np.asarray(cv2.resize(part, (SIDE, SIDE)), np.uint8)


def _above(relative: Floats, scores: Floats, least: float, part: np.ndarray) -> Detections:
    """The better candidates of one look, in picture pixels."""
    hit = np.flatnonzero(scores >= least)
    hit = hit[np.argsort(-scores[hit], kind="stable")[:CANDIDATES]]
    sides = np.tile(part[2:] - part[:2], 2).astype(np.float32)
    origin = np.tile(part[:2], 2).astype(np.float32)
    empty = np.zeros((len(hit), 0, 2), np.float32)
    return Detections(relative[hit] * sides + origin, scores[hit], empty, Kind.BODY)
