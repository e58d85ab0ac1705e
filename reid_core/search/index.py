"""Exact nearest vectors by inner product, through faiss; a cache of what the database holds.

Unit vectors in, cosines out. Exact on purpose: approximate indexes lose people when a person has
few templates. Removing takes effect at once.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ModelMismatch
from reid_core.types import Floats

log = logging.getLogger(__name__)

Ids = NDArray[np.int64]
Load = Callable[[], tuple[Ids, Floats]]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an index was made from: it is current as long as these are the same."""

    model: str
    kind: str
    generation: int


class VectorIndex:
    """Vectors of one model under 63-bit ids.

    ids: (N,) int64, unique. vectors: (N, D) float32, unit rows.
    """

    def __init__(self, ids: Ids, vectors: Floats, *, model: str) -> None:
        self.model = model
        self._index: faiss.Index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        if len(ids):
            self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), ids)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def search(
        self, queries: Floats, *, k: int, model: str, among: Ids | None = None
    ) -> tuple[Floats, Ids]:
        """The k best of each query, best first.

        queries: (Q, D) float32 unit rows of `model`. among: only these ids are looked at.
        Returns cosines (Q, k') and ids (Q, k') with k' <= k; raises ModelMismatch when the
        queries are of another model.
        """
        if model != self.model or (len(self) and queries.shape[1] != self.dim):
            raise ModelMismatch(
                f"The query was made by the model {model}, the index by {self.model}. "
                "Vectors of two models cannot be compared; index again with the model in use."
            )
        n = len(self) if among is None else min(len(among), len(self))
        k = min(k, n)
        if k == 0:
            return np.zeros((len(queries), 0), np.float32), np.zeros((len(queries), 0), np.int64)
        chosen = (
            faiss.SearchParameters(sel=faiss.IDSelectorBatch(among))  # type: ignore[call-arg]  # SWIG
            if among is not None
            else None
        )
        scores, ids = self._index.search(
            np.ascontiguousarray(queries, np.float32), k, params=chosen
        )
        found = (ids >= 0).all(0)  # faiss pads with -1 when ids in `among` are not in the index
        return scores[:, found], ids[:, found]

    def remove(self, ids: Ids) -> int:
        """Take vectors out; returns how many there were."""
        return int(self._index.remove_ids(faiss.IDSelectorBatch(ids)))

    def save(self, path: Path, stamp: Stamp) -> None:
        """Write the cache: the index, then the stamp that makes it valid."""
        path.parent.mkdir(parents=True, exist_ok=True)
        stamp_path = path.with_suffix(".json")
        stamp_path.unlink(missing_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        faiss.write_index(self._index, str(part))
        part.replace(path)
        note = part.with_suffix(".stamp")
        note.write_text(json.dumps({**asdict(stamp), "size": path.stat().st_size}))
        note.replace(stamp_path)

    @classmethod
    def load(cls, path: Path, stamp: Stamp) -> VectorIndex | None:
        """The cached index if it is there, whole and current; else None."""
        try:
            note = json.loads(path.with_suffix(".json").read_text())
            if note != {**asdict(stamp), "size": path.stat().st_size}:
                return None
            loaded = faiss.read_index(str(path))
        except (OSError, ValueError, RuntimeError):
            return None
        index = cls.__new__(cls)
        index.model, index._index = stamp.model, loaded
        return index


def cached(path: Path, stamp: Stamp, load: Load) -> VectorIndex:
    """The index of that stamp: from the cache if it is current, else made anew and cached.

    load: reads ids and vectors from the database. A cache that cannot be written (full disk,
    read-only library) costs time at the next start and nothing else.
    """
    index = VectorIndex.load(path, stamp)
    if index is None:
        index = VectorIndex(*load(), model=stamp.model)
        try:
            index.save(path, stamp)
        except (OSError, RuntimeError) as error:
            log.info("the search cache was not written: %s", type(error).__name__)
    return index
