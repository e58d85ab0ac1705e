"""Calibrate a model on a library's own data, or on labelled pictures; keep what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid_core.actions.evidence import Evidence, collect
from reid_core.actions.loading import Models
from reid_core.actions.thresholds import threshold
from reid_core.calibration import Calibration
from reid_core.errors import LibraryCorrupt
from reid_core.evaluate import calibrate as calibrating
from reid_core.library import Library, calibrations
from reid_core.library.store import now
from reid_core.protocols import Progress, no_progress, part
from reid_core.search.decide import Threshold
from reid_core.types import Kind


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What came of it. before: the threshold so far. rejected, rejected_pass: how many appearances
    the user said are somebody else, and how many of them the new threshold would let pass. kept:
    whether it is in the library now.
    """

    calibration: Calibration
    before: Threshold
    rejected: int
    rejected_pass: int
    notes: tuple[str, ...]
    kept: bool


def calibrate(
    library: Library,
    models: Models,
    *,
    kind: Kind = Kind.FACE,
    fmr: float = 1e-3,
    images: Path | None = None,
    keep: bool = True,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Calibrated:
    """Measure the threshold at a false-match rate, and what a score means.

    images: a labelled folder or list to measure on in place of the library. keep: store it for
    the model in use, in place of what was there. Nothing is changed when it fails. Raises
    TooFewPairs, EvaluationError, ModelError, LibraryError, BadList.
    """
    calibrating.check_rate(fmr)
    model = models.model_id(kind)
    before = _before(library, models, kind)
    found = _evidence(library, models, kind, images, seed, progress)
    progress(0.9, "calibrating")
    fit = calibrating.fit(found.comparisons, fmr=fmr, seed=seed)
    one = Calibration(
        model=model,
        kind=kind,
        fmr=fmr,
        threshold=fit.threshold,
        passed=fit.passed,
        missed=fit.missed,
        method=fit.method,
        costs=fit.costs,
        knots=fit.knots,
        people=fit.people,
        pairs=fit.pairs,
        effective=fit.effective,
        genuine=fit.genuine,
        origins=fit.origins,
        warnings=fit.warnings,
        made=now(),
    )
    if keep:
        save(library, one)
    progress(1.0, "calibrated")
    n, passing = len(found.rejected), int(np.sum(found.rejected >= fit.threshold.value))
    return Calibrated(one, before, n, passing, found.notes, keep)


def save(library: Library, one: Calibration) -> None:
    """Keep a calibration, in one transaction. Raises LibraryError."""
    with library.transaction("calibrate", kind=one.kind, fmr=one.fmr, pairs=one.pairs) as tx:
        calibrations.put(tx, one)


def forget_calibration(library: Library, models: Models, kind: Kind) -> bool:
    """Take away that of the model in use; whether there was one. Raises LibraryError."""
    with library.transaction("remove calibration", kind=kind) as tx:
        return calibrations.remove(tx, models.model_id(kind), kind)


def _before(library: Library, models: Models, kind: Kind) -> Threshold:
    """The threshold so far; that of the model alone where a calibration is damaged."""
    try:
        with library.read() as connection:
            return threshold(connection, models, kind)
    except LibraryCorrupt:
        return models.threshold(kind)


def _evidence(
    library: Library,
    models: Models,
    kind: Kind,
    images: Path | None,
    seed: int,
    progress: Progress,
) -> Evidence:
    told = part(progress, 0, 0.9)
    if images is None:
        return collect(library, models.model_id(kind), kind, seed=seed, progress=told)
    from reid_core.actions.evidence_pictures import from_pictures

    return from_pictures(models, kind, images, seed=seed, progress=told)
