"""Cutting faces and bodies out of pictures, upright and at the size a model wants."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from reid_core import boxes as bx
from reid_core.types import Floats, Image


def similarity_transform(src: Floats, dst: Floats) -> NDArray[np.float64]:
    """Least-squares similarity (rotation, uniform scale, shift) from points to points.

    src, dst: (K, 2) with K >= 2. Returns (2, 3) float64 M so that dst ~ M @ [x, y, 1].
    Umeyama, "Least-squares estimation of transformation parameters between two point patterns",
    TPAMI 1991, eq. 34-43, in its closed two-dimensional form (no reflection can arise).
    """
    a, b = np.asarray(src, np.float64), np.asarray(dst, np.float64)
    mean_a, mean_b = a.mean(0), b.mean(0)
    a, b = a - mean_a, b - mean_b
    spread = (a**2).sum()
    if spread == 0:
        raise ValueError("the source points coincide; no similarity exists")
    cos = (a * b).sum() / spread
    sin = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / spread
    turn = np.array([[cos, -sin], [sin, cos]])
    return np.hstack([turn, (mean_b - turn @ mean_a)[:, None]])


def align_face(
    image: Image, keypoints: Floats, *, template: Floats, size: tuple[int, int]
) -> Image:
    """One face warped so that its five points fall on the template.

    image: (H, W, 3) uint8 BGR. keypoints: (5, 2) image pixels. template: (5, 2) chip pixels.
    size: (width, height) of the chip. Returns (height, width, 3) uint8; outside is black.
    """
    matrix = similarity_transform(keypoints, template)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 0.5:
        image, matrix = _shrink_first(image, matrix, keypoints, scale)
    return np.asarray(cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR), np.uint8)


def _shrink_first(
    image: Image, matrix: NDArray[np.float64], keypoints: Floats, scale: float
) -> tuple[Image, NDArray[np.float64]]:
    """Area-average a large face first: a bilinear warp alone would alias it."""
    low, high = keypoints.min(0), keypoints.max(0)
    margin = 2.0 * (high - low).max()
    h, w = image.shape[:2]
    x0, y0 = np.maximum(low - margin, 0).astype(int)
    x1, y1 = np.minimum(high + margin, (w, h)).astype(int)
    part = image[y0:y1, x0:x1]
    size = (max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale)))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    back = np.array([[part.shape[1] / size[0], 0, x0], [0, part.shape[0] / size[1], y0], [0, 0, 1]])
    # pixel centres: x_full = (x_small + 0.5) * ratio - 0.5
    back[0, 2] += 0.5 * back[0, 0] - 0.5
    back[1, 2] += 0.5 * back[1, 1] - 0.5
    return np.asarray(small, np.uint8), matrix @ back


def cut(image: Image, box: Floats, *, margin: float = 0.0) -> tuple[Image, tuple[int, int]]:
    """A copy of the part under a box grown by `margin` of each side, cut to the picture.

    box: (4,) xyxy image pixels. Returns the part (at least 1x1) and its (x, y) origin.
    """
    h, w = image.shape[:2]
    grown = bx.expand(np.asarray(box, np.float32)[None], by=margin)[0]
    x0, y0 = (int(np.clip(v, 0, limit - 1)) for v, limit in zip(grown[:2], (w, h), strict=True))
    x1 = int(np.clip(np.ceil(grown[2]), x0 + 1, w))
    y1 = int(np.clip(np.ceil(grown[3]), y0 + 1, h))
    return image[y0:y1, x0:x1].copy(), (x0, y0)


def resize(image: Image, *, width: int, height: int) -> Image:
    """Plain resize: area averaging down, linear up."""
    shrinks = width * height < image.shape[0] * image.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), np.uint8)


def fit_within(image: Image, *, side: int) -> tuple[Image, float]:
    """The picture shrunk so that its longer side is at most `side` px, and the scale applied."""
    scale = min(1.0, side / max(image.shape[:2]))
    if scale == 1.0:
        return image, 1.0
    width, height = (max(1, round(n * scale)) for n in (image.shape[1], image.shape[0]))
    return resize(image, width=width, height=height), scale
