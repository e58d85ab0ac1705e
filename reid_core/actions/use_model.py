"""Switch a library to another model: embed what is stored again, then change over at once.

No video is decoded: the stored views are enough. The old model's vectors stay, so that switching
back takes no time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import sqlalchemy as sa

from reid_core import images
from reid_core.actions.faces import as_detections
from reid_core.actions.loading import EMBEDDER_ROLE, Runtime, load_embedder
from reid_core.library import Library, footage, models_used, schema, vectors
from reid_core.library.paths import floats_from_bytes
from reid_core.library.store import bump
from reid_core.models.store import ModelStore
from reid_core.protocols import Embedder, Progress, no_progress
from reid_core.types import Embeddings, Image, Kind

BATCH = 64

Item = tuple[int, str, bytes]  # id, media, keypoints


def use_model(
    library: Library, store: ModelStore, name: str, *, progress: Progress = no_progress
) -> int:
    """Make a model serve its role in this library; returns how many pictures were embedded.

    Missing vectors are made in batches that stay when interrupted; the switch itself is one
    transaction at the end. Raises ModelError.
    """
    manifest = store.ensure(name, progress)
    kind = next((k for k, role in EMBEDDER_ROLE.items() if role is manifest.role), None)
    made = 0
    with library.writer("use model"):
        if kind is not None:
            embedder = load_embedder(store, kind, name, runtime=Runtime(threads=2))
            made = _fill(library, embedder, kind, progress)
        with library.transaction("use model", made=made) as tx:
            models_used.use(tx, manifest.role, name)
            bump(tx, "footage")
            bump(tx, "people")
    return made


def _fill(library: Library, embedder: Embedder, kind: Kind, progress: Progress) -> int:
    """Vectors of the new model for every template, view and tracklet that has none."""
    jobs = [
        ("template", i)
        for i in _missing(library, schema.template, "template", kind, embedder.model)
    ]
    jobs += [("view", i) for i in _missing(library, schema.view, "view", kind, embedder.model)]
    for start in range(0, len(jobs), BATCH):
        some = jobs[start : start + BATCH]
        progress(start / len(jobs), f"{start} of {len(jobs)}")
        rows = embedder.embed([_chip(library, embedder, item, kind) for _, item in some])
        with library.transaction("embed again", n=len(some)) as tx:
            for owner in ("template", "view"):
                own = [i for i, (o, _) in enumerate(some) if o == owner]
                vectors.put_vectors(
                    tx, owner, kind, embedder.model, [some[i][1][0] for i in own], rows[own]
                )
    _pool_tracklets(library, kind, embedder.model)
    return len(jobs)


def _missing(
    library: Library, table: sa.Table, owner: str, kind: Kind, model: str
) -> Iterator[Item]:
    """Templates or views of a kind without a vector of the model."""
    v, c = schema.vector.c, table.c
    have = sa.select(v.owner_id).where(v.owner == owner, v.kind == kind, v.model == model)
    query = sa.select(c.id, c.media, c.keypoints).where(c.id.not_in(have))
    if owner == "template":
        query = query.where(c.kind == kind)
    else:
        t = schema.tracklet.c
        query = query.join(schema.tracklet, t.id == c.tracklet_id).where(t.kind == kind)
    with library.read() as connection:
        rows = connection.execute(query).all()
    for row in rows:
        yield row.id, row.media, row.keypoints


def _chip(library: Library, embedder: Embedder, item: Item, kind: Kind) -> Image:
    """A stored crop cut as the embedder wants it."""
    _, media, packed = item
    crop = images.decode_image(library.media.get(media), name=media)
    points = floats_from_bytes(packed, columns=2)
    height, width = crop.shape[:2]
    inner = np.array([0, 0, width, height], np.float32)
    if kind is Kind.BODY:  # the margin that was kept around the box is taken off again
        margin = 0.1 / 1.1 / 2
        inner += np.array([width, height, -width, -height], np.float32) * np.float32(margin)
    return embedder.chips(crop, as_detections(points, inner, kind))[0]


def _pool_tracklets(library: Library, kind: Kind, model: str) -> None:
    """The pooled vector of every tracklet whose views have vectors of the model."""
    with library.read() as connection:
        ids = footage.tracklet_ids(connection, kind).tolist()
        have = set(vectors.all_vectors(connection, "tracklet", kind, model)[0].tolist())
    todo = [i for i in ids if i not in have]
    for start in range(0, len(todo), 500):
        with library.transaction("pool") as tx:
            views = footage.views_of(tx, todo[start : start + 500])
            known, rows = vectors.vectors_of(tx, "view", kind, model, [w.id for w in views])
            row_of = dict(zip(known.tolist(), rows, strict=True))
            for one in todo[start : start + 500]:
                own = [w for w in views if w.tracklet_id == one and w.id in row_of]
                if own:
                    quality = np.array([w.quality for w in own], np.float32)
                    pooled = Embeddings(
                        np.stack([row_of[w.id] for w in own]), quality, model
                    ).pooled()
                    vectors.put_vectors(tx, "tracklet", kind, model, [one], pooled[None])
