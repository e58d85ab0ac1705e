"""Videos, and who was seen in them: tracklets and their views."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from reid_core.errors import TrackletNotFound, VideoNotFound
from reid_core.library import schema
from reid_core.library.ids import format_id, parse_id, stable_id
from reid_core.library.media import Media
from reid_core.library.paths import (
    floats_from_bytes,
    floats_to_bytes,
    path_from_bytes,
    path_to_bytes,
)
from reid_core.library.store import bump, now
from reid_core.library.vectors import IN_QUERY, put_vectors, vectors_of
from reid_core.types import Embeddings, Floats, Kind, Tracklet


@dataclass(frozen=True, slots=True)
class Video:
    """An indexed source. indexed_until_s: how far; state: new, indexing, done or broken.

    created: when it came into the library, UTC.
    """

    id: int
    path: str
    name: str
    content_hash: str
    duration_s: float | None
    state: str
    indexed_until_s: float
    message: str
    settings: str
    created: str
    faces: int = 0
    bodies: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class StoredTracklet:
    """A tracklet as search needs it; `path` still packed."""

    id: int
    video_id: int
    kind: Kind
    start_s: float
    end_s: float
    chain: int
    link: int | None
    path: bytes

    def unpacked(self) -> tuple[NDArray[np.float64], Floats]:
        """Times (T,) and boxes (T, 4)."""
        return path_from_bytes(self.path)


@dataclass(frozen=True, slots=True, eq=False)
class StoredView:
    """A stored look of a tracklet."""

    id: int
    tracklet_id: int
    rank: int
    time_s: float
    box: Floats
    quality: float
    keypoints: Floats
    media: str


def add_video(
    tx: Connection,
    path: str,
    *,
    content_hash: str,
    duration_s: float | None,
    settings: dict[str, object],
) -> int:
    """The id of a new video, derived from its content."""
    one = stable_id("video", content_hash)
    tx.execute(
        schema.video.insert().values(
            id=one,
            path=path,
            name=Path(path).name or path,
            content_hash=content_hash,
            duration_s=duration_s,
            state="new",
            indexed_until_s=0.0,
            message="",
            settings=json.dumps(settings, sort_keys=True),
            created=now(),
        )
    )
    return one


def update_video(tx: Connection, video: int, **values: object) -> None:
    """Set columns of a video (path, state, indexed_until_s, message …)."""
    tx.execute(schema.video.update().where(schema.video.c.id == video).values(**values))


def list_videos(connection: Connection) -> list[Video]:
    """Every video by name, with how many tracklets of each kind."""
    v, t = schema.video.c, schema.tracklet.c
    counts = {
        kind: sa.select(sa.func.count(t.id))
        .where(t.video_id == v.id, t.kind == kind)
        .scalar_subquery()
        for kind in ("face", "body")
    }
    query = sa.select(*_video_columns(), counts["face"], counts["body"]).order_by(v.name, v.id)
    return [Video(*row) for row in connection.execute(query)]


def video_names(connection: Connection) -> dict[int, str]:
    """The path of every video by id."""
    v = schema.video.c
    return {row[0]: row[1] for row in connection.execute(sa.select(v.id, v.path))}


def video_by_hash(connection: Connection, content_hash: str) -> Video | None:
    """The video with that content, wherever its file is."""
    query = sa.select(*_video_columns()).where(schema.video.c.content_hash == content_hash)
    row = connection.execute(query).first()
    return Video(*row) if row else None


def video_of(connection: Connection, video: int) -> Video:
    """The video of that id. Raises VideoNotFound."""
    row = connection.execute(sa.select(*_video_columns()).where(schema.video.c.id == video)).first()
    if row is None:
        raise VideoNotFound("This video is no longer in the library.")
    return Video(*row)


def find_video(connection: Connection, name: str) -> Video:
    """By id, path or file name. Raises VideoNotFound, also when a name fits several."""
    v = schema.video.c
    resolved = str(Path(name).absolute())
    query = sa.select(*_video_columns()).where(
        sa.or_(v.id == (parse_id(name) or -1), v.path.in_([name, resolved]), v.name == name)
    )
    rows = connection.execute(query).all()
    if len(rows) > 1:
        ids = ", ".join(format_id(row[0]) for row in rows)
        raise VideoNotFound(f"{name!r} fits several videos; say which by id: {ids}.")
    if not rows:
        raise VideoNotFound(f"No video {name!r} is in the library. See: cameo videos list")
    return Video(*rows[0])


def write_tracklets(
    tx: Connection, media: Media, video: int, tracklets: Sequence[Tracklet]
) -> None:
    """Store tracklets, their views, pictures and vectors (of each view, and pooled)."""
    for t in tracklets:
        tx.execute(
            schema.tracklet.insert().values(
                id=t.key,
                video_id=video,
                kind=t.kind,
                start_s=t.start_s,
                end_s=t.end_s,
                path=path_to_bytes(t.times, t.boxes),
                chain=t.chain,
                link=t.link,
            )
        )
        views = [stable_id("view", t.key, rank) for rank in range(len(t.views))]
        rows = [
            {
                "id": one,
                "tracklet_id": t.key,
                "rank": rank,
                "time_s": view.time_s,
                "box": floats_to_bytes(view.box),
                "quality": view.quality,
                "keypoints": floats_to_bytes(view.keypoints),
                "media": media.put(view.jpeg),
            }
            for rank, (one, view) in enumerate(zip(views, t.views, strict=True))
        ]
        if rows:
            tx.execute(schema.view.insert(), rows)
        model = t.embeddings.model
        put_vectors(tx, "view", t.kind, model, views, t.embeddings.vectors)
        put_vectors(tx, "tracklet", t.kind, model, [t.key], t.embeddings.pooled()[None])
    if tracklets:
        bump(tx, "footage")


def tracklets_of(connection: Connection, ids: Sequence[int]) -> dict[int, StoredTracklet]:
    """Stored tracklets by id."""
    return {t.id: t for t in _tracklets(connection, schema.tracklet.c.id, ids)}


def chain_members(connection: Connection, chains: Sequence[int]) -> list[StoredTracklet]:
    """Every tracklet of these chains."""
    return _tracklets(connection, schema.tracklet.c.chain, chains)


def find_tracklet(connection: Connection, shown_id: str) -> StoredTracklet:
    """By its shown id. Raises TrackletNotFound."""
    one = parse_id(shown_id)
    found = tracklets_of(connection, [one]) if one else {}
    if not one or one not in found:
        raise TrackletNotFound(f"There is no tracklet {shown_id!r} in the library.")
    return found[one]


def views_of(connection: Connection, tracklets: Sequence[int]) -> list[StoredView]:
    """The views of these tracklets, best first within each."""
    w = schema.view.c
    result = []
    for i in range(0, len(tracklets), IN_QUERY):
        query = sa.select(schema.view).where(w.tracklet_id.in_(tracklets[i : i + IN_QUERY]))
        for row in connection.execute(query.order_by(w.tracklet_id, w.rank)):
            box = floats_from_bytes(row.box, columns=4)[0]
            points = floats_from_bytes(row.keypoints, columns=2)
            result.append(
                StoredView(
                    row.id,
                    row.tracklet_id,
                    row.rank,
                    row.time_s,
                    box,
                    row.quality,
                    points,
                    row.media,
                )
            )
    return result


def tracklet_ids(
    connection: Connection,
    kind: Kind,
    *,
    videos: Sequence[int] | None = None,
    from_s: float | None = None,
    to_s: float | None = None,
) -> NDArray[np.int64]:
    """Ids (N,) of the tracklets that a filter lets through."""
    t = schema.tracklet.c
    query = sa.select(t.id).where(t.kind == kind)
    if videos is not None:
        query = query.where(t.video_id.in_(videos))
    if from_s is not None:
        query = query.where(t.end_s >= from_s)
    if to_s is not None:
        query = query.where(t.start_s <= to_s)
    return np.array(connection.execute(query).scalars().all(), np.int64)


def drop_from(tx: Connection, video: int, from_s: float) -> list[str]:
    """Delete the tracklets that start at or after a moment, as `delete_tracklets` does."""
    t = schema.tracklet.c
    gone = (
        tx.execute(sa.select(t.id).where(t.video_id == video, t.start_s >= from_s)).scalars().all()
    )
    return delete_tracklets(tx, gone)


def ending_after(
    connection: Connection, video: int, kind: Kind, model: str, from_s: float
) -> list[Tracklet]:
    """Stored tracklets that end behind a moment, as the pipeline made them but without crops."""
    t = schema.tracklet.c
    query = sa.select(t.id).where(t.video_id == video, t.kind == kind, t.end_s >= from_s)
    stored = tracklets_of(connection, list(connection.execute(query).scalars()))
    looks = views_of(connection, list(stored))
    ids, rows = vectors_of(connection, "view", kind, model, [w.id for w in looks])
    row_of = dict(zip(ids.tolist(), rows, strict=True))
    result = []
    for one in stored.values():
        own = [w for w in looks if w.tracklet_id == one.id and w.id in row_of]
        if own:
            quality = np.array([w.quality for w in own], np.float32)
            embeddings = Embeddings(np.stack([row_of[w.id] for w in own]), quality, model)
            times, path = one.unpacked()
            result.append(Tracklet(one.id, kind, times, path, (), embeddings, one.chain, one.link))
    return result


def delete_tracklets(tx: Connection, ids: Sequence[int]) -> list[str]:
    """Delete tracklets with views and vectors; returns names of pictures that nobody uses now.

    The pictures themselves must go after the transaction: `media.remove` cannot be undone.
    """
    orphans: set[str] = set()
    for i in range(0, len(ids), IN_QUERY):
        some = ids[i : i + IN_QUERY]
        views = tx.execute(
            sa.select(schema.view.c.id, schema.view.c.media).where(
                schema.view.c.tracklet_id.in_(some)
            )
        ).all()
        orphans |= {row.media for row in views}
        owners = [*some, *(row.id for row in views)]
        for j in range(0, len(owners), IN_QUERY):
            tx.execute(
                schema.vector.delete().where(schema.vector.c.owner_id.in_(owners[j : j + IN_QUERY]))
            )
        tx.execute(schema.tracklet.delete().where(schema.tracklet.c.id.in_(some)))
    bump(tx, "footage")
    return unused(tx, orphans)


def unused(connection: Connection, media: set[str]) -> list[str]:
    """Those of these pictures that no view and no template refers to."""
    names = sorted(media)
    used: set[str] = set()
    for i in range(0, len(names), IN_QUERY):
        for table in (schema.view, schema.template):
            query = sa.select(table.c.media).where(table.c.media.in_(names[i : i + IN_QUERY]))
            used |= set(connection.execute(query).scalars())
    return [n for n in names if n not in used]


def remove_video(tx: Connection, video: int) -> list[str]:
    """Delete a video's rows; returns pictures to remove after the transaction."""
    t = schema.tracklet.c
    ids = tx.execute(sa.select(t.id).where(t.video_id == video)).scalars().all()
    orphans = delete_tracklets(tx, ids)
    tx.execute(schema.video.delete().where(schema.video.c.id == video))
    return orphans


def set_verdict(tx: Connection, person: int, tracklet: int, same: bool) -> None:
    """The user says whether this tracklet shows this person."""
    tx.execute(
        schema.verdict.insert()
        .prefix_with("OR REPLACE")
        .values(person_id=person, tracklet_id=tracklet, same=same, created=now())
    )


def verdicts_of(connection: Connection, person: int) -> dict[int, bool]:
    """What the user said of this person, by tracklet."""
    v = schema.verdict.c
    query = sa.select(v.tracklet_id, v.same).where(v.person_id == person)
    return {row[0]: row[1] for row in connection.execute(query)}


def _video_columns() -> list[sa.Column[Any]]:
    v = schema.video.c
    names = (
        "id",
        "path",
        "name",
        "content_hash",
        "duration_s",
        "state",
        "indexed_until_s",
        "message",
        "settings",
        "created",
    )
    return [v[name] for name in names]


def _tracklets(
    connection: Connection, column: sa.Column[int], values: Sequence[int]
) -> list[StoredTracklet]:
    t = schema.tracklet.c
    result = []
    for i in range(0, len(values), IN_QUERY):
        query = sa.select(
            t.id, t.video_id, t.kind, t.start_s, t.end_s, t.chain, t.link, t.path
        ).where(column.in_(list(values[i : i + IN_QUERY])))
        for one, video, kind, *rest in connection.execute(query):
            result.append(StoredTracklet(one, video, Kind(kind), *rest))
    return result
