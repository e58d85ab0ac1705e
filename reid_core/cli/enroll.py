"""cameo enroll."""

from __future__ import annotations

from typing import Annotated

import typer

from reid_core.cli.output import Bar, JsonOption, plain, tell_meaning, with_meaning, write_json
from reid_core.cli.state import NumberOption, One, models_for, open_library


def command(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Who it is.")],
    paths: Annotated[list[str], typer.Argument(help="Photos, folders, or moments: clip.mp4@12.5")],
    kind: One = One.FACE,
    number: NumberOption = None,
    min_quality: Annotated[
        float, typer.Option(min=0, max=1, help="Refuse pictures below this, 0 to 1.")
    ] = 0.2,
    json: JsonOption = None,
) -> None:
    """Add photos of somebody to the gallery.

    Example: cameo enroll "Ada Lovelace" ada1.jpg ada2.jpg interview.mp4@12.5
    """
    from reid_core.actions.enroll import enroll
    from reid_core.actions.thresholds import threshold
    from reid_core.types import Kind

    with open_library(context) as library:
        models, bar = models_for(context, library), Bar("enrolling")
        done = enroll(
            library,
            models,
            name,
            paths,
            kind=Kind(kind),
            number=number,
            min_quality=min_quality,
            progress=bar.tell,
        )
        bar.clear()
        with library.read() as connection:
            likeness = threshold(connection, models, Kind(kind))
    if json:
        write_json({**plain(done), "threshold": with_meaning(likeness)}, json)
        return
    for one in done.outcomes:
        said = f"quality {one.quality:.2f}" if one.template is not None else one.problem
        typer.echo(f"{one.source}: {said}")
        if one.resembles:
            other, score = one.resembles
            typer.echo(f"  looks like {other}, already enrolled (similarity {score:.3f})", err=True)
    if any(one.resembles for one in done.outcomes):
        tell_meaning(likeness)
    typer.echo(
        f"{done.name}: {done.added} new {done.kind} template{'s' if done.added != 1 else ''}."
    )
