"""cameo demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reid_core.cli.output import Bar, JsonOption, clock, table, write_json
from reid_core.cli.state import models_for


def command(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Where to put the film and the reports.")] = Path(
        "cameo-demo"
    ),
    json: JsonOption = None,
) -> None:
    """Enrol, index and search on sample material, and compare with the truth.

    No camera, no screen, no question. Example: cameo demo
    """
    import time

    from reid_core.actions.demo import demo

    started, bar = time.perf_counter(), Bar("demo")
    models = models_for(context, None, threads=1)
    done = demo(out, models, progress=bar.tell)
    bar.clear()
    if json:
        write_json(done, json)
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
        typer.echo(
            f"Everything in {time.perf_counter() - started:.1f} s. Open a report in a browser."
        )
    if not all(a.is_right for a in done.answers):
        raise typer.Exit(1)


def _spans(spans: tuple[tuple[float, float], ...]) -> str:
    return ", ".join(f"{a:.1f}-{b:.1f}" for a, b in spans) or "nowhere"
