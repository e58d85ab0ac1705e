"""cameo models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reid_core.cli.output import Bar, JsonOption, table, write_json
from reid_core.cli.state import open_library, open_store

app = typer.Typer(no_args_is_help=True, help="Networks: list, pull, import, show, use, remove.")


@app.command("list")
def list_(context: typer.Context, json: JsonOption = None) -> None:
    """Every model, installed or available, with its licence. Example: cameo models list"""
    from reid_core.models.session import describe_runtime
    from reid_core.models.store import catalog

    store = open_store(context)
    installed = {m.name: m for m in store.installed()}
    known = {**{n: e.manifest for n, e in catalog().items()}, **installed}
    rows = sorted(known.values(), key=lambda m: (m.role, m.name))
    if json:
        write_json([{"model": m, "installed": m.name in installed} for m in rows], json)
        return
    typer.echo(
        table(
            [
                (
                    m.role,
                    m.name,
                    "yes" if m.name in installed else "no",
                    "yes" if m.commercial else "NO",
                    m.licence,
                )
                for m in rows
            ],
            ("role", "model", "installed", "commercial use", "licence"),
        )
    )
    for line in describe_runtime():
        typer.echo(line, err=True)


@app.command()
def pull(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Nothing: the defaults.")] = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="The publisher's file, already on this machine.")
    ] = None,
    accept_licence: Annotated[
        bool, typer.Option(help="Needed for weights that may not be used commercially.")
    ] = False,
) -> None:
    """Fetch models, verify and install them. Example: cameo models pull"""
    from reid_core.errors import ModelError
    from reid_core.models.store import catalog

    store = open_store(context)
    wanted = names or [n for n, e in catalog().items() if e.default]
    for name in wanted:
        entry = catalog().get(name)
        if entry and not entry.manifest.commercial and not accept_licence:
            raise ModelError(
                f"{name} may not be used commercially ({entry.manifest.licence}). "
                "If that is fine, say so with --accept-licence."
            )
        bar = Bar(name)
        done = store.pull(name, bar.tell, source=source)
        bar.clear()
        typer.echo(f"{done.model_id}: {done.licence}, from {done.source}")


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="An .onnx file.")],
    role: Annotated[
        str, typer.Option(help="face-embedder, body-embedder, face-detector, person-detector")
    ],
    name: Annotated[str | None, typer.Option(help="Default: the file's name.")] = None,
    architecture: Annotated[
        str | None, typer.Option(help="Detectors: yunet, scrfd, ssd or yolox.")
    ] = None,
    licence: Annotated[str, typer.Option(help="Under which terms.")] = "unknown",
    commercial: Annotated[
        bool, typer.Option(help="Whether the terms allow commercial use.")
    ] = False,
    color: Annotated[str | None, typer.Option(help="rgb or bgr")] = None,
    mean: Annotated[
        str | None, typer.Option(help="Three numbers, 0 to 255: 123.7,116.3,103.5")
    ] = None,
    std: Annotated[str | None, typer.Option(help="Three numbers, 0 to 255.")] = None,
    flip: Annotated[bool, typer.Option(help="Average with the mirror image.")] = False,
) -> None:
    """Bring your own network. Example: cameo models import osnet.onnx --role body-embedder"""
    from reid_core.models.importing import import_onnx

    numbers = [tuple(float(v) for v in t.split(",")) if t else None for t in (mean, std)]
    done = import_onnx(
        open_store(context),
        file,
        role=role,
        name=name,
        architecture=architecture,
        licence=licence,
        commercial=commercial,
        color=color,
        mean=numbers[0],
        std=numbers[1],
        flip=flip,
    )
    size = f"{done.input.width}x{done.input.height}"
    out = f", vectors of {done.dim}" if done.dim else ""
    typer.echo(f"{done.model_id}: {done.role}, input {size} {done.input.color}{out}")


@app.command()
def show(context: typer.Context, name: str, json: JsonOption = None) -> None:
    """All that is known of a model. Example: cameo models show dlib-resnet-v1"""
    from reid_core.cli.output import plain
    from reid_core.models.store import catalog

    store = open_store(context)
    installed = {m.name for m in store.installed()}
    entry = catalog().get(name)
    one = store.manifest(name) if name in installed or entry is None else entry.manifest
    record = {**plain(one), "installed": name in installed}
    if json:
        write_json(record, json)
        return
    for key, value in record.items():
        typer.echo(f"{key:12} {value}")


@app.command()
def use(context: typer.Context, name: str) -> None:
    """Work with this model in its role from now on. Example: cameo models use sface-2021dec"""
    from reid_core.actions.use_model import use_model

    with open_library(context) as library:
        bar = Bar("embedding again")
        made = use_model(library, open_store(context), name, progress=bar.tell)
        bar.clear()
    typer.echo(
        f"{name} is in use." + (f" {made} stored pictures were embedded again." if made else "")
    )


@app.command()
def remove(context: typer.Context, name: str) -> None:
    """Delete an installed model. Example: cameo models remove sface-2021dec"""
    open_store(context).remove(name)
