"""How well people are followed: HOTA, IDF1 and MOTA from the kept library `trackers`.

HOTA: Luiten et al., "HOTA: A Higher Order Metric for Evaluating Multi-object Tracking", IJCV 2021
(the mean over IoU 0.05 to 0.95). IDF1: Ristani et al., "Performance Measures and a Data Set for
Multi-target, Multi-camera Tracking", ECCVW 2016. MOTA: Bernardin & Stiefelhagen, "Evaluating
Multiple Object Tracking Performance", EURASIP 2008. The last two at IoU 0.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from reid_core import boxes
from reid_core.evaluate.lists import Tracks
from reid_core.types import Floats, Tracklet

BRIDGE_S = 2.0  # a gap within a chain up to this long is filled by interpolation
SLACK_S = 1e-6  # times that differ by less are one

Ids = NDArray[np.int64]
Times = NDArray[np.float64]
Part = tuple[Ids, Ids, Floats]


@dataclass(frozen=True, slots=True)
class Followed:
    """HOTA, IDF1 and MOTA as shares (MOTA may be negative); id_switches counted."""

    hota: float
    idf1: float
    mota: float
    id_switches: int


def follow(found: Tracks, truth: Tracks, *, n_frames: int | None = None) -> Followed:
    """Compare tracks over frames 0..n_frames-1, by default up to the last of either.

    Raises ValueError when a track is twice in one frame.
    """
    from trackers.eval import compute_clear_metrics, compute_hota_metrics, compute_identity_metrics

    _check_once(found)
    _check_once(truth)
    last = max(int(t.frames.max(initial=-1)) for t in (found, truth))
    n = last + 1 if n_frames is None else n_frames
    true_ids, found_ids = _dense(truth.ids), _dense(found.ids)
    here = list(zip(truth.rows_by_frame(n), found.rows_by_frame(n), strict=True))
    rows = (
        [true_ids[t] for t, _ in here],
        [found_ids[f] for _, f in here],
        [boxes.iou(truth.boxes[t], found.boxes[f]).astype(np.float64) for t, f in here],
    )
    clear, identity = compute_clear_metrics(*rows), compute_identity_metrics(*rows)
    hota = float(compute_hota_metrics(*rows)["HOTA"])
    return Followed(hota, float(identity["IDF1"]), float(clear["MOTA"]), int(clear["IDSW"]))


def as_tracks(tracklets: Sequence[Tracklet], times: Times) -> Tracks:
    """Boxes in every frame: chains as ids, linear between the moments looked at.

    times: (F,) presentation time of every frame, rising. Gaps within a chain of up to `BRIDGE_S`
    are filled; where two tracklets of a chain overlap in time, the earlier one counts.
    """
    chains: dict[int, list[Tracklet]] = {}
    for t in sorted(tracklets, key=lambda t: t.start_s):
        chains.setdefault(t.chain, []).append(t)
    parts = [part for chain, members in chains.items() for part in _parts(chain, members, times)]
    if not parts:
        return Tracks(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 4), np.float32))
    frames, ids, path = (np.concatenate(column) for column in zip(*parts, strict=True))
    _, once = np.unique(np.stack([frames, _dense(ids)], axis=1), axis=0, return_index=True)
    return Tracks(frames[once], ids[once], path[once].astype(np.float32))


def _parts(chain: int, members: Sequence[Tracklet], times: Times) -> Iterator[Part]:
    """What was seen, then what is bridged: of two boxes for one frame the first is kept."""
    for t in members:
        yield _between(chain, t.times, t.boxes, times)
    for before, after in pairwise(members):
        if 0 < after.start_s - before.end_s <= BRIDGE_S:
            gap = np.array([before.end_s, after.start_s])
            yield _between(chain, gap, np.stack([before.boxes[-1], after.boxes[0]]), times)


def _between(chain: int, at: Times, path: Floats, times: Times) -> Part:
    frames = np.flatnonzero((times >= at[0] - SLACK_S) & (times <= at[-1] + SLACK_S))
    return frames, np.full(len(frames), chain, np.int64), boxes.interpolate(at, path, times[frames])


def _check_once(tracks: Tracks) -> None:
    places = np.stack([tracks.frames, tracks.ids], axis=1)
    if len(np.unique(places, axis=0)) < len(places):
        raise ValueError("an id is twice in one frame")


def _dense(ids: Ids) -> Ids:
    """The same ids as 0, 1, 2 …, as the library wants them (it compares them as floats)."""
    return np.unique(ids, return_inverse=True)[1].astype(np.int64)
