"""What is said of a run: in the list, beside its curves, and when it has ended."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale

from app.from_core import in_window
from app.models.runs import metric_name
from app.viewmodels.train import Look
from app.viewmodels.train_form import shown_title
from app.viewmodels.train_plan import FEW, MADE, Checked
from app.words import decimal, number, percent, remaining

translate = QCoreApplication.translate
NAMED = 5  # unreadable pictures that are named
STATES = {  # the colour of a state, by its meaning
    "starting": "accent",
    "training": "accent",
    "validating": "accent",
    "paused": "warn",
    "elsewhere": "accent",
    "interrupted": "warn",
    "stopped": "warn",
    "early": "good",
    "done": "good",
    "failed": "bad",
}


def data_lines(data: Checked) -> tuple[str, str]:
    """(what there is, what to mind about it) of data that were looked at."""
    there = translate("TrainWords", "{identities} identities, {pictures} pictures").format(
        identities=QLocale().toString(data.identities), pictures=QLocale().toString(data.pictures)
    )
    mind = []
    if data.identities < FEW and not MADE.fullmatch(data.source):
        mind.append(
            translate(
                "TrainWords",
                "That is little: what is learnt from fewer than {} identities hardly holds for "
                "other people.",
            ).format(FEW)
        )
    if data.single:
        mind.append(
            translate(
                "TrainWords", "{} identities have only one picture; two or more are better."
            ).format(data.single)
        )
    if data.broken:
        mind.append(broken_line(data.broken))
    if data.looked < data.pictures:
        mind.append(
            translate("TrainWords", "{} of the pictures were opened; training opens all.").format(
                QLocale().toString(data.looked)
            )
        )
    return there, "\n".join(mind)


def broken_line(broken: tuple[tuple[str, str], ...]) -> str:
    """Pictures that cannot be read, the first of them by name."""
    lines = [
        translate("TrainWords", "{} pictures cannot be read and are left out:").format(len(broken))
    ]
    lines += [f"  {reason or path}" for path, reason in broken[:NAMED]]
    if len(broken) > NAMED:
        lines.append("  " + translate("TrainWords", "and {} more").format(len(broken) - NAMED))
    return "\n".join(lines)


def facts(look: Look) -> list[tuple[str, str]]:
    """(caption, value) of the numbers above the curves."""
    status, row = look.status, look.row
    locale = QLocale()
    steps = status.steps or row.steps
    found = [
        (
            translate("TrainWords", "Step"),
            f"{locale.toString(row.step)} / {locale.toString(steps)}" if steps else "–",
        ),
        (translate("TrainWords", "Epoch"), _epoch(look)),
    ]
    if row.is_live:
        pace = status.pace if status.state == "training" else None
        left = status.seconds_left if status.state == "training" else None
        found.append((translate("TrainWords", "Pace"), _pace(pace)))
        found.append((translate("TrainWords", "Time left"), remaining(left) if left else "–"))
    elif look.details.seconds:
        found.append((translate("TrainWords", "Took"), remaining(look.details.seconds)))
    best = look.curves.best(row.metric)
    value = percent(row.best, 1) if row.best is not None else "–"
    at = translate("TrainWords", " at step {}").format(locale.toString(best[0])) if best else ""
    found.append((translate("TrainWords", "Best {}").format(metric_name(row.metric)), value + at))
    return found


def summary(look: Look) -> str:
    """What was told, in a line."""
    told, status = look.details.told, look.status
    words = [look.row.data]
    identities = status.identities or look.details.identities
    pictures = status.pictures or look.details.pictures
    if identities:
        words.append(
            translate("TrainWords", "{} identities, {} pictures").format(identities, pictures)
        )
    if told is not None:
        losses = " + ".join(told.loss.parts) if told.loss.parts else told.loss.name
        words += [
            told.network.name,
            losses,
            translate("TrainWords", "batch {}").format(told.sampler.batch),
        ]
        words.append(translate("TrainWords", "rate {}").format(number(told.optim.lr)))
    words.append(status.device)
    return " · ".join(w for w in words if w)


def outcome(look: Look) -> str:
    """How well it came out, in words for people; "" while nothing is known."""
    after = look.details.metrics.get("rank1")
    if after is None or look.row.is_live:
        return ""
    before = look.details.untrained.get("rank1")
    line = translate(
        "TrainWords",
        "Of people it has never seen, the right one comes first for {} of the pictures",
    )
    then = (
        translate("TrainWords", " ({} before training).").format(percent(before))
        if before is not None
        else "."
    )
    return line.format(percent(after)) + then


def notes(look: Look) -> str:
    """What is worth mentioning, a line each."""
    lines = [in_window(look.row.message)] if look.row.message else []
    if look.row.state == "early":
        lines.append(translate("TrainWords", "It ended early: validation no longer became better."))
    if look.details.broken:
        lines.append(broken_line(look.details.broken))
    elif look.status.left_out:
        lines.append(
            translate("TrainWords", "{} pictures cannot be read and are left out.").format(
                look.status.left_out
            )
        )
    return "\n".join([*lines, *look.details.notes])


def recipe_title(name: str, titles: dict[str, str]) -> str:
    """Of a recipe by its name, as the window's language has it."""
    return shown_title(titles[name]) if name in titles else name


def _epoch(look: Look) -> str:
    told, each = look.details.told, look.status.per_epoch
    if told is None or not each:
        return "–"
    return f"{decimal(look.row.step / each, 1)} / {number(told.optim.epochs)}"


def _pace(pace: float | None) -> str:
    if pace is None:
        return "–"
    if pace >= 1:
        return translate("TrainWords", "{} steps/s").format(decimal(pace, 1))
    return translate("TrainWords", "{} s/step").format(decimal(1 / pace, 1))
