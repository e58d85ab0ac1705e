"""cameo watch."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from reid_core.cli.output import plain, tell_meaning
from reid_core.cli.state import One, RateOption, SecondsOption, models_for, open_library


def command(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="camera:0, rtsp://…, or a file")],
    kind: One = One.FACE,
    rate: RateOption = 5.0,
    seconds: SecondsOption = None,
) -> None:
    """Watch live: one JSON line when somebody enters, is identified, or leaves.

    Example: cameo watch camera:0
    """
    from reid_core.actions.thresholds import threshold
    from reid_core.actions.watch import watch
    from reid_core.search.probability import AMONG_PEOPLE
    from reid_core.types import Kind

    with open_library(context) as library:
        models = models_for(context, library)
        with library.read() as connection:
            one = threshold(connection, models, Kind(kind))
        tell_meaning(one, AMONG_PEOPLE)
        for event in watch(
            library, models, source, kind=Kind(kind), per_second=rate, seconds=seconds
        ):
            typer.echo(json.dumps(plain(event), ensure_ascii=False))
