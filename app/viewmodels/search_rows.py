"""What the page of search shows: a row per sighting, a lane per video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.likeness import in_full, likeness, meaning
from reid_core.types import Kind, Sighting

if TYPE_CHECKING:
    from reid_core.actions.search import Found
    from reid_core.library.footage import Video


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody to look for. media: their best picture."""

    id: int
    name: str
    media: str
    faces: int
    bodies: int


@dataclass(frozen=True, slots=True)
class Options:
    """Where and how to look. kind: None for what is there. from_s, to_s: within each video.

    The others only choose among what was found: minimum: of `Row.measure`, None for any; rejected:
    what the user said is somebody else is shown too; by_time: else the likeliest come first.
    """

    kind: Kind | None = None
    videos: tuple[int, ...] | None = None
    from_s: float | None = None
    to_s: float | None = None
    rejected: bool = False
    minimum: float | None = None
    only_likely: bool = False
    by_time: bool = False

    @property
    def asked(self) -> tuple[object, ...]:
        """The part that needs another search."""
        return self.kind, self.videos, self.from_s, self.to_s, self.rejected

    @property
    def n_limits(self) -> int:
        """How many things narrow the search."""
        times = self.from_s is not None or self.to_s is not None
        return sum((self.videos is not None, times, self.minimum is not None))


@dataclass(frozen=True, slots=True)
class Row:
    """A sighting. key: its best tracklet. place: 1 for the likeliest. media: its best view.
    is_calibrated: whether what its score means was measured.
    """

    key: str
    place: int
    sighting: Sighting
    is_likely: bool
    video_id: int | None
    name: str
    media: str
    is_calibrated: bool = False

    @property
    def likeness(self) -> str:
        """The probability where there is one, else the similarity."""
        return likeness(self.sighting.score, self.sighting.probability, 3)

    @property
    def likeness_in_full(self) -> str:
        """The same, saying where nothing was measured."""
        one = self.sighting
        return in_full(one.score, one.probability, is_calibrated=self.is_calibrated, places=3)

    @property
    def meaning(self) -> str:
        """What that means, in a sentence."""
        return meaning(self.sighting.probability, is_calibrated=self.is_calibrated)

    @property
    def measure(self) -> float:
        """What a least one is asked of: the probability once calibrated, else the similarity."""
        one = self.sighting
        return (one.probability or 0.0) if self.is_calibrated else one.score


@dataclass(frozen=True, slots=True)
class Span:
    """A sighting on a time line. key: of its row."""

    key: str
    start_s: float
    end_s: float
    best_s: float
    kind: Kind
    is_likely: bool
    verdict: str | None
    media: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A video with its sightings, the likeliest last: they are painted over the others."""

    path: str
    name: str
    video_id: int | None
    duration_s: float
    spans: tuple[Span, ...]

    @property
    def n_likely(self) -> int:
        """How many of them are likely."""
        return sum(s.is_likely for s in self.spans)


def rows_of(found: Found, videos: Mapping[str, Video]) -> tuple[Row, ...]:
    """A row per sighting, the likeliest first. videos: by path."""
    rows, is_calibrated = [], found.threshold.origin == "calibrated"
    for place, one in enumerate(found.sightings, 1):
        video = videos.get(one.video)
        media = one.evidence[0].media if one.evidence else ""
        name = Path(one.video).name or one.video
        likely = found.is_sure(one)
        number = video.id if video else None
        rows.append(Row(one.tracklet, place, one, likely, number, name, media, is_calibrated))
    return tuple(rows)


def shown_of(rows: Sequence[Row], options: Options) -> tuple[Row, ...]:
    """Those that the options let through, in the order that they ask for."""
    least = options.minimum
    kept = [
        r
        for r in rows
        if (r.is_likely or not options.only_likely)
        and (least is None or r.measure >= least or r.sighting.verdict == "same")
        and (options.rejected or r.sighting.verdict != "different")
    ]
    if options.by_time:
        kept.sort(key=lambda r: (r.sighting.video, r.sighting.start_s))
    return tuple(kept)


def lanes_of(rows: Sequence[Row], videos: Mapping[str, Video]) -> tuple[Lane, ...]:
    """A lane per video that has rows; that with the likeliest sighting first."""
    by_video: dict[str, list[Row]] = {}
    for one in sorted(rows, key=lambda r: r.place):
        by_video.setdefault(one.sighting.video, []).append(one)
    return tuple(_lane(path, some, videos.get(path)) for path, some in by_video.items())


def _lane(path: str, rows: Sequence[Row], video: Video | None) -> Lane:
    length = max(r.sighting.end_s for r in rows)
    if video is not None and video.duration_s:
        length = max(length, video.duration_s)
    spans = [_span(r) for r in sorted(rows, key=lambda r: (r.is_likely, -r.place))]
    return Lane(path, rows[0].name, rows[0].video_id, max(length, 0.1), tuple(spans))


def _span(row: Row) -> Span:
    s = row.sighting
    return Span(row.key, s.start_s, s.end_s, s.best_s, s.kind, row.is_likely, s.verdict, row.media)
