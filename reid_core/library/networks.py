"""The networks that were retrained on a library's people, whole: they belong to it, as they do.

The model store is given a copy when one goes into use; were it lost, as when a library moves to
another machine, it is made again from here.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.errors import ModelMismatch
from reid_core.library import schema
from reid_core.library.store import now
from reid_core.types import Kind

MAX_BYTES = 900_000_000  # of a network; SQLite holds values below 1e9


def put(tx: Connection, model: str, base: str, kind: Kind, manifest: str, data: bytes) -> None:
    """Keep a network. manifest: as JSON. data: its ONNX. Raises ModelMismatch when too large."""
    if len(data) > MAX_BYTES:
        raise ModelMismatch(f"The network {model} is too large for a library to keep.")
    row = {"model": model, "base": base, "kind": kind, "manifest": manifest, "data": data}
    tx.execute(schema.network.insert().prefix_with("OR REPLACE").values(**row, created=now()))


def get(connection: Connection, model: str) -> tuple[str, bytes]:
    """(manifest, data). Raises ModelMismatch when it is not (any longer) here."""
    n = schema.network.c
    row = connection.execute(sa.select(n.manifest, n.data).where(n.model == model)).first()
    if row is None:
        raise ModelMismatch(
            f"The retrained network {model} is not in this library: it was dropped, or it belongs "
            "to another library. See: cameo retrain list"
        )
    return row[0], row[1]


def models(connection: Connection) -> list[str]:
    """The ids of all of them, oldest first."""
    n = schema.network.c
    return list(connection.scalars(sa.select(n.model).order_by(n.created, n.model)))


def drop(tx: Connection, model: str) -> None:
    """Erase a network, and every vector that it made here."""
    tx.execute(schema.network.delete().where(schema.network.c.model == model))
    tx.execute(schema.vector.delete().where(schema.vector.c.model == model))
