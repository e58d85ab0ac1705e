"""Switch a library to another model: embed what is stored again, then change over at once.

No video is decoded: the stored views are enough. The old model's vectors stay, so that switching
back takes no time. Others may enrol, index and forget meanwhile; the last pass and the switch hold
the library together, so that everything that is there then has a vector of the new model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core import images
from reid_core.actions.faces import as_detections
from reid_core.actions.loading import EMBEDDER_ROLE, Runtime, load_embedder
from reid_core.errors import LibraryCorrupt
from reid_core.library import Library, footage, models_used, schema, vectors
from reid_core.library.paths import floats_from_bytes
from reid_core.library.store import bump
from reid_core.models.manifest import Manifest
from reid_core.models.store import ModelStore
from reid_core.protocols import Embedder, Progress, no_progress
from reid_core.types import Embeddings, Floats, Image, Kind

BATCH = 64  # pictures between two answers to "stop"
LAST = 16  # pictures that the last pass may embed while other writers wait
PATIENCE_S = 60.0  # for other writers, since what was embedded would be lost
POOLED = 500  # tracklets a transaction
TABLES = {"template": schema.template, "view": schema.view}


@dataclass(frozen=True, slots=True)
class Pending:
    """What lacks a vector of a model: templates and views to embed, tracklets to pool."""

    templates: int = 0
    views: int = 0
    tracklets: int = 0

    @property
    def pictures(self) -> int:
        """How many pictures the network has to look at."""
        return self.templates + self.views


@dataclass(frozen=True, slots=True)
class _Item:
    """A stored picture that lacks a vector. owner: template or view."""

    owner: str
    id: int
    media: str
    keypoints: bytes


def kind_of(manifest: Manifest) -> Kind | None:
    """Whom a model embeds; None when it is no embedder."""
    return next((k for k, role in EMBEDDER_ROLE.items() if role is manifest.role), None)


def pending(library: Library, manifest: Manifest) -> Pending:
    """What has to be embedded again before a model can serve its role in this library."""
    kind = kind_of(manifest)
    if kind is None:
        return Pending()
    with library.read() as connection:
        items = _missing(connection, kind, manifest.model_id)
        tracklets = len(_not_pooled(connection, kind, manifest.model_id))
    templates = sum(item.owner == "template" for item in items)
    return Pending(templates, len(items) - templates, tracklets)


def use_model(
    library: Library,
    store: ModelStore,
    name: str,
    *,
    runtime: Runtime | None = None,
    progress: Progress = no_progress,
) -> int:
    """Make a model serve its role in this library; returns how many pictures were embedded.

    Missing vectors are made in batches that stay when interrupted, and nobody else is kept from
    writing for longer than one takes; until the switch everything answers from the old model. A
    `progress` that raises stops it between two batches. Raises ModelError, LibraryError.
    """
    manifest = store.ensure(name, progress)
    kind = kind_of(manifest)
    if kind is None:
        _switch(library, manifest, made=0)
        return 0
    embedder = load_embedder(store, kind, name, runtime=runtime or Runtime(threads=2))
    made = 0
    while True:
        made += _fill(library, embedder, progress)
        with library.writer("use model", wait_s=PATIENCE_S):
            with library.read() as connection:
                late = _missing(connection, kind, embedder.model)
            if len(late) <= LAST:
                made += _embed(library, embedder, late)
                _pool(library, embedder)
                _switch(library, manifest, made=made)
                return made


def _switch(library: Library, manifest: Manifest, *, made: int) -> None:
    with library.transaction("use model", made=made) as tx:
        models_used.use(tx, manifest.role, manifest.name)
        bump(tx, "footage")
        bump(tx, "people")


def _fill(library: Library, embedder: Embedder, progress: Progress) -> int:
    """Vectors of the new model for every template, view and tracklet that has none now."""
    with library.read() as connection:
        items = _missing(connection, embedder.kind, embedder.model)
    made = 0
    for start in range(0, len(items), BATCH):
        progress(start / len(items), f"{start} of {len(items)}")
        made += _embed(library, embedder, items[start : start + BATCH])
    _pool(library, embedder, progress)
    return made


def _embed(library: Library, embedder: Embedder, items: Sequence[_Item]) -> int:
    """One batch: cut and embed, then store what has not been deleted meanwhile."""
    chips = [(item, chip) for item in items if (chip := _chip(library, embedder, item)) is not None]
    if not chips:
        return 0
    rows = embedder.embed([chip for _, chip in chips])
    with (
        library.writer("embed again", wait_s=PATIENCE_S),
        library.transaction("embed again", n=len(chips)) as tx,
    ):
        return sum(
            _store(tx, embedder, owner, [item for item, _ in chips], rows) for owner in TABLES
        )


def _store(
    tx: Connection, embedder: Embedder, owner: str, items: Sequence[_Item], rows: Floats
) -> int:
    """Keep the rows of one kind of owner; a vector of somebody forgotten must not come back."""
    own = [i for i, item in enumerate(items) if item.owner == owner]
    c = TABLES[owner].c
    there = set(tx.scalars(sa.select(c.id).where(c.id.in_([items[i].id for i in own]))))
    own = [i for i in own if items[i].id in there]
    ids = [items[i].id for i in own]
    vectors.put_vectors(tx, owner, embedder.kind, embedder.model, ids, rows[own])
    return len(own)


def _missing(connection: Connection, kind: Kind, model: str) -> list[_Item]:
    """Templates and views of a kind without a vector of the model, templates first."""
    v, t = schema.vector.c, schema.tracklet.c
    found = []
    for owner, table in TABLES.items():
        c = table.c
        have = sa.select(v.owner_id).where(v.owner == owner, v.kind == kind, v.model == model)
        query = sa.select(c.id, c.media, c.keypoints).where(c.id.not_in(have)).order_by(c.id)
        if owner == "template":
            query = query.where(c.kind == kind)
        else:
            query = query.join(schema.tracklet, t.id == c.tracklet_id).where(t.kind == kind)
        found += [_Item(owner, *row) for row in connection.execute(query)]
    return found


def _chip(library: Library, embedder: Embedder, item: _Item) -> Image | None:
    """A stored crop cut as the embedder wants it; None when it was deleted meanwhile.

    Raises LibraryCorrupt when the picture is gone although it is still referred to.
    """
    try:
        data = library.media.get(item.media)
    except LibraryCorrupt:
        c = TABLES[item.owner].c
        with library.read() as connection:
            if connection.scalar(sa.select(c.id).where(c.id == item.id)) is None:
                return None
        raise
    crop = images.decode_image(data, name=item.media)
    points = floats_from_bytes(item.keypoints, columns=2)
    height, width = crop.shape[:2]
    inner = np.array([0, 0, width, height], np.float32)
    if embedder.kind is Kind.BODY:  # the margin that was kept around the box is taken off again
        margin = 0.1 / 1.1 / 2
        inner += np.array([width, height, -width, -height], np.float32) * np.float32(margin)
    return embedder.chips(crop, as_detections(points, inner, embedder.kind))[0]


def _not_pooled(connection: Connection, kind: Kind, model: str) -> list[int]:
    """Tracklets of a kind without a pooled vector of the model."""
    ids: list[int] = footage.tracklet_ids(connection, kind).tolist()
    v = schema.vector.c
    query = sa.select(v.owner_id).where(v.owner == "tracklet", v.kind == kind, v.model == model)
    have = set(connection.scalars(query))
    return [i for i in ids if i not in have]


def _pool(library: Library, embedder: Embedder, progress: Progress = no_progress) -> None:
    """The pooled vector of every tracklet whose views have vectors of the model."""
    kind, model = embedder.kind, embedder.model
    with library.read() as connection:
        todo = _not_pooled(connection, kind, model)
    for start in range(0, len(todo), POOLED):
        progress(1.0, f"{start} of {len(todo)}")
        some = todo[start : start + POOLED]
        with library.transaction("pool", n=len(some)) as tx:
            views = footage.views_of(tx, some)
            known, rows = vectors.vectors_of(tx, "view", kind, model, [w.id for w in views])
            row_of = dict(zip(known.tolist(), rows, strict=True))
            for one in some:
                own = [w for w in views if w.tracklet_id == one and w.id in row_of]
                if own:
                    quality = np.array([w.quality for w in own], np.float32)
                    stacked = np.stack([row_of[w.id] for w in own])
                    pooled = Embeddings(stacked, quality, model).pooled()
                    vectors.put_vectors(tx, "tracklet", kind, model, [one], pooled[None])
