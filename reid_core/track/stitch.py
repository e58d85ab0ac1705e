"""Re-joining the tracklets of one person that an occlusion has torn apart.

Every possible continuation (one tracklet ends, another begins a little later) is weighed by a
log-likelihood ratio, same person against somebody else, summed over three independent pieces of
evidence: appearance, motion and size. The best one-to-one assignment above `LEAST` wins.

What "similar" means is learnt from the video itself, without labels, so that it holds for any
embedder: two views of one tracklet show the same person, two tracklets seen at the same moment
do not. The two distributions of cosine are taken as normal (as in the score-likelihood ratios of
forensic speaker comparison, e.g. Brümmer & du Preez, Computer Speech & Language 2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from reid_core.types import Floats, Tracklet

LEAST = 1.5  # log-likelihood ratio, natural logarithm, that a join must reach
OVERLAP_S = 0.15  # two tracklets of one person may overlap by about one picture
FEW = 12  # with fewer pairs of either sort the video cannot say what "similar" means
FADE = 1.5  # views within a tracklet are alike in pose and light: real variation is wider
CLIP = 4.0  # no single piece of evidence may decide alone
BORDER_SHARE = 0.02  # of the picture: who ends there has walked out
WALKED_OUT = -2.0


@dataclass(frozen=True, slots=True)
class Contrast:
    """Cosines of the same person and of different people in this video."""

    same: tuple[float, float]
    different: tuple[float, float]

    def ratio(self, cosine: float) -> float:
        """Log-likelihood ratio of a cosine, clipped to ±CLIP."""
        low, high = self.different[0], self.same[0]
        # outside the two means the normal tails would cross again and mislead
        inner = float(np.clip(cosine, low - self.different[1], high + self.same[1]))
        ratio = _log_normal(inner, *self.same) - _log_normal(inner, *self.different)
        return float(np.clip(ratio, -CLIP, CLIP))


class Stitcher:
    """Chains of one kind over the segments of one video.

    gap_s: the longest disappearance that may be bridged.
    """

    def __init__(self, *, gap_s: float) -> None:
        self._gap_s = gap_s
        self._recent: list[Tracklet] = []
        self._same: list[float] = []
        self._different: list[float] = []

    def remember(self, tracklets: Sequence[Tracklet]) -> None:
        """Take up where an earlier run stopped: these are already stored."""
        self._recent = list(tracklets)

    def chains(self, tracklets: Sequence[Tracklet], *, size: tuple[int, int]) -> list[Tracklet]:
        """The same tracklets with `chain` set; continuations of earlier segments included.

        size: width and height of the picture, px.
        """
        pool = sorted([*self._recent, *tracklets], key=lambda t: (t.start_s, t.key))
        new = {t.key for t in tracklets}
        if pool:
            self._learn([t for t in pool if t.key in new])
            pool = _follow(pool, self._continuations(pool, np.array(size, np.float32)))
            end = max(t.end_s for t in pool)
            self._recent = [t for t in pool if t.end_s >= end - self._gap_s]
        return [t for t in pool if t.key in new]

    def _learn(self, tracklets: list[Tracklet]) -> None:
        """Cosines of same and different people in this segment.

        Only in this one: a run that was interrupted must come to the same chains.
        """
        self._same, self._different = [], []
        for t in tracklets:
            self._same += _cosines_within(t)
        for i, a in enumerate(tracklets):
            for b in tracklets[i + 1 : i + 40]:
                if b.start_s < a.end_s and a.start_s < b.end_s:
                    self._different.append(float(a.embeddings.pooled() @ b.embeddings.pooled()))

    def _contrast(self) -> Contrast | None:
        if min(len(self._same), len(self._different)) < FEW:
            return None
        same, different = np.array(self._same), np.array(self._different)
        wide = FADE * max(float(same.std()), 0.01)
        # the mean moves too: a later look is less like than the next look
        mean = float(same.mean()) - 0.5 * wide
        return Contrast((mean, wide), (float(different.mean()), max(float(different.std()), 0.01)))

    def _continuations(self, pool: list[Tracklet], extent: Floats) -> list[tuple[int, int]]:
        """Pairs (row of the earlier, row of the later) that are one person."""
        weight = self._weigh(pool, extent)
        rows, columns = linear_sum_assignment(np.maximum(weight, 0), maximize=True)
        return [
            (int(a), int(b)) for a, b in zip(rows, columns, strict=True) if weight[a, b] > LEAST
        ]

    def _weigh(self, pool: list[Tracklet], extent: Floats) -> NDArray[np.float64]:
        """(N, N) log-likelihood ratio that column continues row; -inf where it cannot."""
        start = np.array([t.start_s for t in pool])
        end = np.array([t.end_s for t in pool])
        gap = start[None, :] - end[:, None]
        possible = (gap > -OVERLAP_S) & (gap <= self._gap_s) & (start[None, :] > start[:, None])
        weight = np.full((len(pool), len(pool)), -np.inf)
        contrast = self._contrast()
        vectors = np.stack([t.embeddings.pooled() for t in pool])
        for a, b in zip(*np.nonzero(possible), strict=True):
            ratio = _motion(pool[a], pool[b], extent)
            if contrast:
                ratio += contrast.ratio(float(vectors[a] @ vectors[b]))
            weight[a, b] = ratio + (WALKED_OUT if _at_border(pool[a].boxes[-1], extent) else 0)
        return weight


def _cosines_within(tracklet: Tracklet) -> list[float]:
    vectors = tracklet.embeddings.vectors
    rows, columns = np.triu_indices(len(vectors), 1)
    return [float(c) for c in (vectors[rows] * vectors[columns]).sum(1)]


def _at_border(box: Floats, extent: Floats) -> bool:
    margin = BORDER_SHARE * extent
    return bool((box[:2] <= margin).any() or (box[2:] >= extent - margin).any())


def _motion(a: Tracklet, b: Tracklet, extent: Floats) -> float:
    """Log-likelihood ratio of b's place and size given a's: a normal around where constant
    velocity leads, against anywhere in the picture. Lengths are in heights of the box.
    """
    gap = max(b.start_s - a.end_s, 0.0)
    box_a, box_b = a.boxes[-1], b.boxes[0]
    height = max(float(box_a[3] - box_a[1] + box_b[3] - box_b[1]) / 2, 1.0)
    drift = 0.5 * (_velocity(a, at_end=True) + _velocity(b, at_end=False)) * min(gap, 3.0)
    missed = (_foot(box_b) - _foot(box_a) - drift) / height
    sigma = 0.2 + 0.3 * gap
    area = max(float(extent[0] * extent[1]) / height**2, 1.0)
    place = np.log(area / (2 * np.pi * sigma**2)) - float(missed @ missed) / (2 * sigma**2)
    ratio = np.log(max(float(box_b[3] - box_b[1]), 1.0) / max(float(box_a[3] - box_a[1]), 1.0))
    size_sigma = 0.15 + 0.05 * gap
    size = np.log(0.6 / size_sigma) - 0.5 * (ratio / size_sigma) ** 2
    return float(np.clip(place, -2 * CLIP, CLIP) + np.clip(size, -CLIP, CLIP / 4))


def _foot(box: Floats) -> Floats:
    return np.array([(box[0] + box[2]) / 2, box[3]], np.float32)


def _velocity(tracklet: Tracklet, *, at_end: bool) -> Floats:
    """(2,) px per second over the last or first second."""
    moment = tracklet.end_s - 1.0 if at_end else tracklet.start_s + 1.0
    moment = float(np.clip(moment, tracklet.start_s, tracklet.end_s))
    edge = tracklet.end_s if at_end else tracklet.start_s
    if abs(edge - moment) < 0.3:
        return np.zeros(2, np.float32)
    at = np.array([moment, edge])
    path = np.stack([np.interp(at, tracklet.times, tracklet.boxes[:, i]) for i in range(4)], 1)
    return np.asarray((_foot(path[1]) - _foot(path[0])) / (edge - moment), np.float32)


def _log_normal(x: float, mean: float, std: float) -> float:
    return float(-0.5 * ((x - mean) / std) ** 2 - np.log(std))


def _follow(pool: list[Tracklet], pairs: list[tuple[int, int]]) -> list[Tracklet]:
    """Give every continuation the chain of what it continues; pool is in order of start."""
    before = {b: a for a, b in pairs}
    chain: list[int] = []
    for i, t in enumerate(pool):
        chain.append(chain[before[i]] if i in before else t.chain)
    return [replace(t, chain=c) for t, c in zip(pool, chain, strict=True)]
