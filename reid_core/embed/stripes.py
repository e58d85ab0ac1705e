"""The fallback for bodies: what colours somebody wears, from head to foot.

Not a trained model. It tells a red coat from a blue one within one scene and light, and nothing
more; everything that uses it says so. After the weighted stripe histograms of Farenzena et al.,
"Person Re-Identification by Symmetry-Driven Accumulation of Local Features", CVPR 2010, reduced
to their plainest form.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from reid_core import align
from reid_core.types import Detections, Floats, Image, Kind

WIDTH, HEIGHT = 32, 96
STRIPES = 6
HUES, TONES, GREYS = 8, 2, 6
COLOURLESS = 40  # saturation (of 255) under which hue is noise


class ColourStripes:
    """Unit vectors from colour histograms of horizontal stripes; cosine = Bhattacharyya overlap."""

    kind = Kind.BODY
    dim = STRIPES * (HUES * TONES + GREYS)

    def __init__(self, *, model: str) -> None:
        self.model = model
        across = np.linspace(-1, 1, WIDTH)
        # the middle of the box is the person, its sides are the background
        self._weight = np.tile(np.exp(-((across / 0.45) ** 2)), (HEIGHT // STRIPES, 1)).ravel()

    def chips(self, image: Image, detections: Detections) -> list[Image]:
        """The detections of one picture, (96, 32, 3) uint8 BGR each."""
        parts = (align.cut(image, box)[0] for box in detections.boxes)
        return [align.resize(part, width=WIDTH, height=HEIGHT) for part in parts]

    def embed(self, chips: Sequence[Image]) -> Floats:
        """N chips -> (N, dim) float32, unit rows."""
        if not chips:
            return np.zeros((0, self.dim), np.float32)
        return np.stack([self._describe(chip) for chip in chips])

    def _describe(self, chip: Image) -> Floats:
        hue, saturation, value = cv2.split(cv2.cvtColor(chip, cv2.COLOR_BGR2HSV))
        colour = (hue.astype(np.int32) * HUES // 180) * TONES + (value > 110)
        grey = HUES * TONES + value.astype(np.int32) * GREYS // 256
        bins = np.where(saturation < COLOURLESS, grey, colour).reshape(STRIPES, -1)
        n = HUES * TONES + GREYS
        counts = [np.bincount(row, weights=self._weight, minlength=n) for row in bins]
        histogram = np.concatenate(counts)
        return np.asarray(np.sqrt(histogram / histogram.sum()), np.float32)
