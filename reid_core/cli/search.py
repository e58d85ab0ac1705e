"""cameo search."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.output import (
    JsonOption,
    clock,
    percent,
    plain,
    table,
    tell_meaning,
    with_meaning,
    write_json,
)
from reid_core.cli.state import NumberOption, One, models_for, open_library

if TYPE_CHECKING:
    from reid_core.actions.search import Filter, Found
    from reid_core.library import Library


def command(
    context: typer.Context,
    person: Annotated[str | None, typer.Option(help="Somebody enrolled.")] = None,
    image: Annotated[str | None, typer.Option(help="A picture, or a moment: clip.mp4@12.5")] = None,
    tracklet: Annotated[str | None, typer.Option(help="An appearance, by its id.")] = None,
    number: NumberOption = None,
    kind: One | None = None,
    video: Annotated[list[str] | None, typer.Option(help="Only here; may be repeated.")] = None,
    from_: Annotated[float | None, typer.Option("--from", help="Seconds into each video.")] = None,
    to: Annotated[float | None, typer.Option(help="Seconds into each video.")] = None,
    top: Annotated[int, typer.Option(min=1, max=10_000, help="How many results.")] = 20,
    csv: Annotated[Path | None, typer.Option(help="Write a table.")] = None,
    clips: Annotated[
        Path | None, typer.Option(help="Cut the sightings out into this folder.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML page with pictures.")] = None,
    json: JsonOption = None,
) -> None:
    """Find somebody in indexed footage.

    Example: cameo search --person "Ada Lovelace" --report ada.html
    """
    if sum(x is not None for x in (person, image, tracklet)) != 1:
        raise typer.BadParameter("say one of --person, --image, --tracklet")
    from reid_core.actions import search as searching
    from reid_core.types import Kind

    wanted = Kind(kind) if kind else None
    with open_library(context, create=False) as library:
        models = models_for(context, library)
        chain = None
        if person is not None:
            query = searching.query_person(library, models, person, kind=wanted)
        elif image is not None:
            query = searching.query_image(models, image, kind=wanted or Kind.FACE, number=number)
        else:
            query, chain = searching.query_tracklet(library, models, tracklet or "")
        where = _filter(library, video, from_, to)
        found = searching.Searcher(library, models).search(
            query, where=where, top=top, without_chain=chain
        )
        problems = _write(library, found, csv, clips, report)
    if json:
        write_json(_record(found), json)
    else:
        _print(found, is_open=where.is_open)
    for problem in problems:
        typer.echo(f"cameo: {problem}", err=True)
    if problems:
        raise typer.Exit(2)


def _filter(
    library: Library, video: list[str] | None, from_s: float | None, to_s: float | None
) -> Filter:
    from reid_core.actions.search import Filter
    from reid_core.library import footage

    for moment in (from_s, to_s):
        if moment is not None and not (math.isfinite(moment) and moment >= 0):
            raise typer.BadParameter(f"{moment} is no time in seconds", param_hint="--from, --to")
    if from_s is not None and to_s is not None and from_s > to_s:
        raise typer.BadParameter(f"{from_s} is after {to_s}", param_hint="--from, --to")
    with library.read() as connection:
        ids = tuple(footage.find_video(connection, v).id for v in video) if video else None
    return Filter(ids, from_s, to_s)


def _write(
    library: Library, found: Found, csv: Path | None, clips: Path | None, report: Path | None
) -> list[str]:
    """Write what was asked for; a sentence for each clip that could not be cut."""
    problems: list[str] = []
    if csv:
        from reid_core.report.table import write_csv

        said = found.threshold.describe()
        write_csv(found.sightings, csv, likely=found.sure(), means=said)
    if report:
        from reid_core.actions.report import write_report

        write_report(library, found, report)
    if clips:
        from reid_core.report.clips import cut_clips

        chosen = found.sure() or found.sightings
        made, problems = cut_clips(chosen, clips)
        typer.echo(f"{len(made)} clips in {clips}", err=True)
    return problems


def _print(found: Found, *, is_open: bool) -> None:
    sure = found.sure()
    from reid_core.search.probability import IN_SEARCH

    meant = any(s.probability is not None for s in found.sightings)
    rows = [
        (
            f"{s.score:.3f}",
            *(() if not meant else ("" if s.probability is None else percent(s.probability),)),
            "yes" if s in sure else "",
            clock(s.start_s),
            clock(s.end_s),
            Path(s.video).name,
            s.tracklet,
        )
        for s in found.sightings
    ]
    if not rows and found.searched and not is_open:
        typer.echo("Nobody was seen in the videos and the time that were asked for.")
        return
    if not rows:
        typer.echo("Nothing is indexed yet that could be searched. Begin with: cameo index VIDEO")
        return
    means = ("probability",) if meant else ()
    typer.echo(table(rows, ("similarity", *means, "likely", "from", "to", "video", "tracklet")))
    typer.echo(
        f"{found.query}: {len(sure)} likely of {len(rows)} shown, {found.searched} {found.kind} "
        f"tracklets searched in {found.elapsed_s * 1000:.0f} ms, "
        f"{found.decoded_frames} frames decoded.",
        err=True,
    )
    if found.index.sort != "exact":
        share = f"{found.index.recall:.1%}"
        typer.echo(f"Searched approximately: {share} of the 20 nearest are found.", err=True)
    tell_meaning(found.threshold, IN_SEARCH if meant else "")


def _record(found: Found) -> dict[str, object]:
    sure = set(found.sure())
    sightings = [{**plain(s), "tracklet": s.tracklet, "likely": s in sure} for s in found.sightings]
    return {
        **plain(found),
        "sightings": sightings,
        "threshold": with_meaning(found.threshold),
    }
