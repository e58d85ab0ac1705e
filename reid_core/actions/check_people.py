"""Look through the gallery for what is wrong with it: the doctor's findings, with names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reid_core.actions.check_types import Doubt, Shown
from reid_core.actions.loading import Models
from reid_core.errors import ModelMismatch, PersonNotFound
from reid_core.evaluate import doctor
from reid_core.evaluate.likeness import Scale
from reid_core.evaluate.problems import Problem
from reid_core.library import Library, kept, people, vectors
from reid_core.library.ids import stable_id
from reid_core.library.kept import Mark
from reid_core.library.people import Template
from reid_core.protocols import Progress, no_progress
from reid_core.types import Kind


@dataclass(frozen=True, slots=True)
class Checked:
    """The templates of one kind. doubts: most serious first. kept: how many more there are that
    the user wants kept as they are. scale: what they were judged by, None when nothing could be
    compared.
    """

    kind: Kind
    model: str
    people: int
    templates: int
    scale: Scale | None
    doubts: tuple[Doubt, ...]
    kept: int


def check(
    library: Library,
    models: Models,
    kinds: Sequence[Kind] = tuple(Kind),
    *,
    progress: Progress = no_progress,
) -> list[Checked]:
    """Judge everybody's templates of these kinds; a kind that nobody has is left out.

    Raises ModelMismatch when there are templates, but of another model than the one in use.
    """
    done = []
    for i, kind in enumerate(kinds):

        def tell(share: float, what: str, before: int = i) -> None:
            progress((before + share) / len(kinds), what)

        with library.read() as connection:
            there = people.every_template(connection, kind)
        if there:
            done.append(_check(library, models, kind, there, tell))
    return done


def keep(library: Library, finding: str, checked: Sequence[Checked]) -> Doubt:
    """Have a doubt not told again: it is right as it is. finding: its id as shown.

    Raises PersonNotFound when there is no such doubt.
    """
    found = next((d for c in checked for d in c.doubts if d.id == finding.lower()), None)
    if found is None:
        raise PersonNotFound(f"There is no finding {finding!r}. See: cameo people check")
    remember(library, found)
    return found


def remember(library: Library, doubt: Doubt) -> None:
    """Have a doubt not told again."""
    with library.transaction("keep as it is", person=doubt.mark.person) as tx:
        kept.keep(tx, doubt.mark)


def _check(
    library: Library, models: Models, kind: Kind, there: dict[int, Template], progress: Progress
) -> Checked:
    model = models.model_id(kind)
    with library.read() as connection:
        ids, rows = vectors.all_vectors(connection, "template", kind, model)
        known = np.isin(ids, list(there))  # one that came since the templates were read waits
        ids, rows = ids[known], rows[known]
        names = {p.id: p.name for p in people.list_people(connection)}
        marks = kept.marks(connection)
    if not len(ids):
        raise ModelMismatch(
            f"The {kind} templates were not made with {model}, which is in use. "
            "Run: cameo models use, which makes them again."
        )
    shown = [_shown(there[i], names) for i in ids.tolist()]
    result = doctor.examine(
        rows,
        np.array([one.person for one in shown], np.int64),
        np.array([one.quality for one in shown], np.float32),
        reference=models.threshold(kind).value,
        progress=progress,
    )
    doubts = [_doubt(finding, shown, kind) for finding in result.findings]
    left = tuple(d for d in doubts if d.mark not in marks)
    n_people = len({one.person for one in shown})
    return Checked(kind, model, n_people, len(ids), result.scale, left, len(doubts) - len(left))


def _shown(one: Template, names: dict[int, str]) -> Shown:
    return Shown(one.id, one.person_id, names.get(one.person_id, ""), one.media, one.quality)


def _doubt(finding: doctor.Finding, shown: Sequence[Shown], kind: Kind) -> Doubt:
    templates = tuple(shown[i] for i in finding.templates)
    facing = None if finding.nearest is None else shown[finding.nearest]
    return Doubt(
        finding.problem,
        kind,
        templates,
        None if finding.mate is None else shown[finding.mate],
        finding.own,
        facing,
        finding.score,
        finding.is_even,
        _mark(finding.problem, kind, templates, facing),
    )


def _mark(problem: Problem, kind: Kind, templates: Sequence[Shown], facing: Shown | None) -> Mark:
    """A doubt of templates is about just these, whoever else they may be; one of two people is
    the same from either side; any other is about the person.
    """
    what, person = f"{problem} {kind}", templates[0].person
    if problem is Problem.SAME_PERSON and facing is not None:
        one, two = sorted((person, facing.person))
        return Mark(one, what, two)
    ids = sorted(t.id for t in templates)
    about = ids[0] if len(ids) == 1 else stable_id(*ids)
    return Mark(person, what, about if problem is Problem.WRONG_PERSON else 0)
