"""Error rates over all thresholds, from what `allpairs` counted.

FMR: the share of impostors accepted; FNMR: of genuine pairs rejected (ISO/IEC 19795-1). A pair is
accepted when its score is at least the threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reid_core.errors import TooFewPairs
from reid_core.evaluate.allpairs import BINS, Counted, Doubles, Rows, bins_of, edges, in_bins
from reid_core.evaluate.verification import accepted_of
from reid_core.protocols import Progress, no_progress
from reid_core.types import Floats

POINTS = 160  # of a curve that is drawn
COLUMNS = 64  # of a histogram that is drawn


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """thresholds, fmr, fnmr: (P,) rising thresholds with the rates there."""

    thresholds: Doubles
    fmr: Doubles
    fnmr: Doubles


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """edges: (C + 1,). genuine, impostor: (C,) shares of each sort, adding up to 1."""

    edges: Doubles
    genuine: Doubles
    impostor: Doubles


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """What only a second look says exactly. thresholds: by asked false-match rate."""

    thresholds: dict[str, float]
    eer: float
    left_out: tuple[str, ...]


def curve(counted: Counted) -> Curve:
    """The rates at the edge of every bin, which are exact there."""
    genuine = np.bincount(bins_of(counted.genuine.scores), minlength=BINS)
    reach = np.cumsum(counted.impostors[::-1])[::-1]
    missed = np.cumsum(genuine) - genuine
    return Curve(edges(), reach / counted.n_impostor, missed / len(counted.genuine))


def thinned(full: Curve, *, points: int = POINTS) -> Curve:
    """The points between which something changes, spread evenly over both logarithms."""
    inside = (full.fmr > 0) & (full.fmr < 1)
    if not inside.any():
        inside[[0, -1]] = True
    where = np.flatnonzero(inside)
    scale = -np.log(np.maximum(full.fmr[where], 1e-12)) + np.log(
        np.maximum(full.fnmr[where], 1 / (10 * BINS))
    )
    wanted = np.linspace(scale[0], scale[-1], points)
    kept = where[np.unique(np.clip(np.searchsorted(scale, wanted), 0, len(where) - 1))]
    return Curve(full.thresholds[kept], full.fmr[kept], full.fnmr[kept])


def histogram(counted: Counted, *, columns: int = COLUMNS) -> Histogram:
    """Both sorts over the range in which nearly all scores lie."""
    genuine = np.bincount(bins_of(counted.genuine.scores), minlength=BINS)
    both = np.flatnonzero(genuine + counted.impostors)
    low, high = int(both[0]), int(both[-1]) + 1
    step = max(1, -(-(high - low) // columns))
    starts = np.arange(low, high, step)
    cut = np.append(edges()[starts], (starts[-1] + step - BINS // 2) / (BINS // 2))
    shares = [np.add.reduceat(c[:high], starts) / c.sum() for c in (genuine, counted.impostors)]
    return Histogram(cut, shares[0], shares[1])


def area(counted: Counted) -> float:
    """Area under the ROC; pairs of scores that share a bin count half.

    It differs from the exact one by at most half the share of those, some 1e-6.
    """
    genuine = np.bincount(bins_of(counted.genuine.scores), minlength=BINS)
    below = np.cumsum(counted.impostors) - counted.impostors / 2
    return float(np.sum(genuine * (below / counted.n_impostor)) / len(counted.genuine))


def points(
    rows: Rows, counted: Counted, fars: Sequence[str], *, progress: Progress = no_progress
) -> Points:
    """The thresholds at false-match rates and the equal error rate, as a sort would give them.

    fars: rates as they are written. Those that there are too few impostors for are left out, with
    a sentence why.
    """
    n, places, left_out = counted.n_impostor, {}, []
    for far in fars:
        try:
            places[far] = accepted_of(n, far=float(far))
        except TooFewPairs as error:
            left_out.append(f"No TAR at {far}: {error}")
    reach = np.cumsum(counted.impostors[::-1])[::-1]
    # the bin in which the best score lies that must be rejected
    bins = {far: int(np.flatnonzero(reach > k)[-1]) for far, k in places.items() if k < n}
    crossing = _crossing(curve(counted))
    held = in_bins(rows, sorted({*bins.values(), crossing}), progress=progress)
    thresholds = dict.fromkeys(places, -np.inf)
    for far, b in bins.items():
        beyond = int(reach[b]) - len(held[b])  # above the bin
        score = held[b][::-1][places[far] - beyond]
        thresholds[far] = float(np.nextafter(score, np.float32(np.inf)))
    return Points(thresholds, _eer(counted, held[crossing], crossing), tuple(left_out))


def _crossing(full: Curve) -> int:
    """The bin in which false non-matches become as frequent as false matches."""
    gap = full.fnmr - full.fmr
    later = np.flatnonzero(gap >= 0)
    return int(later[0]) - 1 if len(later) else BINS - 1


def _eer(counted: Counted, inside: Floats, b: int) -> float:
    """As `verification.eer`, from the scores in the one bin where the rates cross."""
    genuine = np.sort(counted.genuine.scores)
    beyond = int(counted.impostors[b + 1 :].sum())
    mine = genuine[bins_of(genuine) == b]
    at = np.append(np.unique(np.concatenate([inside, mine])), np.inf)
    under = int(np.count_nonzero(bins_of(genuine) < b))
    fnmr = (under + np.searchsorted(mine, at, "left")) / len(genuine)
    fmr = (beyond + len(inside) - np.searchsorted(inside, at, "left")) / counted.n_impostor
    gap = fnmr - fmr
    i = int(np.argmax(gap >= 0))
    along = gap[i - 1] / (gap[i - 1] - gap[i])
    return float(fmr[i - 1] + along * (fmr[i] - fmr[i - 1]))
