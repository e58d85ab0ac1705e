"""Stand-ins for the models, and pictures for them.

A picture is one grey level; the stand-in embedder turns level g into the direction g degrees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reid_core import images
from reid_core.types import Detections, Kind

NOBODY = 250  # a picture this bright has no face


class OneFace:
    """A face in the middle, as large as half the picture, unless the picture is too bright."""

    kind = Kind.FACE

    def detect(self, image: np.ndarray) -> Detections:
        if image.mean() > NOBODY - 5:
            return Detections.empty(self.kind)
        h, w = image.shape[:2]
        box = np.array([[w / 4, h / 4, 3 * w / 4, 3 * h / 4]], np.float32)
        return Detections(box, np.ones(1, np.float32), np.zeros((1, 5, 2), np.float32), self.kind)


class Angles:
    """Vectors (cos g, sin g) of the grey level g in degrees; counts what it is given."""

    model, dim = "angles", 2

    def __init__(self, kind: Kind = Kind.FACE) -> None:
        self.kind = kind
        self.seen: Counter[int] = Counter()
        self.batches: list[int] = []

    def chips(self, image: np.ndarray, detections: Detections) -> list[np.ndarray]:
        corners = detections.boxes.astype(int)
        return [image[y0:y1, x0:x1] for x0, y0, x1, y1 in corners]

    def embed(self, chips: Sequence[np.ndarray]) -> np.ndarray:
        levels = [float(chip.mean()) for chip in chips]
        self.seen.update(round(g) for g in levels)
        self.batches.append(len(chips))
        turned = np.deg2rad(np.array(levels))
        return np.stack([np.cos(turned), np.sin(turned)], 1).astype(np.float32).reshape(-1, 2)


class Coarse(Angles):
    """A worse model: its directions are 40 degrees apart, so that neighbours are one to it."""

    model = "coarse"

    def embed(self, chips: Sequence[np.ndarray]) -> np.ndarray:
        vectors = super().embed(chips)
        angle = np.round(np.rad2deg(np.arctan2(vectors[:, 1], vectors[:, 0])) / 40) * 40
        turned = np.deg2rad(angle)
        return np.stack([np.cos(turned), np.sin(turned)], 1).astype(np.float32)


def grey(level: int, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    images.write_image(np.full((16, 16, 3), level, np.uint8), path)


def people(root: Path, levels: dict[str, list[int]]) -> Path:
    """A folder for each, with a picture of each level."""
    for name, some in levels.items():
        for i, level in enumerate(some):
            grey(level, root / name / f"{i}.png")
    return root


def market(root: Path, crops: dict[str, int]) -> Path:
    for name, level in crops.items():
        grey(level, root / name)
    return root
