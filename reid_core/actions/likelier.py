"""Whether new templates look more like somebody else enrolled than like whom they were given to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reid_core.types import Floats

if TYPE_CHECKING:
    from reid_core.actions.enroll import Known


@dataclass(frozen=True, slots=True)
class Likelier:
    """Somebody enrolled. score: their cosine; chance: the probability of that, None when there is
    none; is_calibrated: whether the model's scores were measured on this library.
    """

    person: int
    name: str
    score: float
    chance: float | None
    is_calibrated: bool


def likelier(known: Known, vectors: Sequence[Floats], person: int) -> Likelier | None:
    """Somebody other than `person` whom one of these (D,) resembles, and none `person` as much.

    known: the gallery as it was before these came to it. None when nobody reaches the threshold.
    """
    if known.threshold is None:
        return None
    best: tuple[float, int, Floats] | None = None
    own = -1.0
    for vector in vectors:
        for one, score in known.gallery.rank(vector, top=2):
            if one == person:
                own = max(own, score)
            elif score >= known.threshold and (best is None or score > best[0]):
                best = (score, one, vector)
    if best is None or best[0] <= own:
        return None
    score, one, vector = best
    is_calibrated = known.calibration is not None
    name = known.gallery.names[one]
    return Likelier(one, name, round(score, 4), known.chance(vector), is_calibrated)
