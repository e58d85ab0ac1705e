"""Finding who is meant in a picture: shared by enrolling, identifying and searching."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid_core import images, quality
from reid_core.actions.loading import Models
from reid_core.errors import EnrolError, NoFace, SeveralFaces, SourceUnavailable
from reid_core.types import Detections, Floats, Image, Kind
from reid_core.video.trails import cut_view

DOMINANT = 2.5  # times the area of the next: then the largest is clearly the one meant


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Somebody in a picture: where, how good, the crop to keep with the
    keypoints in it, and the embedding (D,).
    """

    box: Floats
    score: float
    parts: dict[str, float]
    quality: float
    crop: Image
    keypoints: Floats
    vector: Floats


def looks_in(models: Models, image: Image, kind: Kind) -> list[Look]:
    """Everybody of one kind in a picture, from left to right."""
    found = models.detector(kind).detect(image)
    found = found[np.argsort(found.boxes[:, 0], kind="stable")]
    embedder = models.embedder(kind)
    vectors = embedder.embed(embedder.chips(image, found))
    result = []
    for i, parts in enumerate(quality.measure(image, found)):
        whole = quality.overall(parts)
        crop, points = cut_view(image, found[i : i + 1])
        result.append(
            Look(found.boxes[i], float(found.scores[i]), parts, whole, crop, points, vectors[i])
        )
    return result


def the_one(looks: list[Look], kind: Kind, where: str, *, choose: int | None = None) -> Look:
    """The person meant: the chosen one, the only one, or the one far larger than the rest.

    choose: counted from 1, from left to right. Raises NoFace, SeveralFaces.
    """
    noun = "face" if kind is Kind.FACE else "person"
    if not looks:
        raise NoFace(f"No {noun} was found in {where}. Try a larger or clearer picture.")
    if choose is not None:
        if not 1 <= choose <= len(looks):
            raise EnrolError(f"{where} has {len(looks)} {noun}s; there is no number {choose}.")
        return looks[choose - 1]
    order = sorted(looks, key=lambda one: -_area(one.box))
    if len(order) > 1 and _area(order[0].box) < DOMINANT * _area(order[1].box):
        spots = "; ".join(f"{i}: at x={one.box[0]:.0f}" for i, one in enumerate(looks, 1))
        raise SeveralFaces(
            f"{where} has {len(looks)} {noun}s and it is not clear who is meant ({spots}). "
            "Choose with --number, counted from the left, or crop the picture."
        )
    return order[0]


def read_moment(spec: str) -> tuple[Image, str]:
    """A picture file, or a moment of a video written clip.mp4@12.5; with how to call it.

    Raises SourceError.
    """
    path = Path(spec)
    name, at, moment = spec.rpartition("@")
    if not path.exists() and at and Path(name).is_file():
        from reid_core.video.file import frame_at

        try:
            time_s = float(moment)
        except ValueError as error:
            raise SourceUnavailable(f"{moment!r} in {spec} is not a time in seconds.") from error
        if not 0 <= time_s < math.inf:
            raise SourceUnavailable(f"{moment!r} in {spec} is not a time in seconds.")
        return frame_at(Path(name), time_s).image, spec
    return images.read_image(path), spec


def as_detections(keypoints: Floats, box: Floats, kind: Kind) -> Detections:
    """One stored view as a detection, so that an embedder can cut its chip again."""
    return Detections(box[None], np.ones(1, np.float32), keypoints[None], kind)


def _area(box: Floats) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))
