"""Look at the search indexes: do they hold what the database holds, and find what is there?"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reid_core.actions.loading import Models
from reid_core.library import Library, vectors
from reid_core.library.store import generation
from reid_core.protocols import Progress, no_progress
from reid_core.search.index import Manner, Stamp, VectorIndex, cached
from reid_core.search.recall import NEAREST, nearest, sample
from reid_core.types import Floats, Kind

TIMED = 20  # questions asked to see how long one takes
LEAST = 0.98  # of the true nearest: rounding, and another sample than the index was made by


@dataclass(frozen=True, slots=True)
class Looked:
    """The index of one kind. vectors: of the database. missing, left_over: vectors that the index
    had not and should, or had and should not. recall: the share of the 20 truly nearest that it
    found, by plain products, for `asked` of the vectors. search_ms: the median for one question.
    was_made: whether there was none that was current. was_bad: whether what was there was not
    right, and so was made anew; the other figures are of the new one then.
    """

    kind: Kind
    model: str
    vectors: int
    manner: Manner
    missing: int
    left_over: int
    recall: float
    asked: int
    search_ms: float
    was_made: bool
    was_bad: bool


def check(
    library: Library,
    models: Models,
    kinds: Sequence[Kind] = tuple(Kind),
    *,
    progress: Progress = no_progress,
) -> list[Looked]:
    """Compare the index of each kind with the database, and make a wrong one anew.

    A kind without vectors of the model in use is left out.
    """
    found = []
    for i, kind in enumerate(kinds):
        progress(i / len(kinds), str(kind))
        if (one := _check(library, models.model_id(kind), kind)) is not None:
            found.append(one)
    progress(1.0, "")
    return found


def _check(library: Library, model: str, kind: Kind) -> Looked | None:
    path = library.cache / f"{kind}.faiss"
    with library.read() as connection:
        stamp = Stamp(model, str(kind), generation(connection, "footage"))
        ids, rows = vectors.all_vectors(connection, "tracklet", kind, model)
    if not len(ids):
        return None
    was_made = VectorIndex.load(path, stamp) is None
    index = cached(path, stamp, lambda: (ids, rows))
    state = _compared(index, ids, rows)
    was_bad = bool(state[0] or state[1] or state[2] < LEAST)
    if was_bad:
        path.with_suffix(".json").unlink(missing_ok=True)
        index = cached(path, stamp, lambda: (ids, rows))
        state = _compared(index, ids, rows)
    asked = min(len(ids), len(sample(len(ids))))
    seconds = _timed(index, rows)
    return Looked(kind, model, len(ids), index.manner, *state, asked, seconds, was_made, was_bad)


def _compared(index: VectorIndex, ids: np.ndarray, rows: Floats) -> tuple[int, int, float]:
    """Vectors missing, vectors left over, recall."""
    there = index.ids()
    missing, left_over = np.setdiff1d(ids, there), np.setdiff1d(there, ids)
    asked = sample(len(ids), seed=1)  # other questions than those that an index is made by
    _, truth = nearest(rows[asked], rows, k=NEAREST + 1)
    recall = index.recall(rows[asked], ids[asked], ids[truth]) if len(there) else 0.0
    return len(missing), len(left_over), round(recall, 4)


def _timed(index: VectorIndex, rows: Floats) -> float:
    """Milliseconds, the median, for a question as a search asks it."""
    seconds = []
    for i in range(min(TIMED, len(rows))):
        started = time.perf_counter()
        index.search(rows[i : i + 1], k=8 * NEAREST, model=index.model)
        seconds.append(time.perf_counter() - started)
    return round(1000 * statistics.median(seconds), 2)
