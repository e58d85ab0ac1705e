"""Do 95 % intervals hold the truth? Simulated sets in which some people are harder than others.

python benchmarks/bench_intervals.py [SETS]
"""

from __future__ import annotations

import sys

import numpy as np
from common import show

from reid_core.evaluate import allpairs, curves, identity_bootstrap
from reid_core.evaluate.allpairs import Counted, Rows
from reid_core.evaluate.intervals import clopper_pearson

FARS = {"1e-1": 0.1, "1e-2": 0.01}
PEOPLE = (30, 60, 120)
MANY = 4000  # people, of whom the true rates are taken
EACH, DIM, ROUNDS = 4, 6, 300


def main() -> None:
    sets = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    counted, at = measured(made(sets, MANY))
    truth = {far: tar(counted, at.thresholds[far]) for far in FARS}
    rows = []
    for people in PEOPLE:
        held = np.array([one(made(seed, people), truth) for seed in range(sets)])
        for i, far in enumerate(FARS):
            ours, pairwise = held[:, i].mean(axis=0)
            rows.append((people, f"TAR @ {far}", f"{ours:.0%}", f"{pairwise:.0%}"))
    show(rows, (f"people ({sets} sets)", "rate", "over people", "over pairs"))


def made(seed: int, people: int) -> Rows:
    rng = np.random.default_rng(seed)
    ids = np.repeat(np.arange(people), EACH)
    noise = rng.gamma(3, 0.2, people)[ids, None]
    vectors = rng.normal(size=(people, DIM))[ids] + noise * rng.normal(size=(len(ids), DIM))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Rows(vectors.astype(np.float32), ids, np.ones(len(ids), bool))


def measured(rows: Rows) -> tuple[Counted, curves.Points]:
    counted = allpairs.count(rows)
    return counted, curves.points(rows, counted, list(FARS))


def tar(counted: Counted, threshold: float) -> float:
    return float(np.mean(counted.genuine.scores >= threshold))


def one(rows: Rows, truth: dict[str, float]) -> list[tuple[bool, bool]]:
    """Of each rate, whether the interval over people holds the truth, and the one over pairs."""
    counted, at = measured(rows)
    people, n = identity_bootstrap.people(rows, counted, far=max(FARS.values())), len(rows.pictures)
    drawn = np.array(
        [
            identity_bootstrap.tars(people, w, list(FARS.values()))
            for w in identity_bootstrap.draws(n, rounds=ROUNDS)
        ]
    )
    result = []
    for i, far in enumerate(FARS):
        value, pairs = tar(counted, at.thresholds[far]), len(counted.genuine)
        both = (
            identity_bootstrap.share_interval(drawn[:, i], value, units=n),
            clopper_pearson(round(value * pairs), pairs),
        )
        result.append(tuple(low <= truth[far] <= high for low, high in both))
    return result


if __name__ == "__main__":
    main()
