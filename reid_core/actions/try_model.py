"""Try an ONNX file on pictures before it is installed: does it do what its role needs?

Wrong colours or a wrong normalisation do not make a network fail, they make it bad. So it is shown
the sample photograph's people and another picture of each: the same must be more alike than
different ones.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from reid_core import boxes, images
from reid_core.actions.demo import other_look, sample_photograph
from reid_core.actions.loading import Models, load_detector, load_embedder
from reid_core.actions.use_model import kind_of
from reid_core.errors import NoFace
from reid_core.models.importing import Points, import_onnx
from reid_core.models.manifest import Manifest
from reid_core.models.session import open_session
from reid_core.models.store import ModelStore
from reid_core.protocols import Detector, Embedder
from reid_core.types import Detections, Floats, Image, Kind

SAME_SPOT = 0.4  # overlap of two boxes around one person
CLEAR, NONE = 2.0, 0.6  # separations from which pairs are told apart, and below which not at all


class Verdict(StrEnum):
    """What a trial comes to."""

    GOOD = "good"
    WEAK = "weak"  # works, but some strangers are more alike than some pairs of the same person
    USELESS = "useless"  # no better than chance with these settings
    UNTRIED = "untried"  # nothing to try it on


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user says of a file; None where the role's usual value is meant."""

    file: Path
    role: str
    name: str | None = None
    architecture: str | None = None
    licence: str = "unknown"
    commercial: bool = False
    width: int | None = None
    height: int | None = None
    color: str | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    template: Points | None = None
    flip: bool = False
    note: str = ""

    def install(self, store: ModelStore) -> Manifest:
        """Check and install it. Raises ModelError."""
        return import_onnx(
            store,
            self.file,
            role=self.role,
            name=self.name,
            architecture=self.architecture,
            licence=self.licence,
            commercial=self.commercial,
            width=self.width,
            height=self.height,
            color=self.color,
            mean=self.mean,
            std=self.std,
            template=self.template,
            flip=self.flip,
            note=self.note,
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """What was seen. shapes: of the inputs and outputs, in words. same, different: cosines of
    pairs of the sample's people, row by row. matched: how many are most like their own other
    picture. separation: distance of the two kinds of pairs in their spreads; usual: that of the
    model in use. given: the cosine of the user's two pictures. found, wanted: people found by a
    detector, and those that the one in use finds. ms: a picture.
    """

    manifest: Manifest
    shapes: tuple[str, ...]
    verdict: Verdict
    same: tuple[float, ...] = ()
    different: tuple[float, ...] = ()
    matched: int = 0
    separation: float = 0.0
    usual: float | None = None
    given: float | None = None
    found: int | None = None
    wanted: int | None = None
    ms: float | None = None


def try_onnx(models: Models, wish: Wish, *, pictures: Sequence[Path] = ()) -> Trial:
    """Run a file as its manifest would have it run; nothing is installed.

    models: those in use, whose detectors find the people. pictures: two of the user's, of one
    person or of two. Raises ModelError (it cannot be used), SourceError, NoFace.
    """
    # whoever has such a model already is told so before it is tried
    with tempfile.TemporaryDirectory(prefix="cameo-trial-") as folder:
        store = ModelStore(Path(folder))
        manifest = wish.install(store)
        shapes = _shapes(store.path(manifest.name))
        kind = kind_of(manifest)
        if kind is not None:
            return _embedder(
                models, load_embedder(store, kind, manifest.name), manifest, shapes, pictures
            )
        kind = Kind.FACE if manifest.role == "face-detector" else Kind.BODY
        return _detector(models, load_detector(store, kind, manifest.name), manifest, shapes)


def _embedder(
    models: Models,
    embedder: Embedder,
    manifest: Manifest,
    shapes: tuple[str, ...],
    pictures: Sequence[Path],
) -> Trial:
    detector = models.detector(embedder.kind)
    first, second = _pairs(detector, images.read_image(sample_photograph()))
    began = time.perf_counter()
    similar = _similar(embedder, first, second)
    ms = (time.perf_counter() - began) * 1000 / max(2 * len(first), 1)
    usual = separation(_similar(models.embedder(embedder.kind), first, second))
    given = None
    if len(pictures) >= 2:
        one, other = (_largest(detector, embedder, path) for path in pictures[:2])
        given = round(float(one @ other), 4)
    return Trial(
        manifest,
        shapes,
        judge(similar),
        same=tuple(round(float(v), 4) for v in np.diag(similar)),
        different=tuple(round(float(v), 4) for v in similar[~np.eye(len(similar), dtype=bool)]),
        matched=_matched(similar),
        separation=separation(similar),
        usual=usual,
        given=given,
        ms=round(ms, 2),
    )


def judge(similar: Floats) -> Verdict:
    """What the cosines (N, N) of N people with another picture of each say of an embedder."""
    if len(similar) < 2:
        return Verdict.UNTRIED
    apart, matched = separation(similar), _matched(similar)
    if apart < NONE or matched <= len(similar) / 3:
        return Verdict.USELESS
    return Verdict.GOOD if apart >= CLEAR and matched == len(similar) else Verdict.WEAK


def separation(similar: Floats) -> float:
    """How far apart pairs of the same and of different people lie, in their mean spread (d')."""
    if len(similar) < 2:
        return 0.0
    same, apart = np.diag(similar), similar[~np.eye(len(similar), dtype=bool)]
    spread = float(np.sqrt((same.var() + apart.var()) / 2))
    return round(float(same.mean() - apart.mean()) / max(spread, 1e-6), 3)


def _matched(similar: Floats) -> int:
    return int((similar.argmax(axis=1) == np.arange(len(similar))).sum())


def _detector(
    models: Models, detector: Detector, manifest: Manifest, shapes: tuple[str, ...]
) -> Trial:
    photograph = images.read_image(sample_photograph())
    known = models.detector(detector.kind).detect(photograph)
    began = time.perf_counter()
    found = detector.detect(photograph)
    ms = (time.perf_counter() - began) * 1000
    hits = 0
    if len(found) and len(known):
        hits = int((boxes.iou(known.boxes, found.boxes).max(axis=1) >= SAME_SPOT).sum())
    verdict = Verdict.UNTRIED
    if len(known):
        verdict = Verdict.USELESS if not hits else Verdict.WEAK
        if hits == len(known) and len(found) <= 2 * len(known):
            verdict = Verdict.GOOD
    return Trial(manifest, shapes, verdict, found=hits, wanted=len(known), ms=round(ms, 2))


def _pairs(
    detector: Detector, photograph: Image
) -> tuple[list[tuple[Image, Detections]], list[tuple[Image, Detections]]]:
    """The photograph's people, and another look of each of them, where both can be seen."""
    known = detector.detect(photograph)
    if detector.kind is Kind.BODY:
        return [(photograph, known[i : i + 1]) for i in range(len(known))], _mirrored(
            photograph, known
        )
    first, second = [], []
    for i, box in enumerate(known.boxes):
        look = other_look(photograph, box)
        again = detector.detect(look)
        if len(again):
            first.append((photograph, known[i : i + 1]))
            second.append((look, _biggest(again)))
    return first, second


def _mirrored(photograph: Image, known: Detections) -> list[tuple[Image, Detections]]:
    """Bodies seen in a mirror, a little darker, and cut a little lower."""
    darker = (photograph[:, ::-1].astype(np.float32) * 0.85 + 4).clip(0, 255).astype(np.uint8)
    width = photograph.shape[1]
    flipped = known.boxes.copy()
    flipped[:, [0, 2]] = width - known.boxes[:, [2, 0]]
    flipped[:, 1] += 0.05 * (flipped[:, 3] - flipped[:, 1])
    moved = Detections(flipped, known.scores, known.keypoints, known.kind)
    return [(darker, moved[i : i + 1]) for i in range(len(moved))]


def _similar(
    embedder: Embedder,
    first: list[tuple[Image, Detections]],
    second: list[tuple[Image, Detections]],
) -> Floats:
    """(N, N) cosines of the first looks with the second ones."""
    rows = [
        embedder.embed([embedder.chips(image, one)[0] for image, one in group])
        for group in (first, second)
    ]
    found: Floats = rows[0] @ rows[1].T
    return found


def _biggest(found: Detections) -> Detections:
    return found[np.argsort(-boxes.area(found.boxes))[:1]]


def _largest(detector: Detector, embedder: Embedder, path: Path) -> Floats:
    """The vector (D,) of the largest person in a picture. Raises SourceError, NoFace."""
    image = images.read_image(path)
    found = detector.detect(image)
    if not len(found):
        who = "face" if embedder.kind is Kind.FACE else "person"
        raise NoFace(f"No {who} was found in {path.name}. Choose another picture to compare.")
    vector: Floats = embedder.embed(embedder.chips(image, _biggest(found)))[0]
    return vector


def _shapes(path: Path) -> tuple[str, ...]:
    session = open_session(path)
    return tuple(
        f"{part.name} ({', '.join(str(d) for d in part.shape)})"
        for part in (*session.get_inputs(), *session.get_outputs())
    )
