"""One model's pairs, judged: rates, thresholds and how sure they are; all pairs, or a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import TooFewPairs
from reid_core.evaluate import allpairs, curves, identity_bootstrap, verification
from reid_core.evaluate.allpairs import WORST, Bools, Counted, Doubles, Ids, Rows, Scored
from reid_core.evaluate.compare import Difference, difference
from reid_core.evaluate.identity_bootstrap import People
from reid_core.evaluate.verification import Rate
from reid_core.protocols import Progress, no_progress, part
from reid_core.types import Floats

FARS = ("1e-1", "1e-2", "1e-3", "1e-4", "1e-5", "1e-6")
Places = NDArray[np.signedinteger[Any]]

STEP = 4096  # pairs multiplied at a time
KEEP = 2_000_000  # accepted impostors held; of more a sample stands for the rest


@dataclass(frozen=True, slots=True)
class Side:
    """One model over all pairs. tar: the share of genuine pairs accepted, by false-match rate."""

    model: str
    auc: float
    eer: float
    tar: dict[str, Rate]
    det: curves.Curve
    histogram: curves.Histogram


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One model's pairs, counted.

    thresholds: by false-match rate. drawn_tars: (R, F) TAR in each draw at each of the rates.
    left_out: sentences on rates that there are too few pairs for. listed: the impostors where a
    list says which; None where they are all there are.
    """

    rows: Rows
    counted: allpairs.Counted
    thresholds: dict[str, float]
    side: Side
    drawn_tars: Doubles
    left_out: tuple[str, ...] = ()
    listed: Scored | None = None

    def accepted(self, far: str) -> Scored:
        """The impostors at or above the threshold of a rate, best first."""
        limit = self.thresholds[far]
        if self.listed is None:
            return allpairs.above(self.rows, self.counted, level=limit, keep=KEEP)
        return self.listed[self.listed.scores >= limit]


def judge(
    rows: Rows,
    model: str,
    drawn: Sequence[Doubles],
    *,
    fars: Sequence[str] = FARS,
    progress: Progress = no_progress,
) -> Judged:
    """All pairs of one model.

    drawn: how often each identity is drawn, by bootstrap draw. Raises TooFewPairs.
    """
    counted = allpairs.count(rows, progress=part(progress, 0, 1 / 3))
    at = curves.points(rows, counted, fars, progress=part(progress, 1 / 3, 2 / 3))
    rates = [float(far) for far in at.thresholds]
    most = max(rates, default=0.0)
    people = identity_bootstrap.people(rows, counted, far=most, progress=part(progress, 2 / 3, 1))
    tars = _drawn(people, drawn, rates)
    units = int(np.count_nonzero(rows.pictures > 1))
    tar = {
        far: _rate(counted, threshold, tars[:, i], units)
        for i, (far, threshold) in enumerate(at.thresholds.items())
    }
    side = _side(model, counted, curves.area(counted), at.eer, tar)
    return Judged(rows, counted, at.thresholds, side, tars, at.left_out)


def judge_list(
    rows: Rows,
    pairs: tuple[Ids, Ids, Bools],
    model: str,
    drawn: Sequence[Doubles],
    *,
    fars: Sequence[str],
) -> Judged:
    """As `judge`, over some pairs: first and second rows, and whether they show one person.

    The intervals of its rates take pairs as independent (Clopper-Pearson); those of differences
    between models are from the bootstrap all the same. Raises TooFewPairs.
    """
    first, second, same = pairs
    scored = _scored(rows, first, second)
    genuine, impostors = scored[same], scored[~same]
    impostors = impostors[np.argsort(-impostors.scores, kind="stable")]
    counts = np.bincount(allpairs.bins_of(impostors.scores), minlength=allpairs.BINS)
    counted = Counted(genuine, counts)
    tar, left_out = _tars(scored.scores, same, fars)
    people = identity_bootstrap.people_of(rows, genuine, impostors, whole=True)
    tars = _drawn(people, drawn, [float(far) for far in tar])
    auc, eer = (f(scored.scores, same) for f in (verification.auc, verification.eer))
    side = _side(model, counted, auc, eer, tar)
    thresholds = {far: rate.threshold for far, rate in tar.items()}
    return Judged(rows, counted, thresholds, side, tars, left_out, impostors)


def differences(first: Judged, second: Judged) -> tuple[Difference, ...]:
    """TAR at each rate, in the same draws."""
    return tuple(
        difference(
            f"TAR @ {far}",
            (first.side.tar[far].value, second.side.tar[far].value),
            second.drawn_tars[:, i] - first.drawn_tars[:, i],
            people=int(np.count_nonzero(first.rows.pictures > 1)),
        )
        for i, far in enumerate(first.side.tar)
    )


def similarities(rows: Rows, first: Places, second: Places) -> Floats:
    """(M,) the similarities of some pairs of rows."""
    result = np.full(len(first), WORST, np.float32)
    for start in range(0, len(first), STEP):
        a, b = first[start : start + STEP], second[start : start + STEP]
        cosine = np.einsum("nd,nd->n", rows.vectors[a], rows.vectors[b])
        both = rows.found[a] & rows.found[b]
        result[start : start + STEP] = np.where(both, cosine, WORST)
    return result


def _scored(rows: Rows, first: Ids, second: Ids) -> Scored:
    a, b = (side.astype(np.int32) for side in (first, second))
    return Scored(similarities(rows, first, second), a, b, np.ones(len(a), np.float32))


def _tars(
    scores: Floats, same: Bools, fars: Sequence[str]
) -> tuple[dict[str, Rate], tuple[str, ...]]:
    """TAR at each rate that there are enough impostors for, and why not the others."""
    result, left_out = {}, []
    for far in fars:
        try:
            result[far] = verification.tar_at(scores, same, far=float(far))
        except TooFewPairs as error:
            left_out.append(f"No TAR at {far}: {error}")
    return result, tuple(left_out)


def _drawn(people: People, drawn: Sequence[Doubles], rates: Sequence[float]) -> Doubles:
    tars = [identity_bootstrap.tars(people, weights, rates) for weights in drawn]
    return np.array(tars).reshape(len(drawn), len(rates))


def _side(model: str, counted: Counted, auc: float, eer: float, tar: Mapping[str, Rate]) -> Side:
    det, bars = curves.thinned(curves.curve(counted)), curves.histogram(counted)
    return Side(model, round(auc, 5), round(eer, 5), dict(tar), det, bars)


def _rate(counted: allpairs.Counted, threshold: float, drawn: Doubles, units: int) -> Rate:
    value = float(np.mean(counted.genuine.scores >= threshold))
    low, high = identity_bootstrap.share_interval(drawn, value, units=units)
    return Rate(round(value, 5), round(low, 5), round(high, 5), threshold)
