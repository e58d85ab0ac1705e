"""What was measured of models on this library: one calibration for each model and kind."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.calibration import Calibration
from reid_core.errors import LibraryCorrupt
from reid_core.library import schema
from reid_core.types import Kind


def put(tx: Connection, one: Calibration) -> None:
    """Keep a calibration in the place of the one that its model and kind had."""
    values = {"model": one.model, "kind": str(one.kind), "data": one.to_json(), "created": one.made}
    tx.execute(schema.calibration.insert().prefix_with("OR REPLACE").values(values))


def get(connection: Connection, model: str, kind: Kind) -> Calibration | None:
    """That of a model and kind, None without one: no other model's is ever given.

    Raises LibraryCorrupt when it cannot be read.
    """
    data = connection.scalar(sa.select(schema.calibration.c.data).where(_is(model, kind)))
    return None if data is None else _read(data, model, kind)


def remove(tx: Connection, model: str, kind: Kind) -> bool:
    """Take one away; whether there was one. What cannot be read can be removed."""
    return tx.execute(schema.calibration.delete().where(_is(model, kind))).rowcount > 0


def models(connection: Connection, kind: Kind) -> list[str]:
    """The models of a kind that have one, by name."""
    c = schema.calibration.c
    query = sa.select(c.model).where(c.kind == str(kind)).order_by(c.model)
    return list(connection.execute(query).scalars())


def _is(model: str, kind: Kind) -> sa.ColumnElement[bool]:
    c = schema.calibration.c
    return sa.and_(c.model == model, c.kind == str(kind))


def _read(data: str, model: str, kind: Kind) -> Calibration:
    try:
        one = Calibration.from_json(data)
        why = "" if (one.model, one.kind) == (model, kind) else "it is of another model"
    except ValueError as error:
        why = str(error)
    if why:
        raise LibraryCorrupt(
            f"A stored calibration cannot be read ({why}). "
            f"Make it anew with: cameo calibrate --kind {kind}"
        )
    return one
