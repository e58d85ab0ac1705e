"""What a calibration says, in sentences for whoever has to decide by it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLocale

from app.from_core import in_window
from app.likeness import held_against
from app.viewmodels.calibrating import Standing
from app.words import decimal, local_time, number, percent
from reid_core.calibration import Calibration, Interval
from reid_core.types import Kind

if TYPE_CHECKING:
    from reid_core.actions.calibrate import Calibrated

PLACES = 3  # of a similarity


def state(one: Standing) -> str:
    """How it stands with a kind, in a sentence."""
    if one.kept is not None:
        return calibrated(one.kept)
    if one.threshold is None:
        return one.problem
    return held_against(one.threshold)


def calibrated(one: Calibration) -> str:
    """On what it rests, and how often two people pass."""
    form = QCoreApplication.translate(
        "Calibrating",
        "Calibrated on {pairs} pairs of different people ({people} people): {rate} pass.",
    )
    return form.format(pairs=whole(one.pairs), people=whole(one.people), rate=passed(one))


def passed(one: Calibration) -> str:
    """About 1.1 in 1,000 (0.4 to 1.9)."""
    base = 10 ** max(2, math.ceil(-math.log10(one.fmr) - 1e-9))
    value, low, high = (
        number(base * v, 2)
        for v in (one.passed.value, one.passed.low or 0.0, one.passed.high or 1.0)
    )
    form = QCoreApplication.translate("Calibrating", "about {value} in {base} ({low} to {high})")
    return form.format(value=value, base=whole(base), low=low, high=high)


def threshold(one: Calibration) -> str:
    """0.931 (0.927 to 0.938)."""
    return _with_range(one.threshold, lambda v: decimal(v, PLACES))


def missed(one: Calibration) -> str:
    """4.6% (2.9% to 6.8%) of looks at one person."""
    form = QCoreApplication.translate("Calibrating", "{} of looks at one and the same person")
    return form.format(_with_range(one.missed, lambda v: percent(v, 1)))


def measured(one: Calibration) -> str:
    """With which model, and when."""
    form = QCoreApplication.translate("Calibrating", "{model}, {when}")
    return form.format(model=one.model, when=local_time(one.made))


def before(found: Calibrated) -> str:
    """The threshold so far."""
    translate = QCoreApplication.translate
    value, origin = found.before.value, found.before.origin
    if value is None:
        return translate("Calibrating", "none")
    if origin == "reference":
        return translate("Calibrating", "{}, a reference").format(decimal(value, PLACES))
    return translate("Calibrating", "{}, measured").format(decimal(value, PLACES))


def origin(name: str) -> str:
    """Where comparisons come from."""
    translate = QCoreApplication.translate
    return {
        "gallery": translate("Calibrating", "People enrolled"),
        "verdicts": translate("Calibrating", "What you confirmed"),
        "footage": translate("Calibrating", "Footage without names"),
        "pictures": translate("Calibrating", "Labelled pictures"),
    }.get(name, name)


def table(one: Calibration) -> list[tuple[str, str, str, str]]:
    """A row for each origin: name, people, comparisons of one person, of two."""
    return [
        (origin(o.name), whole(o.people), whole(o.genuine), whole(o.impostor)) for o in one.origins
    ]


def warnings(one: Calibration) -> list[str]:
    """What its evidence is short of."""
    return [in_window(w) for w in one.warnings]


def notes(found: Calibrated) -> list[str]:
    """What was left out, and what is known besides."""
    said = [in_window(note) for note in found.notes]
    if found.rejected:
        form = QCoreApplication.translate(
            "Calibrating",
            "Of {n} appearances that you said are somebody else, {passing} pass: they were the "
            "most alike there are.",
        )
        said.append(form.format(n=whole(found.rejected), passing=whole(found.rejected_pass)))
    return said


def rate(fmr: float) -> str:
    """0.001 -> 1 in 1,000."""
    return QCoreApplication.translate("Calibrating", "1 in {}").format(whole(round(1 / fmr)))


def kind_name(kind: Kind) -> str:
    """Faces or bodies."""
    translate = QCoreApplication.translate
    faces, bodies = translate("Calibrating", "Faces"), translate("Calibrating", "Bodies")
    return faces if kind is Kind.FACE else bodies


def whole(n: int) -> str:
    """1204 -> 1,204, or 1.204 where people write it so."""
    return QLocale().toString(n)


def _with_range(one: Interval, write: Callable[[float], str]) -> str:
    low, high = ("?" if v is None else write(v) for v in (one.low, one.high))
    form = QCoreApplication.translate("Calibrating", "{value} ({low} to {high})")
    return form.format(value=write(one.value), low=low, high=high)
