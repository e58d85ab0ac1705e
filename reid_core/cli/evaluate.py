"""cameo evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reid_core.cli.output import Bar, JsonOption, plain, write_json
from reid_core.cli.state import open_store

app = typer.Typer(no_args_is_help=True, help="Measure models on labelled data.")
ModelOption = Annotated[str | None, typer.Option("--model", help="Default: the one of its role.")]
TruthOption = Annotated[Path, typer.Option(help="Ground truth, MOT format.")]


@app.command()
def verification(
    context: typer.Context,
    images: Annotated[Path, typer.Option(help="Folders of people, as LFW has them.")],
    pairs: Annotated[Path, typer.Option(help="LFW's pairs.txt.")],
    model: ModelOption = None,
    json: JsonOption = None,
) -> None:
    """Same or different, over a list of pairs.

    Example: cameo evaluate verification --images lfw --pairs pairs.txt
    """
    from reid_core.actions.evaluate import evaluate_verification
    from reid_core.actions.loading import load_detector, load_embedder
    from reid_core.types import Kind

    store, bar = open_store(context), Bar("verification")
    done = evaluate_verification(
        images,
        pairs,
        load_detector(store, Kind.FACE, progress=bar.tell),
        load_embedder(store, Kind.FACE, model, progress=bar.tell),
        progress=bar.tell,
    )
    bar.clear()
    _show(done, json)


@app.command()
def reid(
    context: typer.Context,
    images: Annotated[Path, typer.Option(help="Crops with Market-style names.")],
    model: ModelOption = None,
    json: JsonOption = None,
) -> None:
    """Re-identification over cameras. Example: cameo evaluate reid --images market/query"""
    from reid_core.actions.evaluate import evaluate_reid
    from reid_core.actions.loading import Runtime, load_embedder
    from reid_core.types import Kind

    bar = Bar("re-identification")
    embedder = load_embedder(open_store(context), Kind.BODY, model, runtime=Runtime(threads=2))
    done = evaluate_reid(images, embedder, progress=bar.tell)
    bar.clear()
    _show(done, json)


@app.command()
def detect(
    context: typer.Context,
    video: Annotated[Path, typer.Option(help="The video.")],
    truth: TruthOption,
    model: ModelOption = None,
    json: JsonOption = None,
) -> None:
    """Finding people, frame by frame.

    Example: cameo evaluate detect --video v.avi --truth gt.txt
    """
    from reid_core.actions.evaluate import evaluate_detect
    from reid_core.actions.loading import Runtime, load_detector
    from reid_core.types import Kind

    bar = Bar("detection")
    # every candidate counts for the area under the curve, so the threshold is low
    detector = load_detector(
        open_store(context), Kind.BODY, model, runtime=Runtime(threads=2), score=0.02
    )
    done = evaluate_detect(video, truth, detector, progress=bar.tell)
    bar.clear()
    _show(done, json)


@app.command()
def track(
    context: typer.Context,
    video: Annotated[Path, typer.Option(help="The video.")],
    truth: TruthOption,
    rate: Annotated[float, typer.Option(help="Pictures looked at per second.")] = 5.0,
    model: ModelOption = None,
    json: JsonOption = None,
) -> None:
    """Following people. Example: cameo evaluate track --video v.avi --truth gt.txt"""
    from reid_core.actions.evaluate import evaluate_track
    from reid_core.actions.loading import load_detector, load_embedder
    from reid_core.types import Kind

    store, bar = open_store(context), Bar("tracking")
    done = evaluate_track(
        video,
        truth,
        load_detector(store, Kind.BODY, model),
        load_embedder(store, Kind.BODY),
        per_second=rate,
        progress=bar.tell,
    )
    bar.clear()
    _show(done, json)


def _show(done: object, json: str | None) -> None:
    if json:
        write_json(done, json)
        return
    for key, value in plain(done).items():
        rows = value.items() if isinstance(value, dict) else [("", value)]
        for name, one in rows:
            typer.echo(f"{key + ' ' + name if name else key:14} {one}")
