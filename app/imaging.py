"""Pictures between numpy and Qt."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage

from reid_core.types import Image


def to_qimage(image: Image) -> QImage:
    """(H, W, 3) uint8 BGR -> an image that owns its pixels."""
    height, width = image.shape[:2]
    rows = np.ascontiguousarray(image)
    return QImage(rows.data, width, height, 3 * width, QImage.Format.Format_BGR888).copy()


def from_jpeg(data: bytes) -> QImage:
    """A stored JPEG; a null image when it cannot be read."""
    return QImage.fromData(data, "JPEG")  # type: ignore[arg-type]
