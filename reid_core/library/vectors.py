"""Embeddings in the database: who owns them, and reading many of them fast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from reid_core.errors import LibraryCorrupt
from reid_core.library import schema
from reid_core.library.paths import floats_to_bytes
from reid_core.types import Floats, Kind

IN_QUERY = 500  # ids per query; SQLite has a limit on variables


def put_vectors(
    tx: Connection, owner: str, kind: Kind, model: str, ids: Sequence[int], vectors: Floats
) -> None:
    """Store one vector per owner, replacing one of the same model.

    owner: template, view or tracklet. vectors: (N, D) float32.
    """
    if not len(ids):
        return
    rows = [
        {
            "owner_id": i,
            "owner": owner,
            "kind": str(kind),
            "model": model,
            "data": floats_to_bytes(v),
        }
        for i, v in zip(ids, vectors, strict=True)
    ]
    tx.execute(schema.vector.insert().prefix_with("OR REPLACE"), rows)


def all_vectors(
    connection: Connection, owner: str, kind: Kind, model: str
) -> tuple[NDArray[np.int64], Floats]:
    """Every owner's vector of one model: ids (N,) and vectors (N, D), fast for 100,000s."""
    v = schema.vector.c
    query = sa.select(v.owner_id, v.data).where(v.owner == owner, v.kind == kind, v.model == model)
    rows = (
        connection.connection.cursor()
        .execute(str(query.compile(connection, compile_kwargs={"literal_binds": True})))
        .fetchall()
    )
    return _stacked(rows)


def vectors_of(
    connection: Connection, owner: str, kind: Kind, model: str, ids: Sequence[int]
) -> tuple[NDArray[np.int64], Floats]:
    """The vectors of these owners that have one: ids (M,) and vectors (M, D)."""
    v = schema.vector.c
    rows: list[tuple[int, bytes]] = []
    for i in range(0, len(ids), IN_QUERY):
        query = sa.select(v.owner_id, v.data).where(
            v.owner == owner,
            v.kind == kind,
            v.model == model,
            v.owner_id.in_(ids[i : i + IN_QUERY]),
        )
        rows += [(row[0], row[1]) for row in connection.execute(query)]
    return _stacked(rows)


def models_with_vectors(connection: Connection, owner: str, kind: Kind) -> dict[str, int]:
    """How many vectors each model has."""
    v = schema.vector.c
    query = (
        sa.select(v.model, sa.func.count())
        .where(v.owner == owner, v.kind == kind)
        .group_by(v.model)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _stacked(rows: Sequence[tuple[int, bytes]]) -> tuple[NDArray[np.int64], Floats]:
    if not rows:
        return np.zeros(0, np.int64), np.zeros((0, 1), np.float32)
    ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
    size = len(rows[0][1])
    joined = b"".join(row[1] for row in rows)
    if size % 4 or len(joined) != size * len(rows):
        raise LibraryCorrupt("Stored vectors of one model differ in length.")
    return ids, np.frombuffer(joined, "<f4").reshape(len(rows), -1).astype(np.float32, copy=False)
