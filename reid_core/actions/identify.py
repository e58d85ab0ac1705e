"""Who is in these pictures?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reid_core.actions.faces import looks_in, read_moment
from reid_core.actions.gallery import Gallery
from reid_core.actions.loading import Models
from reid_core.errors import SourceError
from reid_core.library import Library
from reid_core.search.decide import Threshold
from reid_core.types import Kind

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody enrolled, and how similar the probe is (cosine)."""

    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Probe:
    """One face or body in a picture. name: whom it is taken for, None when nobody reaches the
    threshold or none is known. box: xyxy in pixels. candidates: the nearest, best first.
    """

    box: tuple[float, float, float, float]
    quality: float
    name: str | None
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Identified:
    """One picture. problem: why it could not be read, "" otherwise."""

    source: str
    probes: tuple[Probe, ...]
    problem: str = ""


def identify(
    library: Library, models: Models, sources: Sequence[str], *, kind: Kind = Kind.FACE
) -> tuple[list[Identified], Threshold]:
    """Everybody in the pictures against everybody enrolled. Unreadable pictures are told."""
    gallery = Gallery.load(library, models, kind)
    threshold = models.threshold(kind)
    return [_one(models, gallery, threshold, source, kind) for source in sources], threshold


def _one(
    models: Models, gallery: Gallery, threshold: Threshold, source: str, kind: Kind
) -> Identified:
    try:
        image, _ = read_moment(source)
    except SourceError as error:
        return Identified(source, (), str(error))
    probes = []
    for look in looks_in(models, image, kind):
        ranked = gallery.rank(look.vector, top=SHOWN)
        candidates = tuple(Candidate(gallery.names[p], round(s, 4)) for p, s in ranked)
        sure = threshold.value is not None and ranked and ranked[0][1] >= threshold.value
        box = tuple(round(float(v), 1) for v in look.box)
        name = candidates[0].name if sure else None
        probes.append(Probe(box, round(look.quality, 3), name, candidates))  # type: ignore[arg-type]
    return Identified(source, tuple(probes))
