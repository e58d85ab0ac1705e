"""What is said of a picture to enrol from, in whole sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.models.templates import parts_lines
from app.viewmodels.enrol_shots import LEAST, Shot
from reid_core.types import Kind

if TYPE_CHECKING:
    from reid_core.actions.enroll import Candidate


def reason(who: Candidate) -> str:
    """What spoils the quality most, as a clause."""
    tr = QCoreApplication.translate
    is_face = who.kind is Kind.FACE
    return {
        "size": tr("Enrol", "it is very small"),
        "sharpness": tr("Enrol", "it is blurred"),
        "pose": tr("Enrol", "it is seen from the side")
        if is_face
        else tr("Enrol", "it is cut off or not upright"),
        "exposure": tr("Enrol", "it is too dark, too bright or too flat"),
        "detector": tr("Enrol", "it is hardly recognised as one"),
    }.get(who.worst if who.parts else "", tr("Enrol", "nothing about it is clear"))


def tip(who: Candidate, number: int) -> str:
    """Everything that is known of somebody in a picture, a line each."""
    tr = QCoreApplication.translate
    word = tr("Enrol", "Face") if who.kind is Kind.FACE else tr("Enrol", "Body")
    lines = [tr("Enrol", "{kind} {n}, quality {q:.2f}").format(kind=word, n=number, q=who.quality)]
    lines += parts_lines(who.parts)
    for name, score in who.like:
        lines.append(tr("Enrol", "looks like {name} ({score:.2f})").format(name=name, score=score))
    return "\n".join(lines)


def verdict(shot: Shot, standing: str, name: str, kind: Kind) -> tuple[str, str]:
    """A sentence on a picture, and how it is meant: "", good, warn or bad."""
    tr = QCoreApplication.translate
    who = shot.who
    is_face = kind is Kind.FACE
    if standing == "waiting":
        return tr("Enrol", "This picture was not looked at yet."), ""
    if standing == "unreadable":
        return shot.problem, "bad"
    if standing == "nobody":
        if is_face:
            return tr("Enrol", "No face was found. Use a larger or clearer picture."), "warn"
        return tr("Enrol", "Nobody was found. Use a larger or clearer picture."), "warn"
    if who is None:
        n = len(shot.looked.people) if shot.looked else 0
        if is_face:
            return tr("Enrol", "{} faces: click the one that is meant.").format(n), "warn"
        return tr("Enrol", "{} people: click the one that is meant.").format(n), "warn"
    if standing == "known":
        words = tr("Enrol", "This very picture is a template of {} already.")
        return words.format(who.already or name), ""
    if standing == "twice":
        return tr("Enrol", "The same picture is in the list before; it is kept once."), ""
    quality = tr("Enrol", "Quality {:.2f}").format(who.quality)
    if standing in ("poor", "anyway"):
        words = tr("Enrol", "{quality}, below the limit of {least:.2f}: {reason}.")
        return words.format(quality=quality, least=LEAST, reason=reason(who)), "warn"
    if shot.is_proposed:
        return tr("Enrol", "{}, chosen because it looks like the others.").format(quality), "good"
    return tr("Enrol", "{}: good enough.").format(quality), "good"
