"""Galleries without a library around them: numpy alone, faiss alone, a pickle scanned each time.

The scan is our own writing in the manner of deepface's `find`: a pickle of dictionaries with a
list of Python numbers each, read anew for every search and compared one by one.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
from answering import given, serve

told = given()
probes = np.load(told["probes"])
pickled = Path(told["folder"]) / "representations.pkl"


def names(row: int) -> str:
    return f"Person {row // told['templates']}"


class Numpy:
    """A matrix times a vector."""

    def fill(self) -> None:
        self.matrix = np.load(told["vectors"])

    def search(self, probe: int) -> str:
        scores = self.matrix @ probes[probe]
        best = np.argpartition(-scores, 5)[:5]
        return names(int(best[np.argmax(scores[best])]))

    def add(self, name: str) -> int:
        self.matrix = np.concatenate([self.matrix, probes[:1]])
        return len(self.matrix) - 1

    def remove(self, one: int) -> None:
        self.matrix = np.delete(self.matrix, one, axis=0)


class Faiss:
    """IndexFlatIP under ids."""

    def fill(self) -> None:
        import faiss

        rows = np.load(told["vectors"])
        self.index = faiss.IndexIDMap2(faiss.IndexFlatIP(rows.shape[1]))
        self.index.add_with_ids(rows, np.arange(len(rows)))

    def search(self, probe: int) -> str:
        return names(int(self.index.search(probes[probe : probe + 1], 5)[1][0, 0]))

    def add(self, name: str) -> int:
        new = self.index.ntotal
        self.index.add_with_ids(probes[:1], np.array([new]))
        return int(new)

    def remove(self, one: int) -> None:
        self.index.remove_ids(np.array([one]))


class PickleScan:
    """Read everything, compare in a loop."""

    def fill(self) -> None:
        rows = np.load(told["vectors"])
        _dump([{"identity": names(i), "embedding": row.tolist()} for i, row in enumerate(rows)])

    def search(self, probe: int) -> str:
        distances = []
        for one in _load():
            a, b = probes[probe], np.array(one["embedding"])
            cosine = np.matmul(a, b) / (np.sqrt(np.sum(a * a)) * np.sqrt(np.sum(b * b)))
            distances.append((1 - cosine, one["identity"]))
        return min(distances)[1]

    def add(self, name: str) -> int:
        rows = _load()
        _dump([*rows, {"identity": name, "embedding": probes[0].tolist()}])
        return len(rows)

    def remove(self, one: int) -> None:
        rows = _load()
        del rows[one]
        _dump(rows)


def _load() -> list[dict[str, Any]]:
    with pickled.open("rb") as source:
        return pickle.load(source)


def _dump(rows: list[dict[str, Any]]) -> None:
    with pickled.open("wb") as target:
        pickle.dump(rows, target, pickle.HIGHEST_PROTOCOL)


own = {"numpy": Numpy, "faiss": Faiss, "pickle": PickleScan}[told["way"]]()
serve(fill=own.fill, search=own.search, add=own.add, remove=own.remove)
