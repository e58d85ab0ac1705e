"""Embeddings in the database: who owns them, and reading many of them fast.

Only vectors of networks are kept. Those of an adapted model are made of its network's on reading,
by one matrix product, and turned back into its network's on writing: so a change of adapter
changes every vector of a library at once, and back, without a row being written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from reid_core.adapter import Adapter, network_of
from reid_core.errors import LibraryCorrupt, ModelMismatch
from reid_core.library import adapters, schema
from reid_core.library.paths import floats_to_bytes
from reid_core.types import Floats, Kind

IN_QUERY = 500  # ids per query; SQLite has a limit on variables
AT_A_TIME = 2_048  # rows read before they become an array: few enough to stay in the cache
WHOLE = 0.5  # the share of the table from which it is read through
MEANT = "WHERE owner = ? AND kind = ? AND model = ?"
UNEQUAL = "Stored vectors of one model differ in length."


def put_vectors(
    tx: Connection, owner: str, kind: Kind, model: str, ids: Sequence[int], vectors: Floats
) -> None:
    """Store one vector per owner, replacing one of the same model.

    owner: template, view or tracklet. vectors: (N, D) float32. Raises ModelMismatch for an adapted
    model that is not in the library.
    """
    if not len(ids):
        return
    adapter = adapters.of_model(tx, model)
    if adapter is not None:
        model, vectors = adapter.base, adapter.undo(vectors)
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
    """Every owner's vector of one model: ids (N,), rising, and vectors (N, D); fast for millions.

    Raises LibraryCorrupt, ModelMismatch for an adapted model that is not in the library.
    """
    adapter, ask = adapters.of_model(connection, model), _Asking(connection, owner, kind, model)
    ids = ask.ids()
    if not len(ids):
        return _stacked([])
    vectors, filled = None, 0
    for rows in ask.rows(whole=len(ids) >= WHOLE * ask.everybody()):
        found, some = _stacked(rows)
        some = _adapted(adapter, some)
        if vectors is None:
            vectors = np.empty((len(ids), some.shape[1]), np.float32)
        if some.shape[1] != vectors.shape[1]:
            raise LibraryCorrupt(UNEQUAL)
        vectors[np.searchsorted(ids, found)] = some
        filled += len(found)
    assert filled == len(ids), "a connection sees one state throughout"
    assert vectors is not None
    return ids, vectors


class _Asking:
    """Many rows of the table at once, past SQLAlchemy, whose rows would cost most of the time."""

    def __init__(self, connection: Connection, owner: str, kind: Kind, model: str) -> None:
        self._cursor = connection.connection.cursor()
        self._told = (owner, str(kind), network_of(model))

    def ids(self) -> NDArray[np.int64]:
        """(N,) rising, from the index alone."""
        self._cursor.execute(f"SELECT owner_id FROM vector {MEANT} ORDER BY owner_id", self._told)
        return np.array([row[0] for row in self._cursor.fetchall()], np.int64)

    def everybody(self) -> int:
        """How many vectors there are of whatever sort."""
        return int(self._cursor.execute("SELECT count(*) FROM vector").fetchone()[0])

    def rows(self, *, whole: bool) -> Iterator[Sequence[tuple[int, bytes]]]:
        """Ids and vectors. whole: read the table through, which is quicker than to leap about in
        it by the index where most of it is wanted.
        """
        how = "NOT INDEXED" if whole else ""
        self._cursor.execute(f"SELECT owner_id, data FROM vector {how} {MEANT}", self._told)
        while rows := self._cursor.fetchmany(AT_A_TIME):
            yield rows


def vectors_of(
    connection: Connection, owner: str, kind: Kind, model: str, ids: Sequence[int]
) -> tuple[NDArray[np.int64], Floats]:
    """The vectors of these owners that have one: ids (M,) and vectors (M, D)."""
    adapter, v = adapters.of_model(connection, model), schema.vector.c
    rows: list[tuple[int, bytes]] = []
    for i in range(0, len(ids), IN_QUERY):
        query = sa.select(v.owner_id, v.data).where(
            v.owner == owner,
            v.kind == kind,
            v.model == network_of(model),
            v.owner_id.in_(ids[i : i + IN_QUERY]),
        )
        rows += [(row[0], row[1]) for row in connection.execute(query)]
    found, vectors = _stacked(rows)
    return found, _adapted(adapter, vectors)


def models_with_vectors(connection: Connection, owner: str, kind: Kind) -> dict[str, int]:
    """How many vectors each network has."""
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
        raise LibraryCorrupt(UNEQUAL)
    return ids, np.frombuffer(joined, "<f4").reshape(len(rows), -1).astype(np.float32, copy=False)


def _adapted(adapter: Adapter | None, vectors: Floats) -> Floats:
    if adapter is None or not len(vectors):
        return vectors
    if vectors.shape[1] != adapter.dim:
        raise ModelMismatch(
            f"The adapter {adapter.model} is for vectors of {adapter.dim} numbers, "
            f"the stored ones have {vectors.shape[1]}."
        )
    return adapter.apply(vectors)
