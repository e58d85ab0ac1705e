"""Boxes and names drawn on a copy of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from reid_core.types import Floats, Image

GREEN, AMBER = (80, 200, 80), (60, 170, 240)  # BGR: known, unknown


def draw_boxes(
    image: Image, boxes: Floats, labels: Sequence[str], *, known: Sequence[bool] | None = None
) -> Image:
    """A copy of (H, W, 3) uint8 BGR with (N, 4) xyxy boxes and a label above each.

    Labels use Pillow's built-in font: letters that it lacks (Chinese, say) show as boxes.
    """
    copy = image.copy()
    thickness = max(2, round(max(image.shape[:2]) / 500))
    colors = [GREEN if k else AMBER for k in (known or [True] * len(boxes))]
    for box, color in zip(boxes, colors, strict=True):
        low, high = (tuple(round(float(v)) for v in part) for part in (box[:2], box[2:]))
        cv2.rectangle(copy, low, high, color, thickness)
    return _write_labels(copy, boxes, labels, colors)


def _write_labels(
    image: Image, boxes: Floats, labels: Sequence[str], colors: Sequence[tuple[int, int, int]]
) -> Image:
    canvas = Pillow.fromarray(image[..., ::-1])
    pen, font = ImageDraw.Draw(canvas), _font(max(14, round(max(image.shape[:2]) / 50)))
    for box, label, (blue, green, red) in zip(boxes, labels, colors, strict=True):
        left, top, right, bottom = pen.textbbox((0, 0), label, font=font)
        x, y = float(box[0]), max(0.0, float(box[1]) - (bottom - top) - 6)
        pen.rectangle((x, y, x + right - left + 8, y + bottom - top + 6), fill=(red, green, blue))
        pen.text((x + 4 - left, y + 3 - top), label, fill=(0, 0, 0), font=font)
    return np.ascontiguousarray(np.asarray(canvas)[..., ::-1])


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
