"""People, tracklets and films of nobody, put into a library."""

from __future__ import annotations

import numpy as np

from reid_core.images import encode_jpeg
from reid_core.library import Library, footage, people
from reid_core.types import Embeddings, Kind, Tracklet, View

MODEL = "m@1"


def unit(seed: int, dim: int = 16) -> np.ndarray:
    row = np.random.default_rng(seed).normal(size=dim).astype(np.float32)
    return row / np.linalg.norm(row)


def crop(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (24, 20, 3)).astype(np.uint8)


def new_template(library: Library, seed: int, kind: Kind = Kind.FACE) -> people.NewTemplate:
    media = library.media.put(encode_jpeg(crop(seed)))
    points = np.zeros((kind.n_keypoints, 2), np.float32)
    return people.NewTemplate(
        kind, media, 0.8, {"size": 1.0}, points, f"{seed}.jpg", unit(seed), MODEL
    )


def enrol(library: Library, name: str, *seeds: int) -> int:
    with library.transaction("enroll") as tx:
        person = people.add_person(tx, name)
        for seed in seeds:
            people.add_template(tx, person, new_template(library, seed))
    return person


def tracklet(key: int, start: float, *, seed: int = 0, kind: Kind = Kind.FACE) -> Tracklet:
    times = np.array([start, start + 1.0])
    boxes = np.float32([[0, 0, 10, 10], [5, 0, 15, 10]])
    points = np.zeros((kind.n_keypoints, 2), np.float32)
    views = tuple(
        View(encode_jpeg(crop(seed + i)), points, boxes[0], start + i / 2, 0.5 + i / 10)
        for i in range(2)
    )
    rows = np.stack([unit(seed), unit(seed + 1)])
    return Tracklet(
        key, kind, times, boxes, views, Embeddings(rows, np.float32([0.5, 0.6]), MODEL), key
    )


def film(library: Library, *tracklets: Tracklet, name: str = "a.mp4") -> int:
    with library.transaction("index") as tx:
        video = footage.add_video(
            tx, f"/v/{name}", content_hash=name.ljust(32, "0"), duration_s=60, settings={}
        )
        footage.write_tracklets(tx, library.media, video, tracklets)
    return video
