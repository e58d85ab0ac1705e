"""Stored pictures, cut as a network wants them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core import images
from reid_core.actions.faces import as_detections
from reid_core.errors import LibraryCorrupt
from reid_core.library import Library, schema
from reid_core.library.paths import floats_from_bytes
from reid_core.library.vectors import IN_QUERY
from reid_core.protocols import Embedder
from reid_core.types import Image, Kind

TABLES = {"template": schema.template, "view": schema.view}


@dataclass(frozen=True, slots=True)
class Item:
    """A stored picture. owner: template or view."""

    owner: str
    id: int
    media: str
    keypoints: bytes


def missing(connection: Connection, kind: Kind, model: str) -> list[Item]:
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
        found += [Item(owner, *row) for row in connection.execute(query)]
    return found


def items_of(connection: Connection, ids: Sequence[int], owners: Sequence[str]) -> list[Item]:
    """These templates and views, in this order, without those that were deleted."""
    found: dict[int, Item] = {}
    for owner, table in TABLES.items():
        own, c = [i for i, o in zip(ids, owners, strict=True) if o == owner], table.c
        for k in range(0, len(own), IN_QUERY):
            query = sa.select(c.id, c.media, c.keypoints)
            rows = connection.execute(query.where(c.id.in_(own[k : k + IN_QUERY])))
            found |= {row[0]: Item(owner, *row) for row in rows}
    return [found[i] for i in ids if i in found]


def chip_of(library: Library, embedder: Embedder, item: Item) -> Image | None:
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
