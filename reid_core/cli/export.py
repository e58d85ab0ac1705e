"""cameo export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reid_core.cli.output import JsonOption, write_json
from reid_core.cli.state import open_store


def command(
    context: typer.Context,
    run: Annotated[Path, typer.Argument(help="The folder of a training run.")],
    name: Annotated[str, typer.Option(help="What the model is called.")],
    to: Annotated[Path, typer.Option("--to", help="The folder to write to.")] = Path(),
    role: Annotated[str, typer.Option(help="body-embedder or face-embedder")] = "body-embedder",
    precision: Annotated[str, typer.Option(help="fp32, fp16 (stored) or int8")] = "fp16",
    licence: Annotated[str, typer.Option(help="Under which terms.")] = "unknown",
    commercial: Annotated[
        bool, typer.Option("--commercial", help="The terms allow commercial use.")
    ] = False,
    data: Annotated[str, typer.Option(help="For the card: trained on what.")] = "",
    terms: Annotated[str, typer.Option(help="For the card: under which terms.")] = "",
    command_: Annotated[str, typer.Option("--command", help="For the card: what made it.")] = "",
    note: Annotated[str, typer.Option(help="One sentence, shown with the model.")] = "",
    install: Annotated[bool, typer.Option("--install", help="And install it.")] = False,
    json: JsonOption = None,
) -> None:
    """Turn a training run into a model: ONNX, manifest, card. It must give torch's own vectors.

    Example: cameo export runs/body --name mine --install, then: cameo models use mine
    """
    from reid_core.actions.train import export
    from reid_core.learn.release import Release

    release = Release(
        name,
        role,
        precision,
        licence,
        commercial,
        data=data,
        terms=terms,
        command=command_,
        note=note,
    )
    done = export(run, to, release)
    if install:
        from reid_core.learn.export import install_exported

        install_exported(open_store(context), to, name)
    if json:
        write_json(done, json)
        return
    typer.echo(
        f"{done.path}: {done.size / 1e6:.2f} MB, {done.precision}, lowest cosine to torch "
        f"{done.parity:.6f}" + (", installed" if install else "")
    )
