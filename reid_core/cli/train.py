"""cameo train."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.output import Bar, JsonOption, write_json

if TYPE_CHECKING:
    from reid_core.learn.trainer import Result

SHOWN = 5
NICE = 10


def command(
    config: Annotated[
        Path, typer.Argument(help="A TOML file, or a recipe's name; see training/configs.")
    ],
    changes: Annotated[
        list[str] | None, typer.Argument(help="table.key=value, like optim.lr=1e-3.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the run's last checkpoint.")
    ] = False,
    commands: Annotated[
        bool,
        typer.Option(
            "--commands",
            help="Obey pause, resume and stop, a line each, from standard input; its end is stop.",
        ),
    ] = False,
    json: JsonOption = None,
) -> None:
    """Train identity embeddings: network, sampling strategy, loss.

    Ctrl-C stops after the step and keeps what was learnt. On several GPUs: torchrun
    --nproc-per-node 8 -m reid_core.cli.main train CONFIG

    Example: cameo train body_smoke optim.epochs=2
    """
    from reid_core.actions.train import train

    stopper = Stopper()
    if commands:
        stopper.listen()
    bar = Bar("training")
    done = train(
        config,
        changes or (),
        resume=resume,
        progress=bar.tell,
        should_stop=stopper.is_asked,
        is_paused=stopper.is_holding,
    )
    bar.clear()
    if int(os.environ.get("RANK", 0)) == 0:
        _show(done, json)
    if done.state == "interrupted":
        raise typer.Exit(130)


class Stopper:
    """Whether Ctrl-C was pressed or the process was told to end; a second Ctrl-C ends at once."""

    def __init__(self) -> None:
        self._asked = self._paused = False
        signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGTERM, self._ask)

    def is_asked(self) -> bool:
        """Asked to stop, once or more."""
        return self._asked

    def is_holding(self) -> bool:
        """Asked to pause, and not yet to go on."""
        return self._paused

    def listen(self) -> None:
        """Obey what comes on standard input, and let another program's work go first."""
        if hasattr(os, "nice"):
            os.nice(NICE)
        threading.Thread(target=self._obey, name="commands", daemon=True).start()

    def _obey(self) -> None:
        """A buffered reader would block the end of the process at its lock."""
        rest = b""
        while data := os.read(sys.stdin.fileno(), 4096):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                word = line.strip()
                self._paused = {b"pause": True, b"resume": False}.get(word, self._paused)
                self._asked = self._asked or word == b"stop"
        self._asked = True

    def _ask(self, number: int, frame: object) -> None:
        self._asked = True
        signal.signal(number, signal.SIG_DFL)


def _show(done: Result, json: str | None) -> None:
    if json:
        write_json(done, json)
        return
    for path, reason in done.broken[:SHOWN]:
        typer.echo(f"left out: {path}: {reason}")
    if len(done.broken) > SHOWN:
        typer.echo(f"left out: {len(done.broken) - SHOWN} more; all are in result.json")
    typer.echo(f"{done.pictures} pictures of {done.identities} identities, {done.steps} steps")
    for name, value in done.metrics.items():
        typer.echo(f"{name:10}{value:.4f}   (untrained {done.untrained.get(name, 0):.4f})")
    typer.echo(f"{done.state}; best at step {done.best_step}: {done.folder / 'best.pt'}")
