"""cameo people check, move, delete: what is wrong with the gallery, and putting it right."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reid_core.cli.output import Bar, JsonOption, write_json
from reid_core.cli.state import One, models_for, open_library

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from reid_core.actions.check_people import Checked
    from reid_core.actions.check_types import Doubt

Templates = Annotated[list[str], typer.Argument(help="Ids from: cameo people show")]


def check(
    context: typer.Context,
    kind: One | None = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(metavar="FINDING", help="It is right as it is: do not tell it again."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 on findings.")] = False,
    json: JsonOption = None,
) -> None:
    """Wrong labels, one person under two names, poor templates. Example: cameo people check"""
    from reid_core.actions import check_people
    from reid_core.types import Kind

    kinds = (Kind(kind),) if kind else tuple(Kind)
    with open_library(context) as library:
        models = models_for(context, library)
        bar = Bar("checking")
        checked = check_people.check(library, models, kinds, progress=bar.tell)
        bar.clear()
        for finding in keep or ():
            check_people.keep(library, finding, checked)
        if keep:
            checked = check_people.check(library, models, kinds)
    if json:
        write_json(_record(checked), json)
    else:
        _print(checked)
    if strict and any(c.doubts for c in checked):
        raise typer.Exit(1)


def move(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose the templates are now.")],
    to: Annotated[str, typer.Argument(help="Whose they are really.")],
    templates: Templates,
) -> None:
    """Give templates to somebody else. Example: cameo people move Ada Grace 0abc…"""
    from reid_core.library import people

    with open_library(context) as library, library.transaction("move templates") as tx:
        ids = own_templates(tx, name, templates)
        people.move_templates(tx, ids, people.find_person(tx, to).id)


def delete(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose the templates are.")],
    templates: Templates,
) -> None:
    """Delete templates, with their pictures. Example: cameo people delete Ada 0abc…"""
    from reid_core.library import erase, people

    with open_library(context) as library, library.writer("delete templates"):
        with library.transaction("delete templates", n=len(templates)) as tx:
            person = people.find_person(tx, name)
            ids = own_templates(tx, name, templates)
            pictures = [t.media for t in people.templates_of(tx, person.id) if t.id in ids]
            people.delete_templates(tx, ids)
        erase.sweep(library, among=pictures)


def own_templates(connection: Connection, name: str, templates: list[str]) -> list[int]:
    """The ids of somebody's templates. Raises PersonNotFound naming those that are not theirs."""
    from reid_core.errors import PersonNotFound
    from reid_core.library import people
    from reid_core.library.ids import parse_id

    person = people.find_person(connection, name)
    own = {t.id for t in people.templates_of(connection, person.id)}
    wanted = {t: parse_id(t) for t in templates}
    if strange := [t for t, i in wanted.items() if i not in own]:
        raise PersonNotFound(f"{person.name} has no template {', '.join(strange)}.")
    return [i for i in wanted.values() if i is not None]


# ---- saying it


def _print(checked: list[Checked]) -> None:
    if not checked:
        typer.echo("Nobody is enrolled yet. Begin with: cameo enroll NAME PHOTO")
    for one in checked:
        for doubt in one.doubts:
            typer.echo(f"{doubt.id}  {means(doubt)}")
            for command in what_to_do(doubt):
                typer.echo(f"               {command}")
        typer.echo(_sum(one), err=True)
        typer.echo(_basis(one), err=True)


def _sum(one: Checked) -> str:
    n = len(one.doubts)
    words = "nothing to look at" if not n else "1 finding" if n == 1 else f"{n} findings"
    kept = f", {one.kept} more kept as they are" if one.kept else ""
    return f"{one.templates} {one.kind} templates of {one.people} people: {words}{kept}."


def _basis(one: Checked) -> str:
    scale = one.scale
    if scale is None:
        return "Too few to compare: only quality and numbers were looked at."
    if not scale.is_own:
        return f"Judged by the reference of {one.model}: too few for the gallery's own figures."
    return (
        f"Judged by this gallery: a template is usually {scale.typical:.3f} like the best other of "
        f"its person, and below {scale.unlike:.3f} no more than strangers are."
    )


def means(doubt: Doubt) -> str:
    """What was found, in a sentence."""
    from reid_core.evaluate.problems import Problem

    name, facing = doubt.name, doubt.facing
    match doubt.problem:
        case Problem.WRONG_PERSON:
            return _wrong(doubt)
        case Problem.SAME_PERSON if facing is not None:
            return f"{name} and {facing.name} look like one person ({doubt.score:.3f})."
        case Problem.LOW_QUALITY:
            return f"{name}: {_poor(doubt)}, which finds the wrong people."
        case Problem.NO_VARIETY:
            n = len(doubt.templates)
            return f"{name}: all {n} templates are nearly the same picture ({doubt.own:.3f})."
    return f"{name}: only one template, with nothing to compare it with."


def _wrong(doubt: Doubt) -> str:
    name, facing, n = doubt.name, doubt.facing, len(doubt.templates)
    ids = ", ".join(t.shown_id for t in doubt.templates)
    which = f"the template {ids} is" if n == 1 else f"the {n} templates {ids} are"
    like = f"{doubt.score:.3f} like {facing.name} ({facing.shown_id}) and " if facing else ""
    rest = doubt.mate.shown_id if doubt.mate and doubt.is_even else f"the rest of {name}"
    even = " Either side may be the wrong one." if doubt.is_even else ""
    nobody = "" if facing else ", and like nobody else enrolled"
    return f"{name}: {which} {like}only {doubt.own:.3f} like {rest}{nobody}.{even}"


def _poor(doubt: Doubt) -> str:
    values = ", ".join(f"{t.shown_id} ({t.quality:.2f})" for t in doubt.templates)
    return f"poor quality of {values}"


def what_to_do(doubt: Doubt) -> list[str]:
    """Commands, one of which puts it right; the last leaves it as it is."""
    from reid_core.evaluate.problems import Problem

    name, facing = shlex.quote(doubt.name), doubt.facing
    ids = " ".join(t.shown_id for t in doubt.templates)
    kept = f"cameo people check --keep {doubt.id}"
    match doubt.problem:
        case Problem.WRONG_PERSON:
            split = f"cameo people split {name} NEW-NAME {ids}"
            to = [f"cameo people move {name} {shlex.quote(facing.name)} {ids}"] if facing else []
            return [*to, split, f"cameo people delete {name} {ids}", kept]
        case Problem.SAME_PERSON if facing is not None:
            return [f"cameo people merge {name} {shlex.quote(facing.name)}", kept]
        case Problem.LOW_QUALITY:
            more = f"cameo enroll {name} PHOTO"
            return [more, f"cameo people delete {name} {ids}", kept]
    return [f"cameo enroll {name} PHOTO", kept]


def _record(checked: list[Checked]) -> dict[str, Any]:
    from reid_core.cli.output import plain

    looked = [
        {
            "kind": one.kind,
            "model": one.model,
            "people": one.people,
            "templates": one.templates,
            "kept": one.kept,
            "scale": plain(one.scale),
        }
        for one in checked
    ]
    return {"checked": looked, "findings": [_finding(d) for one in checked for d in one.doubts]}


def _finding(doubt: Doubt) -> dict[str, Any]:
    facing, mate = doubt.facing, doubt.mate
    return {
        "id": doubt.id,
        "problem": doubt.problem,
        "kind": doubt.kind,
        "person": doubt.name,
        "templates": [t.shown_id for t in doubt.templates],
        "quality": [round(t.quality, 3) for t in doubt.templates],
        "mate": mate.shown_id if mate else None,
        "own": doubt.own,
        "other": facing.name if facing else None,
        "nearest": facing.shown_id if facing else None,
        "score": doubt.score,
        "is_even": doubt.is_even,
        "means": means(doubt),
        "do": what_to_do(doubt),
    }
