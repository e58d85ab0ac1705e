"""The adapters of a library. They are made from its people and so belong to it, not to a store."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.adapter import Adapter, from_bytes, is_adapted
from reid_core.errors import ModelMismatch
from reid_core.library import schema
from reid_core.library.paths import floats_to_bytes
from reid_core.library.store import now
from reid_core.types import Kind


def put(tx: Connection, adapter: Adapter, kind: Kind) -> str:
    """Keep an adapter; returns its model's id."""
    if not adapter.is_regular:
        raise ValueError("the adapter cannot be undone")
    model = adapter.model
    tx.execute(
        schema.adapter.insert()
        .prefix_with("OR REPLACE")
        .values(
            model=model,
            base=adapter.base,
            kind=kind,
            weight=floats_to_bytes(adapter.weight),
            mean=floats_to_bytes(adapter.mean),
            created=now(),
        )
    )
    return model


def get(connection: Connection, model: str) -> Adapter:
    """The adapter of that model. Raises ModelMismatch when it is not (any longer) here."""
    a = schema.adapter.c
    row = connection.execute(sa.select(a.weight, a.mean).where(a.model == model)).first()
    if row is None:
        raise ModelMismatch(
            f"The adapted model {model} is not in this library: it was dropped, or it belongs to "
            "another library. See: cameo retrain list"
        )
    return from_bytes(model, row[0], row[1])


def of_model(connection: Connection, model: str) -> Adapter | None:
    """The adapter behind a model's vectors; None for a network's own."""
    return get(connection, model) if is_adapted(model) else None


def names(connection: Connection, base: str) -> list[str]:
    """The adapted models that stand on a network, oldest first."""
    a = schema.adapter.c
    query = sa.select(a.model).where(a.base == base).order_by(a.created, a.model)
    return list(connection.scalars(query))


def in_use(connection: Connection) -> dict[str, Adapter]:
    """The adapters at work, by role; a role without one works with its network alone."""
    m = schema.model.c
    rows = connection.execute(sa.select(m.role, m.adapter).where(m.adapter.is_not(None))).all()
    return {role: get(connection, model) for role, model in rows}


def name_in_use(connection: Connection, role: str) -> str | None:
    """The id of the adapted model that serves a role; None when its network does alone."""
    m = schema.model.c
    found: str | None = connection.scalar(sa.select(m.adapter).where(m.role == role))
    return found


def drop(tx: Connection, model: str) -> None:
    """Erase an adapter. Whoever works with it works with the network alone from now on."""
    m = schema.model
    tx.execute(m.update().where(m.c.adapter == model).values(adapter=None))
    tx.execute(schema.adapter.delete().where(schema.adapter.c.model == model))
