"""Whether two successive pictures show the same scene, or a cut lies between them."""

from __future__ import annotations

import cv2
import numpy as np

from reid_core.types import Floats, Image

SAME_SCENE = 0.4  # correlation of successive pictures; cuts were seen below 0.3, pans above 0.5


def layout(image: Image) -> Floats:
    """Where a picture is bright and dark, (24, 24) float32 of mean 0 and variance 1.

    The mean product of two is their correlation, which a person walking by or a change of light
    hardly moves and a cut destroys.
    """
    small = cv2.resize(image, (24, 24), interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (0, 0), 1.5)
    level = grey.astype(np.float32) - np.float32(grey.mean())
    return np.asarray(level / max(float(level.std()), 1.0), np.float32)


def is_cut(before: Floats | None, now: Floats) -> bool:
    """Whether the scene changed between two layouts; not before the first one."""
    return before is not None and float(np.mean(now * before)) < SAME_SCENE
