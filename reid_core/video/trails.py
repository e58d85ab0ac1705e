"""Tracks while they are being seen: what is remembered of each until it becomes a tracklet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reid_core import align, boxes
from reid_core.protocols import Embedder
from reid_core.track.chooser import Candidate, Chooser
from reid_core.types import Detections, Floats, Frame, Image, Kind

KeyOf = Callable[[Kind, float, Floats], int]
"""Gives a tracklet its lasting id from its kind, first moment and first box."""

CROP_SIDE = 320  # px; a stored view is shrunk to this, enough for any embedder known
FACE_MARGIN, BODY_MARGIN = 0.9, 0.1  # context kept around the box, as a share of its sides
CLAIM_IOU = 0.3  # a new track's first box is looked for in the picture before
THIN_PX = 2.0  # a box on the straight line between its neighbours, to this error, is left out


@dataclass(slots=True, eq=False)
class Trail:
    """One track so far."""

    key: int
    kind: Kind
    chooser: Chooser[Candidate]
    times: list[float] = field(default_factory=list)
    boxes: list[Floats] = field(default_factory=list)
    best_score: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Loose:
    """A detection without a track yet, kept for one picture."""

    time_s: float
    box: Floats
    score: float
    candidate: Candidate


class Trails:
    """The open trails of one kind.

    embedder: cuts the chips. views, apart_s: see `Chooser`. lone: the score at which a
    detection that no track ever claims counts as somebody seen once.
    """

    def __init__(
        self, embedder: Embedder, key_of: KeyOf, *, views: int, apart_s: float, lone: float
    ) -> None:
        self._embedder = embedder
        self._key_of = key_of
        self._views = views
        self._apart_s = apart_s
        self._lone = lone
        self._open: dict[int, Trail] = {}
        self._loose: list[_Loose] = []

    def add(
        self, frame: Frame, found: Detections, ids: NDArray[np.int64], quality: Floats
    ) -> list[Trail]:
        """Take in one picture; returns trails that are complete already (people seen once)."""
        claimed: set[int] = set()
        for row in np.flatnonzero(ids >= 0):
            track = int(ids[row])
            if track not in self._open:
                self._open[track] = self._begin(frame, found, int(row), claimed)
            self._extend(self._open[track], frame, found, int(row), float(quality[row]))
        left = [one for i, one in enumerate(self._loose) if i not in claimed]
        self._loose = [
            self._loose_one(frame, found, int(row), float(quality[row]))
            for row in np.flatnonzero((ids < 0) & (found.scores >= self._lone))
        ]
        return [self._alone(one) for one in left]

    def key(self, track: int) -> int | None:
        """The lasting id of an open track."""
        trail = self._open.get(track)
        return trail.key if trail else None

    def close_unseen(self, since_s: float) -> list[Trail]:
        """Take out the trails last seen before `since_s`."""
        gone = [t for t, trail in self._open.items() if trail.times[-1] < since_s]
        return [self._open.pop(t) for t in gone]

    def close_all(self) -> list[Trail]:
        """Take out every trail, and whoever was seen once just now."""
        closed = [*self._open.values(), *(self._alone(one) for one in self._loose)]
        self._open, self._loose = {}, []
        return closed

    def _begin(self, frame: Frame, found: Detections, row: int, claimed: set[int]) -> Trail:
        """A trail, from the unclaimed detection of the picture before where there is one."""
        best, first = 0.0, None
        for i, one in enumerate(self._loose):
            overlap = float(boxes.iou(one.box[None], found.boxes[row][None])[0, 0])
            if i not in claimed and overlap > max(best, CLAIM_IOU):
                best, first = overlap, i
        if first is None:
            return self._new(found.kind, frame.time_s, found.boxes[row])
        claimed.add(first)
        return self._alone(self._loose[first])

    def _new(self, kind: Kind, time_s: float, box: Floats) -> Trail:
        chooser = Chooser[Candidate](k=self._views, apart_s=self._apart_s)
        return Trail(self._key_of(kind, time_s, box), kind, chooser)

    def _alone(self, one: _Loose) -> Trail:
        kind = self._embedder.kind
        trail = self._new(kind, one.time_s, one.box)
        trail.times, trail.boxes, trail.best_score = [one.time_s], [one.box], one.score
        trail.chooser.add(one.candidate)
        return trail

    def _loose_one(self, frame: Frame, found: Detections, row: int, quality: float) -> _Loose:
        candidate = self._candidate(frame, found, row, quality)
        return _Loose(frame.time_s, found.boxes[row], float(found.scores[row]), candidate)

    def _extend(
        self, trail: Trail, frame: Frame, found: Detections, row: int, quality: float
    ) -> None:
        trail.times.append(frame.time_s)
        trail.boxes.append(found.boxes[row])
        trail.best_score = max(trail.best_score, float(found.scores[row]))
        if trail.chooser.wants(frame.time_s, quality):
            trail.chooser.add(self._candidate(frame, found, row, quality))

    def _candidate(self, frame: Frame, found: Detections, row: int, quality: float) -> Candidate:
        one = found[row : row + 1]
        crop, points = cut_view(frame.image, one)
        chip = self._embedder.chips(frame.image, one)[0]
        return Candidate(crop, points, one.boxes[0], frame.time_s, quality, chip)


def cut_view(image: Image, one: Detections) -> tuple[Image, Floats]:
    """What is kept of a single detection: its box with a margin, shrunk if large.

    Returns the crop (h, w, 3) uint8 and the keypoints (K, 2) in its pixels.
    """
    margin = FACE_MARGIN if one.kind is Kind.FACE else BODY_MARGIN
    part, origin = align.cut(image, one.boxes[0], margin=margin)
    crop, scale = align.fit_within(part, side=CROP_SIDE)
    points = (one.keypoints[0] - np.array(origin)) * scale
    return crop, points.astype(np.float32)


def thin(times: Iterable[float], path: Iterable[Floats]) -> tuple[NDArray[np.float64], Floats]:
    """Leave out boxes that linear interpolation gives back to within `THIN_PX`.

    Returns times (T,) and boxes (T, 4) with the first and last kept. One pass, greedy: a box is
    kept when the line from the last kept one to the next one would miss any box in between.
    """
    t, b = np.array(list(times), np.float64), np.array(list(path), np.float32)
    keep = [0]
    for end in range(2, len(t)):
        inner = slice(keep[-1] + 1, end)
        line = boxes.interpolate(t[[keep[-1], end]], b[[keep[-1], end]], t[inner])
        if np.abs(line - b[inner]).max() > THIN_PX:
            keep.append(end - 1)
    if len(t) > 1:
        keep.append(len(t) - 1)
    return t[keep], b[keep]
