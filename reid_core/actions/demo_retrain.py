"""Retraining on sample material: what a poor camera gives of six people, the verdict, the way back.

All six of the sample photograph are enrolled with pictures such as a poor camera takes: small,
turned, lit badly, blurred. Six people prove little, and the verdict says so; what is then accepted
all the same, to show it, is taken back at once.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from reid_core import boxes, images
from reid_core.actions import retrained
from reid_core.actions.demo import sample_faces, sample_photograph
from reid_core.actions.enroll import enroll
from reid_core.actions.index import index
from reid_core.actions.loading import Models
from reid_core.actions.retrain import retrain
from reid_core.actions.search import Searcher, query_person
from reid_core.errors import NoFace, PoorQuality
from reid_core.library import Library
from reid_core.library.retrainings import Run
from reid_core.protocols import Progress, no_progress, part
from reid_core.types import Floats, Image, Kind

NAMES = (
    "Far left",
    "Second from the left",
    "Third from the left",
    "Fourth from the left",
    "Fifth from the left",
    "Far right",
)
LOOKS = 8  # of each
SIDE = 320  # px of a picture
SMALL = (36, 64)  # px that a poor camera makes of it


@dataclass(frozen=True, slots=True)
class Retrained:
    """What it came to. pictures: enrolled; accepted: whether the model was taken into use for a
    moment, for which the verdict had to be overridden (overridden); is_back: whether a search
    answers afterwards exactly as before.
    """

    run: Run
    pictures: int
    accepted: bool
    overridden: bool
    is_back: bool


def demo_retraining(
    folder: Path, film: Path, models: Models, *, progress: Progress = no_progress
) -> Retrained:
    """Play it in a library of its own in the folder; what was there is replaced.

    film: of the sample, which is indexed and searched. Raises TrainingError without torch,
    SourceUnavailable when the photograph is missing.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with Library.open(folder / "library") as library:
        own = Models.of(library, models.store)
        pictures = _enrol(library, own, folder, part(progress, 0.0, 0.3))
        index(library, own, str(film), progress=part(progress, 0.3, 0.6))
        run = retrain(library, own, Kind.FACE, progress=part(progress, 0.6, 0.9))
        before = _answers(library, own)
        if run.model is None:
            return Retrained(run, pictures, False, False, True)
        progress(0.9, "accepting, and going back")
        retrained.accept(library, own, run.shown_id, override=True)
        retrained.roll_back(library, own, Kind.FACE)
        is_back = _answers(library, own) == before
    return Retrained(run, pictures, True, not run.is_offered, is_back)


def _enrol(library: Library, models: Models, folder: Path, progress: Progress) -> int:
    photograph = images.read_image(sample_photograph())
    faces, count = sample_faces(models, photograph), 0
    for place, (name, face) in enumerate(zip(NAMES, faces, strict=True)):
        progress(place / len(NAMES), "enrolling")
        for k in range(LOOKS):
            path = folder / f"person-{place + 1}-{k + 1}.jpg"
            images.write_image(poor_look(photograph, face, np.random.default_rng([place, k])), path)
            try:
                enroll(library, models, name, [str(path)])
                count += 1
            except (NoFace, PoorQuality):  # as from any poor camera
                continue
    return count


def poor_look(photograph: Image, face: Floats, rng: np.random.Generator) -> Image:
    """(320, 320, 3) one face as a poor camera sees it at some moment."""
    grown = boxes.expand(face[None], by=1.2)[0]
    side = float(max(grown[2:] - grown[:2]))
    middle = boxes.centers(face[None])[0]
    turn = cv2.getRotationMatrix2D(
        (float(middle[0]), float(middle[1])), float(rng.uniform(-15, 15)), SIDE / side
    )
    turn[:, 2] += SIDE / 2 - middle
    seen = cv2.warpAffine(photograph, turn, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
    seen = seen[:, ::-1] if rng.random() < 0.5 else seen
    small = int(rng.uniform(*SMALL))
    seen = cv2.resize(seen, (small, small), interpolation=cv2.INTER_AREA)
    light = rng.uniform(0.4, 1.3) * rng.uniform(0.75, 1.25, 3)
    noisy = seen * light + rng.normal(0, 12, seen.shape)
    poor = cv2.resize(noisy.clip(0, 255).astype(np.uint8), (SIDE, SIDE))
    return np.ascontiguousarray(poor)


def _answers(library: Library, models: Models) -> list[object]:
    """Where each of them is found in the film, and how sure."""
    searcher = Searcher(library, models)
    return [searcher.search(query_person(library, models, name)).sightings for name in NAMES]
