"""cameo evaluate verification | identify | reid."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.evaluate_show import show
from reid_core.cli.output import Bar, JsonOption
from reid_core.cli.state import One, open_store

if TYPE_CHECKING:
    from reid_core.models.store import ModelStore
    from reid_core.protocols import Detector, Embedder


class By(StrEnum):
    """A condition, as an option."""

    QUALITY = "quality"
    SIZE = "size"
    POSE = "pose"
    CAMERA = "camera"


ModelOption = Annotated[str | None, typer.Option("--model", help="Default: the one of its role.")]
AgainstOption = Annotated[
    str | None,
    typer.Option(metavar="MODEL", help="A second model, compared on the same pictures."),
]
ReportOption = Annotated[
    Path | None, typer.Option(metavar="FILE.html", help="Write a page with plots.")
]
PicturesOption = Annotated[
    bool, typer.Option("--pictures", help="Put pictures of the people into the report.")
]
KindOption = Annotated[
    One, typer.Option(help="face: the central face counts. body: pictures are crops.")
]
ImagesOption = Annotated[
    Path,
    typer.Option(
        help="A folder for each person, Market-style names, or a CSV: path,identity,camera."
    ),
]


def verification(
    context: typer.Context,
    images: ImagesOption,
    pairs: Annotated[
        Path | None, typer.Option(help="LFW's pairs.txt. Without it: all pairs.")
    ] = None,
    model: ModelOption = None,
    against: AgainstOption = None,
    kind: KindOption = One.FACE,
    fmr: Annotated[
        str, typer.Option(metavar="RATE", help="Conditions are split and models compared at it.")
    ] = "1e-3",
    by: Annotated[
        list[By] | None, typer.Option(help="Split error rates by it; may be repeated.")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="CSV of your own groups: path,LABEL or identity,LABEL."),
    ] = None,
    report: ReportOption = None,
    pictures: PicturesOption = False,
    json: JsonOption = None,
) -> None:
    """Same or different, over a list of pairs or over all pairs of labelled pictures.

    --model names an embedder of the kind. Example: cameo evaluate verification --images people
    --by size --report errors.html
    """
    from reid_core.actions import evaluate as actions
    from reid_core.actions.evaluation_report import Options, report_pairs

    store, bar = open_store(context), Bar("verification")
    _check_report(report, pictures=pictures)
    split = actions.SplitBy(tuple(dict.fromkeys(b.value for b in by or ())), labels)
    wanted = actions.Wanted(far=_rate(fmr), split=split)
    detector, embedders = _load(store, kind, [model, *([against] if against else [])], bar)
    done: actions.AllPairs | actions.Verification
    if pairs is not None:
        done = actions.evaluate_verification(
            images,
            pairs,
            detector,
            embedders[0],
            against=embedders[-1] if against else None,
            wanted=wanted,
            progress=bar.tell,
        )
    else:
        done = actions.evaluate_all_pairs(
            images, detector, embedders, wanted=wanted, progress=bar.tell
        )
    bar.clear()
    if report is not None:
        report_pairs(done, report, Options(images, pictures))
    show(done, json, _about(store, kind, [model, against]))


def identify(
    context: typer.Context,
    images: ImagesOption,
    model: ModelOption = None,
    against: AgainstOption = None,
    kind: KindOption = One.FACE,
    templates: Annotated[
        int, typer.Option(min=1, help="Pictures enrolled of each who is enrolled.")
    ] = 1,
    enrolled: Annotated[
        float, typer.Option(min=0.01, max=0.99, help="Share enrolled of those who could be.")
    ] = 0.5,
    splits: Annotated[int, typer.Option(min=1, max=1000, help="How often people are dealt.")] = 10,
    least: Annotated[int, typer.Option(min=1, help="Leave people with fewer pictures out.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Other seeds deal people otherwise.")] = 0,
    report: ReportOption = None,
    pictures: PicturesOption = False,
    json: JsonOption = None,
) -> None:
    """Who is it, if anybody: some people are enrolled, all search (open set).

    --model names an embedder of the kind. Example: cameo evaluate identify --images lfw --report
    identify.html
    """
    from reid_core.actions import evaluate as actions
    from reid_core.actions.evaluation_report import Options, report_identify

    _check_report(report, pictures=pictures)
    store, bar = open_store(context), Bar("identification")
    detector, embedders = _load(store, kind, [model, *([against] if against else [])], bar)
    how = actions.Splits(templates, enrolled, splits, least, seed=seed)
    done = actions.evaluate_identify(images, detector, embedders, how=how, progress=bar.tell)
    bar.clear()
    if report is not None:
        report_identify(done, report, Options(images, pictures))
    show(done, json, _about(store, kind, [model, against]))


def reid(
    context: typer.Context,
    images: ImagesOption,
    model: ModelOption = None,
    against: AgainstOption = None,
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
    report: ReportOption = None,
    pictures: PicturesOption = False,
    json: JsonOption = None,
) -> None:
    """Re-identification over cameras, or retrieval from folders without cameras.

    --model names a body embedder. Example: cameo evaluate reid --images market1501
    """
    from reid_core.actions import evaluate as actions
    from reid_core.actions.evaluation_report import Options, report_reid

    if rerank and expand:
        raise typer.BadParameter("re-ranking expands queries itself: say --rerank or --expand")
    _check_report(report, pictures=pictures)
    rules = actions.ReidRules(same_camera_junk, time_gap, rerank, expand)
    store, bar = open_store(context), Bar("re-identification")
    _, (embedder, *others) = _load(store, One.BODY, [model, *([against] if against else [])], bar)
    done = actions.evaluate_reid(
        images,
        embedder,
        rules=rules,
        against=others[0] if others else None,
        progress=bar.tell,
    )
    bar.clear()
    if report is not None:
        report_reid(done, report, Options(images, pictures))
    show(done, json, _about(store, One.BODY, [model, against]))


def about_bodies(store: ModelStore, name: str | None) -> list[str]:
    """What has to be said of a body embedder beside every number it gives."""
    from reid_core.models.manifest import Role
    from reid_core.models.store import catalog

    chosen = name or store.default_for(Role.BODY_EMBEDDER)
    used = catalog()[chosen].manifest if chosen in catalog() else store.manifest(chosen)
    return [used.note or f"{used.name} is a fallback."] if used.fallback else []


def _about(store: ModelStore, kind: One, names: list[str | None]) -> list[str]:
    """Of the first, which may be the default, and of the second if there is one."""
    if kind is One.FACE:
        return []
    return [
        note for i, name in enumerate(names) if name or not i for note in about_bodies(store, name)
    ]


def _load(
    store: ModelStore, kind: One, names: list[str | None], bar: Bar
) -> tuple[Detector | None, list[Embedder]]:
    """A detector where faces have to be found, and the embedders."""
    from reid_core.actions.loading import load_detector, load_embedder
    from reid_core.types import Kind

    what = Kind(kind.value)
    detector = load_detector(store, what, progress=bar.tell) if what is Kind.FACE else None
    return detector, [load_embedder(store, what, name, progress=bar.tell) for name in names]


def _check_report(report: Path | None, *, pictures: bool) -> None:
    """Say at once what would be found out after the work."""
    if pictures and report is None:
        raise typer.BadParameter("--pictures is for the report: say --report FILE.html too")
    if report is not None and (report.is_dir() or not report.parent.is_dir()):
        raise typer.BadParameter(f"the report cannot be written to {report}: no such folder")


def _rate(text: str) -> str:
    try:
        if 0 < float(text) <= 0.5:
            return text
    except ValueError:
        pass
    raise typer.BadParameter(f"--fmr is {text!r}, expected a rate up to 0.5, as 1e-3")
