"""Watch a live source: who comes, who it is, who goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np

from reid_core.actions.gallery import Gallery
from reid_core.actions.loading import Models
from reid_core.library import Library
from reid_core.types import Floats, Kind
from reid_core.video.source import open_source
from reid_core.video.stages import stages_for

GONE_S = 1.5
LOOKS = 3  # embeddings averaged before somebody is named: one picture may mislead


@dataclass(frozen=True, slots=True)
class Event:
    """enter, identified or leave. track counts people in this run; name is None for a stranger."""

    event: str
    time_s: float
    track: int
    kind: Kind
    name: str | None = None
    score: float | None = None
    box: tuple[float, float, float, float] | None = None


@dataclass(slots=True)
class _Seen:
    """Somebody in the picture now."""

    last_s: float
    vectors: list[Floats] = field(default_factory=list)
    name: str | None = None


def watch(
    library: Library,
    models: Models,
    source: str,
    *,
    kind: Kind = Kind.FACE,
    per_second: float = 5.0,
    seconds: float | None = None,
) -> Iterator[Event]:
    """Events as they happen. Names follow from the mean of a few looks against the gallery."""
    gallery, threshold = Gallery.load(library, models, kind), models.threshold(kind).value
    (stage,) = stages_for(
        {kind: (models.detector(kind), models.embedder(kind))}, per_second=per_second
    )
    seen: dict[int, _Seen] = {}
    now = 0.0
    with closing(open_source(source, every_s=1 / per_second)) as frames:
        for frame in frames:
            now = frame.time_s
            if seconds is not None and now > seconds:
                break
            found = stage.detector.detect(frame.image)
            ids = stage.tracker.update(found, now)
            for row in np.flatnonzero(ids >= 0):
                track = int(ids[row])
                box = tuple(round(float(v), 1) for v in found.boxes[row])
                if track not in seen:
                    seen[track] = _Seen(now)
                    yield Event("enter", round(now, 3), track, kind, box=box)  # type: ignore[arg-type]
                one = seen[track]
                one.last_s = now
                if one.name is None and len(one.vectors) < 10 * LOOKS:
                    chips = stage.embedder.chips(frame.image, found[row : row + 1])
                    one.vectors.append(stage.embedder.embed(chips)[0])
                    name, score = _who(gallery, threshold, one.vectors)
                    if name:
                        one.name = name
                        yield Event("identified", round(now, 3), track, kind, name, score, box)  # type: ignore[arg-type]
            yield from _gone(seen, now - GONE_S, kind)
    yield from _gone(seen, now + 1, kind)


def _who(
    gallery: Gallery, threshold: float | None, vectors: list[Floats]
) -> tuple[str | None, float | None]:
    if threshold is None or len(vectors) < LOOKS:
        return None, None
    mean = np.mean(vectors[-LOOKS:], axis=0)
    ranked = gallery.rank(mean / np.linalg.norm(mean))
    if not ranked or ranked[0][1] < threshold:
        return None, None
    return gallery.names[ranked[0][0]], round(ranked[0][1], 4)


def _gone(seen: dict[int, _Seen], before_s: float, kind: Kind) -> Iterator[Event]:
    for track in [t for t, one in seen.items() if one.last_s < before_s]:
        one = seen.pop(track)
        yield Event("leave", round(one.last_s, 3), track, kind, one.name)
