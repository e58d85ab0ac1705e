"""cameo calibrate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.output import Bar, JsonOption, plain, table, write_json
from reid_core.cli.state import One, models_for, open_library

if TYPE_CHECKING:
    from reid_core.actions.calibrate import Calibrated
    from reid_core.calibration import Calibration, Interval


def command(
    context: typer.Context,
    fmr: Annotated[
        float, typer.Option(help="The false-match rate: pairs of different people that may pass.")
    ] = 1e-3,
    kind: One = One.FACE,
    images: Annotated[
        Path | None,
        typer.Option(
            help="Measure on these labelled pictures instead: a folder for each person. A library "
            "to keep it in is made if there is none."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Measure, but keep nothing.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Only show the one that is kept.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the kept one away.")] = False,
    json: JsonOption = None,
) -> None:
    """Measure on your own data from which similarity on two looks are one person.

    It uses the people enrolled, what you confirmed, and footage without labels; it refuses when
    that is too little. Example: cameo calibrate --fmr 1e-3
    """
    if show + remove + dry_run > 1 or ((show or remove) and images):
        raise typer.BadParameter("--show, --remove and measuring are three different wishes")
    from reid_core.types import Kind

    if show or remove:
        _kept(context, Kind(kind), remove=remove, json=json)
        return
    from reid_core.actions.calibrate import calibrate

    bar = Bar("calibrate")
    with open_library(context, create=images is not None and not dry_run) as library:
        models = models_for(context, library)
        done = calibrate(
            library,
            models,
            kind=Kind(kind),
            fmr=fmr,
            images=images,
            keep=not dry_run,
            progress=bar.tell,
        )
    bar.clear()
    if json:
        write_json(_record(done), json)
    else:
        _print(done)


def _kept(context: typer.Context, kind: str, *, remove: bool, json: str | None) -> None:
    from reid_core.actions.calibrate import forget_calibration
    from reid_core.library import calibrations
    from reid_core.types import Kind

    with open_library(context, create=False) as library:
        models = models_for(context, library)
        model = models.model_id(Kind(kind))
        if remove:
            gone = forget_calibration(library, models, Kind(kind))
            if json:
                write_json({"removed": gone}, json)
            else:
                typer.echo("The calibration was removed." if gone else _none(model, kind))
            return
        with library.read() as connection:
            one = calibrations.get(connection, model, Kind(kind))
    if json:
        write_json(None if one is None else _fields(one), json)
    elif one is None:
        typer.echo(_none(model, kind))
    else:
        typer.echo(f"{one.model} ({one.kind}), measured {one.made}.")
        _show(one)


def _none(model: str, kind: str) -> str:
    return f"{model} is uncalibrated in this library. Measure with: cameo calibrate --kind {kind}"


def _print(done: Calibrated) -> None:
    before = done.before.value
    was = "none" if before is None else f"{before:.3f} ({done.before.origin})"
    _show(done.calibration)
    typer.echo(f"Threshold before: {was}.")
    if done.rejected:
        typer.echo(
            f"Of {done.rejected} appearances that you said are somebody else, "
            f"{done.rejected_pass} reach it (they were the most alike there are)."
        )
    for note in done.notes:
        typer.echo(f"note: {note}")
    if not done.kept:
        typer.echo("Nothing was kept: this was a dry run.")


def _show(one: Calibration) -> None:
    rows = [
        (o.name, o.people, o.impostor, _share(o.passed), o.genuine, _share(o.missed))
        for o in one.origins
    ]
    heads = ("evidence", "people", "of two people", "pass", "of one person", "missed")
    typer.echo(table(rows, heads))
    typer.echo(f"Threshold {_range(one.threshold, '.3f')} for a false-match rate of {one.fmr:g}.")
    typer.echo(one.meaning())
    typer.echo(
        f"Of comparisons of one person it misses {one.missed.value:.1%} "
        f"({one.missed.low or 0:.1%} to {one.missed.high or 1:.1%})."
    )
    costs = ", ".join(f"{m} {c:.3f}" for m, c in one.costs.items())
    typer.echo(
        f"Scores are read by the {one.method} map (cost on people held out, 0 to 1: {costs})."
    )
    for warning in one.warnings:
        typer.echo(f"warning: {warning}")


def _range(one: Interval, form: str) -> str:
    low, high = ("?" if v is None else format(v, form) for v in (one.low, one.high))
    open_end = ", ? being beyond what so few pairs show" if "?" in (low, high) else ""
    return f"{one.value:{form}} ({low} to {high}{open_end})"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2%}"


def _fields(one: Calibration) -> dict[str, object]:
    return {**plain(one), "means": one.meaning()}


def _record(done: Calibrated) -> dict[str, object]:
    return {**plain(done), "calibration": _fields(done.calibration)}
