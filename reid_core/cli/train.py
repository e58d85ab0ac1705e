"""cameo train."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.output import Bar, JsonOption, write_json

if TYPE_CHECKING:
    from reid_core.learn.trainer import Result

SHOWN = 5


def command(
    config: Annotated[Path, typer.Argument(help="A TOML file; see training/configs.")],
    changes: Annotated[
        list[str] | None, typer.Argument(help="table.key=value, like optim.lr=1e-3.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the run's last checkpoint.")
    ] = False,
    json: JsonOption = None,
) -> None:
    """Train identity embeddings: network, sampling strategy, loss.

    Ctrl-C stops after the step and keeps what was learnt. On several GPUs: torchrun
    --nproc-per-node 8 -m reid_core.cli.main train CONFIG

    Example: cameo train training/configs/body_smoke.toml optim.epochs=2
    """
    from reid_core.actions.train import train

    stopper = Stopper()
    bar = Bar("training")
    done = train(
        config, changes or (), resume=resume, progress=bar.tell, should_stop=stopper.is_asked
    )
    bar.clear()
    if int(os.environ.get("RANK", 0)) == 0:
        _show(done, json)
    if done.state == "interrupted":
        raise typer.Exit(130)


class Stopper:
    """Whether Ctrl-C was pressed or the process was told to end; a second Ctrl-C ends at once."""

    def __init__(self) -> None:
        self._asked = False
        signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGTERM, self._ask)

    def is_asked(self) -> bool:
        """Asked to stop, once or more."""
        return self._asked

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
