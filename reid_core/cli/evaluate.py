"""cameo evaluate: its commands on people are in `evaluate_people`, those on videos here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reid_core.cli.evaluate_people import ModelOption, about_bodies, identify, reid, verification
from reid_core.cli.evaluate_show import show
from reid_core.cli.output import Bar, JsonOption
from reid_core.cli.state import open_store

LOWEST = 0.02  # every candidate counts for the area under the curve, so detectors keep nearly all

app = typer.Typer(no_args_is_help=True, help="Measure models on labelled data.")
for command in (verification, identify, reid):
    app.command()(command)

VideoOption = Annotated[Path, typer.Option(help="The video.")]
TruthOption = Annotated[Path, typer.Option(help="Ground truth, MOT format.")]


@app.command()
def detect(
    context: typer.Context,
    video: VideoOption,
    truth: TruthOption,
    score: Annotated[
        float,
        typer.Option(min=LOWEST, max=1.0, help="Precision and recall are from this score on."),
    ] = 0.25,
    model: ModelOption = None,
    json: JsonOption = None,
) -> None:
    """Finding people, in every frame.

    --model names a person detector. Example: cameo evaluate detect --video street.mp4 --truth
    gt.txt
    """
    from reid_core.actions.evaluate import evaluate_detect
    from reid_core.actions.loading import Runtime, load_detector
    from reid_core.types import Kind

    store, bar = open_store(context), Bar("detection")
    runtime = Runtime(threads=2)
    detector = load_detector(
        store, Kind.BODY, model, runtime=runtime, score=LOWEST, progress=bar.tell
    )
    done = evaluate_detect(video, truth, detector, score=score, progress=bar.tell)
    bar.clear()
    show(done, json)


@app.command()
def track(
    context: typer.Context,
    video: VideoOption,
    truth: TruthOption,
    rate: Annotated[
        float, typer.Option(min=0.1, max=100.0, help="Pictures looked at per second.")
    ] = 5.0,
    model: ModelOption = None,
    json: JsonOption = None,
) -> None:
    """Following people, as indexing does, compared in every frame.

    --model names a person detector. Example: cameo evaluate track --video street.mp4 --truth
    gt.txt
    """
    from reid_core.actions.evaluate import evaluate_track
    from reid_core.actions.loading import load_detector, load_embedder
    from reid_core.types import Kind

    store, bar = open_store(context), Bar("tracking")
    done = evaluate_track(
        video,
        truth,
        load_detector(store, Kind.BODY, model, progress=bar.tell),
        load_embedder(store, Kind.BODY, progress=bar.tell),
        per_second=rate,
        progress=bar.tell,
    )
    bar.clear()
    show(done, json, about_bodies(store, None))
