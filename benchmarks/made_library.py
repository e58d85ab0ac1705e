"""A large library of made-up people, written as indexing would have written it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from reid_core.actions.loading import Models
from reid_core.images import encode_jpeg
from reid_core.library import Library, footage, people, schema, vectors
from reid_core.library.ids import stable_id
from reid_core.library.paths import floats_to_bytes, path_to_bytes
from reid_core.types import Floats, Image, Kind

STRANGERS = 2000
TEMPLATES = 3
VIDEOS = 50
VIEWS = 2
PICTURES = 500  # different ones among the views


def make(library: Library, models: Models, n: int, *, enrolled: int = 1) -> None:
    """N tracklets of 2,000 made-up people in 50 videos, and the first of the people enrolled.

    The first person is named "Somebody".
    """
    rng = np.random.default_rng(0)
    model, dim = models.model_id(Kind.FACE), models.embedder(Kind.FACE).dim
    base = rng.normal(size=dim)
    everybody = 0.9 * base + 0.45 * rng.normal(size=(STRANGERS, dim))  # squeezed as a model's are
    who = rng.integers(0, STRANGERS, n)
    with library.transaction("make") as tx:
        _footage(tx, library, model, everybody[who] + 0.25 * rng.normal(size=(n, dim)))
        for number in range(enrolled):
            name = f"Person {number:04d}" if number else "Somebody"
            person = people.add_person(tx, name)
            for k in range(TEMPLATES):
                look = everybody[number] + 0.25 * rng.normal(size=dim)
                picture = portrait(number, k)
                people.add_template(tx, person, _template(library, picture, look, model))


def portrait(number: int, k: int) -> Image:
    """(160, 160, 3) a disc on a ground, in the person's colours."""
    rng = np.random.default_rng(number)
    ground, skin = (tuple(int(v) for v in rng.integers(60, 230, 3)) for _ in range(2))
    image = np.full((160, 160, 3), ground, np.uint8)
    cv2.circle(image, (80 + 4 * k, 80), 48, skin, -1, cv2.LINE_AA)
    return image


def _footage(tx: Connection, library: Library, model: str, looks: NDArray[np.float64]) -> None:
    n = len(looks)
    rows = (looks / np.linalg.norm(looks, axis=1, keepdims=True)).astype(np.float32)
    media = [library.media.put(encode_jpeg(portrait(i, 9))) for i in range(min(n, PICTURES))]
    path = path_to_bytes(np.array([0.0, 1.0]), np.zeros((2, 4), np.float32))
    box, points = floats_to_bytes(np.zeros(4)), floats_to_bytes(np.zeros((5, 2)))
    ids = [
        footage.add_video(tx, f"/v/{v}.mp4", content_hash=f"{v:032x}", duration_s=7200, settings={})
        for v in range(VIDEOS)
    ]
    for one in ids:
        footage.update_video(tx, one, state="done", indexed_until_s=7200.0)
    keys = [stable_id("t", i) for i in range(n)]
    tx.execute(
        schema.tracklet.insert(),
        [
            {
                "id": k,
                "video_id": ids[i % VIDEOS],
                "kind": "face",
                "start_s": 3.0 * (i // VIDEOS),
                "end_s": 3.0 * (i // VIDEOS) + 1,
                "path": path,
                "chain": k,
                "link": None,
            }
            for i, k in enumerate(keys)
        ],
    )
    vectors.put_vectors(tx, "tracklet", Kind.FACE, model, keys, rows)
    for rank in range(VIEWS):
        views = [stable_id("v", i, rank) for i in range(n)]
        tx.execute(
            schema.view.insert(),
            [
                {
                    "id": w,
                    "tracklet_id": k,
                    "rank": rank,
                    "time_s": 0.5,
                    "box": box,
                    "quality": 0.5,
                    "keypoints": points,
                    "media": media[i % len(media)],
                }
                for i, (w, k) in enumerate(zip(views, keys, strict=True))
            ],
        )
        vectors.put_vectors(tx, "view", Kind.FACE, model, views, rows)


def _template(library: Library, picture: Image, look: Floats, model: str) -> people.NewTemplate:
    unit = (look / np.linalg.norm(look)).astype(np.float32)
    media, points = library.media.put(encode_jpeg(picture)), np.zeros((5, 2), np.float32)
    return people.NewTemplate(Kind.FACE, media, 0.9, {}, points, "made", unit, model)
