"""From scored tracklets to sightings: spans of a video in which somebody was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reid_core import boxes
from reid_core.library.footage import StoredTracklet, StoredView
from reid_core.library.ids import format_id
from reid_core.quality import LEAST
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

    A tracklet joins the one before it in the video when it follows within GAP_S and is of the
    same chain, or when both speak for the person themselves, that is reach `at_least`. Longer
    absences part sightings even within a chain: a span must not claim time that nobody saw.
    """
    by_video: dict[int, list[Scored]] = defaultdict(list)
    for one in scored:
        by_video[one.tracklet.video_id].append(one)
    groups = [group for some in by_video.values() for group in _joined(some, at_least)]
    for group in groups:
        group.sort(key=lambda s: -s.score)
    return sorted(groups, key=lambda g: -g[0].score)


def sighting_of(
    group: Sequence[Scored],
    video: str,
    views: Mapping[int, Sequence[StoredView]],
    scores: Mapping[int, float],
    probability: float | None = None,
) -> Sighting:
    """One group as a value. views: by tracklet. scores: cosine by view. probability: of its best
    tracklet; not claimed where no view is good, since nothing was measured on such.
    """
    best = group[0]
    looks = [v for s in group for v in views.get(s.tracklet.id, ())]
    looks.sort(key=lambda v: -scores.get(v.id, -1.0))
    own = [v for v in looks if v.tracklet_id == best.tracklet.id]
    moment = own[0].time_s if own else best.tracklet.start_s
    said = {s.verdict for s in group} - {None}
    is_seen = any(v.quality >= LEAST for v in looks)
    return Sighting(
        video=video,
        kind=best.tracklet.kind,
        start_s=round(min(s.tracklet.start_s for s in group), 3),
        end_s=round(max(s.tracklet.end_s for s in group), 3),
        best_s=round(moment, 3),
        score=round(best.score, 4),
        probability=None if probability is None or not is_seen else round(probability, 4),
        verdict=best.verdict or (said.pop() if len(said) == 1 else None),
        tracklets=tuple(format_id(s.tracklet.id) for s in group),
        box=_box_at(best.tracklet, moment),
        evidence=tuple(
            Evidence(
                round(v.time_s, 3),
                round(scores.get(v.id, best.score), 4),
                round(v.quality, 3),
                v.media,
            )
            for v in looks[:5]
        ),
    )


@dataclass(slots=True, eq=False)
class _Group:
    """Tracklets put together so far."""

    members: list[Scored]
    chains: set[int]
    end_s: float
    best: float

    def add(self, one: Scored) -> None:
        self.members.append(one)
        self.chains.add(one.tracklet.chain)
        self.end_s = max(self.end_s, one.tracklet.end_s)
        self.best = max(self.best, one.score)


def _joined(scored: list[Scored], at_least: float | None) -> list[list[Scored]]:
    """The tracklets of one video, put together."""
    groups: list[_Group] = []
    near: list[_Group] = []  # those that a later tracklet may still join
    for one in sorted(scored, key=lambda s: s.tracklet.start_s):
        near = [g for g in near if one.tracklet.start_s - g.end_s <= GAP_S]
        home = next((g for g in near if _belongs(one, g, at_least)), None)
        if home is None:
            home = _Group([], set(), one.tracklet.end_s, one.score)
            groups.append(home)
            near.append(home)
        home.add(one)
    return [g.members for g in groups]


def _belongs(one: Scored, group: _Group, at_least: float | None) -> bool:
    """Whether a tracklet that is near in time continues a group: the same person."""
    if one.tracklet.chain in group.chains:
        return True
    return at_least is not None and min(one.score, group.best) >= at_least


def _box_at(tracklet: StoredTracklet, moment: float) -> tuple[float, float, float, float]:
    times, path = tracklet.unpacked()
    at: Floats = boxes.interpolate(times, path, np.array([moment]))[0]
    return tuple(round(float(v), 1) for v in at)  # type: ignore[return-value]
