"""Where "probably the same" begins in a library: as calibrated, else as the model's makers say."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from reid_core.actions.loading import Models
from reid_core.calibration import Calibration
from reid_core.library import calibrations
from reid_core.search.decide import Threshold
from reid_core.search.probability import among_people
from reid_core.types import Kind


def threshold(connection: Connection, models: Models, kind: Kind) -> Threshold:
    """That of the model in use. Raises LibraryCorrupt for a calibration that cannot be read."""
    return known(connection, models, kind)[0]


def known(
    connection: Connection, models: Models, kind: Kind
) -> tuple[Threshold, Calibration | None]:
    """The threshold, and the calibration that it comes from, if there is one."""
    one = calibrations.get(connection, models.model_id(kind), kind)
    return (models.threshold(kind), None) if one is None else (of_calibration(one), one)


def chance_of(one: Calibration | None, ranked: Sequence[tuple[int, float]]) -> float | None:
    """The probability of the first of the people ranked (person, cosine), or nobody of them."""
    if one is None or not ranked:
        return None
    return round(float(among_people(one.llr([score for _, score in ranked]))[0]), 4)


def of_calibration(one: Calibration) -> Threshold:
    """Its threshold with its interval."""
    t = one.threshold
    return Threshold(t.value, "calibrated", one.describe(), t.low, t.high, one.fmr, one.made)
