"""Enrol somebody: turn photos, folders and moments of video into templates.

Looking (`look_at`) and keeping (`keep`) are apart, so that somebody can choose in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import Connection

from reid_core import images, quality
from reid_core.actions import thresholds
from reid_core.actions.faces import Look, looks_in, read_moment, the_one
from reid_core.actions.gallery import Gallery
from reid_core.actions.likelier import Likelier
from reid_core.actions.loading import Models
from reid_core.calibration import Calibration
from reid_core.errors import CameoError, EnrolError, PersonNotFound, PoorQuality, SourceError
from reid_core.library import Library, people
from reid_core.library.media import name_of
from reid_core.library.store import now
from reid_core.protocols import Progress, no_progress
from reid_core.types import Floats, Image, Kind

MIN_QUALITY = quality.LEAST
LIKE = 3  # people named whom a face resembles


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
    """What enrolling came to. likelier: somebody else whom the pictures resemble more; told where
    nobody looked at them before they were kept.
    """

    person: int
    name: str
    kind: Kind
    outcomes: tuple[Outcome, ...]
    likelier: Likelier | None = None

    @property
    def added(self) -> int:
        """How many templates are new."""
        return sum(o.template is not None for o in self.outcomes)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Whom the gallery knows, to compare with. model: of the vectors. threshold: cosine from
    which two are probably the same, None when nothing is known. pictures: whose each is.
    calibration: from which it comes, None when uncalibrated.
    """

    gallery: Gallery
    model: str
    threshold: float | None
    pictures: Mapping[str, int]
    calibration: Calibration | None = None

    @classmethod
    def load(cls, library: Library, models: Models, kind: Kind) -> Known:
        """From the database. Raises ModelMismatch when templates exist, but of another model."""
        gallery = Gallery.load(library, models, kind)
        with library.read() as connection:
            pictures = people.picture_owners(connection, kind)
            least, calibration = thresholds.known(connection, models, kind)
        return cls(gallery, models.model_id(kind), least.value, pictures, calibration)

    def like(self, vector: Floats) -> tuple[tuple[str, float], ...]:
        """The people whom a vector (D,) resembles, most first: name, cosine."""
        near = self.gallery.rank(vector, top=LIKE) if self.threshold is not None else []
        return tuple(
            (self.gallery.names[person], round(score, 4))
            for person, score in near
            if score >= (self.threshold or 0)
        )

    def chance(self, vector: Floats) -> float | None:
        """That a vector (D,) is whoever it resembles most, of everybody enrolled and nobody."""
        return thresholds.chance_of(self.calibration, self.gallery.rank(vector))

    def resembled(self, vector: Floats, person: int) -> tuple[str, float] | None:
        """Somebody other than `person` whom a vector resembles, if a threshold says so."""
        for other, score in self.gallery.rank(vector):
            if other != person and self.threshold is not None and score >= self.threshold:
                return self.gallery.names[other], round(score, 4)
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """Somebody in a picture who can become a template.

    box: (4,) float32 xyxy picture pixels. jpeg: the crop; keypoints: (K, 2) in its pixels.
    vector: (D,) unit, of `model`. like: people enrolled whom they resemble, most first; chance:
    that they are the first of these, of everybody enrolled and nobody, None when uncalibrated.
    already: the name of the person whose template this very picture is, "" for nobody.
    """

    kind: Kind
    box: Floats
    quality: float
    parts: dict[str, float]
    jpeg: bytes
    keypoints: Floats
    vector: Floats
    model: str
    like: tuple[tuple[str, float], ...] = ()
    already: str = ""
    chance: float | None = None

    @property
    def worst(self) -> str:
        """The part that spoils the quality most."""
        return min(self.parts, key=self.parts.__getitem__)


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A picture that was looked at. size: its width and height in pixels.

    people: everybody of the kind from left to right. meant: which of them, None with the reason
    in `problem`. preview: a small copy as JPEG, b"" unless asked for.
    """

    source: str
    size: tuple[int, int]
    people: tuple[Candidate, ...]
    meant: int | None
    problem: EnrolError | None = None
    preview: bytes = b""


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
    specs = pictures_in(sources)
    known = Known.load(library, models, kind)
    looks: list[tuple[str, Candidate | CameoError]] = []
    for i, spec in enumerate(specs):
        progress(i / len(specs), f"{i + 1} of {len(specs)}")
        looks.append((spec, _meant(models, known, spec, kind, number, min_quality)))
    if not any(isinstance(look, Candidate) for _, look in looks):
        raise next(look for _, look in looks if isinstance(look, CameoError))
    return keep(library, known, kind, {name: looks})[0]


def look_at(
    models: Models,
    known: Known,
    spec: str,
    kind: Kind,
    *,
    number: int | None = None,
    preview: int = 0,
) -> Looked:
    """Look for people in a picture, or a moment of a video ("clip.mp4@12.5").

    number: who is meant, from the left, from 1; None when that should be clear. preview: side
    in pixels of the copy wanted, 0 for none. Raises SourceError, ModelError.
    """
    image, where = read_moment(spec)
    return look_in(models, known, image, where, kind, number=number, preview=preview)


def look_in(
    models: Models,
    known: Known,
    image: Image,
    where: str,
    kind: Kind,
    *,
    number: int | None = None,
    preview: int = 0,
) -> Looked:
    """The same for a picture in memory, (H, W, 3) uint8 BGR; where: how it is called."""
    looks = looks_in(models, image, kind)
    model = models.embedder(kind).model
    everybody = tuple(_candidate(known, look, kind, model) for look in looks)
    small = b""
    if preview:
        small = images.encode_jpeg(images.thumbnail(image, side=preview), quality=88)
    size = (image.shape[1], image.shape[0])
    try:
        one = the_one(looks, kind, where, choose=number)
    except EnrolError as error:
        return Looked(where, size, everybody, None, error, small)
    place = next(i for i, look in enumerate(looks) if look is one)
    return Looked(where, size, everybody, place, None, small)


def keep(
    library: Library,
    known: Known,
    kind: Kind,
    chosen: Mapping[str, Sequence[tuple[str, Candidate | CameoError]]],
) -> list[Enrolled]:
    """Make templates of what was chosen, by name: (source, who, or why nobody). One action.

    People are made when new. Raises BadName.
    """
    n = sum(isinstance(one, Candidate) for items in chosen.values() for _, one in items)
    done = []
    with library.transaction("enroll", templates=n) as tx:
        for name, items in chosen.items():
            person = person_called(tx, name)
            outcomes = tuple(_keep(tx, library, known, person, *item) for item in items)
            done.append(Enrolled(person, people.clean_name(name), kind, outcomes))
    return done


def person_called(tx: Connection, name: str) -> int:
    """Whoever has that name, made when nobody has. Raises BadName."""
    try:
        return people.find_person(tx, people.clean_name(name)).id
    except PersonNotFound:
        return people.add_person(tx, name)


def pictures_in(sources: Sequence[str]) -> list[str]:
    """Folders opened up; everything else as given. Raises EnrolError when there is nothing."""
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


def _candidate(known: Known, look: Look, kind: Kind, model: str) -> Candidate:
    jpeg = images.encode_jpeg(look.crop, quality=95)
    owner = known.pictures.get(name_of(jpeg))
    return Candidate(
        kind,
        look.box,
        look.quality,
        look.parts,
        jpeg,
        look.keypoints,
        look.vector,
        model,
        known.like(look.vector),
        "" if owner is None else known.gallery.names.get(owner, ""),
        known.chance(look.vector),
    )


def _meant(
    models: Models, known: Known, spec: str, kind: Kind, number: int | None, min_quality: float
) -> Candidate | CameoError:
    """Who is meant in a picture and good enough, or why nobody is."""
    try:
        looked = look_at(models, known, spec, kind, number=number)
    except SourceError as error:
        return error
    if looked.problem is not None or looked.meant is None:
        return looked.problem or EnrolError(f"Nobody was chosen in {spec}.")
    one = looked.people[looked.meant]
    if one.quality < min_quality:
        return PoorQuality(
            f"The {kind} in {looked.source} has a quality of {one.quality:.2f}, below the limit of "
            f"{min_quality:.2f} (worst: {one.worst} {one.parts[one.worst]:.2f}). Use a better "
            "picture, or lower the limit with --min-quality."
        )
    return one


def _keep(
    tx: Connection,
    library: Library,
    known: Known,
    person: int,
    source: str,
    one: Candidate | CameoError,
) -> Outcome:
    if isinstance(one, CameoError):
        return Outcome(source, None, None, str(one))
    new = people.NewTemplate(
        one.kind,
        library.media.put(one.jpeg),
        one.quality,
        one.parts,
        one.keypoints,
        source,
        one.vector,
        one.model,
        worn_at=now() if one.kind is Kind.BODY else None,
    )
    template = people.add_template(tx, person, new)
    problem = "" if template is not None else "this picture is enrolled already"
    resembles = known.resembled(one.vector, person)
    return Outcome(source, template, round(one.quality, 3), problem, resembles)
