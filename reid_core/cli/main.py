"""The command `cameo`. Nothing heavy is imported until a command needs it."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from reid_core import __version__
from reid_core.cli import (
    app as window,
)
from reid_core.cli import (
    calibrate,
    demo,
    enroll,
    evaluate,
    export,
    identify,
    index,
    models,
    people,
    retrain,
    search,
    train,
    unknowns,
    videos,
    watch,
)
from reid_core.errors import CameoError

INTERRUPTED = 130

app = typer.Typer(
    name="cameo",
    help="Find people in pictures and video: enrol once, index once, search in a second.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("app")(window.command)
app.command("calibrate")(calibrate.command)
app.command("demo")(demo.command)
app.command("enroll")(enroll.command)
app.command("identify")(identify.command)
app.command("index")(index.command)
app.command("search")(search.command)
app.command("unknowns")(unknowns.command)
app.command("watch")(watch.command)
app.command("train")(train.command)
app.command("export")(export.command)
app.add_typer(people.app, name="people")
app.add_typer(videos.app, name="videos")
app.add_typer(models.app, name="models")
app.add_typer(retrain.app, name="retrain")
app.add_typer(evaluate.app, name="evaluate")


@app.callback()
def options(
    library: Annotated[
        Path | None,
        typer.Option(envvar="CAMEO_LIBRARY", help="The library's folder.", metavar="DIR"),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(envvar="CAMEO_MODELS", help="The folder of models.", metavar="DIR"),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=lambda v: _version(v))
    ] = False,
) -> None:
    """Options that stand before the command."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(name)s: %(message)s"
    )


def main() -> None:
    """Run a command; the world's faults become one line and exit status 2."""
    try:
        app()
    except CameoError as error:
        _say(str(error))
        sys.exit(2)
    except OSError as error:  # a folder that is not there, a disk that is full: the world's fault
        _say(f"{error.filename or 'a file'}: {error.strerror or error}.")
        sys.exit(2)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _say("stopped. What was stored is kept; give the same command to go on.")
        raise


def _say(sentence: str) -> None:
    sys.stderr.write(f"cameo: {sentence}\n")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cameo {__version__}")
        raise typer.Exit


if __name__ == "__main__":
    main()
