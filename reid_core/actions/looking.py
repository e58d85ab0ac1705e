"""Look at many pictures once: who is in them, how good the look is, and their vectors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core import boxes, images, quality
from reid_core.protocols import Detector, Embedder, Progress, no_progress, part
from reid_core.types import Detections, Floats, Image, Kind
from reid_core.video.pipeline import ordered_map

WORKERS = 2
BATCH = 32  # chips embedded in one call
MEASURES = ("quality", "size", "pose")

Bools = NDArray[np.bool_]
Cut = Callable[[Path], Image | None]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What N pictures show.

    vectors: for each embedder (N, D) unit rows, zero where nobody was found. found: (N,).
    measures: quality and pose in [0, 1], size in pixels, (N,) NaN where nobody was found; empty
    unless asked for. seconds: what each embedder took, the first with all detection.
    """

    vectors: tuple[Floats, ...]
    found: Bools
    measures: dict[str, Floats]
    seconds: tuple[float, ...]


class Finder:
    """Finds whom a picture is about, once, and cuts them out for any embedder.

    detector: None where pictures are crops, of which the whole counts. measured: also say how
    good the look is. Safe to call from several threads.
    """

    def __init__(self, detector: Detector | None, kind: Kind, *, measured: bool = False) -> None:
        self._detector = detector
        self._kind = kind
        self._measured = measured
        self._known: dict[Path, Detections] = {}
        self._parts: dict[Path, tuple[float, float, float]] = {}

    def cutter(self, embedder: Embedder) -> Cut:
        """Picture -> chip, or None where nobody is."""

        def cut(path: Path) -> Image | None:
            image = images.read_image(path)
            one = self._person(path, image)
            return embedder.chips(image, one)[0] if len(one) else None

        return cut

    def measures(self, paths: Sequence[Path]) -> dict[str, Floats]:
        """(N,) of each measure; empty unless measured."""
        if not self._measured:
            return {}
        nothing = (float("nan"),) * len(MEASURES)
        table = np.array([self._parts.get(path, nothing) for path in paths], np.float32)
        return {name: table[:, i] for i, name in enumerate(MEASURES)}

    def _person(self, path: Path, image: Image) -> Detections:
        if path not in self._known:
            self._known[path] = one = self._look(image)
            if self._measured and len(one):
                parts = quality.measure(image, one)[0]
                size = float(np.sqrt(boxes.area(one.boxes)[0]))
                self._parts[path] = (quality.overall(parts), size, parts["pose"])
        return self._known[path]

    def _look(self, image: Image) -> Detections:
        if self._detector is None:
            return _whole(image, self._kind)
        found = self._detector.detect(image)
        if not len(found):
            return found
        one = central(image, found)
        return found[one : one + 1]


def look(
    paths: Sequence[Path],
    detector: Detector | None,
    embedders: Sequence[Embedder],
    *,
    measured: bool = False,
    progress: Progress = no_progress,
) -> Seen:
    """Embed every picture by every embedder; the person is found once.

    detector: None where pictures are crops. Raises SourceError naming an unreadable picture.
    """
    finder = Finder(detector, embedders[0].kind, measured=measured)
    vectors, seconds, found = [], [], np.zeros(len(paths), bool)
    for i, embedder in enumerate(embedders):
        started = time.perf_counter()
        told = part(progress, i / len(embedders), (i + 1) / len(embedders))
        rows, found = embed_all(paths, finder.cutter(embedder), embedder, told)
        vectors.append(rows)
        seconds.append(time.perf_counter() - started)
    return Seen(tuple(vectors), found, finder.measures(paths), tuple(seconds))


def embed_all(
    paths: Sequence[Path], cut: Cut, embedder: Embedder, progress: Progress
) -> tuple[Floats, Bools]:
    """(N, D) vectors, zero where `cut` found nobody, and (N,) where it did.

    Cutting and embedding share one pool, so that no core waits for either. Only the chips of two
    batches are held at a time.
    """
    vectors = np.zeros((len(paths), embedder.dim), np.float32)
    found = np.zeros(len(paths), bool)
    waiting: list[tuple[list[int], Future[Floats]]] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        chips = enumerate(ordered_map(pool, cut, paths, ahead=BATCH))
        for batch in _batches(chips):
            rows = [i for i, chip in batch if chip is not None]
            some = [chip for _, chip in batch if chip is not None]
            waiting.append((rows, pool.submit(embedder.embed, some)))
            if len(waiting) > 1:
                _collect(*waiting.pop(0), vectors, found)
            progress((batch[-1][0] + 1) / len(paths), f"{batch[-1][0] + 1} pictures")
        for one in waiting:
            _collect(*one, vectors, found)
    return vectors, found


def central(image: Image, found: Detections) -> int:
    """The row of the person whom the picture is about: near the middle, and large."""
    height, width = image.shape[:2]
    middle = np.array([width / 2, height / 2], np.float32)
    away = np.linalg.norm(boxes.centers(found.boxes) - middle, axis=1)
    size = np.sqrt(boxes.area(found.boxes))
    return int(np.argmin(away - size))


def _whole(crop: Image, kind: Kind) -> Detections:
    """The whole picture as a detection."""
    height, width = crop.shape[:2]
    points = np.zeros((1, kind.n_keypoints, 2), np.float32)
    box = np.array([[0, 0, width, height]], np.float32)
    return Detections(box, np.ones(1, np.float32), points, kind)


def _batches(
    chips: Iterable[tuple[int, Image | None]],
) -> Iterator[list[tuple[int, Image | None]]]:
    rest = iter(chips)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _collect(rows: list[int], future: Future[Floats], vectors: Floats, found: Bools) -> None:
    if rows:
        vectors[rows] = future.result()
        found[rows] = True
