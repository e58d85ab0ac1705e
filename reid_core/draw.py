"""Boxes and names drawn on a copy of a picture."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from reid_core.types import Floats, Image

GREEN, AMBER = (80, 200, 80), (60, 170, 240)  # BGR: known, unknown
LONGEST = 60  # letters of a label
_local = threading.local()


def draw_boxes(
    image: Image, boxes: Floats, labels: Sequence[str], *, known: Sequence[bool] | None = None
) -> Image:
    """A copy of (H, W, 3) uint8 BGR with (N, 4) xyxy boxes and a label above each.

    known: which boxes are green, the others are amber; None for all green. OpenCV 5 brings a font
    with Latin, Greek, Cyrillic, Chinese, Japanese and Korean letters. Arabic and Hebrew come out
    unjoined and from left to right, Indian scripts and emoji as question marks. OpenCV 4 has
    plain ASCII only: letters are stripped of their accents there, all others are question marks.
    """
    copy = image.copy()
    sides = max(image.shape[:2])
    thickness, size = max(2, round(sides / 500)), max(14, round(sides / 50))
    colors = [GREEN if k else AMBER for k in ([True] * len(boxes) if known is None else known)]
    corners = _corners(boxes, image)
    for box, color in zip(corners, colors, strict=True):
        cv2.rectangle(copy, box[:2], box[2:], color, thickness)
    for box, label, color in zip(corners, labels, colors, strict=True):
        _label(copy, box, _one_line(label), color, size)
    return copy


def _corners(boxes: Floats, image: Image) -> list[tuple[int, int, int, int]]:
    """The boxes in whole pixels, no further out than one picture's size on either side."""
    h, w = image.shape[:2]
    limits = np.array([w, h, w, h], np.float64)
    finite = np.nan_to_num(np.asarray(boxes, np.float64).reshape(-1, 4))
    whole = np.clip(finite, -limits, 2 * limits).round().astype(int)
    return [(int(a), int(b), int(c), int(d)) for a, b, c, d in whole]


def _one_line(label: str) -> str:
    text = " ".join(label.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _label(
    image: Image,
    box: tuple[int, int, int, int],
    text: str,
    color: tuple[int, int, int],
    size: int,
) -> None:
    """Black on the box's colour, above the box where there is room, always inside the picture."""
    if not text:
        return
    h, w = image.shape[:2]
    pad = size // 4
    width, height = _width(text, size) + 2 * pad, size + 2 * pad
    x = max(0, min(box[0], w - width))
    y = max(0, min(box[1] - height, h - height))
    cv2.rectangle(image, (x, y), (x + width, y + height), color, cv2.FILLED)
    _write(image, text, (x + pad, y + pad + round(size * 0.85)), size)


def _font() -> Any:
    """OpenCV 5's built-in Unicode font, one per thread; None in OpenCV 4."""
    if not hasattr(_local, "font"):
        made = getattr(cv2, "FontFace", None)
        _local.font = made("sans") if made else None
    return _local.font


def _ascii(text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return plain.replace("…", "...").encode("ascii", "replace").decode("ascii")


def _width(text: str, size: int) -> int:
    font = _font()
    if font is not None:
        left, _, width, _ = cv2.getTextSize((1 << 14, 64), text, (0, 0), font, size, 400)
        return int(left + width)
    (width, _), _ = cv2.getTextSize(_ascii(text), cv2.FONT_HERSHEY_SIMPLEX, size / 30, 1)
    return int(width)


def _write(image: Image, text: str, at: tuple[int, int], size: int) -> None:
    """Black text whose base line starts at `at`."""
    font = _font()
    if font is not None:
        cv2.putText(image, text, at, (0, 0, 0), font, size, 400)
        return
    style = (cv2.FONT_HERSHEY_SIMPLEX, size / 30, (0, 0, 0), max(1, size // 20), cv2.LINE_AA)
    cv2.putText(image, _ascii(text), at, *style)
