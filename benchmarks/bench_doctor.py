"""The enrolment doctor: planted wrong labels found, false alarms, and the time it takes.

python benchmarks/bench_doctor.py [FOLDER…]

Each folder holds one of pictures for each person; those with three or more are used, all folders
together as one gallery. The doctor's constants were chosen on every second identity (by name)
with seeds 0 to 9; what is told here is of the others, with seeds 100 to 129. Without folders,
made-up people are used, which says how long it takes and little else.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import show, store

from reid_core.actions.faces import looks_in
from reid_core.actions.loading import Models
from reid_core.errors import SourceError
from reid_core.evaluate.doctor import examine
from reid_core.evaluate.problems import Problem
from reid_core.images import list_images, read_image
from reid_core.types import Floats, Kind

LEAST = 3  # pictures of somebody
WRONG = 0.05  # of the labels
SEEDS = range(100, 130)
PEOPLE, EACH, DIM = 5000, 4, 128


@dataclass
class Gallery:
    """vectors (N, D), people (N,), quality (N,)."""

    vectors: Floats
    people: np.ndarray
    quality: Floats

    def of(self, people: np.ndarray) -> Gallery:
        rows = np.isin(self.people, people)
        return Gallery(self.vectors[rows], self.people[rows], self.quality[rows])


def main() -> None:
    if folders := [Path(a) for a in sys.argv[1:]]:
        models = Models(store())
        everybody = embedded(folders, models)
        reference = models.threshold(Kind.FACE).value
        names = np.unique(everybody.people)
        held = everybody.of(names[1::2])
        rows = [
            scored("moved to somebody else", held, reference, moved(held)),
            scored("of nobody enrolled", held, reference, strangers(held, everybody)),
            scored("moved, all identities", everybody, reference, moved(everybody)),
        ]
        show(
            rows,
            ("planted", "templates", "recall", "least", "false alarms", "most", "named right"),
        )
        found, others, n = split(held, reference)
        print(
            f"Of people split into two entries {100 * found:.0f} % are named (of those with four "
            f"or more, an eighth; {len(np.unique(held.people))} people), and {others:.1f} other "
            f"pairs in each of {n} galleries."
        )
        findings = examine(*values(everybody), reference=reference).findings
        n = sum(len(f.templates) for f in findings if f.problem is Problem.WRONG_PERSON)
        print(f"As the data comes: {n} of {len(everybody.people)} templates named.")
    timed()


def embedded(folders: list[Path], models: Models) -> Gallery:
    """The largest face of every picture of whoever has enough of them."""
    vectors, people, quality = [], [], []
    for folder in folders:
        for one in sorted(p for p in folder.iterdir() if p.is_dir()):
            paths = list_images(one)
            if len(paths) < LEAST:
                continue
            for path in paths:
                try:
                    looks = looks_in(models, read_image(path), Kind.FACE)
                except SourceError:
                    continue
                if looks:
                    best = max(looks, key=lambda look: float(np.prod(look.box[2:] - look.box[:2])))
                    vectors.append(best.vector)
                    people.append(f"{folder.name}/{one.name}")
                    quality.append(best.quality)
    _, whose = np.unique(people, return_inverse=True)
    return Gallery(np.stack(vectors), whose, np.array(quality, np.float32))


Planted = tuple[Gallery, np.ndarray, np.ndarray]  # a gallery, which are wrong (N,), whose they are


def moved(gallery: Gallery) -> Iterator[Planted]:
    """Templates under a random other name."""
    for seed in SEEDS:
        dice, whose = np.random.default_rng(seed), gallery.people.copy()
        names, bad = np.unique(whose), np.zeros(len(whose), bool)
        picked = dice.choice(len(whose), round(WRONG * len(whose)), replace=False)
        bad[picked] = True
        for row in picked:
            whose[row] = dice.choice(names[names != whose[row]])
        yield Gallery(gallery.vectors, whose, gallery.quality), bad, gallery.people


def strangers(gallery: Gallery, everybody: Gallery) -> Iterator[Planted]:
    """Templates of people who are not in the gallery, under a random name of it."""
    names = np.unique(gallery.people)
    outside = np.flatnonzero(~np.isin(everybody.people, names))
    n = round(WRONG * len(gallery.people))
    for seed in SEEDS:
        dice = np.random.default_rng(seed)
        picked = dice.choice(outside, n, replace=False)
        whose = np.concatenate([gallery.people, dice.choice(names, n)])
        mixed = Gallery(
            np.concatenate([gallery.vectors, everybody.vectors[picked]]),
            whose,
            np.concatenate([gallery.quality, everybody.quality[picked]]),
        )
        bad = np.arange(len(whose)) >= len(gallery.people)
        yield mixed, bad, np.concatenate([gallery.people, np.full(n, -1)])


def scored(
    what: str, gallery: Gallery, reference: float | None, planted: Iterator[Planted]
) -> tuple[object, ...]:
    results = []
    for one, bad, right in planted:
        findings = examine(*values(one), reference=reference).findings
        wrong = {
            i: f.other for f in findings if f.problem is Problem.WRONG_PERSON for i in f.templates
        }
        named = np.isin(np.arange(len(bad)), list(wrong))
        hits = [wrong[i] == right[i] for i in np.flatnonzero(named & bad).tolist()]
        results.append((named[bad].mean(), named[~bad].mean(), np.mean(hits or [0])))
    recall, alarms, hits = np.array(results).T
    figures = (recall.mean(), recall.min(), alarms.mean(), alarms.max(), hits.mean())
    return (what, len(gallery.people), *(f"{100 * v:.1f} %" for v in figures))


def split(gallery: Gallery, reference: float | None) -> tuple[float, float, int]:
    """One person under two names: the share found, false pairs a gallery, galleries."""
    found, false = [], []
    for seed in SEEDS:
        dice, whose = np.random.default_rng(seed), gallery.people.copy()
        names, sizes = np.unique(whose, return_counts=True)
        large = names[sizes >= 4]
        other = {}
        for one in dice.choice(large, max(1, len(large) // 8), replace=False).tolist():
            rows = dice.permutation(np.flatnonzero(whose == one))
            other[one] = int(names.max()) + 1 + one
            whose[rows[: len(rows) // 2]] = other[one]
        findings = examine(gallery.vectors, whose, gallery.quality, reference=reference).findings
        pairs = {
            frozenset((f.person, f.other)) for f in findings if f.problem is Problem.SAME_PERSON
        }
        right = {frozenset(both) for both in other.items()}
        found.append(len(pairs & right) / len(right))
        false.append(len(pairs - right))
    return float(np.mean(found)), float(np.mean(false)), len(found)


def values(gallery: Gallery) -> tuple[Floats, np.ndarray, Floats]:
    return gallery.vectors, gallery.people, gallery.quality


def timed() -> None:
    """5,000 made-up people with four templates each, 5 % of them under another name."""
    dice = np.random.default_rng(0)
    whose = np.repeat(np.arange(PEOPLE), EACH)
    faces = 0.9 * dice.normal(size=DIM) + 0.45 * dice.normal(size=(PEOPLE, DIM))
    rows = faces[whose] + 0.25 * dice.normal(size=(len(whose), DIM))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    picked = dice.choice(len(whose), round(WRONG * len(whose)), replace=False)
    whose[picked] = dice.integers(0, PEOPLE, len(picked))
    started, spent = time.perf_counter(), time.process_time()
    findings = examine(rows, whose, np.full(len(whose), 0.8, np.float32)).findings
    seconds, spent = time.perf_counter() - started, time.process_time() - spent
    named = {i for f in findings if f.problem is Problem.WRONG_PERSON for i in f.templates}
    found = len(named & set(picked.tolist())) / len(picked)
    print(
        f"{len(whose)} made-up templates of {PEOPLE} people: {seconds:.1f} s ({spent:.1f} s of "
        f"processor time), {100 * found:.1f} % of the planted found."
    )


if __name__ == "__main__":
    main()
