"""cameo people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reid_core.cli import people_check
from reid_core.cli.output import JsonOption, table, write_json
from reid_core.cli.state import open_library

app = typer.Typer(
    no_args_is_help=True, help="Who is enrolled: list, check, rename, merge, split, forget."
)
app.command("check")(people_check.check)
app.command("move")(people_check.move)
app.command("delete")(people_check.delete)


@app.command("list")
def list_(context: typer.Context, json: JsonOption = None) -> None:
    """Everybody enrolled. Example: cameo people list"""
    from reid_core.library import people

    with open_library(context) as library, library.read() as connection:
        rows = people.list_people(connection)
    if json:
        write_json([{**_fields(p)} for p in rows], json)
    elif not rows:
        typer.echo("Nobody is enrolled yet. Begin with: cameo enroll NAME PHOTO")
    else:
        typer.echo(
            table(
                [(p.name, p.faces, p.bodies, p.shown_id) for p in rows],
                ("name", "faces", "bodies", "id"),
            )
        )


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name or id.")],
    json: JsonOption = None,
) -> None:
    """One person's templates. Example: cameo people show "Ada Lovelace" """
    from reid_core.library import people
    from reid_core.library.ids import format_id

    with open_library(context) as library, library.read() as connection:
        person = people.find_person(connection, name)
        templates = people.templates_of(connection, person.id)
    if json:
        rows = [{**_fields(t), "id": format_id(t.id)} for t in templates]
        write_json({**_fields(person), "templates": rows}, json)
        return
    typer.echo(f"{person.name} ({person.shown_id}), since {person.created}")
    rows_ = [(format_id(t.id), str(t.kind), f"{t.quality:.2f}", t.where_from) for t in templates]
    typer.echo(table(rows_, ("template", "kind", "quality", "from")))


@app.command()
def rename(context: typer.Context, name: str, new_name: str) -> None:
    """Give somebody another name. Example: cameo people rename "Ada L" "Ada Lovelace" """
    from reid_core.library import people

    with open_library(context) as library, library.transaction("rename") as tx:
        people.rename(tx, people.find_person(tx, name).id, new_name)


@app.command()
def merge(
    context: typer.Context,
    into: Annotated[str, typer.Argument(help="Who stays.")],
    gone: Annotated[str, typer.Argument(help="Whose templates go over.")],
) -> None:
    """Two entries that are one person. Example: cameo people merge "Ada Lovelace" "Ada L" """
    from reid_core.errors import PersonNotFound
    from reid_core.library import people

    with open_library(context) as library, library.transaction("merge") as tx:
        kept, other = people.find_person(tx, into), people.find_person(tx, gone)
        if kept.id == other.id:
            raise PersonNotFound(f"{into!r} and {gone!r} are the same person already.")
        people.merge(tx, into=kept.id, gone=other.id)


@app.command()
def split(
    context: typer.Context,
    name: str,
    new_name: str,
    templates: people_check.Templates,
) -> None:
    """Templates that are somebody else. Example: cameo people split Ada Byron 0abc…"""
    from reid_core.library import people

    with open_library(context) as library, library.transaction("split") as tx:
        people.split(tx, people_check.own_templates(tx, name, templates), new_name)


@app.command()
def forget(
    context: typer.Context,
    name: str,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: JsonOption = None,
) -> None:
    """Erase somebody: rows, vectors, pictures, caches. Example: cameo people forget Ada --yes"""
    from reid_core.library import erase, people

    with open_library(context) as library:
        with library.read() as connection:
            person = people.find_person(connection, name)
        if not yes:
            n = person.faces + person.bodies
            typer.confirm(
                f"Erase {person.name} and {n} templates? This cannot be undone.", abort=True
            )
        done = erase.forget(library, person.id)
    if json:
        write_json(done, json)
        return
    typer.echo(
        f"Erased {done.templates} templates, {done.vectors} vectors, {done.pictures} pictures."
    )
    for model in done.trained_on:
        typer.echo(
            f"{model} learnt from them among others. Retrain, or drop it: cameo retrain list"
        )
    typer.echo(
        "Every byte of the library was searched: nothing of them is left."
        if done.proven
        else "Warning: traces were still found in the library's folder.",
        err=not done.proven,
    )


@app.command()
def export(
    context: typer.Context, out: Annotated[Path, typer.Argument(help="A .zip file.")]
) -> None:
    """Write everybody to an archive. Example: cameo people export gallery.zip"""
    from reid_core.library import archive

    with open_library(context, create=False) as library:
        n = archive.export_people(library, out)
    typer.echo(
        f"{n} people written to {out}. It holds biometric data: keep it as you keep the library."
    )


@app.command("import")
def import_(
    context: typer.Context, archive_file: Annotated[Path, typer.Argument(help="A .zip file.")]
) -> None:
    """Add everybody from an archive. Example: cameo people import gallery.zip"""
    from reid_core.library import archive

    with open_library(context) as library:
        n, templates = archive.import_people(library, archive_file)
    typer.echo(f"{n} people, {templates} new templates.")


def _fields(value: object) -> dict[str, object]:
    from reid_core.cli.output import plain
    from reid_core.library.ids import format_id

    record = dict(plain(value))
    for key in ("id", "person_id"):
        if key in record:
            record[key] = format_id(record[key])
    return record
