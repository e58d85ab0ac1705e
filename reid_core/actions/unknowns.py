"""Who was seen and is not enrolled: appearances that nobody known explains, grouped into people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from reid_core.actions import thresholds
from reid_core.actions.gallery import Gallery
from reid_core.actions.loading import Models
from reid_core.errors import NoThreshold
from reid_core.files import write_atomically
from reid_core.library import Library, footage, schema, together, vectors
from reid_core.library.ids import format_id
from reid_core.library.verdicts import confirmed_people, refused_people
from reid_core.protocols import Progress, no_progress
from reid_core.quality import LEAST
from reid_core.search import clusters
from reid_core.search.decide import Threshold
from reid_core.search.sightings import Scored, merge
from reid_core.types import Floats, Kind

CELLS = 1 << 22  # similarities to the gallery held at a time

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Appearance:
    """A span of a video, in seconds, with the ids of its tracklets."""

    video: str
    start_s: float
    end_s: float
    tracklets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Somebody whom nobody has named.

    number: 1 for whoever was seen most often. seconds: of all appearances. tracklet: the id of the
    one with the best look, which is at best_s of video and whose picture is media in the library.
    """

    number: int
    appearances: tuple[Appearance, ...]
    seconds: float
    tracklet: str
    video: str
    best_s: float
    quality: float
    media: str


@dataclass(frozen=True, slots=True)
class Unknowns:
    """The answer. people: those seen most often first.

    tracklets: how many were looked at; of them known: explained by somebody enrolled, unclear:
    without a view good enough to tell people apart. threshold: from which two are one person.
    """

    kind: Kind
    model: str
    threshold: Threshold
    people: tuple[Unknown, ...]
    tracklets: int
    known: int
    unclear: int


@dataclass(frozen=True, slots=True)
class _Look:
    """The best view of a tracklet."""

    media: str
    time_s: float
    quality: float


def unknowns(
    library: Library,
    models: Models,
    *,
    kind: Kind = Kind.FACE,
    videos: Collection[int] | None = None,
    progress: Progress = no_progress,
) -> Unknowns:
    """Group the tracklets of people who are not enrolled.

    Two who are in one picture are never one person. Left out is whom the user confirmed, who
    reaches the threshold with somebody enrolled (unless the user said that it is not them), and
    whoever was never seen well: very poor faces look alike. videos: ids, all when None. Raises
    NoThreshold when nothing says from which similarity two are one person, ModelMismatch when the
    people enrolled are of another model.
    """
    gallery, model = Gallery.load(library, models, kind), models.model_id(kind)
    with library.read() as connection:
        threshold = thresholds.threshold(connection, models, kind)
        if threshold.value is None:
            raise NoThreshold(
                f"Nothing says from which similarity two looks by {model} are one person. "
                f"Run: cameo calibrate --kind {kind}"
            )
        ids, rows = _tracklets(connection, kind, model, videos)
        looks = _best_looks(connection, kind)
        is_known = _known(connection, gallery, ids, rows, threshold.value)
        is_clear = np.array([i in looks and looks[i].quality >= LEAST for i in ids.tolist()], bool)
        left = ~is_known & is_clear
        labels = clusters.group(
            rows[left],
            at_least=threshold.value,
            apart=_apart(connection, kind, ids[left]),
            progress=progress,
        )
        people = _people(connection, ids[left], labels, looks)
    n_known = int(np.count_nonzero(is_known))
    unclear = int(np.count_nonzero(~is_known & ~is_clear))
    return Unknowns(kind, model, threshold, people, len(ids), n_known, unclear)


def write_pictures(library: Library, people: Sequence[Unknown], folder: Path) -> list[Path]:
    """A picture of each, unknown-001.jpg and so on; the folder is made. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for one in people:
        path = folder / f"unknown-{one.number:03d}.jpg"
        write_atomically(path, library.media.get(one.media))
        written.append(path)
    return written


def _tracklets(
    connection: Connection, kind: Kind, model: str, videos: Collection[int] | None
) -> tuple[Ids, Floats]:
    ids, rows = vectors.all_vectors(connection, "tracklet", kind, model)
    if videos is None:
        return ids, rows
    inside = np.isin(ids, footage.tracklet_ids(connection, kind, videos=list(videos)))
    return ids[inside], rows[inside]


def _best_looks(connection: Connection, kind: Kind) -> dict[int, _Look]:
    """The best view of each tracklet of a kind."""
    v, t = schema.view.c, schema.tracklet.c
    # beside a single max() SQLite gives the columns of the row that has it
    query = (
        sa.select(v.tracklet_id, v.media, v.time_s, sa.func.max(v.quality))
        .join(schema.tracklet, t.id == v.tracklet_id)
        .where(t.kind == kind)
        .group_by(v.tracklet_id)
    )
    return {row[0]: _Look(row[1], row[2], row[3]) for row in connection.execute(query)}


def _known(
    connection: Connection, gallery: Gallery, ids: Ids, rows: Floats, least: float
) -> NDArray[np.bool_]:
    """(N,) which tracklets somebody enrolled explains."""
    confirmed = confirmed_people(connection, ids.tolist())
    refused: dict[int, set[int]] = defaultdict(set)
    for tracklet, person in refused_people(connection, ids.tolist()):
        refused[tracklet].add(person)
    known = np.array([i in confirmed for i in ids.tolist()], bool)
    if not len(gallery.owners):
        return known
    step = max(1, CELLS // len(gallery.owners))
    for start in range(0, len(ids), step):
        some = slice(start, start + step)
        known[some] |= (rows[some] @ gallery.vectors.T).max(1) >= least
    for i in np.flatnonzero(known):
        one = int(ids[i])
        if one in refused and one not in confirmed:
            ranked = gallery.rank(rows[i])
            known[i] = any(score >= least and p not in refused[one] for p, score in ranked)
    return known


def _apart(connection: Connection, kind: Kind, ids: Ids) -> tuple[Ids, Ids]:
    """Rows of tracklets in different places of one picture: nobody is in two of them."""
    every = together.spans(connection, kind)
    order = np.argsort(ids)
    place = np.minimum(np.searchsorted(ids, every.ids, sorter=order), max(len(ids) - 1, 0))
    there = np.isin(every.ids, ids)
    first, second = together.overlapping(every, np.random.default_rng(0))
    both = there[first] & there[second]
    first, second = first[both], second[both]
    two = together.apart(connection, every, first, second)
    return order[place[first[two]]], order[place[second[two]]]


def _people(
    connection: Connection, ids: Ids, labels: Ids, looks: Mapping[int, _Look]
) -> tuple[Unknown, ...]:
    """The groups as people, those with most appearances first."""
    stored = footage.tracklets_of(connection, ids.tolist())
    names = footage.video_names(connection)
    members: dict[int, list[Scored]] = defaultdict(list)
    for one, label in zip(ids.tolist(), labels.tolist(), strict=True):
        members[label].append(Scored(stored[one], 1.0))
    found = [_person(some, names, looks) for some in members.values()]
    found.sort(key=lambda one: (-len(one.appearances), -one.seconds, one.tracklet))
    return tuple(replace(one, number=n) for n, one in enumerate(found, 1))


def _person(
    members: Sequence[Scored], names: Mapping[int, str], looks: Mapping[int, _Look]
) -> Unknown:
    # all of one person: those near in time are one appearance
    spans = [_appearance(group, names) for group in merge(members, at_least=0.0)]
    spans.sort(key=lambda a: (a.video, a.start_s))
    best = max((s.tracklet for s in members), key=lambda t: (looks[t.id].quality, -t.id))
    look, seconds = looks[best.id], round(sum(a.end_s - a.start_s for a in spans), 3)
    where, at_s = names[best.video_id], round(look.time_s, 3)
    quality = round(look.quality, 3)
    return Unknown(0, tuple(spans), seconds, format_id(best.id), where, at_s, quality, look.media)


def _appearance(group: Sequence[Scored], names: Mapping[int, str]) -> Appearance:
    tracklets = sorted((s.tracklet for s in group), key=lambda t: (t.start_s, t.id))
    return Appearance(
        names[tracklets[0].video_id],
        round(tracklets[0].start_s, 3),
        round(max(t.end_s for t in tracklets), 3),
        tuple(format_id(t.id) for t in tracklets),
    )
