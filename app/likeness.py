"""What a score says: in a few words, and in the sentence that belongs to them.

Where the model was calibrated on the library's own data it is a probability, else a similarity,
which is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.from_core import in_window
from app.words import decimal, percent

if TYPE_CHECKING:
    from reid_core.search.decide import Threshold

SURE = 0.99  # nearer to certain than this is not told: no measurement carries that far


def chance(probability: float) -> str:
    """0.93 -> 93%; nothing is certain, and nothing impossible."""
    translate = QCoreApplication.translate
    if probability > SURE:
        return translate("Likeness", "over {}").format(percent(SURE))
    if probability < 1 - SURE:
        return translate("Likeness", "under {}").format(percent(1 - SURE))
    return percent(probability)


def probable(probability: float) -> str:
    """93% probable."""
    return QCoreApplication.translate("Likeness", "{} probable").format(chance(probability))


def likeness(score: float, probability: float | None, places: int = 2) -> str:
    """The probability where there is one, else the similarity."""
    if probability is not None:
        return probable(probability)
    form = QCoreApplication.translate("Likeness", "similarity {}")
    return form.format(decimal(score, places))


def in_full(
    score: float, probability: float | None, *, is_calibrated: bool, places: int = 2
) -> str:
    """The same, saying so where nothing was measured."""
    words = likeness(score, probability, places)
    if probability is not None or is_calibrated:
        return words
    return QCoreApplication.translate("Likeness", "{}, uncalibrated").format(words)


def meaning(
    probability: float | None, *, is_calibrated: bool | None, is_search: bool = True
) -> str:
    """One sentence. is_calibrated: None where that is not known. is_search: among appearances in
    footage, else among the people enrolled.
    """
    translate = QCoreApplication.translate
    if probability is not None and is_search:
        return translate(
            "Likeness",
            "By what was measured on your own data, it is this person with that probability; it "
            "counts in how many others were searched.",
        )
    if probability is not None:
        return translate(
            "Likeness",
            "By what was measured on your own data, it is this person with that probability, if "
            "everybody enrolled, and nobody of them, were equally likely before.",
        )
    if is_calibrated is None:
        return translate("Likeness", "How alike two looks are, at most 1; it is no probability.")
    if is_calibrated:
        return translate(
            "Likeness",
            "How alike two looks are, at most 1; it is no probability, and this look allows none.",
        )
    return translate(
        "Likeness",
        "How alike two looks are, at most 1; it is no probability: what it means was not measured "
        "on your data.",
    )


def held_against(threshold: Threshold) -> str:
    """What belongs beside every score, as a sentence: what they are held against, if anything."""
    said = in_window(threshold.describe())
    return f"{said[:1].upper()}{said[1:]}."
