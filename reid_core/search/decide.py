"""From similarities to decisions: what a score means, and for whom it speaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.types import Floats, Kind


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where "probably the same" begins, and how far that can be trusted.

    value: cosine, or None when nothing is known. origin: "calibrated" (measured on this
    library), "reference" (measured by the model's makers or us on public data) or "none".
    basis: on what, in words. low, high: its 95 % interval, fmr: the false-match rate it is for,
    made: when it was measured (UTC, ISO 8601); all None unless calibrated.
    """

    value: float | None
    origin: str
    basis: str
    low: float | None = None
    high: float | None = None
    fmr: float | None = None
    made: str | None = None

    def describe(self) -> str:
        """One sentence that belongs beside every score."""
        if self.value is None:
            return "uncalibrated: similarities order the results, no threshold is known"
        if self.origin == "reference":
            return f"uncalibrated: {self.value:.3f} is a reference from {self.basis}, not your data"
        return f"calibrated: {self.value:.3f} ({self.basis})"


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """Who is looked for: (T, D) float32 unit rows of one model and kind."""

    vectors: Floats
    model: str
    kind: Kind
    name: str
    person: int | None = None


def best_over_templates(
    scores: Floats, ids: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """A candidate's score is its best over the templates.

    scores, ids: (T, K) as the index returns them. Returns scores (M,) falling, ids (M,) unique
    and the template row (M,) that gave each score.
    """
    flat_scores, flat_ids = scores.ravel(), ids.ravel()
    rows = np.repeat(np.arange(len(scores)), scores.shape[1] if scores.ndim == 2 else 0)
    order = np.argsort(-flat_scores, kind="stable")
    _, first = np.unique(flat_ids[order], return_index=True)
    keep = order[np.sort(first)]
    return flat_scores[keep], flat_ids[keep], rows[keep]
