"""The keypoints that were kept with templates."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.library import schema
from reid_core.library.paths import floats_from_bytes
from reid_core.types import Floats, Kind


def of_templates(connection: Connection, kind: Kind) -> dict[int, Floats]:
    """(K, 2) in crop pixels of every template of a kind, by id."""
    t = schema.template.c
    rows = connection.execute(sa.select(t.id, t.keypoints).where(t.kind == kind))
    return {one: floats_from_bytes(packed, columns=2) for one, packed in rows}
