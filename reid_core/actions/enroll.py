"""Enrol somebody: turn photos, folders and moments of video into templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import Connection

from reid_core import images, quality
from reid_core.actions.faces import Look, looks_in, read_moment, the_one
from reid_core.actions.gallery import Gallery
from reid_core.actions.loading import Models
from reid_core.errors import CameoError, EnrolError, PersonNotFound, PoorQuality, SourceError
from reid_core.library import Library, people
from reid_core.library.store import now
from reid_core.protocols import Progress, no_progress
from reid_core.types import Kind

MIN_QUALITY = quality.LEAST


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one picture. template: its id, None with the reason in `problem`.

    resembles: somebody else enrolled whom this looks like, and how much.
    """

    source: str
    template: int | None
    quality: float | None
    problem: str = ""
    resembles: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What enrolling came to."""

    person: int
    name: str
    kind: Kind
    outcomes: tuple[Outcome, ...]

    @property
    def added(self) -> int:
        """How many templates are new."""
        return sum(o.template is not None for o in self.outcomes)


def enroll(
    library: Library,
    models: Models,
    name: str,
    sources: Sequence[str],
    *,
    kind: Kind = Kind.FACE,
    number: int | None = None,
    min_quality: float = MIN_QUALITY,
    progress: Progress = no_progress,
) -> Enrolled:
    """Add templates to a person, who is made when new. All of it is one action.

    sources: pictures, folders of pictures, moments of videos (clip.mp4@12.5). A folder's bad
    pictures are told in the outcomes; when nothing at all could be used, the first problem is
    raised (NoFace, SeveralFaces, PoorQuality, SourceError) and nothing is changed.
    """
    name = people.clean_name(name)
    specs = _pictures(sources)
    gallery = Gallery.load(library, models, kind)
    looks: list[tuple[str, Look | CameoError]] = []
    for i, spec in enumerate(specs):
        progress(i / len(specs), f"{i + 1} of {len(specs)}")
        looks.append((spec, _look(models, spec, kind, number, min_quality)))
    good = [look for _, look in looks if isinstance(look, Look)]
    if not good:
        raise next(look for _, look in looks if isinstance(look, CameoError))
    with library.transaction("enroll", templates=len(good)) as tx:
        try:
            person = people.find_person(tx, name).id
        except PersonNotFound:
            person = people.add_person(tx, name)
        outcomes = tuple(
            _keep(tx, library, models, gallery, person, spec, look, kind) for spec, look in looks
        )
    return Enrolled(person, name, kind, outcomes)


def _look(
    models: Models, spec: str, kind: Kind, number: int | None, min_quality: float
) -> Look | CameoError:
    try:
        image, where = read_moment(spec)
        look = the_one(looks_in(models, image, kind), kind, where, choose=number)
    except (EnrolError, SourceError) as error:
        return error
    if look.quality < min_quality:
        worst = min(look.parts, key=look.parts.__getitem__)
        return PoorQuality(
            f"The {kind} in {where} has a quality of {look.quality:.2f}, below the limit of "
            f"{min_quality:.2f} (worst: {worst} {look.parts[worst]:.2f}). Use a better picture, or "
            "lower the limit with --min-quality."
        )
    return look


def _keep(
    tx: Connection,
    library: Library,
    models: Models,
    gallery: Gallery,
    person: int,
    spec: str,
    look: Look | CameoError,
    kind: Kind,
) -> Outcome:
    if isinstance(look, CameoError):
        return Outcome(spec, None, None, str(look))
    media = library.media.put(images.encode_jpeg(look.crop, quality=95))
    template = people.add_template(
        tx,
        person,
        people.NewTemplate(
            kind,
            media,
            look.quality,
            look.parts,
            look.keypoints,
            spec,
            look.vector,
            models.embedder(kind).model,
            worn_at=now() if kind is Kind.BODY else None,
        ),
    )
    problem = "" if template is not None else "this picture is enrolled already"
    resembles = _resembles(gallery, models, person, look, kind)
    return Outcome(spec, template, round(look.quality, 3), problem, resembles)


def _resembles(
    gallery: Gallery, models: Models, person: int, look: Look, kind: Kind
) -> tuple[str, float] | None:
    """Somebody else who looks the same, if a threshold is known to say so."""
    value = models.threshold(kind).value
    for other, score in gallery.rank(look.vector):
        if other != person and value is not None and score >= value:
            return gallery.names[other], round(score, 4)
    return None


def _pictures(sources: Sequence[str]) -> list[str]:
    """Folders opened up; everything else as given. Raises SourceError for an empty folder."""
    result: list[str] = []
    for source in sources:
        path = Path(source)
        if path.is_dir():
            found = [str(p) for p in images.list_images(path)]
            if not found:
                raise EnrolError(f"{source} holds no pictures.")
            result += found
        else:
            result.append(source)
    if not result:
        raise EnrolError("No picture was given.")
    return result
