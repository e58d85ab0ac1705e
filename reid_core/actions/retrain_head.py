"""The strength `head`: the last stage of the network learns on stored crops."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy.engine import Connection

from reid_core.actions import own_networks
from reid_core.actions.learnt import Fitted
from reid_core.actions.loading import EMBEDDER_ROLE, Models
from reid_core.actions.retrain_data import Samples
from reid_core.actions.stored_crops import chip_of, items_of
from reid_core.detect.blobs import blob_of
from reid_core.embed.embedder import OnnxEmbedder
from reid_core.errors import DataError
from reid_core.library import Library
from reid_core.models import tail
from reid_core.models.manifest import InputSpec, Manifest
from reid_core.models.session import open_session
from reid_core.protocols import Embedder, Progress
from reid_core.types import Floats, Image, Kind

if TYPE_CHECKING:
    from reid_core.learn.head import Recipe

AT_A_TIME = 64  # crops
THREADS = 2
GONE = "A picture was deleted meanwhile. Retrain again."


@dataclass(frozen=True, slots=True, eq=False)
class LearntNetwork:
    """What was learnt, and what the new network makes of every sample, (N, D) unit rows."""

    fitted: Fitted
    vectors: Floats
    manifest: Manifest
    base: str
    kind: Kind
    data: bytes

    def keep(self, tx: Connection) -> str:
        """Keep it in the library; returns the model's id."""
        return own_networks.put(tx, self.manifest, self.base, self.kind, self.data)


def learn(
    library: Library,
    models: Models,
    kind: Kind,
    samples: Samples,
    recipe: Recipe,
    progress: Progress,
) -> LearntNetwork:
    """Learn from the samples that may be learnt from. Raises TrainingError, DataError, ModelError.

    A picture that somebody deletes meanwhile ends it.
    """
    from reid_core.learn import head
    from reid_core.learn.backbones.onnx_graph import rebuilt

    base = models.manifest(EMBEDDER_ROLE[kind])
    file, spec = models.store.path(base.name), base.input
    stage = tail.last_stage(file, height=spec.height, width=spec.width)
    rebuilt(stage, file, height=spec.height, width=spec.width)
    embedder, look = models.network(kind), before(file, stage, spec)
    rows = np.flatnonzero(samples.split.train)
    seen = head.Seen(len(rows), stage.shape, flip=spec.flip, seed=recipe.seed)
    for start in range(0, len(rows), AT_A_TIME):
        progress(0.2 * start / len(rows), f"picture {start} of {len(rows)}")
        seen.add(_chips(library, embedder, samples, rows[start : start + AT_A_TIME]), look)
    fitted = head.fit(
        stage,
        seen,
        samples.people[rows],
        samples.looks[rows],
        recipe,
        progress=lambda share, what: progress(0.2 + 0.7 * share, what),
    )
    data = tail.with_weights(file, fitted.weights)
    manifest = described(base, data, samples)
    vectors = embed(library, embedder, samples, manifest, data, progress)
    return LearntNetwork(fitted, vectors, manifest, base.model_id, kind, data)


def before(file: Path, stage: tail.Tail, spec: InputSpec) -> Callable[[Sequence[Image]], Floats]:
    """What the layers before a stage make of crops, (M, height, width, 3) uint8 BGR."""
    front = tail.front(file, stage, threads=THREADS)
    name = front.get_inputs()[0].name

    def look(chips: Sequence[Image]) -> Floats:
        blob = blob_of(chips, mean=spec.mean, std=spec.std, rgb=spec.color == "rgb")
        return np.asarray(front.run(None, {name: blob})[0], np.float32)

    return look


def described(base: Manifest, data: bytes, samples: Samples) -> Manifest:
    """The manifest of a network that was made of another: its licence, its input, no reference."""
    checksum = hashlib.sha256(data).hexdigest()
    name = own_networks.name_of(base.name, checksum)
    return replace(
        base,
        name=name,
        file=f"{name}.onnx",
        sha256=checksum,
        origin_sha256=checksum,
        source=f"retrained from {base.model_id}",
        reference=None,
        basis="",
        fallback=False,
        note=f"Learnt from {samples.stock.people} people of a library; it goes with them.",
    )


def embed(
    library: Library,
    embedder: Embedder,
    samples: Samples,
    manifest: Manifest,
    data: bytes,
    progress: Progress,
) -> Floats:
    """(N, D) every sample as another network sees it. embedder: cuts its crops."""
    parts = []
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "made.onnx"
        path.write_bytes(data)
        made = OnnxEmbedder(
            open_session(path, threads=THREADS),
            manifest.input,
            model=manifest.model_id,
            dim=manifest.dim or 0,
            kind=embedder.kind,
        )
        count = len(samples.ids)
        for start in range(0, count, AT_A_TIME):
            progress(0.9 + 0.1 * start / count, f"picture {start} of {count}")
            rows = np.arange(start, min(start + AT_A_TIME, count))
            parts.append(made.embed(_chips(library, embedder, samples, rows)))
    return np.concatenate(parts)


def _chips(
    library: Library, embedder: Embedder, samples: Samples, rows: np.ndarray
) -> Sequence[Image]:
    """Raises DataError when one is gone."""
    owners = [samples.owners[i] for i in rows.tolist()]
    with library.read() as connection:
        items = items_of(connection, samples.ids[rows].tolist(), owners)
    chips = [chip_of(library, embedder, item) for item in items]
    found = [chip for chip in chips if chip is not None]
    if len(found) < len(rows):
        raise DataError(GONE)
    return found
