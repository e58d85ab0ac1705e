"""Who is in these pictures?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reid_core.actions.faces import looks_in, read_moment
from reid_core.actions.gallery import Gallery
from reid_core.actions.loading import Models
from reid_core.actions.thresholds import known
from reid_core.calibration import Calibration
from reid_core.errors import SourceError
from reid_core.library import Library
from reid_core.quality import LEAST
from reid_core.search.decide import Threshold
from reid_core.search.probability import among_people
from reid_core.types import Floats, Kind

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody enrolled, and how similar the probe is (cosine).

    probability: that it is them, of everybody enrolled and nobody of them; None uncalibrated, and
    where the look is too poor to speak for anybody.
    """

    name: str
    score: float
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """One face or body in a picture. name: whom it is taken for, None when nobody reaches the
    threshold, none is known or the look is too poor (`LEAST`) to speak for anybody. box: xyxy in
    pixels. candidates: the nearest, best first.
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
    with library.read() as connection:
        threshold, calibration = known(connection, models, kind)
    people = _People(gallery, threshold, calibration)
    return [_one(models, people, source, kind) for source in sources], threshold


@dataclass(frozen=True, slots=True, eq=False)
class _People:
    """Whom to compare with, and what a score means."""

    gallery: Gallery
    threshold: Threshold
    calibration: Calibration | None

    def candidates(self, vector: Floats, quality: float) -> tuple[Candidate, ...]:
        """The nearest, best first."""
        ranked = self.gallery.rank(vector, top=SHOWN if self.calibration is None else None)
        chances: list[float | None] = [None] * len(ranked)
        if self.calibration is not None and quality >= LEAST:
            llrs = self.calibration.llr([score for _, score in ranked])
            chances = [round(p, 4) for p in among_people(llrs).tolist()]
        names = self.gallery.names
        return tuple(
            Candidate(names[person], round(score, 4), chance)
            for (person, score), chance in zip(ranked[:SHOWN], chances[:SHOWN], strict=True)
        )


def _one(models: Models, people: _People, source: str, kind: Kind) -> Identified:
    try:
        image, _ = read_moment(source)
    except SourceError as error:
        return Identified(source, (), str(error))
    probes = []
    for look in looks_in(models, image, kind):
        candidates = people.candidates(look.vector, look.quality)
        least = (
            people.threshold.value if look.quality >= LEAST else None
        )  # very poor looks are alike
        sure = least is not None and candidates and candidates[0].score >= least
        box = tuple(round(float(v), 1) for v in look.box)
        name = candidates[0].name if sure else None
        probes.append(Probe(box, round(look.quality, 3), name, candidates))  # type: ignore[arg-type]
    return Identified(source, tuple(probes))
