"""Pictures as the float arrays that networks take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reid_core.types import Floats, Image


def blob_of(
    images: Sequence[Image],
    *,
    mean: Sequence[float],
    std: Sequence[float],
    rgb: bool,
) -> Floats:
    """N pictures of one size, uint8 BGR -> (N, 3, H, W) float32, (pixel - mean) / std.

    mean, std: per channel, in the channel order of the result (RGB if `rgb`, else BGR).
    """
    batch = np.stack(images)
    if rgb:
        batch = batch[..., ::-1]
    blob = batch.transpose(0, 3, 1, 2).astype(np.float32, order="C")
    blob -= np.asarray(mean, np.float32)[:, None, None]
    blob *= (1 / np.asarray(std, np.float32))[:, None, None]
    return np.asarray(blob)
