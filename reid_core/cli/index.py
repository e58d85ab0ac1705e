"""cameo index."""

from __future__ import annotations

from typing import Annotated

import typer

from reid_core.cli.output import Bar, JsonOption, clock, write_json
from reid_core.cli.state import OneOrBoth, RateOption, SecondsOption, models_for, open_library


def command(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(help="Videos, folders, camera:0, rtsp://…")],
    rate: RateOption = 5.0,
    kind: OneOrBoth = OneOrBoth.BOTH,
    seconds: SecondsOption = None,
    json: JsonOption = None,
) -> None:
    """Find everybody in footage, once, so that it can be searched many times.

    A run that was stopped goes on where it was. Example: cameo index holiday.mp4 archive/
    """
    from reid_core.actions.index import BOTH, find_sources, index
    from reid_core.errors import LibraryLocked, SourceError
    from reid_core.types import Kind
    from reid_core.video.source import is_live

    if seconds is not None and not all(map(is_live, sources)):
        raise typer.BadParameter("is for cameras and streams; files are read to their end")
    kinds = BOTH if kind is OneOrBoth.BOTH else (Kind(kind),)
    results, problems = [], []
    with open_library(context) as library:
        models = models_for(context, library, threads=1)
        for source in find_sources(sources):
            bar = Bar(source)
            try:
                done = index(
                    library,
                    models,
                    source,
                    per_second=rate,
                    kinds=kinds,
                    seconds=seconds,
                    progress=bar.tell,
                )
            except (SourceError, LibraryLocked) as error:
                bar.clear()
                problems.append(str(error))
                typer.echo(f"cameo: {error}", err=True)
                continue
            bar.clear()
            results.append(done)
            if not json:
                typer.echo(_line(done))
            for problem in (*done.unreadable, *filter(None, [done.message])):
                problems.append(problem)
                typer.echo(f"cameo: {problem}", err=True)
    if json:
        write_json({"videos": results, "problems": problems}, json)
    if problems:
        raise typer.Exit(2)


def _line(done: object) -> str:
    from reid_core.actions.index import Indexed

    assert isinstance(done, Indexed)
    seen = f"{done.faces} face and {done.bodies} body tracklets"
    moved = f" (moved from {done.moved_from})" if done.moved_from else ""
    if done.state == "known":
        return f"{done.name}: indexed already, {seen}{moved}"
    wall = (done.seconds or {}).get("wall", 0.0)
    return f"{done.name}: {clock(done.until_s)} indexed in {wall:.1f} s, {seen}{moved}"
