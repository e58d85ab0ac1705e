"""What a window shows of footage: light queries that answer fast over 100,000 tracklets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.library import schema
from reid_core.library.footage import Video
from reid_core.library.media import NAME, Media
from reid_core.library.store import Library
from reid_core.types import Kind


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody seen in a video. media: the stored picture of the best view, "" when none is."""

    id: int
    kind: str
    start_s: float
    end_s: float
    media: str


def seen_in(connection: Connection, video: int, kind: Kind | None = None) -> list[Seen]:
    """Every tracklet of a video in order of time, of one kind or both."""
    t, w = schema.tracklet.c, schema.view.c
    best = sa.and_(w.tracklet_id == t.id, w.rank == 0)
    query = (
        sa.select(t.id, t.kind, t.start_s, t.end_s, sa.func.coalesce(w.media, ""))
        .select_from(schema.tracklet.outerjoin(schema.view, best))
        .where(t.video_id == video)
        .order_by(t.start_s, t.id)
    )
    if kind is not None:
        query = query.where(t.kind == kind)
    return [Seen(*row) for row in connection.execute(query)]


def covers(connection: Connection) -> dict[int, str]:
    """A stored picture that stands for each video: of the face, else the body, seen longest."""
    t, w = schema.tracklet.c, schema.view.c
    place = sa.func.row_number().over(
        partition_by=t.video_id,
        order_by=((t.kind == Kind.FACE).desc(), (t.end_s - t.start_s).desc(), t.id),
    )
    ranked = sa.select(t.id, t.video_id, place.label("place")).subquery()
    query = (
        sa.select(ranked.c.video_id, w.media)
        .join(schema.view, w.tracklet_id == ranked.c.id)
        .where(ranked.c.place == 1, w.rank == 0)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def pictures_of(connection: Connection, video: int) -> list[str]:
    """The names of the stored pictures of a video."""
    t, w = schema.tracklet.c, schema.view.c
    query = (
        sa.select(w.media)
        .join(schema.tracklet, t.id == w.tracklet_id)
        .where(t.video_id == video)
        .distinct()
    )
    return list(connection.execute(query).scalars())


def posters(library: Library) -> Media:
    """A frame of each video, under the name of the video's content; a cache."""
    return Media(library.cache / "posters")


def has_poster(library: Library, video: Video) -> bool:
    """Whether a frame of the video is kept."""
    name = video.content_hash
    return bool(NAME.fullmatch(name)) and posters(library).path(name).exists()


def file_sizes(folder: Path) -> Iterator[int]:
    """Bytes of each file in a folder and those below it, as they are found."""
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for one in entries:
                    if one.is_dir(follow_symlinks=False):
                        waiting.append(Path(one.path))
                    else:
                        yield one.stat(follow_symlinks=False).st_size
        except OSError:  # removed while we looked
            continue
