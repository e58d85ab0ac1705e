"""When an approximate index pays: time of a question, recall and building, against exact ones.

python benchmarks/bench_index.py [NUMBERxLENGTH…]      # 100000x128 1000000x128 unless said

Made-up people with 20 tracklets each, squeezed together as the vectors of face models are. Every
question has three templates of one person and wants 160 tracklets, as a search does; the indexes
take turns, so that all meet the same machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
from common import show

from reid_core.search import index as indexing
from reid_core.search.index import Manner, VectorIndex
from reid_core.types import Floats

QUESTIONS, TEMPLATES, WANTED = 30, 3, 160
EACH = 20  # tracklets of one person
AT_ONCE = 100_000


def main() -> None:
    rows: list[tuple[object, ...]] = []
    for spec in sys.argv[1:] or ["100000x128", "1000000x128"]:
        n, dim = (int(v) for v in spec.split("x"))
        rows += measured(n, dim)
    heads = ("vectors", "index", "built in", "one template", "three", "least", "recall of 20")
    show(rows, heads)


def measured(n: int, dim: int) -> list[tuple[object, ...]]:
    vectors, questions = made(n, dim)
    ids = np.arange(n, dtype=np.int64)
    built: dict[str, tuple[float, VectorIndex]] = {
        "exact, float32": timed(lambda: VectorIndex(ids, vectors, model="m")),
        "exact, float16": timed(lambda: rounded(ids, vectors)),
        "approximate": timed(lambda: VectorIndex.fitting(ids, vectors, model="m", exact_up_to=0)),
    }
    spent: dict[tuple[str, int], list[float]] = {}
    for asked in questions:
        for name, (_, index) in built.items():
            for templates in (1, TEMPLATES):
                seconds, _ = timed(
                    lambda i=index, q=asked[:templates]: i.search(q, k=WANTED, model="m")
                )
                spent.setdefault((name, templates), []).append(1000 * seconds)
    rows = []
    for name, (seconds, index) in built.items():
        manner = index.manner
        what = f"{name}, {manner.probes} of {round(n**0.5)} clusters" if manner.probes else name
        if name == "approximate" and not manner.probes:
            what = f"given up (recall {manner.given_up}), exact, float16"
        one, three = spent[name, 1], spent[name, TEMPLATES]
        times = (f"{np.median(one):.1f} ms", f"{np.median(three):.1f} ms", f"{min(three):.1f} ms")
        rows.append((f"{n} x {dim}", what, f"{seconds:.1f} s", *times, f"{manner.recall:.4f}"))
    return rows


def rounded(ids: np.ndarray, vectors: Floats) -> VectorIndex:
    """What a large library falls back to."""
    return VectorIndex._of(indexing._rounded(ids, vectors), "m", Manner(is_rounded=True))


def made(n: int, dim: int) -> tuple[Floats, Floats]:
    """Vectors (N, D) and questions (Q, T, D), unit, of the same people."""
    dice = np.random.default_rng(0)
    base = dice.standard_normal(dim, dtype=np.float32)
    people = 0.9 * base + 0.45 * dice.standard_normal((n // EACH, dim), dtype=np.float32)

    def looks(who: np.ndarray) -> Floats:
        rows = people[who] + 0.25 * dice.standard_normal((len(who), dim), dtype=np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    parts = [
        looks(dice.integers(0, len(people), min(AT_ONCE, n - start)))
        for start in range(0, n, AT_ONCE)
    ]
    asked = dice.integers(0, len(people), QUESTIONS)
    templates = looks(np.repeat(asked, TEMPLATES)).reshape(QUESTIONS, TEMPLATES, dim)
    return np.concatenate(parts), templates


def timed(work: Callable[[], object]) -> tuple[float, object]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


if __name__ == "__main__":
    main()
