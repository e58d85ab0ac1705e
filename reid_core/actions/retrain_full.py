"""The strength `full`: the whole network learns, by `cameo train` and a recipe for this gallery.

The recipe lies in a folder of the library with a copy of the network to begin with. Of the pictures
it says which retraining they belong to and no more, so that nobody who is forgotten is left there.
When the training is done, its best network is judged as every other strength's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from reid_core.actions import retrain_head
from reid_core.actions.loading import EMBEDDER_ROLE, Models
from reid_core.actions.retrain import (
    Wish,
    alone,
    check_loss,
    gathered,
    judged,
    noted,
    rate_of,
    record,
)
from reid_core.actions.retrain_data import Samples, gather
from reid_core.actions.retrain_folders import NOTE, folder_of, tidy
from reid_core.actions.train import require_torch
from reid_core.adapter import Adapter
from reid_core.errors import DataError, TrainingError
from reid_core.evaluate.holdout import Ids, Split
from reid_core.files import write_atomically
from reid_core.library import Library, adapters, retrainings
from reid_core.library.ids import format_id
from reid_core.library.retrainings import FULL, TRAINING, Run
from reid_core.models import tail
from reid_core.models.manifest import InputSpec, Manifest
from reid_core.protocols import Progress, no_progress
from reid_core.types import Floats, Kind

RECIPE, BASE = "recipe.toml", "base.onnx"
SHOWN = 200_000  # pictures in a training, about
EPOCHS = (5, 100)
BATCH, EACH = 64, 4  # pictures in a batch, and of each person
HELD_OUT = 0.1  # of the people learnt from: by whom the best moment is chosen


@dataclass(frozen=True, slots=True)
class Prepared:
    """A training that can begin: `cameo train CONFIG`. seconds: it takes on this machine, about."""

    run: Run
    config: Path
    steps: int
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    strangers: tuple[Ids, Ids]
    strangers_scores: Floats
    strength: float = 1.0
    tried: tuple[Any, ...] = ()


def recipe_for(
    library: Library,
    models: Models,
    kind: Kind,
    wish: Wish | None = None,
    *,
    progress: Progress = no_progress,
) -> Prepared:
    """Hold out, note the run, and write the recipe of its training.

    Raises DataError when there is too little, ModelMismatch or TrainingError when the network in
    use cannot be rebuilt or for an unknown loss, LibraryLocked while another retraining is at work.
    """
    require_torch()
    from reid_core.learn.backbones import onnx_graph

    how = replace(wish or Wish(), strength=FULL)
    how = replace(how, fmr=rate_of(library, models, kind, how))
    check_loss(how.loss)
    base = models.manifest(EMBEDDER_ROLE[kind])
    file, spec = models.store.path(base.name), base.input
    net = onnx_graph.rebuilt(tail.whole(file), file, height=spec.height, width=spec.width)
    each = onnx_graph.seconds_a_picture(net, height=spec.height, width=spec.width)
    with alone(library):
        tidy(library)
        samples = gathered(library, models, kind, how)
        if samples.stock.problems:
            raise DataError(" ".join(samples.stock.problems))
        with noted(library, kind, base.model_id, how, samples) as one:
            with library.read() as connection:
                run = retrainings.find_run(connection, format_id(one))
            config, pictures = _write(library, models, run, base, samples, how)
    return Prepared(run, config, pictures // BATCH, pictures * each)


def _write(
    library: Library, models: Models, run: Run, base: Manifest, samples: Samples, how: Wish
) -> tuple[Path, int]:
    """The folder of a run; the recipe and how many pictures the training looks at."""
    from reid_core.learn.config import to_toml

    folder = folder_of(library, run)
    folder.mkdir(parents=True, exist_ok=True)
    note = {"retraining": run.shown_id, "kind": run.kind, "input": asdict(base.input)}
    write_atomically(folder / NOTE, json.dumps(note).encode("utf-8"))
    write_atomically(folder / BASE, models.store.path(base.name).read_bytes())
    rows = samples.split.train & (samples.people >= 0)
    people, pictures = len(np.unique(samples.people[rows])), int(rows.sum())
    epochs = float(np.clip(round(SHOWN / max(pictures, 1)), *EPOCHS))
    told = _config(folder, base, how, people, epochs)
    lines = (
        f"# The {run.kind} pictures of a library, from {base.model_id} on.\n"
        f"#   cameo train {folder / RECIPE}\n"
        f"#   cameo retrain judge {run.shown_id}\n"
    )
    write_atomically(folder / RECIPE, (lines + to_toml(told)).encode("utf-8"))
    return folder / RECIPE, int(epochs * pictures)


def _config(folder: Path, base: Manifest, how: Wish, people: int, epochs: float) -> Any:
    from reid_core.learn import config, head

    spec = _rgb(base.input)
    learnt_from = people - max(2, round(HELD_OUT * people))
    return config.Config(
        config.Data(
            train=str(folder / NOTE),
            form="retraining",
            held_out=HELD_OUT,
            height=spec.height,
            width=spec.width,
            mean=list(spec.mean),
            std=list(spec.std),
        ),
        config.Network(
            name=f"onnx:{folder / BASE}",
            dim=0,
            neck=False,
            options={"channels": base.dim, "bgr": base.input.color == "bgr"},
        ),
        config.Loss(name=how.loss or head.LOSS, options=dict(how.options)),
        config.Sampler(batch=EACH * min(BATCH // EACH, max(learnt_from, 2)), options={"k": EACH}),
        config.Augment(options={"flip": 0.5, "crop": 1.0, "colour": 0.5, "blur": 0.1}),
        config.Optim(lr=1e-4, epochs=epochs, warmup=100, ema=0.99),
        config.Run(folder=str(folder), seed=how.seed, save_every=0.25),
    )


def _rgb(spec: InputSpec) -> InputSpec:
    """The same input with red first."""
    if spec.color == "rgb":
        return spec
    return replace(spec, color="rgb", mean=spec.mean[::-1], std=spec.std[::-1])


def judge_trained(
    library: Library, models: Models, shown_id: str, *, progress: Progress = no_progress
) -> Run:
    """Judge what came of a full training, on what was held out before it; the run with its verdict.

    A training that was not finished is judged by its best network so far. Raises RunNotFound,
    TrainingError when it was not begun or measured yet, or the library works with another network,
    LibraryLocked while another retraining is at work.
    """
    require_torch()
    with alone(library):  # before the run is read: nobody else judges it meanwhile
        with library.read() as connection:
            run = retrainings.find_run(connection, shown_id)
        _check_trained(library, models, run)
        samples, old = _as_held_out(library, run)
        learnt = _learnt(library, models, run, samples, progress)
        verdict = judged(samples, learnt, old, _wish(run))
        with library.transaction("retrained", run=shown_id, decision=verdict.decision) as tx:
            retrainings.find_run(tx, shown_id)
            made = learnt.keep(tx)
            retrainings.finish(tx, run.id, made, record(verdict, learnt.fitted, samples))
            return retrainings.find_run(tx, shown_id)


def _check_trained(library: Library, models: Models, run: Run) -> None:
    """Raises TrainingError where there is nothing to judge, or nothing to judge it against."""
    if run.strength != FULL or run.state != TRAINING:
        raise TrainingError(
            f"The retraining {run.shown_id} is no training that waits for a verdict."
        )
    if not (folder := folder_of(library, run)).joinpath("best.pt").is_file():
        raise TrainingError(
            f"The training {run.shown_id} has no network to judge yet. Run: cameo train "
            f"{folder / RECIPE}"
        )
    base = models.manifest(EMBEDDER_ROLE[run.kind])
    if base.model_id != run.base:
        raise TrainingError(
            f"This training began with {run.base}, but {base.model_id} is in use. "
            f"Run: cameo models use {run.base.split('@')[0]}"
        )


def _as_held_out(library: Library, run: Run) -> tuple[Samples, Adapter | None]:
    """The samples, held out or not as they were when it was prepared, and the adapter in use."""
    with library.read() as connection:
        samples = _as_parted(
            gather(connection, run.kind, run.base, seed=_wish(run).seed),
            {p.owner_id: p.part for p in retrainings.parts_of(connection, run.id)},
        )
        current = adapters.name_in_use(connection, EMBEDDER_ROLE[run.kind])
        return samples, adapters.of_model(connection, current) if current else None


def _wish(run: Run) -> Wish:
    given: Mapping[str, Any] = run.settings
    return Wish(
        FULL, given["loss"], given["options"], given["fmr"], given["fpir"], int(given["seed"])
    )


def _as_parted(samples: Samples, parts: Mapping[int, str]) -> Samples:
    """Those that the run knew, held out or not as it was then."""
    ids = samples.ids.tolist()
    keep = np.array([i in parts for i in ids], bool)
    said = np.array([parts.get(i, "") for i in ids])[keep]
    return replace(
        samples,
        vectors=samples.vectors[keep],
        people=samples.people[keep],
        looks=samples.looks[keep],
        ids=samples.ids[keep],
        owners=tuple(o for o, k in zip(samples.owners, keep, strict=True) if k),
        lineage=samples.lineage[keep],
        split=Split(said == "train", said == "known", said == "open"),
    )


def _learnt(
    library: Library, models: Models, run: Run, samples: Samples, progress: Progress
) -> retrain_head.LearntNetwork:
    from reid_core.learn.folds import strangers

    base = models.manifest(EMBEDDER_ROLE[run.kind])
    progress(0.0, "exporting")
    data, apart = _exported(folder_of(library, run), base)
    manifest = replace(retrain_head.described(base, data, samples), input=_rgb(base.input))
    embedder = models.network(run.kind)
    vectors = retrain_head.embed(library, embedder, samples, manifest, data, progress)
    train = np.flatnonzero(samples.split.train)
    rows = np.flatnonzero([format_id(max(int(p), 0)) in apart for p in samples.people[train]])
    people = samples.people[train][rows]
    one = np.zeros(len(rows), np.int64)  # they are all people whom it did not learn from
    (a, b), scores = strangers(people, one, lambda _, some: vectors[train][rows[some]])
    fitted = _Fitted((rows[a], rows[b]), scores)
    return retrain_head.LearntNetwork(fitted, vectors, manifest, base.model_id, run.kind, data)


def _exported(folder: Path, base: Manifest) -> tuple[bytes, frozenset[str]]:
    """The best network of a training as ONNX, and the people by whom it was found the best."""
    from reid_core.learn import finished, parts
    from reid_core.learn.export import ModelCard, export
    from reid_core.learn.network import Embedding

    done = finished.load_run(folder)
    told = replace(done.told, data=replace(done.told.data, train=str(folder / NOTE)))
    _, held = parts.find_pictures(told)
    spec = _rgb(base.input)
    card = ModelCard("", "", "cameo retrain", base.licence, base.commercial)
    with TemporaryDirectory() as place:
        made = export(
            Embedding(done.network).eval(),
            Path(place),
            name="made",
            role=base.role,
            height=spec.height,
            width=spec.width,
            mean=spec.mean,
            std=spec.std,
            color=spec.color,
            dim=done.network.dim,
            precision="fp32",
            card=card,
            samples=finished.samples_of(told),
            template=spec.template,
            flip=spec.flip,
        )
        # who is forgotten since has left a place, which somebody that it learnt from would take
        return made.path.read_bytes(), frozenset(held.names) - done.learnt
