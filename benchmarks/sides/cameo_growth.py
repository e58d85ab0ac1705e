"""Cameo as a library grows: indexing one more video, and the index of so many tracklets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from answering import given, serve
from common import store
from vectors_in_parts import DIM, parts, queries

from reid_core.actions.index import index
from reid_core.actions.loading import Models
from reid_core.library import Library
from reid_core.search.index import Stamp, VectorIndex
from reid_core.types import Kind

told = given()
folder = Path(told["folder"])
asked = queries()
STAMP = Stamp("made", "face", 1)
held: dict[str, VectorIndex] = {}


def film(video: str) -> dict[str, float]:
    """Index a video into a new library. What it came to."""
    home = folder / "library"
    models = Models(store())
    for kind in Kind:  # loading the networks is no part of it
        models.detector(kind), models.embedder(kind)
    with Library.open(home) as library:
        done = index(library, models, video)
    size = sum(p.stat().st_size for p in home.rglob("*") if p.is_file())
    assert done.seconds is not None
    return {"wall": done.seconds["wall"], "disk": size, "tracklets": done.faces + done.bodies}


def build(n: int) -> dict[str, object]:
    """The index as a search makes it and finds it on disk the next time."""
    rows = np.empty((n, DIM), np.float32)
    for start, part in parts(n):
        rows[start : start + len(part)] = part
    made = VectorIndex.fitting(np.arange(n), rows, model="made")
    made.save(folder / "made.faiss", STAMP)
    how = made.manner.sort + (", 16 bits" if made.manner.is_rounded else "")
    if made.manner.probes:
        how += f", recall {made.manner.recall:.3f}"
    return {"size": (folder / "made.faiss").stat().st_size, "how": how}


def load() -> int:
    loaded = VectorIndex.load(folder / "made.faiss", STAMP)
    assert loaded is not None
    held["now"] = loaded
    return len(loaded)


def search() -> list[int]:
    _, ids = held["now"].search(asked, k=160, model="made")
    return ids[:, 0].tolist()


serve(film=film, build=build, load=load, search=search)
