"""Enrol whoever is in a tracklet ("this is Ada"): stored views become templates.

Nothing is decoded: pictures, keypoints and vectors are those of the index.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from reid_core.actions.enroll import MIN_QUALITY, Enrolled, Known, Outcome, person_called
from reid_core.actions.likelier import likelier
from reid_core.actions.loading import Models
from reid_core.errors import ModelMismatch, PoorQuality
from reid_core.library import Library, footage, people, vectors
from reid_core.library.footage import StoredTracklet, StoredView
from reid_core.library.store import now
from reid_core.types import Floats, Kind


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A tracklet with its good views, their vectors by view, and the path of its video."""

    tracklet: StoredTracklet
    views: list[StoredView]
    vectors: dict[int, Floats]
    video: str


def enroll_tracklet(
    library: Library,
    models: Models,
    name: str,
    tracklet_id: str,
    views: int = 3,
    *,
    min_quality: float = MIN_QUALITY,
) -> Enrolled:
    """The best views become templates of a person, made when new; it is confirmed to be them.

    tracklet_id: as shown. views: at most so many. All of it is one action. Raises BadName,
    TrackletNotFound, ModelMismatch when it was indexed with another model, PoorQuality when no
    view is good enough; nothing is changed then.
    """
    if views < 1:
        raise ValueError(f"views is {views}, expected 1 or more")
    name = people.clean_name(name)
    with library.read() as connection:
        found = _found(connection, models, tracklet_id, min_quality)
    known = Known.load(library, models, found.tracklet.kind)
    with library.transaction("enroll", templates=min(views, len(found.views))) as tx:
        person = person_called(tx, name)
        kept = found.views[:views]
        outcomes = tuple(_keep(tx, found, known, person, one) for one in kept)
        footage.set_verdict(tx, person, found.tracklet.id, True)
    other = likelier(known, [found.vectors[one.id] for one in kept], person)
    return Enrolled(person, name, found.tracklet.kind, outcomes, other)


def _found(connection: Connection, models: Models, tracklet_id: str, min_quality: float) -> _Found:
    tracklet = footage.find_tracklet(connection, tracklet_id)
    model = models.model_id(tracklet.kind)
    views = footage.views_of(connection, [tracklet.id])
    ids, rows = vectors.vectors_of(connection, "view", tracklet.kind, model, [v.id for v in views])
    if not len(ids):
        raise ModelMismatch(
            f"The tracklet {tracklet_id} was indexed with another model than {model}."
        )
    known = dict(zip(ids.tolist(), rows, strict=True))
    views = sorted((v for v in views if v.id in known), key=lambda v: -v.quality)
    good = [v for v in views if v.quality >= min_quality]
    if not good:
        raise PoorQuality(
            f"The best view of it has a quality of {views[0].quality:.2f}, below the limit of "
            f"{min_quality:.2f}: it would find others as well. Choose a clearer sighting."
        )
    video = footage.video_names(connection)[tracklet.video_id]
    return _Found(tracklet, good, known, video)


def _keep(tx: Connection, found: _Found, known: Known, person: int, view: StoredView) -> Outcome:
    kind, vector = found.tracklet.kind, found.vectors[view.id]
    source = f"{found.video}@{view.time_s:.3f}"
    template = people.add_template(
        tx,
        person,
        people.NewTemplate(
            kind,
            view.media,
            view.quality,
            {},
            view.keypoints,
            source,
            vector,
            known.model,
            worn_at=now() if kind is Kind.BODY else None,
        ),
    )
    problem = "" if template is not None else "this picture is enrolled already"
    return Outcome(
        source, template, round(view.quality, 3), problem, known.resembled(vector, person)
    )
