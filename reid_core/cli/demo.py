"""cameo demo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.output import Bar, JsonOption, clock, plain, table, write_json
from reid_core.cli.state import models_for

if TYPE_CHECKING:
    from reid_core.actions.demo_retrain import Retrained


def command(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Where to put the film and the reports.")] = Path(
        "cameo-demo"
    ),
    retrain: Annotated[
        bool,
        typer.Option(
            "--retrain",
            help="Then retrain on six people as a poor camera shows them: verdict, switch, way "
            "back. Needs torch; half a minute more.",
        ),
    ] = False,
    json: JsonOption = None,
) -> None:
    """Enrol, index and search on sample material, and compare with the truth.

    No camera, no screen, no question. Example: cameo demo
    """
    import time

    from reid_core.actions.demo import demo
    from reid_core.actions.demo_retrain import demo_retraining

    started, bar = time.perf_counter(), Bar("demo")
    models = models_for(context, None, threads=1)
    done = demo(out, models, progress=bar.tell)
    learnt = (
        demo_retraining(out / "retraining", done.film, models, progress=bar.tell)
        if retrain
        else None
    )
    bar.clear()
    if json:
        write_json({**plain(done), "retraining": plain(learnt)} if learnt else done, json)
    else:
        typer.echo(
            f"Made {done.film} ({clock(done.indexed.until_s)}), enrolled {len(done.answers)} "
            f"people, found {done.indexed.faces} face and {done.indexed.bodies} body tracklets.\n"
        )
        rows = [
            (a.name, _spans(a.found), _spans(a.truth), f"{a.found_share:.0%}", f"{a.wrong_s:.1f} s")
            for a in done.answers
        ]
        typer.echo(table(rows, ("who", "found (seconds)", "truly there", "of it found", "wrongly")))
        typer.echo("")
        for a in done.answers:
            typer.echo(
                f"{a.report}: searched in {a.search_s * 1000:.0f} ms, "
                f"{a.decoded_frames} frames decoded"
            )
        if learnt:
            _say_learnt(learnt)
        typer.echo(
            f"Everything in {time.perf_counter() - started:.1f} s. Open a report in a browser."
        )
    if not all(a.is_right for a in done.answers) or (learnt and not learnt.is_back):
        raise typer.Exit(1)


def _say_learnt(learnt: Retrained) -> None:
    typer.echo(f"\nRetrained on {learnt.pictures} poor pictures of 6 people.")
    typer.echo(learnt.run.verdict["sentence"])
    if not learnt.accepted:
        typer.echo("There is no new model, so searches answer as before.\n")
        return
    typer.echo(
        f"It was taken into use{' by --override' if learnt.overridden else ''} and back again; "
        f"searches answer as before it: {'yes' if learnt.is_back else 'no'}. Six people are for "
        "show: with fifty an improvement can be proven.\n"
    )


def _spans(spans: tuple[tuple[float, float], ...]) -> str:
    return ", ".join(f"{a:.1f}-{b:.1f}" for a, b in spans) or "nowhere"
