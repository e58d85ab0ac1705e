"""Try the adapter on galleries that a network finds hard: which loss helps people never seen?

Each trial takes so many people with four looks each, holds people and looks out, learns, and
compares on what was held out, as `cameo retrain` does, for each loss and each seed (which people,
what is held out, how it is learnt). With `--crossed K` the people are dealt into so many parts
instead, each part is unseen once, by an adapter that was learnt and chosen on the others alone, and
one interval is taken over all people (cross-fitting): so everybody is judged as never seen.

Bodies of two cameras, names as in Market-1501:
    python training/adapter_trials.py market1501 --kind body --model NAME --cameras 3 6
Faces made small: each photograph is shrunk until its face is so many pixels wide, stored as a poor
JPEG and enlarged again:
    python training/adapter_trials.py lfw celeba_wild --kind face --side 20 --crossed 5
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from reid_core import images
from reid_core.actions.loading import Runtime, load_detector, load_embedder
from reid_core.cli.output import table
from reid_core.evaluate.holdout import folds_of, looks_of, split
from reid_core.evaluate.paired import MAIN, Case, Draws, Figure, paired_mean
from reid_core.evaluate.ranking import by_person, rank_each
from reid_core.evaluate.verdict import judge
from reid_core.learn import adapt
from reid_core.models.store import ModelStore
from reid_core.protocols import Detector, Embedder
from reid_core.types import Detections, Floats, Image, Kind

QUALITY = 35  # of the JPEG
HEADERS = ("loss", "seed", "strength", "mAP", "95 %", "of people unseen", "95 %", "verdict")
CROSSED = ("loss", "seed", "strengths", "mAP, each person unseen", "95 %", "on")


def main() -> None:
    """Print a row a trial."""
    given = arguments()
    if given.vectors and given.vectors.exists():
        with np.load(given.vectors) as kept:
            vectors, who = kept["vectors"], kept["who"]
    else:
        vectors, who = embedded(given)
        if given.vectors:
            np.savez(given.vectors, vectors=vectors, who=who)
    print(f"{len(np.unique(who))} people, {len(who)} looks", flush=True)
    rows = []
    for loss in given.losses:
        for seed in range(given.seeds):
            some = drawn(who, given.people, seed)
            if given.crossed:
                rows.append(crossed(vectors[some], who[some], loss, seed, given.crossed))
            else:
                rows.append(trial(vectors[some], who[some], loss, seed))
    print(table(rows, CROSSED if given.crossed else HEADERS))


def embedded(given: argparse.Namespace) -> tuple[Floats, np.ndarray]:
    """The pictures as the network sees them."""
    store, kind = ModelStore(given.models), Kind(given.kind)
    embedder = load_embedder(store, kind, given.model, runtime=Runtime(threads=2))
    if kind is Kind.BODY:
        return embed(bodies(given), partial(body, embedder), embedder)
    look = partial(face, load_detector(store, kind), embedder, side=given.side)
    return embed(faces(given.images, given.looks), look, embedder)


def arguments() -> argparse.Namespace:
    """What is to be tried."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("images", type=Path, nargs="+")
    parser.add_argument("--kind", choices=("face", "body"), required=True)
    parser.add_argument("--model")
    parser.add_argument("--models", type=Path, default=os.environ.get("CAMEO_MODELS"))
    parser.add_argument("--cameras", type=int, nargs=2, default=(3, 6))
    parser.add_argument("--side", type=int, default=0, help="px; 0 for pictures as they are")
    parser.add_argument("--people", type=int, default=0, help="drawn by the seed; 0 for all")
    parser.add_argument("--looks", type=int, default=4)
    parser.add_argument("--losses", nargs="+", default=[adapt.LOSS])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--crossed", type=int, default=0, help="parts, each unseen once")
    parser.add_argument("--vectors", type=Path, help="an .npz to keep them in for the next time")
    return parser.parse_args()


def bodies(given: argparse.Namespace) -> dict[str, list[Path]]:
    """Half of the looks from either camera, of everybody whom both saw often enough."""
    seen: dict[tuple[str, int], list[Path]] = defaultdict(list)
    for path in sorted(path for folder in given.images for path in folder.rglob("*.jpg")):
        person, camera = path.name.split("_")[:2]
        seen[person, int(camera[1])].append(path)
    half, found = given.looks // 2, {}
    for person in sorted({p for p, _ in seen}):
        both = [spread(seen[person, camera], half) for camera in given.cameras]
        if all(len(some) == half for some in both):
            found[person] = [*both[0], *both[1]]
    return found


def spread(paths: list[Path], n: int) -> list[Path]:
    """So many of them, far apart in time."""
    return (
        [paths[i] for i in np.linspace(0, len(paths) - 1, n).astype(int)] if len(paths) >= n else []
    )


def faces(folders: list[Path], looks: int) -> dict[str, list[Path]]:
    """A folder for each person."""
    every = [d for folder in folders for d in sorted(folder.iterdir()) if d.is_dir()]
    people = {str(d): sorted(d.iterdir())[:looks] for d in every}
    return {name: paths for name, paths in people.items() if len(paths) == looks}


def embed(
    pictures: dict[str, list[Path]], look: Callable[[Path], Image | None], embedder: Embedder
) -> tuple[Floats, np.ndarray]:
    """Vectors (N, D) and whose each is (N,); pictures without a face are left out."""
    chips, who = [], []
    for number, paths in enumerate(pictures.values()):
        for chip in map(look, paths):
            if chip is not None:
                chips.append(chip)
                who.append(number)
    return embedder.embed(chips), np.array(who, np.int64)


def body(embedder: Embedder, path: Path) -> Image:
    """The whole picture."""
    image = images.read_image(path)
    height, width = image.shape[:2]
    box = np.float32([[0, 0, width, height]])
    whole = Detections(box, np.ones(1, np.float32), np.zeros((1, 0, 2), np.float32), Kind.BODY)
    return embedder.chips(image, whole)[0]


def face(detector: Detector, embedder: Embedder, path: Path, side: int) -> Image | None:
    """The largest face near the middle; found in the picture as it is, taken from the small one."""
    image = images.read_image(path)
    found = detector.detect(image)
    if not len(found):
        return None
    sizes = found.boxes[:, 2] - found.boxes[:, 0]
    centres = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    middle = np.array([image.shape[1], image.shape[0]]) / 2
    best = int(np.argmax(sizes - np.linalg.norm(centres - middle, axis=1) / 2))
    if side:
        image = degraded(image, side / float(sizes[best]))
    return embedder.chips(image, found[[best]])[0]


def degraded(image: Image, factor: float) -> Image:
    """Shrunk, stored as a JPEG, and enlarged again."""
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    back = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return np.asarray(cv2.resize(back, image.shape[1::-1]), np.uint8)


def drawn(who: np.ndarray, people: int, seed: int) -> np.ndarray:
    """(N,) bool: the rows of so many people, or of all."""
    everybody = np.unique(who)
    chosen = np.random.default_rng(seed).permutation(everybody)[: people or len(everybody)]
    return np.isin(who, chosen)


def trial(vectors: Floats, who: np.ndarray, loss: str, seed: int) -> tuple[str, ...]:
    """One row of the table."""
    keys = np.arange(len(who))
    looks = looks_of(vectors, who, keys)
    s = split(who, looks, keys + 1, seed=seed)
    recipe = adapt.Recipe(loss, seed=seed)
    fitted = adapt.fit("trial", vectors[s.train], who[s.train], looks[s.train], recipe)
    a, b = fitted.strangers
    strangers = np.einsum("nd,nd->n", vectors[s.train][a], vectors[s.train][b])
    new = fitted.adapter.apply(vectors)
    verdict = judge(Case(vectors, new, who, looks, s, strangers, fitted.strangers_scores))
    named = {f.name: f for f in verdict.figures}
    cells = [*shown(named["mAP"]), *shown(named["mAP, unseen people"])]
    return (loss, str(seed), f"{fitted.strength:g}", *cells, verdict.decision)


def crossed(vectors: Floats, who: np.ndarray, loss: str, seed: int, count: int) -> tuple[str, ...]:
    """One row of the table: every person is judged by an adapter that had not seen them."""
    looks = looks_of(vectors, who, np.arange(len(who)))
    parts, recipe = folds_of(who, count=count, seed=seed), adapt.Recipe(loss, seed=seed)
    strengths, people, old, new = [], [], [], []
    for k in range(count):
        unseen = parts == k
        fitted = adapt.fit("trial", vectors[~unseen], who[~unseen], looks[~unseen], recipe)
        strengths.append(f"{fitted.strength:g}")
        for x, values in ((vectors, old), (fitted.adapter.apply(vectors), new)):
            ranked = rank_each(x, who, looks, unseen)
            whose, precision = by_person(ranked.precision, who[ranked.rows])
            values.append(precision)
        people.append(whose)
    figure = paired_mean(
        MAIN, np.concatenate(people), np.concatenate(old), np.concatenate(new), Draws(seed=seed)
    )
    return (loss, str(seed), " ".join(strengths), *shown(figure), f"{len(np.unique(who))} people")


def shown(f: Figure) -> tuple[str, str]:
    """Old and new, and the interval of the difference."""
    return f"{f.old:.1%} → {f.new:.1%}", f"{f.low:+.1%} to {f.high:+.1%}"


if __name__ == "__main__":
    main()
