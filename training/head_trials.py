"""Try learning the last stage of a network on galleries of two cameras' bodies, or of small faces.

As `adapter_trials`, whose pictures and options these are, with the head in place of the adapter:
    python training/head_trials.py market1501 --kind body --people 60
    python training/head_trials.py lfw --kind face --side 20
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import adapter_trials
import numpy as np
from adapter_trials import HEADERS, arguments, shown

from reid_core.actions.loading import load_detector, load_embedder
from reid_core.actions.retrain_head import before
from reid_core.cli.output import table
from reid_core.embed.embedder import OnnxEmbedder
from reid_core.evaluate.holdout import looks_of, split
from reid_core.evaluate.paired import Case
from reid_core.evaluate.verdict import judge
from reid_core.learn import head
from reid_core.models import tail
from reid_core.models.manifest import Manifest
from reid_core.models.session import open_session
from reid_core.models.store import ModelStore
from reid_core.types import Image, Kind


def main() -> None:
    """Print a row a trial."""
    given = arguments()
    store, kind = ModelStore(given.models), Kind(given.kind)
    embedder = load_embedder(store, kind, given.model)
    chips, who = [], []
    if kind is Kind.BODY:
        pictures, look = adapter_trials.bodies(given), partial(adapter_trials.body, embedder)
    else:
        pictures = adapter_trials.faces(given.images, given.looks)
        look = partial(adapter_trials.face, load_detector(store, kind), embedder, side=given.side)
    for number, paths in enumerate(pictures.values()):
        found = [chip for path in paths if (chip := look(path)) is not None]
        chips += found
        who += [number] * len(found)
    print(f"{len(pictures)} people, {len(who)} looks", flush=True)
    manifest = store.manifest(embedder.model.split("@")[0])
    rows = []
    for loss in given.losses:
        for seed in range(given.seeds):
            rows.append(
                trial(store, manifest, kind, chips, np.array(who), loss, seed, given.people)
            )
            print(rows[-1], flush=True)
    print(table(rows, (*HEADERS, "seconds")))


def trial(
    store: ModelStore,
    manifest: Manifest,
    kind: Kind,
    chips: list[Image],
    who: np.ndarray,
    loss: str,
    seed: int,
    people: int,
) -> tuple[str, ...]:
    """One row of the table."""
    if people:
        chosen = np.random.default_rng(seed).permutation(np.unique(who))[:people]
        keep = np.flatnonzero(np.isin(who, chosen))
        chips, who = [chips[i] for i in keep], who[keep]
    file, spec = store.path(manifest.name), manifest.input
    old = embed(file, manifest, kind, chips)
    keys = np.arange(len(who))
    looks = looks_of(old, who, keys)
    s = split(who, looks, keys + 1, seed=seed)
    began = time.perf_counter()
    stage = tail.last_stage(file, height=spec.height, width=spec.width)
    rows = np.flatnonzero(s.train)
    seen = head.Seen(len(rows), stage.shape, flip=spec.flip, seed=seed)
    seen.add([chips[i] for i in rows], before(file, stage, spec))
    fitted = head.fit(stage, seen, who[rows], looks[rows], head.Recipe(loss, seed=seed))
    took = time.perf_counter() - began
    with TemporaryDirectory() as place:
        made = Path(place) / "made.onnx"
        made.write_bytes(tail.with_weights(file, fitted.weights))
        new = embed(made, manifest, kind, chips)
    a, b = fitted.strangers
    strangers = np.einsum("nd,nd->n", old[rows][a], old[rows][b])
    verdict = judge(Case(old, new, who, looks, s, strangers, fitted.strangers_scores))
    named = {f.name: f for f in verdict.figures}
    cells = [*shown(named["mAP"]), *shown(named["mAP, unseen people"])]
    return (loss, str(seed), f"{fitted.strength:g}", *cells, verdict.decision, f"{took:.0f}")


def embed(file: Path, manifest: Manifest, kind: Kind, chips: list[Image]) -> np.ndarray:
    """(N, D) by a file."""
    session = open_session(file, threads=2)
    dim = manifest.dim or 0
    embedder = OnnxEmbedder(session, manifest.input, model=manifest.model_id, dim=dim, kind=kind)
    return embedder.embed(chips)


if __name__ == "__main__":
    main()
