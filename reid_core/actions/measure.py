"""How fast a model is on this machine: milliseconds a picture, on a sample picture."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from reid_core import images
from reid_core.actions.demo import sample_photograph
from reid_core.actions.faces import as_detections
from reid_core.actions.loading import (
    DETECTOR_ROLE,
    EMBEDDER_ROLE,
    Runtime,
    load_detector,
    load_embedder,
)
from reid_core.errors import SourceError
from reid_core.library.speeds import Speed
from reid_core.models.manifest import Manifest, Role
from reid_core.models.session import open_session
from reid_core.models.store import ModelStore
from reid_core.protocols import Embedder, Progress, no_progress
from reid_core.types import Image, Kind

SECONDS = 2.0  # how long a measurement goes on
LEAST, MOST = 5, 60  # pictures
FACE = ((0.35, 0.4), (0.65, 0.4), (0.5, 0.6), (0.38, 0.75), (0.62, 0.75))  # where its points are


def measure(
    store: ModelStore,
    name: str,
    *,
    runtime: Runtime | None = None,
    seconds: float = SECONDS,
    progress: Progress = no_progress,
) -> Speed:
    """Run an installed model on the sample photograph, again and again. Raises ModelError."""
    how = runtime or Runtime()
    manifest = store.manifest(name)
    progress(0.0, name)
    once = _once(store, manifest, how)
    once()  # the first call sets the network up
    times: list[float] = []
    until = time.perf_counter() + seconds
    while len(times) < LEAST or (len(times) < MOST and time.perf_counter() < until):
        began = time.perf_counter()
        once()
        times.append((time.perf_counter() - began) * 1000)
        progress(min(len(times) / MOST, 1.0), name)
    ms = round(statistics.median(times), 3)
    return Speed(manifest.model_id, ms, len(times), how.threads, how.provider or "")


def _once(store: ModelStore, manifest: Manifest, how: Runtime) -> Callable[[], object]:
    """What is done to one picture."""
    picture = _photograph()
    for kind in Kind:
        if manifest.role is DETECTOR_ROLE[kind]:
            detector = load_detector(store, kind, manifest.name, runtime=how)
            return lambda: detector.detect(picture)
        if manifest.role is EMBEDDER_ROLE[kind]:
            embedder = load_embedder(store, kind, manifest.name, runtime=how)
            return _embedding(embedder, picture)
    return _bare(store, manifest, how)


def _embedding(embedder: Embedder, picture: Image) -> Callable[[], object]:
    """A person's picture is cut and embedded; what it shows does not change the time."""
    crop = picture[:256, :128] if embedder.kind is Kind.BODY else picture[:160, :160]
    height, width = crop.shape[:2]
    points = np.zeros((0, 2), np.float32)
    if embedder.kind is Kind.FACE:
        points = np.array(FACE, np.float32) * np.array([width, height], np.float32)
    box = np.array([0, 0, width, height], np.float32)
    one = as_detections(points, box, embedder.kind)
    return lambda: embedder.embed(embedder.chips(crop, one))


def _bare(store: ModelStore, manifest: Manifest, how: Runtime) -> Callable[[], object]:
    """The network alone, for a role that Cameo does not use itself."""
    assert manifest.role is Role.FACE_QUALITY
    path = store.path(manifest.name)
    session = open_session(path, threads=how.threads, provider=how.provider)
    blob = np.zeros((1, 3, manifest.input.height, manifest.input.width), np.float32)
    return lambda: session.run(None, {session.get_inputs()[0].name: blob})


def _photograph() -> Image:
    """The sample photograph, or noise of its size when it is missing."""
    try:
        return images.read_image(sample_photograph())
    except SourceError:
        return np.random.default_rng(0).integers(0, 256, (886, 1280, 3)).astype(np.uint8)
