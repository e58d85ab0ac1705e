"""What may be wrong with a gallery, by name; light, so that a window can know it early."""

from __future__ import annotations

from enum import StrEnum


class Problem(StrEnum):
    """What may be wrong, most serious first."""

    WRONG_PERSON = "wrong_person"
    SAME_PERSON = "same_person"
    LOW_QUALITY = "low_quality"
    NO_VARIETY = "no_variety"
    TOO_FEW = "too_few"
