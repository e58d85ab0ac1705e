"""The stored pictures of a video by time: what a player shows before anything is decoded."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.library import schema

Moment = tuple[float, str]  # seconds, name of the stored picture


def moments_of(connection: Connection, video: int) -> list[Moment]:
    """When each tracklet's best view was seen, and its picture, in order of time."""
    t, w = schema.tracklet.c, schema.view.c
    query = (
        sa.select(w.time_s, w.media)
        .join(schema.tracklet, t.id == w.tracklet_id)
        .where(t.video_id == video, w.rank == 0)
        .order_by(w.time_s)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]
