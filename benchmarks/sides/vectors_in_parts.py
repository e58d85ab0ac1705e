"""Many made vectors, the same in every process, without holding them all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

DIM = 128  # of Cameo's own models
PART = 250_000
TEMPLATES = 3  # of the person looked for


def parts(n: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """(where it starts, (M, DIM) unit rows) until there are n."""
    for start in range(0, n, PART):
        rng = np.random.default_rng(start)
        rows = rng.standard_normal((min(PART, n - start), DIM), np.float32)
        yield start, rows / np.linalg.norm(rows, axis=1, keepdims=True)


def queries() -> NDArray[np.float32]:
    """(TEMPLATES, DIM): the first rows, with noise."""
    _, rows = next(parts(TEMPLATES))  # the same numbers begin a longer part
    noise = np.random.default_rng(1).standard_normal((TEMPLATES, DIM), np.float32)
    rows = rows + 0.02 * noise
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
