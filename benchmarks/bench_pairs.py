"""Verification over all pairs: time and the largest memory, from made unit vectors to intervals.

python benchmarks/bench_pairs.py [MILLIONS OF PAIRS ...]

Each line is a process of its own. Beside it, where it fits: scikit-learn's roc_curve, which wants
every pair in memory at once.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

import numpy as np
from common import show

from reid_core.actions.evaluate_pairs import FARS, judge
from reid_core.evaluate import allpairs, curves, identity_bootstrap
from reid_core.evaluate.allpairs import Rows

EACH = 5  # pictures of a person
DIMS = (128, 512)
ASKED = (10, 50)  # millions of pairs
COUNTS = "cameo: rates and thresholds"
WHOLE = "cameo: all of it, with 1,000 draws for the intervals"
SCIKIT = "scikit-learn: rates alone"
FITS = 20  # millions of pairs, above which scikit-learn is not asked: it takes 100 bytes for each


def main() -> None:
    if len(sys.argv) == 4 and sys.argv[1] == "--one":
        print(json.dumps(one(sys.argv[2], *map(int, sys.argv[3].split(",")))))
        return
    rows = []
    for millions in [int(a) for a in sys.argv[1:]] or ASKED:
        n = int(np.ceil((1 + np.sqrt(1 + 8e6 * millions)) / 2))
        for dim in DIMS:
            rows.append(measured(COUNTS, n, dim))
            rows.append(measured(WHOLE, n, dim))
            if millions <= FITS:
                rows.append(measured(SCIKIT, n, dim))
    show(rows, ("what", "pairs", "pictures", "dim", "s", "peak MB"))


def measured(what: str, n: int, dim: int) -> tuple[object, ...]:
    command = [sys.executable, __file__, "--one", what, f"{n},{dim}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    took = json.loads(done.stdout)
    return (what, f"{n * (n - 1) // 2:,}", n, dim, took["s"], took["mb"])


def one(what: str, n: int, dim: int) -> dict[str, float]:
    rows = made(n, dim)
    started = time.perf_counter()
    if what == COUNTS:
        counted = allpairs.count(rows)
        curves.points(rows, counted, FARS)
    elif what == WHOLE:
        judge(rows, "made", list(identity_bootstrap.draws(int(rows.ids[-1]) + 1)))
    else:
        from sklearn.metrics import roc_curve

        first, second = np.triu_indices(n, 1)
        scores = (rows.vectors @ rows.vectors.T)[first, second]
        roc_curve(rows.ids[first] == rows.ids[second], scores)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"s": round(seconds, 1), "mb": round(peak)}


def made(n: int, dim: int) -> Rows:
    """Unit vectors around a random direction for each person."""
    rng = np.random.default_rng(0)
    ids = np.arange(n) // EACH
    centres = rng.normal(size=(ids[-1] + 1, dim)).astype(np.float32)
    vectors = centres[ids] + rng.normal(size=(n, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Rows(vectors, ids, np.ones(n, bool))


if __name__ == "__main__":
    main()
