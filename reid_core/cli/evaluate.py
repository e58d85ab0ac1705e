"""cameo evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.output import Bar, JsonOption, plain, write_json
from reid_core.cli.state import open_store

if TYPE_CHECKING:
    from reid_core.models.store import ModelStore

LOWEST = 0.02  # every candidate counts for the area under the curve, so detectors keep nearly all

app = typer.Typer(no_args_is_help=True, help="Measure models on labelled data.")
ModelOption = Annotated[str | None, typer.Option("--model", help="Default: the one of its role.")]
VideoOption = Annotated[Path, typer.Option(help="The video.")]
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

    --model names a face embedder. Example: cameo evaluate verification --images lfw --pairs
    pairs.txt
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
    images: Annotated[
        Path, typer.Option(help="Crops with Market-style names, or a folder for each identity.")
    ],
    model: ModelOption = None,
    same_camera_junk: Annotated[
        bool,
        typer.Option(
            "--same-camera-junk/--keep-same-camera",
            help="With several cameras: leave out what the query's own camera saw of it.",
        ),
    ] = True,
    time_gap: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Frames: where the same camera counts, leave out what it saw so near in time.",
        ),
    ] = None,
    rerank: Annotated[
        bool, typer.Option("--rerank", help="Re-rank by k-reciprocal neighbours.")
    ] = False,
    expand: Annotated[
        int, typer.Option(min=0, help="Average each query with its nearest, so many.")
    ] = 0,
    json: JsonOption = None,
) -> None:
    """Re-identification over cameras, or retrieval from folders without cameras.

    --model names a body embedder. Example: cameo evaluate reid --images market1501
    """
    from reid_core.actions.evaluate import ReidRules, evaluate_reid
    from reid_core.actions.loading import load_embedder
    from reid_core.types import Kind

    if rerank and expand:
        raise typer.BadParameter("re-ranking expands queries itself: say --rerank or --expand")
    rules = ReidRules(same_camera_junk, time_gap, rerank, expand)
    store, bar = open_store(context), Bar("re-identification")
    embedder = load_embedder(store, Kind.BODY, model, progress=bar.tell)
    done = evaluate_reid(images, embedder, rules=rules, progress=bar.tell)
    bar.clear()
    _show(done, json, _about_bodies(store, model))


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
    _show(done, json)


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
    _show(done, json, _about_bodies(store, None))


def _about_bodies(store: ModelStore, name: str | None) -> list[str]:
    """What has to be said of a body embedder beside every number it gives."""
    from reid_core.models.manifest import Role
    from reid_core.models.store import catalog

    chosen = name or store.default_for(Role.BODY_EMBEDDER)
    used = catalog()[chosen].manifest if chosen in catalog() else store.manifest(chosen)
    return [used.note or f"{used.name} is a fallback."] if used.fallback else []


def _show(done: object, json: str | None, notes: list[str] | None = None) -> None:
    report = plain(done)
    report["notes"] = [*report.get("notes", ()), *(notes or ())]
    if json:
        write_json(report, json)
        return
    for key, value in report.items():
        if key == "tar":
            for far, rate in value.items():
                low, high = rate["low"], rate["high"]
                typer.echo(f"{'TAR @ ' + far:<16}{rate['value']:.4f}  ({low:.4f} to {high:.4f})")
        elif key == "recall_at":
            for k, share in value.items():
                typer.echo(f"{'recall @ ' + k:<16}{share}")
        elif key != "notes":
            typer.echo(f"{key:<16}{value}")
    for note in report["notes"]:
        typer.echo(f"note: {note}")
