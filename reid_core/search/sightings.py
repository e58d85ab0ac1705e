"""From scored tracklets to sightings: spans of a video in which somebody was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reid_core import boxes
from reid_core.library.footage import StoredTracklet, StoredView
from reid_core.library.ids import format_id
from reid_core.types import Evidence, Floats, Sighting

GAP_S = 2.0  # tracklets closer than this, in one video, are one sighting


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A tracklet that may show the person, and how similar it is (cosine)."""

    tracklet: StoredTracklet
    score: float
    verdict: str | None = None


def merge(scored: Sequence[Scored], *, at_least: float | None) -> list[list[Scored]]:
    """Groups of tracklets that are one sighting, best group first and best tracklet first.

    A chain is one sighting. Other tracklets join when they follow within GAP_S and speak for the
    person themselves, that is reach `at_least`.
    """
    chains: dict[tuple[int, int], list[Scored]] = defaultdict(list)
    for one in scored:
        chains[one.tracklet.video_id, one.tracklet.chain].append(one)
    by_video: dict[int, list[list[Scored]]] = defaultdict(list)
    for (video, _), group in chains.items():
        by_video[video].append(group)
    groups = [g for some in by_video.values() for g in _joined(some, at_least)]
    for group in groups:
        group.sort(key=lambda s: -s.score)
    return sorted(groups, key=lambda g: -g[0].score)


def sighting_of(
    group: Sequence[Scored],
    video: str,
    views: Mapping[int, Sequence[StoredView]],
    scores: Mapping[int, float],
) -> Sighting:
    """One group as a value. views: by tracklet. scores: cosine by view."""
    best = group[0]
    looks = [v for s in group for v in views.get(s.tracklet.id, ())]
    looks.sort(key=lambda v: -scores.get(v.id, -1.0))
    own = [v for v in looks if v.tracklet_id == best.tracklet.id]
    moment = own[0].time_s if own else best.tracklet.start_s
    said = {s.verdict for s in group} - {None}
    return Sighting(
        video=video,
        kind=best.tracklet.kind,
        start_s=round(min(s.tracklet.start_s for s in group), 3),
        end_s=round(max(s.tracklet.end_s for s in group), 3),
        best_s=round(moment, 3),
        score=round(best.score, 4),
        probability=None,
        verdict=best.verdict or (said.pop() if len(said) == 1 else None),
        tracklets=tuple(format_id(s.tracklet.id) for s in group),
        box=_box_at(best.tracklet, moment),
        evidence=tuple(
            Evidence(round(v.time_s, 3), round(scores.get(v.id, best.score), 4), round(v.quality, 3), v.media)
            for v in looks[:5]
        ),
    )


def _joined(groups: list[list[Scored]], at_least: float | None) -> list[list[Scored]]:
    """Neighbouring groups of one video put together."""
    result: list[list[Scored]] = []
    for group in sorted(groups, key=lambda g: min(s.tracklet.start_s for s in g)):
        speaks = at_least is not None and max(s.score for s in group) >= at_least
        start = min(s.tracklet.start_s for s in group)
        if result and speaks:
            last = result[-1]
            before = max(s.score for s in last) >= (at_least or 0)
            if before and start - max(s.tracklet.end_s for s in last) <= GAP_S:
                last.extend(group)
                continue
        result.append(list(group))
    return result


def _box_at(tracklet: StoredTracklet, moment: float) -> tuple[float, float, float, float]:
    times, path = tracklet.unpacked()
    at: Floats = boxes.interpolate(times, path, np.array([moment]))[0]
    return tuple(round(float(v), 1) for v in at)  # type: ignore[return-value]
