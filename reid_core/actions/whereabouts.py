"""Who is where in a stretch of an indexed video: what a player draws over the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from reid_core.actions.gallery import Gallery
from reid_core.actions.loading import Models
from reid_core.actions.thresholds import chance_of
from reid_core.errors import ModelError
from reid_core.library import Library, calibrations, footage, schema, vectors
from reid_core.library.verdicts import confirmed_people, refused_people
from reid_core.types import Floats, Kind

Named = tuple[str, float | None, float | None]  # a name, the similarity, the probability
NOBODY: Named = ("", None, None)


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Somebody's way through the picture.

    times: (T,) seconds, rising. boxes: (T, 4) xyxy frame pixels. name: whom the user or the
    gallery takes it for, "" for nobody. score: similarity to them, None when the user said so.
    probability: that it is them, of everybody enrolled and nobody of them; None when uncalibrated.
    """

    tracklet: int
    kind: Kind
    times: NDArray[np.float64]
    boxes: Floats
    name: str = ""
    score: float | None = None
    probability: float | None = None


def traces_in(
    library: Library, models: Models, video: int, from_s: float, to_s: float
) -> list[Trace]:
    """Every tracklet that touches a span of a video, named where that is possible."""
    t = schema.tracklet.c
    query = sa.select(t.id).where(t.video_id == video, t.start_s <= to_s, t.end_s >= from_s)
    with library.read() as connection:
        stored = footage.tracklets_of(connection, list(connection.execute(query).scalars()))
    names: dict[int, Named] = {}
    for kind in Kind:
        own = [i for i, one in stored.items() if one.kind is kind]
        names |= _names(library, models, kind, own)
    return [_trace(i, one, names.get(i, NOBODY)) for i, one in stored.items()]


def _trace(tracklet: int, one: footage.StoredTracklet, named: Named) -> Trace:
    name, score, probability = named
    times, boxes = one.unpacked()
    return Trace(tracklet, one.kind, times, boxes, name, score, probability)


def _names(library: Library, models: Models, kind: Kind, tracklets: list[int]) -> dict[int, Named]:
    """Names by tracklet, as far as there are any. No model is loaded for it."""
    if not tracklets:
        return {}
    try:
        gallery, model = Gallery.load(library, models, kind), models.model_id(kind)
        reference = models.threshold(kind)
    except ModelError:  # not installed, or templates of another model: boxes without names
        return {}
    with library.read() as connection:
        calibration = calibrations.get(connection, model, kind)
        least = reference.value if calibration is None else calibration.threshold.value
        ids, rows = vectors.vectors_of(connection, "tracklet", kind, model, tracklets)
        said = confirmed_people(connection, tracklets)
        refused = refused_people(connection, tracklets)
    found: dict[int, Named] = {}
    for one, vector in zip(ids.tolist(), rows, strict=True):
        ranked = [r for r in gallery.rank(vector) if (one, r[0]) not in refused]
        if ranked and least is not None and ranked[0][1] >= least:
            name, score = gallery.names[ranked[0][0]], round(ranked[0][1], 4)
            found[one] = name, score, chance_of(calibration, ranked)
    return found | {
        i: (gallery.names[p], None, None) for i, p in said.items() if p in gallery.names
    }
