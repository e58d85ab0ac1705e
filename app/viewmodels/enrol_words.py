"""What is said of a picture to enrol from, in whole sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.likeness import in_full, likeness
from app.models.templates import parts_lines
from app.viewmodels.enrol_shots import LEAST, Shot
from app.words import decimal
from reid_core.types import Kind

if TYPE_CHECKING:
    from reid_core.actions.enroll import Candidate
    from reid_core.actions.likelier import Likelier


def reason(who: Candidate) -> str:
    """What spoils the quality most, as a clause."""
    translate = QCoreApplication.translate
    is_face = who.kind is Kind.FACE
    return {
        "size": translate("Enrol", "it is very small"),
        "sharpness": translate("Enrol", "it is blurred"),
        "pose": translate("Enrol", "it is seen from the side")
        if is_face
        else translate("Enrol", "it is cut off or not upright"),
        "exposure": translate("Enrol", "it is too dark, too bright or too flat"),
        "detector": translate("Enrol", "it is hardly recognised as one"),
    }.get(who.worst if who.parts else "", translate("Enrol", "nothing about it is clear"))


def tip(who: Candidate, number: int) -> str:
    """Everything that is known of somebody in a picture, a line each."""
    translate = QCoreApplication.translate
    word = translate("Enrol", "Face") if who.kind is Kind.FACE else translate("Enrol", "Body")
    lines = [
        translate("Enrol", "{kind} {n}, quality {q}").format(
            kind=word, n=number, q=decimal(who.quality, 2)
        )
    ]
    lines += parts_lines(who.parts)
    for n, (name, score) in enumerate(who.like):
        lines.append(
            translate("Enrol", "looks like {name} ({score})").format(
                name=name, score=likeness(score, None if n else who.chance)
            )
        )
    return "\n".join(lines)


def kept(line: str, other: Likelier | None) -> str:
    """What is said of templates that were kept, and whom they resemble more, if anybody."""
    if other is None:
        return line
    more = QCoreApplication.translate(
        "Enrol",
        "Looks like {name}, already enrolled ({score}): undo this if it is the same person.",
    )
    score = in_full(other.score, other.chance, is_calibrated=other.is_calibrated)
    return f"{line} {more.format(name=other.name, score=score)}"


def verdict(shot: Shot, standing: str, name: str, kind: Kind) -> tuple[str, str]:
    """A sentence on a picture, and how it is meant: "", good, warn or bad."""
    translate = QCoreApplication.translate
    who = shot.who
    is_face = kind is Kind.FACE
    if standing == "waiting":
        return translate("Enrol", "This picture was not looked at yet."), ""
    if standing == "unreadable":
        return shot.problem, "bad"
    if standing == "nobody":
        if is_face:
            return translate("Enrol", "No face was found. Use a larger or clearer picture."), "warn"
        return translate("Enrol", "Nobody was found. Use a larger or clearer picture."), "warn"
    if who is None:
        n = len(shot.looked.people) if shot.looked else 0
        if is_face:
            return translate("Enrol", "{} faces: click the one that is meant.").format(n), "warn"
        return translate("Enrol", "{} people: click the one that is meant.").format(n), "warn"
    if standing == "known":
        words = translate("Enrol", "This very picture is a template of {} already.")
        return words.format(who.already or name), ""
    if standing == "twice":
        return translate("Enrol", "The same picture is in the list before; it is kept once."), ""
    quality = translate("Enrol", "Quality {}").format(decimal(who.quality, 2))
    if standing in ("poor", "anyway"):
        words = translate("Enrol", "{quality}, below the limit of {least}: {reason}.")
        return words.format(quality=quality, least=decimal(LEAST, 2), reason=reason(who)), "warn"
    if shot.is_proposed:
        return translate("Enrol", "{}, chosen because it looks like the others.").format(
            quality
        ), "good"
    return translate("Enrol", "{}: good enough.").format(quality), "good"
