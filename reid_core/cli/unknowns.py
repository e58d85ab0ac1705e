"""cameo unknowns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.output import (
    Bar,
    JsonOption,
    clock,
    plain,
    table,
    tell_meaning,
    with_meaning,
    write_json,
)
from reid_core.cli.state import One, models_for, open_library

if TYPE_CHECKING:
    from reid_core.actions.unknowns import Unknown, Unknowns


def command(
    context: typer.Context,
    kind: One = One.FACE,
    video: Annotated[list[str] | None, typer.Option(help="Only here; may be repeated.")] = None,
    least: Annotated[
        int, typer.Option(min=1, help="Only who was seen at least so many times.")
    ] = 1,
    top: Annotated[int, typer.Option(min=1, max=100_000, help="How many people.")] = 20,
    pictures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a picture of each into this folder.")
    ] = None,
    json: JsonOption = None,
) -> None:
    """Who was seen in indexed footage and is not enrolled, grouped into people.

    Example: cameo unknowns --least 2 --pictures strangers/
    """
    from reid_core.actions.unknowns import unknowns, write_pictures
    from reid_core.library import footage
    from reid_core.types import Kind

    bar = Bar("grouping")
    with open_library(context, create=False) as library:
        with library.read() as connection:
            ids = [footage.find_video(connection, v).id for v in video] if video else None
        models = models_for(context, library)
        found = unknowns(library, models, kind=Kind(kind), videos=ids, progress=bar.tell)
        bar.clear()
        shown = [one for one in found.people if len(one.appearances) >= least][:top]
        written = write_pictures(library, shown, pictures) if pictures else []
    if json:
        write_json(_record(found, shown, written), json)
    else:
        _print(found, shown)
    if pictures:
        typer.echo(f"{len(written)} pictures in {pictures}", err=True)


def _print(found: Unknowns, shown: list[Unknown]) -> None:
    if not found.tracklets:
        typer.echo("Nothing is indexed yet that could be grouped. Begin with: cameo index VIDEO")
        return
    rows = [
        (
            one.number,
            len(one.appearances),
            f"{one.seconds:.0f} s",
            f"{one.quality:.2f}",
            f"{Path(one.video).name} {clock(one.best_s)}",
            one.tracklet,
        )
        for one in shown
    ]
    if rows:
        typer.echo(table(rows, ("", "seen", "for", "quality", "best look", "tracklet")))
        typer.echo("Elsewhere, and who it may be: cameo search --tracklet ID", err=True)
    typer.echo(
        f"{len(found.people)} people not enrolled, {len(shown)} shown; {found.tracklets} "
        f"{found.kind} tracklets: {found.known} of people enrolled, {found.unclear} never seen "
        "well enough to tell.",
        err=True,
    )
    tell_meaning(found.threshold)


def _record(found: Unknowns, shown: list[Unknown], written: list[Path]) -> dict[str, object]:
    files: list[str | None] = [str(path) for path in written] or [None] * len(shown)
    people = [{**plain(o), "picture": f} for o, f in zip(shown, files, strict=True)]
    return {**plain(found), "people": people, "threshold": with_meaning(found.threshold)}
