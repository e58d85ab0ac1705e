"""cameo app."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer


def command(
    context: typer.Context,
    page: Annotated[
        str,
        typer.Option(help="people, footage, search, live, train, models, settings or welcome."),
    ] = "",
) -> None:
    """Open the window. Example: cameo app

    It runs in a process of its own; this command ends when the window is closed.
    """
    # -P: a folder `app` in the working directory must not run in place of ours
    arguments = [sys.executable, "-P", "-m", "app"]
    root = context.find_root()
    for name in ("library", "models"):
        source = root.get_parameter_source(name)  # the window reads the environment itself
        if source is not None and source.name == "COMMANDLINE":
            arguments += [f"--{name}", str(root.params[name])]
    if page:
        arguments += ["--page", page]
    status = _run(arguments)
    if status:
        raise typer.Exit(status)


def _run(arguments: list[str]) -> int:
    """The child's exit status; as a shell writes it when a signal ended the child."""
    with subprocess.Popen(arguments) as child:
        while True:
            try:
                status = child.wait()
            except KeyboardInterrupt:  # Ctrl-C reaches the window too, which closes in order
                continue
            return 128 - status if status < 0 else status
