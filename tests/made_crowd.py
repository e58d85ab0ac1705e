"""Films in which several people are seen at once, without pictures: times, places, vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from made_gallery import World

from reid_core.images import encode_jpeg
from reid_core.library import Library, footage
from reid_core.library.ids import stable_id
from reid_core.types import Embeddings, Kind, Tracklet, View

SIDE = 100.0  # between two places, px


@dataclass(frozen=True, slots=True)
class Walk:
    """Somebody for a while at a place (counted from the left). chain, link: of its tracklet."""

    number: int
    start_s: float
    end_s: float
    place: float
    quality: float = 0.8
    chain: int | None = None
    link: int | None = None


def film(library: Library, model: str, world: World, walks: Sequence[Walk], name: str) -> list[int]:
    """A video with these tracklets of bodies, four views each; their ids."""
    rows = [_tracklet(world, model, w, i, name) for i, w in enumerate(walks)]
    with library.transaction("made") as tx:
        video = footage.add_video(
            tx, f"/v/{name}", content_hash=name.ljust(32, "0"), duration_s=9999, settings={}
        )
        footage.write_tracklets(tx, library.media, video, rows)
    return [row.key for row in rows]


def crowds(n: int, *, size: int = 5, rng: np.random.Generator, people: int = 60) -> list[Walk]:
    """n crowds one after the other, of people drawn from so many."""
    return [
        Walk(int(number), 20.0 * k, 20.0 * k + 12, place)
        for k in range(n)
        for place, number in enumerate(rng.permutation(people)[:size])
    ]


def _tracklet(world: World, model: str, walk: Walk, i: int, name: str) -> Tracklet:
    key = stable_id(name, i)
    x = SIDE * walk.place
    box = np.float32([x, 0, x + 40, 90])
    moments = np.linspace(walk.start_s, walk.end_s, 4)
    noise = np.random.default_rng(key % 2**32).integers(0, 256, (4, 8, 6, 3)).astype(np.uint8)
    points = np.zeros((0, 2), np.float32)
    views = tuple(
        View(encode_jpeg(noise[k]), points, box, float(t), walk.quality)
        for k, t in enumerate(moments)
    )
    vectors = np.stack([world.look(walk.number) for _ in views])
    known = Embeddings(vectors, np.full(4, walk.quality, np.float32), model)
    chain = key if walk.chain is None else walk.chain
    times = np.array([walk.start_s, walk.end_s])
    return Tracklet(key, Kind.BODY, times, np.stack([box, box]), views, known, chain, walk.link)
