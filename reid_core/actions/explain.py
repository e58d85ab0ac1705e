"""Why somebody was found: which enrolled look and which stored view resemble one another most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reid_core.library import Library, footage, people, vectors
from reid_core.library.ids import parse_id
from reid_core.search.decide import Query
from reid_core.types import Kind, Sighting


@dataclass(frozen=True, slots=True)
class Match:
    """A stored view and the template it resembles most (media names; template "" when the query
    was not somebody enrolled), with their similarity. tracklet: 63-bit id.
    """

    view: str
    template: str
    score: float
    time_s: float
    quality: float
    tracklet: int


def explain(library: Library, query: Query, sighting: Sighting, *, top: int = 6) -> list[Match]:
    """The views of a sighting that speak most for it, best first."""
    ids = [parse_id(one) or 0 for one in sighting.tracklets]
    with library.read() as connection:
        views = {v.id: v for v in footage.views_of(connection, ids)}
        known, rows = vectors.vectors_of(connection, "view", query.kind, query.model, list(views))
        looks = people.templates_of(connection, query.person) if query.person is not None else []
        own = [t.id for t in looks if t.kind is Kind(query.kind)]
        templates, base = vectors.vectors_of(connection, "template", query.kind, query.model, own)
    if not len(known):
        return []
    media = {t.id: t.media for t in looks}
    names = [media[i] for i in templates.tolist()] if len(templates) else [""] * len(query.vectors)
    scores = rows @ (base if len(templates) else query.vectors).T
    nearest = scores.argmax(1)
    order = np.argsort(-scores.max(1), kind="stable")[:top]
    return [
        Match(
            (view := views[int(known[i])]).media,
            names[int(nearest[i])],
            round(float(scores[i, nearest[i]]), 4),
            view.time_s,
            view.quality,
            view.tracklet_id,
        )
        for i in order.tolist()
    ]
