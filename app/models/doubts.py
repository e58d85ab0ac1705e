"""What was found in looking through the gallery, and how it is said."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication, Qt

from app.models.rows import TEXTS, ListRows, SortRole
from app.words import decimal
from reid_core.actions.check_types import Doubt, Shown
from reid_core.evaluate.problems import Problem

PICTURES = 3  # shown of one finding


class DoubtsModel(ListRows[Doubt]):
    """Rows of `Doubt`, most serious first; SortRole gives the place."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.id)

    def cell(self, row: Doubt, role: int) -> Any:
        if role == SortRole:
            return self._places[row.id]
        if role in TEXTS:
            return f"{title(row)} {reason(row)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join((title(row), reason(row)))
        return None


def title(row: Doubt) -> str:
    """What may be wrong, as a question or a short statement."""
    translate, n = QCoreApplication.translate, len(row.templates)
    match row.problem:
        case Problem.WRONG_PERSON if n == 1:
            form = translate("Doubts", "Is this {name}?")
        case Problem.WRONG_PERSON:
            form = translate("Doubts", "Are these {n} pictures {name}?")
        case Problem.SAME_PERSON:
            form = translate("Doubts", "Are {name} and {other} one person?")
        case Problem.LOW_QUALITY:
            form = translate("Doubts", "The pictures of {name} are poor.")
        case Problem.NO_VARIETY:
            form = translate("Doubts", "The pictures of {name} are nearly the same.")
        case _:
            form = translate("Doubts", "There is only one picture of {name}.")
    return _said(form, row)


def reason(row: Doubt) -> str:
    """The evidence, with its numbers."""
    translate = QCoreApplication.translate
    match row.problem:
        case Problem.WRONG_PERSON if row.facing is not None:
            form = translate(
                "Doubts", "Similarity {score} to {other}, {own} to the rest of {name}."
            )
        case Problem.WRONG_PERSON:
            form = translate(
                "Doubts", "Similarity only {own} to the rest of {name}, and nobody is nearer."
            )
        case Problem.SAME_PERSON:
            form = translate("Doubts", "Their pictures have a similarity of {score}.")
        case Problem.LOW_QUALITY:
            form = translate("Doubts", "Quality {}.")
        case Problem.NO_VARIETY:
            form = translate("Doubts", "{n} templates with a similarity of {own} or more.")
        case _:
            form = translate("Doubts", "It cannot be compared with anything.")
    return _said(form, row)


def advice(row: Doubt) -> str:
    """What can be done about it."""
    translate = QCoreApplication.translate
    match row.problem:
        case Problem.WRONG_PERSON if row.facing is not None:
            form = translate(
                "Doubts",
                "If it is {other}, move it there. If it is somebody else, make a new person of it "
                "or delete it.",
            )
        case Problem.WRONG_PERSON:
            form = translate(
                "Doubts", "If it is somebody else, make a new person of it or delete it."
            )
        case Problem.SAME_PERSON:
            form = translate("Doubts", "If they are one person, merge them: both then find more.")
        case Problem.LOW_QUALITY:
            form = translate("Doubts", "Poor pictures find the wrong people. Add better ones.")
        case Problem.NO_VARIETY:
            form = translate("Doubts", "Pictures of other days, poses and light find more.")
        case _:
            form = translate("Doubts", "Three to five pictures of different days find more.")
    if row.problem is Problem.WRONG_PERSON and row.is_even:
        even = translate(
            "Doubts", "{name} has no more pictures than these that agree: it may be the others."
        )
        form = f"{form} {even}"
    return _said(form, row)


def pictures(row: Doubt) -> list[tuple[Shown, str]]:
    """What is seen side by side, with a line under each: what is in question comes first, but
    for a wrong one, which stands between its person and somebody else.
    """
    first = row.templates[0]
    if row.problem is Problem.WRONG_PERSON:
        left = [(row.mate, _alike(row.mate, row.own))] if row.mate else []
        right = [(row.facing, _alike(row.facing, row.score))] if row.facing else []
        question = QCoreApplication.translate("Doubts", "In question")
        return [*left, (first, question), *right]
    if row.problem is Problem.SAME_PERSON and row.facing is not None:
        return [(first, first.name), (row.facing, row.facing.name)]
    quality = QCoreApplication.translate("Doubts", "Quality {}")
    return [(t, quality.format(decimal(t.quality, 2))) for t in row.templates[:PICTURES]]


def _said(form: str, row: Doubt) -> str:
    """A sentence with the names and numbers of a finding; {}: the quality of each picture."""
    own, score = ("" if v is None else decimal(v, 2) for v in (row.own, row.score))
    return form.format(
        ", ".join(decimal(t.quality, 2) for t in row.templates),
        name=row.name,
        other=row.facing.name if row.facing else "",
        own=own,
        score=score,
        n=len(row.templates),
    )


def _alike(one: Shown, score: float | None) -> str:
    return one.name if score is None else f"{one.name} · {decimal(score, 2)}"
