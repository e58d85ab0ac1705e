"""What is said of retraining: its figures in plain words, how it stands, what it came to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QLocale

from app.from_core import in_window
from app.likeness import held_against
from app.viewmodels.calibrating_words import kind_name, rate
from app.viewmodels.retrain_rows import Learnt
from app.words import decimal, local_time, percent
from reid_core.library.retrainings import FULL, Run

if TYPE_CHECKING:
    from reid_core.actions.retrain_data import Stock
    from reid_core.actions.retrain_pairs import Pair
    from reid_core.actions.retrained import Accepted

translate = QCoreApplication.translate
MAIN, FIRST = "mAP", "rank-1"
RATED = re.compile(r"(TAR at FMR|FNIR at FPIR) (.+)")
UNSEEN = ", unseen people"


def strength_name(strength: str) -> str:
    """A strength of retraining by its name."""
    return {
        "adapter": translate("Retraining", "Adapter"),
        "head": translate("Retraining", "Last stage of the network"),
        "full": translate("Retraining", "Whole network"),
    }.get(strength, strength)


def run_title(run: Run) -> str:
    """Faces, adapter."""
    form = translate("Retraining", "{kind}, {strength}")
    name = strength_name(run.strength)
    return form.format(kind=kind_name(run.kind), strength=name[:1].lower() + name[1:])


def when(run: Run) -> str:
    """When it was begun."""
    return local_time(run.created)


def state_line(row: Learnt) -> str:
    """How it stands, in a word or two."""
    return {
        "prepared": translate("Retraining", "to be trained and judged"),
        "open": translate("Retraining", "not finished"),
        "used": translate("Retraining", "in use"),
        "past": translate("Retraining", "was in use"),
        "offered": translate("Retraining", "better, offered"),
        "unsure": translate("Retraining", "worse")
        if row.run.verdict.get("decision") == "worse"
        else translate("Retraining", "not better for sure"),
        "none": translate("Retraining", "no improvement"),
    }[row.state]


def learnt_from(row: Learnt) -> str:
    """14 people."""
    n = learnt_people(row.run)
    if n == 1:
        return translate("Retraining", "1 person")
    return translate("Retraining", "{} people").format(QLocale().toString(n))


def learnt_people(run: Run) -> int:
    """From how many people it learnt."""
    return int(run.data.get("people", 0)) - int(run.data.get("held_people", 0))


def verdict_line(run: Run) -> str:
    """What came of it, in plain words."""
    verdict = run.verdict
    decision, figures = verdict.get("decision"), {f["name"]: f for f in figures_of(run)}
    main = figures.get(MAIN)
    if decision is None and run.strength == FULL:
        return translate(
            "Retraining",
            "Its training is prepared. Train it, which takes hours, watch it under Runs, and have "
            "it judged when it is done.",
        )
    if decision is None:
        return translate(
            "Retraining", "It has no verdict: it is at work elsewhere, or was stopped halfway."
        )
    if main is None:
        return in_window(str(verdict.get("sentence", "")))
    first = _first(figures.get(FIRST, main))
    return f"{_decided(str(decision), main, figures)} {first}"


def _decided(decision: str, main: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    low, high = points(main["low"]), points(main["high"])
    if decision == "better" or main["is_better"]:
        low, high = low.removeprefix("+"), high.removeprefix("+")
    if decision == "better":
        form = translate(
            "Retraining",
            "The new model is better: by {low} to {high} points of mAP, with 95% confidence.",
        )
    elif decision == "worse":
        form = translate(
            "Retraining",
            "The new model is worse: by {low} to {high} points of mAP, with 95% confidence.",
        )
    elif main["is_better"]:
        worse = [figure_name(n) for n, f in figures.items() if f["is_worse"]]
        form = translate("Retraining", "Better in part ({low} to {high} points of mAP), but worse:")
        return f"{form.format(low=low, high=high)} {'; '.join(worse)}."
    else:
        form = translate(
            "Retraining",
            "No improvement that is certain: the change is {low} to {high} points of mAP, with 95% "
            "confidence, and zero is within.",
        )
    return form.format(low=low, high=high)


def _first(figure: Mapping[str, Any]) -> str:
    form = translate(
        "Retraining",
        "Of 100 pictures that it did not learn from, the right person now comes first for {new}; "
        "before, for {old}.",
    )
    return form.format(old=round(100 * figure["old"]), new=round(100 * figure["new"]))


def figures_of(run: Run) -> list[dict[str, Any]]:
    """The measures of old and new; none where nothing could be compared."""
    found: list[dict[str, Any]] = run.verdict.get("figures", [])
    return found


def figure_name(name: str) -> str:
    """A measure in words, with what experts call it."""
    base, of_unseen = name.removesuffix(UNSEEN), name.endswith(UNSEEN)
    said = {
        MAIN: translate("Retraining", "All of a person before others (mAP)"),
        FIRST: translate("Retraining", "Right person first (rank-1)"),
    }.get(base)
    if said is None and (found := RATED.fullmatch(name)):
        said = _rated(found[1], float(found[2]))
    if said is None:
        return name
    return translate("Retraining", "{}, people never seen").format(said) if of_unseen else said


def _rated(measure: str, at: float) -> str:
    if measure.startswith("TAR"):
        return translate("Retraining", "Recognised, strangers at {} (TAR)").format(rate(at))
    return translate("Retraining", "Missed, false alarms at {} (FNIR)").format(percent(at))


def points(share: float) -> str:
    """0.123 -> +12.3, a difference in hundredths."""
    sign = "+" if share > 0 else "−" if share < 0 else ""
    return f"{sign}{decimal(abs(100 * share), 1)}"


def place_line(pair: Pair) -> str:
    """Where the right person stood, and stands."""
    form = translate("Retraining", "right one at place {old}, now at {new}")
    return form.format(old=pair.old + 1, new=pair.new + 1)


def shown_name(pair: Pair) -> str:
    """Whom a picture shows."""
    return pair.shown.name or translate("Retraining", "Not enrolled")


def other_line(pair: Pair) -> str:
    """For whom it was taken, or is; "" where that is not known any more."""
    if pair.other is None:
        return ""
    other = pair.other.name or translate("Retraining", "somebody not enrolled")
    form = (
        translate("Retraining", "no longer taken for {}")
        if pair.is_better
        else translate("Retraining", "now taken for {}")
    )
    return form.format(other)


def stock_facts(stock: Stock) -> list[tuple[str, str]]:
    """(what, how many) of what there is."""
    whole = QLocale().toString
    return [
        (translate("Retraining", "People"), whole(stock.people)),
        (translate("Retraining", "Pictures"), whole(stock.pictures)),
        (translate("Retraining", "Different looks"), whole(stock.looks)),
        (translate("Retraining", "Sightings confirmed"), whole(stock.confirmed)),
        (translate("Retraining", "Sightings rejected"), whole(stock.rejected)),
        (
            translate("Retraining", "Held out, to judge by"),
            translate("Retraining", "{people} people, {looks} looks of others").format(
                people=whole(stock.held_people), looks=whole(stock.held_looks)
            ),
        ),
    ]


def stock_notes(stock: Stock) -> list[str]:
    """What would help, the doctor's findings first."""
    found = translate(
        "Retraining",
        "{} findings about who is enrolled (a wrong name, one person twice) are better looked at "
        "first: what is wrong there is learnt, too.",
    )
    said = [found.format(QLocale().toString(stock.doubts))] if stock.doubts else []
    doctor = "Of who is enrolled "  # said above, with the way there beside it
    return said + [in_window(n) for n in stock.notes if not n.startswith(doctor)]


def calibrated_line(done: Accepted) -> str:
    """How sure its matches are."""
    if done.calibration is None:
        return in_window(done.note)
    from reid_core.actions.thresholds import of_calibration

    return held_against(of_calibration(done.calibration))
