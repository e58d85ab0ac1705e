"""Switch a library to another model: embed what is stored again, then change over at once.

No video is decoded: the stored views are enough. The old model's vectors stay, so that switching
back takes no time. Others may enrol, index and forget meanwhile; the last pass and the switch hold
the library together, so that everything that is there then has a vector of the new model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.actions.loading import EMBEDDER_ROLE, Runtime, load_embedder
from reid_core.actions.stored_crops import TABLES, Item, chip_of, missing
from reid_core.library import Library, footage, models_used, schema, vectors
from reid_core.library.store import bump
from reid_core.models.manifest import Manifest
from reid_core.models.store import ModelStore
from reid_core.protocols import Embedder, Progress, no_progress
from reid_core.types import Embeddings, Floats, Kind

BATCH = 64  # pictures between two answers to "stop"
LAST = 16  # pictures that the last pass may embed while other writers wait
PATIENCE_S = 60.0  # for other writers, since what was embedded would be lost
POOLED = 500  # tracklets a transaction

Check = Callable[[Connection], None]


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


def _nothing(tx: Connection) -> None:
    """Nothing stands against it."""


def kind_of(manifest: Manifest) -> Kind | None:
    """Whom a model embeds; None when it is no embedder."""
    return next((k for k, role in EMBEDDER_ROLE.items() if role is manifest.role), None)


def pending(library: Library, manifest: Manifest) -> Pending:
    """What has to be embedded again before a model can serve its role in this library."""
    kind = kind_of(manifest)
    if kind is None:
        return Pending()
    with library.read() as connection:
        items = missing(connection, kind, manifest.model_id)
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
    return fill_and(library, embedder, partial(_use, manifest), progress=progress)


def fill_and(
    library: Library,
    embedder: Embedder,
    switch: Check,
    *,
    check: Check = _nothing,
    progress: Progress = no_progress,
) -> int:
    """Make every vector of an embedder that is missing, and switch at the moment when none is.

    switch: what is done in the transaction in which all are there. check: is called in every
    transaction before; one that raises stops it. Returns how many pictures were embedded.
    """
    made = 0
    while True:
        made += fill(library, embedder, check=check, progress=progress)
        with library.writer("use model", wait_s=PATIENCE_S):
            with library.read() as connection:
                late = missing(connection, embedder.kind, embedder.model)
            if len(late) <= LAST:
                made += _embed(library, embedder, late, check)
                _pool(library, embedder)
                with library.transaction("use model", made=made) as tx:
                    switch(tx)
                    bump(tx, "footage")
                    bump(tx, "people")
                return made


def _use(manifest: Manifest, tx: Connection) -> None:
    models_used.use(tx, manifest.role, manifest.name)


def _switch(library: Library, manifest: Manifest, *, made: int) -> None:
    with library.transaction("use model", made=made) as tx:
        _use(manifest, tx)
        bump(tx, "footage")
        bump(tx, "people")


def fill(
    library: Library,
    embedder: Embedder,
    *,
    check: Check = _nothing,
    progress: Progress = no_progress,
) -> int:
    """Vectors of the new model for every template, view and tracklet that has none now."""
    with library.read() as connection:
        items = missing(connection, embedder.kind, embedder.model)
    made = 0
    for start in range(0, len(items), BATCH):
        progress(start / len(items), f"{start} of {len(items)}")
        made += _embed(library, embedder, items[start : start + BATCH], check)
    _pool(library, embedder, progress)
    return made


def _embed(library: Library, embedder: Embedder, items: Sequence[Item], check: Check) -> int:
    """One batch: cut and embed, then store what has not been deleted meanwhile."""
    chips = [
        (item, chip) for item in items if (chip := chip_of(library, embedder, item)) is not None
    ]
    if not chips:
        return 0
    rows = embedder.embed([chip for _, chip in chips])
    with (
        library.writer("embed again", wait_s=PATIENCE_S),
        library.transaction("embed again", n=len(chips)) as tx,
    ):
        check(tx)
        return sum(
            _store(tx, embedder, owner, [item for item, _ in chips], rows) for owner in TABLES
        )


def _store(
    tx: Connection, embedder: Embedder, owner: str, items: Sequence[Item], rows: Floats
) -> int:
    """Keep the rows of one kind of owner; a vector of somebody forgotten must not come back."""
    own = [i for i, item in enumerate(items) if item.owner == owner]
    c = TABLES[owner].c
    there = set(tx.scalars(sa.select(c.id).where(c.id.in_([items[i].id for i in own]))))
    own = [i for i in own if items[i].id in there]
    ids = [items[i].id for i in own]
    vectors.put_vectors(tx, owner, embedder.kind, embedder.model, ids, rows[own])
    return len(own)


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
