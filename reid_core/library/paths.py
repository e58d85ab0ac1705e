"""Arrays as bytes in the database: little-endian, length-checked, never pickled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import LibraryCorrupt
from reid_core.types import Floats


def floats_to_bytes(values: Floats) -> bytes:
    """Any float array -> float32 bytes."""
    return np.ascontiguousarray(values, "<f4").tobytes()


def floats_from_bytes(data: bytes, *, columns: int) -> Floats:
    """float32 bytes -> (N, columns). Raises LibraryCorrupt when the length does not fit."""
    if columns < 1 or len(data) % (4 * columns):
        raise LibraryCorrupt(f"A stored array of {len(data)} bytes has not {columns} columns.")
    return np.frombuffer(data, "<f4").reshape(-1, columns).astype(np.float32)


def path_to_bytes(times: NDArray[np.float64], boxes: Floats) -> bytes:
    """Times (T,) and boxes (T, 4) -> 24 bytes each moment."""
    return np.ascontiguousarray(times, "<f8").tobytes() + floats_to_bytes(boxes)


def path_from_bytes(data: bytes) -> tuple[NDArray[np.float64], Floats]:
    """The inverse of `path_to_bytes`. Raises LibraryCorrupt."""
    n, rest = divmod(len(data), 24)
    if rest or n == 0:
        raise LibraryCorrupt(f"A stored track of {len(data)} bytes is damaged.")
    times = np.frombuffer(data[: 8 * n], "<f8").astype(np.float64)
    return times, floats_from_bytes(data[8 * n :], columns=4)
