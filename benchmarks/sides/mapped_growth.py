"""The same vectors as halves of 16 bits in a file that is mapped, not read: faiss alone."""

from __future__ import annotations

from pathlib import Path

import faiss
from answering import given, serve
from vectors_in_parts import DIM, parts, queries

path = Path(given()["folder"]) / "halves.faiss"
asked = queries()
held: dict[str, faiss.Index] = {}


def build(n: int) -> dict[str, object]:
    index = faiss.IndexScalarQuantizer(
        DIM, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    for _, part in parts(n):
        index.is_trained or index.train(part[:1])
        index.add(part)
    faiss.write_index(index, str(path))
    return {"size": path.stat().st_size, "how": "exact, 16 bits, mapped"}


def load() -> int:
    held["now"] = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    return int(held["now"].ntotal)


def search() -> list[int]:
    return held["now"].search(asked, 160)[1][:, 0].tolist()


serve(build=build, load=load, search=search)
