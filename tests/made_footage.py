"""Made-up videos and tracklets in a library, without any model."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from reid_core.images import encode_jpeg
from reid_core.library import Library, footage
from reid_core.types import Embeddings, Kind, Tracklet, View

MODEL = "m@1"


def unit(seed: int, dim: int = 16) -> np.ndarray:
    row = np.random.default_rng(seed).normal(size=dim).astype(np.float32)
    return row / np.linalg.norm(row)


def tracklet(key: int, start_s: float, *, kind: Kind = Kind.FACE, long_s: float = 1.0) -> Tracklet:
    """Two views of noise that depend on the key alone."""
    times = np.array([start_s, start_s + long_s])
    boxes = np.float32([[0, 0, 10, 10], [5, 0, 15, 10]])
    points = np.zeros((kind.n_keypoints, 2), np.float32)
    noise = np.random.default_rng(key)
    views = tuple(
        View(
            encode_jpeg(noise.integers(0, 256, (24, 20, 3)).astype(np.uint8)),
            points,
            boxes[0],
            start_s + i * long_s / 2,
            0.6 - i / 10,
        )
        for i in range(2)
    )
    rows = np.stack([unit(key), unit(key + 1)])
    known = Embeddings(rows, np.float32([0.6, 0.5]), MODEL)
    return Tracklet(key, kind, times, boxes, views, known, key)


def store_video(
    library: Library,
    path: Path | str,
    *tracklets: Tracklet,
    state: str = "done",
    settings: str = "{}",
    until_s: float = 60.0,
) -> int:
    """A video's row and its tracklets; its content is that of its path."""
    with library.transaction("index") as tx:
        video = footage.add_video(
            tx, str(path), content_hash=content_of(path), duration_s=60.0, settings={}
        )
        footage.write_tracklets(tx, library.media, video, tracklets)
        footage.update_video(tx, video, state=state, settings=settings, indexed_until_s=until_s)
    return video


def content_of(path: Path | str) -> str:
    """32 hex digits."""
    return hashlib.blake2b(str(path).encode(), digest_size=16).hexdigest()
