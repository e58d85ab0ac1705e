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

from reid_core.actions.loading import Models
from reid_core.actions.search import Searcher, query_person
from reid_core.images import encode_jpeg
from reid_core.library import Library, footage, people, schema, vectors
from reid_core.library.ids import stable_id
from reid_core.library.paths import floats_to_bytes, path_to_bytes
from reid_core.types import Kind

TEMPLATES = 3
VIDEOS = 50
VIEWS = 2


def make(library: Library, models: Models, n: int) -> None:
    """N tracklets of 2,000 made-up people in 50 videos, and one of the people enrolled."""
    rng = np.random.default_rng(0)
    model, dim = models.model_id(Kind.FACE), models.embedder(Kind.FACE).dim
    base = rng.normal(size=dim)
    everybody = 0.9 * base + 0.45 * rng.normal(size=(2000, dim))  # squeezed as the real model is
    who = rng.integers(0, 2000, n)
    rows = (everybody[who] + 0.25 * rng.normal(size=(n, dim))).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    media = library.media.put(encode_jpeg(np.zeros((64, 64, 3), np.uint8)))
    path = path_to_bytes(np.array([0.0, 1.0]), np.zeros((2, 4), np.float32))
    box, points = floats_to_bytes(np.zeros(4)), floats_to_bytes(np.zeros((5, 2)))
    with library.transaction("make") as tx:
        ids = [
            footage.add_video(
                tx, f"/v/{v}.mp4", content_hash=f"{v:032x}", duration_s=7200, settings={}
            )
            for v in range(VIDEOS)
        ]
        keys = [stable_id("t", i) for i in range(n)]
        tx.execute(
            schema.tracklet.insert(),
            [
                {
                    "id": k,
                    "video_id": ids[i % VIDEOS],
                    "kind": "face",
                    "start_s": 3.0 * (i // VIDEOS),
                    "end_s": 3.0 * (i // VIDEOS) + 1,
                    "path": path,
                    "chain": k,
                    "link": None,
                }
                for i, k in enumerate(keys)
            ],
        )
        vectors.put_vectors(tx, "tracklet", Kind.FACE, model, keys, rows)
        for rank in range(VIEWS):
            views = [stable_id("v", i, rank) for i in range(n)]
            tx.execute(
                schema.view.insert(),
                [
                    {
                        "id": w,
                        "tracklet_id": k,
                        "rank": rank,
                        "time_s": 0.5,
                        "box": box,
                        "quality": 0.5,
                        "keypoints": points,
                        "media": media,
                    }
                    for w, k in zip(views, keys, strict=True)
                ],
            )
            vectors.put_vectors(tx, "view", Kind.FACE, model, views, rows)
        person = people.add_person(tx, "Somebody")
        for i in range(TEMPLATES):
            look = (everybody[7] + 0.25 * rng.normal(size=dim)).astype(np.float32)
            new = people.NewTemplate(
                Kind.FACE,
                library.media.put(encode_jpeg(np.full((64, 64, 3), i, np.uint8))),
                0.9,
                {},
                np.zeros((5, 2), np.float32),
                "made",
                look / np.linalg.norm(look),
                model,
            )
            people.add_template(tx, person, new)


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
