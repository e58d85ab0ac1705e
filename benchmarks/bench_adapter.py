"""What an adapter costs a large library: the switch, the conversion, the first search after it.

The library keeps its network's vectors; those of the adapted model are made on reading. So beside
the matrix product alone stand the product as the library makes it (centred, scaled to length 1),
and what it adds to reading every vector from the database.

    python benchmarks/bench_adapter.py [N] [D]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import median_s, show

from reid_core.adapter import ROWS, Adapter
from reid_core.library import Library, adapters, models_used, vectors
from reid_core.types import Floats, Kind

BASE, ROLE = "made@1", "face-embedder"
CHUNK = 50_000
TIMES = 3


def main() -> None:
    n, dim = (int(a) for a in (*sys.argv[1:], *("1000000", "128")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as place, Library.open(Path(place) / "library") as library:
        adapter = made(dim)
        fill(library, n, dim)
        with library.transaction("adapter") as tx:
            model = adapters.put(tx, adapter, Kind.FACE)
        product, convert = in_memory(read(library, BASE), adapter)
        plain = median_s(lambda: read(library, BASE), times=TIMES)
        adapted = median_s(lambda: read(library, model), times=TIMES)
        switch = median_s(lambda: change(library, model), times=11)
        rows = [
            ("matrix product alone", product, 1.0),
            ("conversion: centred, product, unit length", convert, convert / product),
            ("reading every vector of the network", plain, plain / product),
            ("reading every vector of the adapted model", adapted, adapted / product),
            ("what the adapter adds to reading", adapted - plain, (adapted - plain) / product),
            ("the switch (one transaction)", switch, switch / product),
        ]
        print(f"{n:,} vectors of {dim}")
        show([(what, f"{s:.3f}", f"{r:.2f}") for what, s, r in rows], ("", "s", "x product"))


def in_memory(x: Floats, adapter: Adapter) -> tuple[float, float]:
    """Seconds of the product alone and of the conversion."""
    turned = np.ascontiguousarray(adapter.weight.T)
    product = median_s(lambda: multiply(x, turned), times=TIMES)
    return product, median_s(lambda: adapter.apply(x), times=TIMES)


def made(dim: int) -> Adapter:
    """Any regular map."""
    rng = np.random.default_rng(0)
    weight = np.eye(dim) + 0.3 * rng.normal(size=(dim, dim)) / np.sqrt(dim)
    mean = 0.5 * rng.normal(size=dim) / np.sqrt(dim)
    return Adapter(BASE, weight.astype(np.float32), mean.astype(np.float32))


def fill(library: Library, n: int, dim: int) -> None:
    """N unit vectors under ids in no order, as tracklets have."""
    rng = np.random.default_rng(1)
    ids = rng.permutation(np.arange(1, n + 1) * 7919)
    with library.transaction("fill") as tx:
        for start in range(0, n, CHUNK):
            some = ids[start : start + CHUNK].tolist()
            rows = rng.normal(size=(len(some), dim)).astype(np.float32)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            vectors.put_vectors(tx, "tracklet", Kind.FACE, BASE, some, rows)


def multiply(x: Floats, turned: Floats) -> None:
    """The product in the same pieces."""
    out = np.empty_like(x)
    for start in range(0, len(x), ROWS):
        np.matmul(x[start : start + ROWS], turned, out=out[start : start + ROWS])


def read(library: Library, model: str) -> Floats:
    """Every vector, as a search index is made of them."""
    with library.read() as connection:
        return vectors.all_vectors(connection, "tracklet", Kind.FACE, model)[1]


def change(library: Library, model: str) -> None:
    """Into use and back."""
    for one in (model, None):
        with library.transaction("switch") as tx:
            models_used.use_adapted(tx, ROLE, "made", one)


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"in all {time.perf_counter() - started:.0f} s")
