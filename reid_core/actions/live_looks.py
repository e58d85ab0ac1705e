"""The best looks at somebody who is being watched, and making templates of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reid_core import images, quality
from reid_core.actions.enroll import MIN_QUALITY, Known
from reid_core.actions.likelier import Likelier, likelier
from reid_core.actions.loading import Models
from reid_core.errors import ModelMismatch, PersonNotFound, PoorQuality
from reid_core.library import Library, people
from reid_core.library.store import now
from reid_core.types import Detections, Floats, Image, Kind
from reid_core.video.trails import cut_view


@dataclass(frozen=True, slots=True, eq=False)
class LiveLook:
    """One look. jpeg: the crop. keypoints: (K, 2) in its pixels. vector: (D,) unit, of `model`.

    parts, quality: see `reid_core.quality`. time_s: of the source.
    """

    kind: Kind
    jpeg: bytes
    keypoints: Floats
    vector: Floats
    model: str
    parts: dict[str, float]
    quality: float
    time_s: float


@dataclass(frozen=True, slots=True)
class Named:
    """What enrolling somebody watched came to. added: new templates. likelier: somebody else
    whom the looks resemble more.
    """

    person: int
    name: str
    added: int
    likelier: Likelier | None = None


def look_of(
    image: Image,
    one: Detections,
    vector: Floats,
    model: str,
    parts: dict[str, float],
    time_s: float,
) -> LiveLook:
    """A single detection as a look. image: (H, W, 3) uint8 BGR; vector: (D,) unit."""
    crop, points = cut_view(image, one)
    jpeg = images.encode_jpeg(crop, quality=95)
    return LiveLook(one.kind, jpeg, points, vector, model, parts, quality.overall(parts), time_s)


def enroll_looks(
    library: Library,
    name: str,
    looks: Sequence[LiveLook],
    *,
    where_from: str,
    models: Models | None = None,
) -> Named:
    """Make templates of the looks that are good enough; the person is made when new.

    where_from: kept with the templates, without credentials. models: in use, to compare with
    everybody enrolled; without them `likelier` is not told. Raises PoorQuality when no look is
    good enough (nothing is changed then), BadName.
    """
    clean = people.clean_name(name)
    good = [look for look in looks if look.quality >= MIN_QUALITY]
    if not good:
        best = max((look.quality for look in looks), default=0.0)
        raise PoorQuality(
            f"The best view so far has a quality of {best:.2f}, below the limit of "
            f"{MIN_QUALITY:.2f}. Wait until this person comes closer or looks at the camera."
        )
    known = _known(library, models, good[0]) if models is not None else None
    with library.transaction("enroll", templates=len(good)) as tx:
        try:
            person = people.find_person(tx, clean).id
        except PersonNotFound:
            person = people.add_person(tx, clean)
        added = 0
        for look in good:
            new = people.NewTemplate(
                look.kind,
                library.media.put(look.jpeg),
                look.quality,
                look.parts,
                look.keypoints,
                where_from,
                look.vector,
                look.model,
                worn_at=now() if look.kind is Kind.BODY else None,
            )
            added += people.add_template(tx, person, new) is not None
    other = likelier(known, [look.vector for look in good], person) if known else None
    return Named(person, clean, added, other)


def _known(library: Library, models: Models, look: LiveLook) -> Known | None:
    """The gallery; None where it cannot be compared with a look, which is no reason to stop."""
    try:
        known = Known.load(library, models, look.kind)
    except ModelMismatch:
        return None
    return known if known.model == look.model else None
