"""Would scores be told apart better if they were normalised by a cohort (adaptive s-norm)?

    python benchmarks/bench_cohort.py [--data FOLDER] [--quick]

A score becomes the mean of how unusual it is for either picture: (s - m) / d, with mean and
deviation of the K best scores of that picture against a cohort of other people (Matejka et al.,
"Analysis of score normalization in multilingual speaker recognition", Interspeech 2017, eq. 5-7).
The people are halved: one half is the cohort, and K is chosen there, by the pairs of its own
people; the true-accept rate is measured on the other half, before and after, with the 95 % interval
of the difference by a bootstrap over people who are the same in both. Bodies are compared across
cameras only, those 100 people that the shipped model did not learn from.

Needs DATA/faces/lfw and DATA/reid/market1501.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import needed, show, store, told
from lfw_vectors import Ids, real
from peers import ROOT

from reid_core.actions.loading import Models
from reid_core.actions.looking import look
from reid_core.evaluate.allpairs import Rows, Scored, in_order
from reid_core.evaluate.identity_bootstrap import draws, people_of, tars
from reid_core.evaluate.intervals import percentiles
from reid_core.learn import config
from reid_core.learn.data import read, split_identities
from reid_core.types import Floats, Kind

SIZES = (20, 50, 100, 200, 400)
FARS = (1e-3, 1e-2)
SEEDS = 5
ROUNDS = 500
RECIPE = ROOT / "training" / "configs" / "body_cameo.toml"
HEADERS = ("", "halves", "K", "FAR", "TAR", "normalised", "difference", "95 %")


@dataclass(frozen=True, slots=True)
class Pictures:
    """vectors (N, D), people (N,), cameras (N,); different in each picture of faces."""

    vectors: Floats
    people: Ids
    cameras: Ids

    def of(self, rows: Ids) -> Pictures:
        return Pictures(self.vectors[rows], self.people[rows], self.cameras[rows])


def main() -> None:
    said = told(__doc__)
    models = Models(store())
    rows = []
    for name, pictures in (
        ("faces, LFW", faces(needed(said.data / "faces" / "lfw"), models)),
        ("bodies, held out", bodies(needed(said.data / "reid" / "market1501"), models)),
    ):
        for seed in range(1 if said.quick else SEEDS):
            rows += compared(name, pictures, seed)
    show(rows, HEADERS)


def faces(root: Path, models: Models) -> Pictures:
    vectors, people = real(root, models)
    return Pictures(vectors, people, np.arange(len(people)))


def bodies(root: Path, models: Models) -> Pictures:
    """The crops that the shipped model did not learn from, in the names of Market-1501."""
    recipe = config.load(RECIPE, [f"data.train={root}"]).data
    count = int(recipe.held_out)
    crops = read(str(root), recipe.form)
    _, held = split_identities(crops, count=count, share=None, seed=recipe.split_seed)
    paths = [p for p in held.paths if isinstance(p, Path)]
    vectors = look(paths, None, [models.embedder(Kind.BODY)]).vectors[0]
    names = [p.name.split("_") for p in paths]
    people = np.unique([n[0] for n in names], return_inverse=True)[1]
    return Pictures(vectors, people, np.array([int(n[1][1]) for n in names]))


def compared(name: str, pictures: Pictures, seed: int) -> list[tuple[object, ...]]:
    """A line for each rate; one half is judged, the other is the cohort."""
    everybody = np.random.default_rng(seed).permutation(np.unique(pictures.people))
    cohort, judged = (
        pictures.of(np.flatnonzero(np.isin(pictures.people, half)))
        for half in np.array_split(everybody, 2)
    )
    k = max(SIZES, key=lambda k: rates(cohort, normalised(cohort, cohort, k))[0])
    before = drawn(judged, judged.vectors @ judged.vectors.T)
    after = drawn(judged, normalised(judged, cohort, k))
    lines: list[tuple[object, ...]] = []
    for i, far in enumerate(FARS):
        low, high = percentiles(after[1:, i] - before[1:, i])
        old, new = before[0, i], after[0, i]
        shown = f"{low:+.1%} to {high:+.1%}"
        lines.append((name, seed, k, far, f"{old:.1%}", f"{new:.1%}", f"{new - old:+.1%}", shown))
    return lines


def normalised(pictures: Pictures, cohort: Pictures, k: int) -> Floats:
    """(N, N) scores by the K best of a cohort, who are always other people."""
    against = pictures.vectors @ cohort.vectors.T
    if pictures is cohort:
        against[pictures.people[:, None] == cohort.people] = -2
    best = -np.partition(-against, k, axis=1)[:, :k]
    mean, deviation = best.mean(1), best.std(1)
    scores = pictures.vectors @ pictures.vectors.T
    one = (scores - mean[:, None]) / deviation[:, None]
    two = (scores - mean[None]) / deviation[None]
    return np.asarray((one + two) / 2, np.float32)


def rates(pictures: Pictures, scores: Floats) -> Floats:
    return drawn(pictures, scores, rounds=0)[0]


def drawn(pictures: Pictures, scores: Floats, rounds: int = ROUNDS) -> Floats:
    """(1 + rounds, F) true-accept rates: as they are, and in each draw of people."""
    order, ids = in_order(pictures.people)
    cameras = pictures.cameras[order]
    first, second = np.triu_indices(len(order), 1)
    apart = cameras[first] != cameras[second]
    first, second = first[apart].astype(np.int32), second[apart].astype(np.int32)
    found = scores[order[first], order[second]]
    pairs = Scored(found, first, second, np.ones(len(found), np.float32))
    same = ids[first] == ids[second]
    best = np.argsort(-found[~same], kind="stable")
    rows = Rows(pictures.vectors[order], ids, np.ones(len(order), bool))
    held = people_of(rows, pairs[same], pairs[~same][best], whole=True)
    count = int(ids.max()) + 1
    weights = [np.ones(count), *draws(count, rounds=rounds)]
    return np.stack([tars(held, weight, FARS) for weight in weights])


if __name__ == "__main__":
    main()
