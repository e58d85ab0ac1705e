"""Does footage that nobody labelled help an adapter? Bodies, names as in Market-1501.

The gallery is that of `adapter_trials.py`: so many people with four looks each of two cameras. The
footage is of others: the pictures of one person by one camera with gaps of four seconds at most are
a tracklet, and two tracklets of one camera and sequence that last at the same time are two people.
Everybody is unseen once (cross-fitting), and each way of learning is measured at strength 1:
    python training/footage_trials.py market1501 --model NAME --people 60
"""

from __future__ import annotations

import argparse
import os
import re
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import adapter_trials as trials
import numpy as np

from reid_core.actions.loading import Runtime, load_embedder
from reid_core.cli.output import table
from reid_core.evaluate.holdout import folds_of, looks_of
from reid_core.evaluate.paired import MAIN, Draws, paired_mean
from reid_core.evaluate.ranking import by_person, rank_each
from reid_core.learn import adapt
from reid_core.learn.adapt import Way
from reid_core.learn.folds import one_thread
from reid_core.learn.unlabelled import Unlabelled
from reid_core.models.store import ModelStore
from reid_core.protocols import Embedder, no_progress
from reid_core.types import Floats, Kind

GAP, BESIDE = 100, 50  # frames of 25 a second
PARTS = 5
WAYS = (Way(0.1), Way(0.1, footage=1.0), Way(0.3, evened=True), Way(0.3, evened=True, footage=1.0))
NAME = re.compile(r"(\d+)_c(\d)_?s(\d+)_?f?(\d+)")


class Seen(NamedTuple):
    """Where a picture is from, and when."""

    person: str
    camera: int
    sequence: int
    frame: int


def main() -> None:
    """Print a row for each way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("images", type=Path, nargs="+")
    parser.add_argument("--model")
    parser.add_argument("--models", type=Path, default=os.environ.get("CAMEO_MODELS"))
    parser.add_argument("--cameras", type=int, nargs=2, default=(3, 6))
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--tracklets", type=int, default=400)
    parser.add_argument("--looks", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    embedder = load_embedder(
        ModelStore(given.models), Kind.BODY, given.model, runtime=Runtime(threads=2)
    )
    every = trials.bodies(given)
    names = np.array(list(every))
    chosen = names[trials.drawn(np.arange(len(names)), given.people, given.seed)].tolist()
    look = partial(trials.body, embedder)
    vectors, who = trials.embed({name: every[name] for name in chosen}, look, embedder)
    footage = footage_of(given, set(chosen), embedder)
    print(f"{len(footage)} tracklets, {len(footage.apart)} pairs of them seen at once", flush=True)
    rows = [(*vars_of(way), *crossed(vectors, who, way, footage, given.seed)) for way in WAYS]
    print(table(rows, ("evened", "footage", "mAP, each person unseen", "95 %")))


def footage_of(given: argparse.Namespace, but: set[str], embedder: Embedder) -> Unlabelled:
    """Tracklets of people who are not in the gallery."""
    paths = [path for folder in given.images for path in folder.rglob("*.jpg")]
    pictures = sorted((seen_in(path), path) for path in paths)
    tracks: list[list[tuple[Seen, Path]]] = []
    for one, path in pictures:
        if one.person in but or one.camera not in given.cameras:
            continue
        last = tracks[-1][-1][0] if tracks else None
        if last and last[:3] == one[:3] and one.frame - last.frame <= GAP:
            tracks[-1].append((one, path))
        else:
            tracks.append([(one, path)])
    tracks = [track for track in tracks if len(track) >= 2]
    order = np.random.default_rng(given.seed).permutation(len(tracks))[: given.tracklets]
    kept = [tracks[i] for i in order.tolist()]
    look = partial(trials.body, embedder)
    vectors, whose = trials.embed(
        {str(i): [path for _, path in track] for i, track in enumerate(kept)}, look, embedder
    )
    spans = [(track[0][0], track[-1][0].frame) for track in kept]
    pairs = [(i, j) for i, j in combinations(range(len(kept)), 2) if beside(spans[i], spans[j])]
    return Unlabelled(vectors, whose, np.array(pairs, np.int64).reshape(-1, 2))


def seen_in(path: Path) -> Seen:
    """By its name. Raises ValueError for another kind of name."""
    found = NAME.match(path.name)
    if found is None:
        raise ValueError(f"{path.name} is not named as in Market-1501")
    person, *numbers = found.groups()
    return Seen(person, *map(int, numbers))


def beside(one: tuple[Seen, int], other: tuple[Seen, int]) -> bool:
    """Whether two tracklets are of two people seen at the same time."""
    (a, a_end), (b, b_end) = one, other
    same = a[1:3] == b[1:3] and a.person != b.person
    return same and min(a_end, b_end) - max(a.frame, b.frame) >= -BESIDE


def crossed(
    vectors: Floats, who: np.ndarray, way: Way, footage: Unlabelled, seed: int
) -> tuple[str, str]:
    """Old and new, and the interval, with everybody judged by a map that had not seen them."""
    looks = looks_of(vectors, who, np.arange(len(who)))
    parts, recipe = folds_of(who, count=PARTS, seed=seed), adapt.Recipe(seed=seed, footage=footage)
    people, old, new = [], [], []
    for k in range(PARTS):
        unseen = parts == k
        with one_thread():
            made = adapt._learn(vectors, who, ~unseen, recipe, way, no_progress)
        for x, values in ((vectors, old), (adapt._adapter("", made, 1.0).apply(vectors), new)):
            ranked = rank_each(x, who, looks, unseen)
            whose, precision = by_person(ranked.precision, who[ranked.rows])
            values.append(precision)
        people.append(whose)
    joined = (np.concatenate(some) for some in (people, old, new))
    return trials.shown(paired_mean(MAIN, *joined, Draws(seed=seed)))


def vars_of(way: Way) -> tuple[str, str]:
    """The cells that name a way."""
    return "yes" if way.evened else "no", "yes" if way.footage else "no"


if __name__ == "__main__":
    main()
