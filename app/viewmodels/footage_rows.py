"""The rows of the table of footage: what the library holds and what the queue is about, as one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from app.viewmodels.index_entries import RUNNING, Entry

if TYPE_CHECKING:
    from reid_core.library.footage import Video

# a recording's path is its camera or address and when it began
RECORDING = re.compile(r"(camera:\d+|\w+://\S*) \d{4}-\d\d-\d\dT\S+")
KINDS = {"face": "face", "person": "body", "body": "body"}  # by how a model's role begins


@dataclass(frozen=True, slots=True)
class VideoRow:
    """One line of the table.

    id: None while the library does not know it. source: what the queue knows it by, "" when it
    is not queued. state: waiting, indexing, paused, stopping, failed (of the queue), done, broken
    or stopped (begun, not finished). is_open: a recording that was not ended in order. rate:
    pictures a second it was indexed with. poster, cover: names of pictures, "" when there is none.
    """

    key: str
    id: int | None
    source: str
    name: str
    path: str
    state: str
    duration_s: float | None = None
    faces: int = 0
    bodies: int = 0
    share: float = 0.0
    remaining_s: float | None = None
    message: str = ""
    created: str = ""
    missing: bool = False
    is_recording: bool = False
    is_open: bool = False
    rate: float | None = None
    kinds: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()  # models of those that are no longer in use
    poster: str = ""
    cover: str = ""
    place: int = -1  # in the queue

    @property
    def is_queued(self) -> bool:
        """Whether the queue has it, failed ones aside."""
        return bool(self.source) and self.state != "failed"


@dataclass(frozen=True, slots=True)
class Listing:
    """What the library holds, newest first. by_path: a file's newest row."""

    rows: tuple[VideoRow, ...] = ()
    by_path: Mapping[str, VideoRow] = field(default_factory=dict)


def listing_of(
    videos: Iterable[Video],
    *,
    covers: Mapping[int, str],
    posters: frozenset[str],
    missing: frozenset[int],
    models: Mapping[str, str],
) -> Listing:
    """Rows of what was read. covers: pictures by video; posters: contents that have one; missing:
    videos whose file is gone; models: those in use, by role.
    """
    newest = sorted(videos, key=lambda v: (v.created, v.name), reverse=True)
    rows = tuple(
        replace(
            _stored(v, models),
            missing=v.id in missing,
            poster=v.content_hash if v.content_hash in posters else "",
            cover=covers.get(v.id, ""),
        )
        for v in newest
    )
    return Listing(rows, {row.path: row for row in reversed(rows)})


def merged(listing: Listing, entries: Sequence[Entry]) -> list[VideoRow]:
    """The queue in its order, then the other videos."""
    rows, taken = [], set()
    for place, entry in enumerate(entries):
        row = _row_of(entry, listing)
        if row is not None and row.id in taken:
            row = None
        if row is not None:
            taken.add(row.id)
        rows.append(_queued(entry, row, place))
    return rows + [row for row in listing.rows if row.id not in taken]


def actions_for(row: VideoRow, *, outdated: bool) -> tuple[str, ...]:
    """What can be done with a row now, the most likely first."""
    state, has_file = row.state, not (row.missing or row.is_recording)
    can = {
        "relink": row.missing,
        "resume": state == "paused" or (state in ("stopped", "failed") and not row.missing),
        "pause": state in ("waiting", "indexing") and not row.is_recording,
        "again": state in ("done", "broken") and outdated and has_file,
        "play": row.id is not None and has_file,
        "first": state == "waiting" and row.place > 0,
        "up": state == "waiting" and row.place > 0,
        "down": state == "waiting",
        "cancel": state in ("waiting", "indexing", "paused"),
        "remove": state == "failed" or (row.id is not None and not row.is_queued),
        "reveal": has_file,
        "copy": not row.is_recording,
    }
    return tuple(name for name, possible in can.items() if possible)


def with_entry(row: VideoRow, entry: Entry) -> VideoRow:
    """The row with how far the queue is."""
    return replace(
        row,
        state=entry.state,
        share=entry.share or row.share,
        remaining_s=entry.remaining_s,
        message=entry.message,
    )


def settings_of(video: Video) -> tuple[float | None, dict[str, str]]:
    """What a video was indexed with: pictures a second, and models by role."""
    try:
        raw = json.loads(video.settings)
        return float(raw["per_second"]), {str(k): str(v) for k, v in raw["models"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, {}


def kinds_of(roles: Iterable[str]) -> tuple[str, ...]:
    """Whom models of these roles look for."""
    found = {KINDS.get(role.split("-")[0], "") for role in roles}
    return tuple(k for k in ("face", "body") if k in found)


@lru_cache(maxsize=50_000)
def _absolute(source: str) -> str:
    return str(Path(source).absolute())


def _row_of(entry: Entry, listing: Listing) -> VideoRow | None:
    """The stored row that an entry is about."""
    if not entry.is_live:
        return listing.by_path.get(_absolute(entry.source))
    if entry.state not in RUNNING:
        return None
    start = f"{entry.name} "
    return next((r for r in listing.rows if r.is_open and r.path.startswith(start)), None)


def _queued(entry: Entry, row: VideoRow | None, place: int) -> VideoRow:
    if row is None:  # at once: `replace` is slow, and there may be thousands
        return VideoRow(
            key=entry.source,
            id=None,
            source=entry.source,
            name=entry.name,
            path=entry.name if entry.is_live else _absolute(entry.source),
            state=entry.state,
            share=entry.share,
            remaining_s=entry.remaining_s,
            message=entry.message,
            is_recording=entry.is_live,
            rate=entry.rate,
            kinds=entry.kinds,
            place=place,
        )
    if row.state != "stopped":
        row = replace(row, share=0.0)  # all of it is done again
    return replace(with_entry(row, entry), source=entry.source, place=place, missing=False)


def _stored(video: Video, in_use: Mapping[str, str]) -> VideoRow:
    rate, models = settings_of(video)
    is_recording = bool(RECORDING.fullmatch(video.path))
    is_over = video.state in ("done", "broken")
    duration = video.duration_s or (video.indexed_until_s if is_recording else None)
    return VideoRow(
        key=f"v{video.id}",
        id=video.id,
        source="",
        name=video.name,
        path=video.path,
        # a recording that was cut off cannot be gone on with: what there is is all there will be
        state=video.state if is_over else "done" if is_recording else "stopped",
        duration_s=duration,
        faces=video.faces,
        bodies=video.bodies,
        share=min(video.indexed_until_s / duration, 1.0) if duration else 0.0,
        message=video.message,
        created=video.created,
        is_recording=is_recording,
        is_open=is_recording and not is_over,
        rate=rate,
        kinds=kinds_of(models),
        models=tuple(models.values()),
        outdated=tuple(m for role, m in models.items() if in_use.get(role, m) != m),
    )
