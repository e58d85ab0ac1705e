"""Nearest vectors by inner product, through faiss; a cache of what the database holds.

Unit vectors in, cosines out. Exact up to some million vectors: approximate indexes lose people
when a person has few templates. Above that the vectors are put into clusters, of which only the
nearest are looked through, as many as it takes to find what a person would be shown: that is
measured on the vectors themselves, and where it does not come out the index is exact again. Large
indexes hold float16. Removing takes effect at once.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ModelMismatch
from reid_core.search.recall import NEAREST, nearest, sample, share_found
from reid_core.types import Floats

log = logging.getLogger(__name__)

# numbers held, that is vectors times their length; by benchmarks/bench_index.py
PLAIN_UP_TO = 64_000_000  # as float32; above it float16 takes half the time and half the memory
EXACT_UP_TO = 512_000_000  # four million vectors of 128; clusters take minutes to be found
TARGET = 0.99  # of the true nearest that an approximate index must find
FIRST_PROBES = 8  # clusters looked through at first, then twice as many until the target is met
WORTH = 4  # an approximate index looks through a quarter of the clusters at most
TRAINING = 64  # vectors for each cluster that its centre is found from
ROUNDS = 10  # of k-means

Ids = NDArray[np.int64]
Load = Callable[[], tuple[Ids, Floats]]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an index was made from: it is current as long as these are the same."""

    model: str
    kind: str
    generation: int


@dataclass(frozen=True, slots=True)
class Manner:
    """How an index searches. sort: "exact" or "approximate". recall: the share of the 20 truly
    nearest that it finds, measured on its own vectors where it is not simply everything. given_up:
    the recall of an approximate index that was tried and was not good enough, else None.
    is_rounded: whether the vectors are held as float16, so that the scores of what is found want
    computing anew. probes: clusters looked through, 0 for all.
    """

    sort: str = "exact"
    recall: float = 1.0
    given_up: float | None = None
    is_rounded: bool = False
    probes: int = 0


EXACT = Manner()


class VectorIndex:
    """Vectors of one model under 63-bit ids; exact unless it is made by `fitting`.

    ids: (N,) int64, unique. vectors: (N, D) float32, unit rows.
    """

    def __init__(self, ids: Ids, vectors: Floats, *, model: str) -> None:
        self.model, self.manner = model, EXACT
        self._index: faiss.Index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        if len(ids):
            self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), ids)

    @classmethod
    def fitting(
        cls,
        ids: Ids,
        vectors: Floats,
        *,
        model: str,
        plain_up_to: int = PLAIN_UP_TO,
        exact_up_to: int = EXACT_UP_TO,
        target: float = TARGET,
        most: float = 1 / WORTH,
    ) -> VectorIndex:
        """The index that is quick enough and finds what is there.

        plain_up_to, exact_up_to: so many numbers (vectors times their length) are held as float32,
        and so many searched exactly. target: the recall that an approximate index must reach.
        most: the share of the clusters that it may look through for that.
        """
        if vectors.size <= min(plain_up_to, exact_up_to):
            return cls(ids, vectors, model=model)
        asked = sample(len(ids))
        _, truth = nearest(vectors[asked], vectors, k=NEAREST + 1)
        questions = vectors[asked], ids[asked], ids[truth]
        index = None
        if vectors.size > exact_up_to:
            index = cls._approximate(ids, vectors, questions, model, target, most)
        if index is None or index.manner.recall < target:
            given_up = None if index is None else index.manner.recall
            index = cls._of(_rounded(ids, vectors), model, Manner(is_rounded=True))
            own = round(index.recall(*questions), 4)
            index.manner = replace(index.manner, recall=own, given_up=given_up)
        log.info("%d vectors, %s", len(ids), index.manner)
        return index

    @classmethod
    def _approximate(
        cls,
        ids: Ids,
        vectors: Floats,
        questions: tuple[Floats, Ids, Ids],
        model: str,
        target: float,
        most: float,
    ) -> VectorIndex:
        """One that looks through as many clusters as it takes, or as it may."""
        n_clusters = round(len(ids) ** 0.5)
        index = cls._of(_clustered(ids, vectors, n_clusters), model, EXACT)
        recall, probes = 0.0, FIRST_PROBES
        while recall < target and probes <= most * n_clusters:
            index.manner = Manner("approximate", 1.0, None, True, probes)
            recall = round(index.recall(*questions), 4)
            probes *= 2
        index.manner = replace(index.manner, recall=recall)
        return index

    @classmethod
    def _of(cls, index: faiss.Index, model: str, manner: Manner) -> VectorIndex:
        made = cls.__new__(cls)
        made.model, made.manner, made._index = model, manner, index
        return made

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def ids(self) -> Ids:
        """(N,) the ids of what is in it, in no order."""
        if isinstance(self._index, faiss.IndexIDMap2):
            return np.asarray(faiss.vector_to_array(self._index.id_map), np.int64)
        lists = faiss.extract_index_ivf(self._index).invlists
        assert lists is not None  # clusters have them
        parts = [
            faiss.rev_swig_ptr(lists.get_ids(i), lists.list_size(i)).copy()
            for i in range(lists.nlist)
            if lists.list_size(i)
        ]
        return np.concatenate([*parts, np.zeros(0, np.int64)])

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
        scores, ids = self._ask(queries, k, among, self.manner.probes)
        short = (ids < 0).any(1)
        if self.manner.probes and short.any():  # the clusters looked through held fewer than k
            scores[short], ids[short] = self._ask(queries[short], k, among, 0)
        found = (ids >= 0).all(0)  # faiss pads with -1 when ids in `among` are not in the index
        return scores[:, found], ids[:, found]

    def _ask(self, queries: Floats, k: int, among: Ids | None, probes: int) -> tuple[Floats, Ids]:
        """probes: clusters to look through, 0 for all. Those that hold some few wanted ids may
        be any, so that with `among` all are.
        """
        options: dict[str, object] = {}
        if among is not None:
            options["sel"] = faiss.IDSelectorBatch(among)
        kind = faiss.SearchParameters
        if isinstance(self._index, faiss.IndexIVF):
            kind = faiss.SearchParametersIVF
            options["nprobe"] = probes if probes and among is None else self._index.nlist
        asked = np.ascontiguousarray(queries, np.float32)
        scores, ids = self._index.search(asked, k, params=kind(**options))
        return scores, ids

    def recall(self, queries: Floats, own: Ids, truth: Ids) -> float:
        """The share of the truly nearest that this index finds.

        queries: (Q, D) some of its own vectors, with their ids (Q,); that each finds itself does
        not count. truth: (Q, K + 1) ids of what is truly nearest, themselves among them.
        """
        _, found = self.search(queries, k=truth.shape[1], model=self.model)
        return share_found(found, _others(truth, own))

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
        state = {**asdict(stamp), "size": path.stat().st_size, "manner": asdict(self.manner)}
        note.write_text(json.dumps(state))
        note.replace(stamp_path)

    @classmethod
    def load(cls, path: Path, stamp: Stamp) -> VectorIndex | None:
        """The cached index if it is there, whole and current; else None."""
        try:
            note = json.loads(path.with_suffix(".json").read_text())
            manner = Manner(**note.pop("manner"))
            if note != {**asdict(stamp), "size": path.stat().st_size}:
                return None
            loaded = faiss.read_index(str(path))
        except (OSError, ValueError, RuntimeError, TypeError, KeyError, AttributeError):
            return None
        return cls._of(loaded, stamp.model, manner)


def cached(path: Path, stamp: Stamp, load: Load, *, exact_up_to: int = EXACT_UP_TO) -> VectorIndex:
    """The index of that stamp: from the cache if it is current, else made anew and cached.

    load: reads ids and vectors from the database. exact_up_to: as in `fitting`. A cache that
    cannot be written (full disk, read-only library) costs time at the next start, nothing else.
    """
    index = VectorIndex.load(path, stamp)
    if index is None:
        index = VectorIndex.fitting(*load(), model=stamp.model, exact_up_to=exact_up_to)
        try:
            index.save(path, stamp)
        except (OSError, RuntimeError) as error:
            log.info("the search cache was not written: %s", type(error).__name__)
    return index


def _clustered(ids: Ids, vectors: Floats, n_clusters: int) -> faiss.Index:
    """The vectors in clusters around centres of their own, held as float16."""
    n, dim = vectors.shape
    centres = faiss.IndexFlatIP(dim)
    half = faiss.ScalarQuantizer.QT_fp16
    index = faiss.IndexIVFScalarQuantizer(
        centres, dim, n_clusters, half, faiss.METRIC_INNER_PRODUCT, False
    )
    index.cp.spherical, index.cp.niter, index.cp.verbose = True, ROUNDS, False
    index.cp.min_points_per_centroid = 1  # else it warns of small ones, as tests make them
    some = np.random.default_rng(0).permutation(n)[: TRAINING * n_clusters]
    index.train(np.ascontiguousarray(vectors[np.sort(some)], np.float32))
    index.add_with_ids(np.ascontiguousarray(vectors, np.float32), ids)
    return index


def _rounded(ids: Ids, vectors: Floats) -> faiss.Index:
    """All the vectors in a row, held as float16: half the memory, and half the time."""
    half = faiss.ScalarQuantizer.QT_fp16
    flat = faiss.IndexScalarQuantizer(vectors.shape[1], half, faiss.METRIC_INNER_PRODUCT)
    flat.train(np.ascontiguousarray(vectors[:1], np.float32))
    index = faiss.IndexIDMap2(flat)
    index.add_with_ids(np.ascontiguousarray(vectors, np.float32), ids)
    return index


def _others(found: Ids, own: Ids) -> Ids:
    """Each row without the one that asks; without the last where it is not there."""
    keep = found != own[:, None]
    keep[keep.all(1), -1] = False
    return np.asarray(found[keep].reshape(len(found), -1))
