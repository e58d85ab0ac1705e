"""Many made vectors, the same in every process, without holding them all.

People with twenty tracklets each, squeezed together as the vectors of face models are.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

DIM = 128  # of Cameo's own models
PART = 250_000
EACH = 20  # tracklets of one person
TEMPLATES = 3  # of the person looked for


def parts(n: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """(where it starts, (M, DIM) unit rows) until there are n."""
    base = np.random.default_rng(7).standard_normal(DIM, np.float32)
    for start in range(0, n, PART):
        size = min(PART, n - start)
        faces, looks = (np.random.default_rng([start, i]) for i in range(2))
        rows = 0.25 * looks.standard_normal((size, DIM), np.float32)
        people = 0.9 * base + 0.45 * faces.standard_normal((-(-size // EACH), DIM), np.float32)
        rows += np.repeat(people, EACH, axis=0)[:size]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        yield start, rows


def queries() -> NDArray[np.float32]:
    """(TEMPLATES, DIM): the first rows, with noise."""
    _, rows = next(parts(TEMPLATES))  # the same numbers begin a longer part
    noise = np.random.default_rng(1).standard_normal((TEMPLATES, DIM), np.float32)
    rows = rows + 0.01 * noise
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
