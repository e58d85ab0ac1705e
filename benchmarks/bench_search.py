"""Search in a library of 100,000 tracklets: in process, against faiss alone, and as a command.

python benchmarks/bench_search.py [TRACKLETS]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import faiss
import numpy as np
from common import show, store
from made_library import TEMPLATES, make

from reid_core.actions.loading import Models
from reid_core.actions.search import Searcher, query_person
from reid_core.library import Library, vectors
from reid_core.types import Kind


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    models = Models(store())
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder)) as library:
        make(library, models, n)
        searcher = Searcher(library, models)
        query = query_person(library, models, "Somebody")
        searcher.search(query)  # makes the index
        with library.read() as connection:
            _, rows = vectors.all_vectors(connection, "tracklet", Kind.FACE, query.model)
        alone = faiss.IndexFlatIP(rows.shape[1])
        alone.add(rows)
        ours, theirs, inner = [], [], []
        index = searcher._held[Kind.FACE][1]
        for _ in range(200):  # turn by turn, so that both meet the same machine
            ours.append(timed(lambda: searcher.search(query)))
            theirs.append(timed(lambda: alone.search(query.vectors, 160)))
            inner.append(timed(lambda: index.search(query.vectors, k=160, model=query.model)))
        environment = {**os.environ, "CAMEO_LIBRARY": folder}
        command = [sys.executable, "-m", "reid_core.cli.main", "search", "--person", "Somebody"]
        whole = [
            timed(lambda: subprocess.run(command, env=environment, capture_output=True, check=True))
            for _ in range(5)
        ]
    p = lambda values, q: f"{1000 * float(np.percentile(values, q)):.1f} ms"  # noqa: E731
    show(
        [
            ("search, all of it, in process", p(ours, 50), p(ours, 95)),
            ("our index alone", p(inner, 50), p(inner, 95)),
            ("faiss IndexFlatIP alone", p(theirs, 50), p(theirs, 95)),
            ("whole process: cameo search", p(whole, 50), p(whole, 95)),
        ],
        (f"{n} tracklets, {TEMPLATES} templates", "median", "p95"),
    )
    print(f"index / faiss alone: {np.median(inner) / np.median(theirs):.2f}x")
    print(f"whole search / faiss alone: {np.median(ours) / np.median(theirs):.2f}x")


def timed(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
