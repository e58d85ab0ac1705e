"""cameo identify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.output import JsonOption, percent, tell_meaning, with_meaning, write_json
from reid_core.cli.state import One, models_for, open_library

if TYPE_CHECKING:
    from reid_core.actions.identify import Candidate


def command(
    context: typer.Context,
    images: Annotated[list[str], typer.Argument(help="Photos, or moments: clip.mp4@12.5")],
    kind: One = One.FACE,
    json: JsonOption = None,
) -> None:
    """Say who is in pictures.

    Example: cameo identify party.jpg
    """
    from reid_core.actions.identify import identify
    from reid_core.search.probability import AMONG_PEOPLE
    from reid_core.types import Kind

    with open_library(context) as library:
        models = models_for(context, library)
        results, threshold = identify(library, models, images, kind=Kind(kind))
        model = models.model_id(Kind(kind))
    if json:
        write_json({"model": model, "threshold": with_meaning(threshold), "images": results}, json)
    else:
        for result in results:
            typer.echo(f"{result.source}: {result.problem or _count(len(result.probes), kind)}")
            for probe in result.probes:
                near = ", ".join(_near(c) for c in probe.candidates)
                x, y = probe.box[:2]
                name = probe.name or "unknown"
                typer.echo(
                    f"  at {x:.0f},{y:.0f}: {name}" + (f"  (nearest: {near})" if near else "")
                )
        tell_meaning(threshold, AMONG_PEOPLE)
    if any(result.problem for result in results):
        raise typer.Exit(2)


def _near(one: Candidate) -> str:
    chance = "" if one.probability is None else f" ({percent(one.probability)})"
    return f"{one.name} {one.score:.3f}{chance}"


def _count(n: int, kind: str) -> str:
    noun = "face" if kind == "face" else "person"
    return f"no {noun} found" if n == 0 else f"{n} {noun}{'s' if n > 1 else ''}"
