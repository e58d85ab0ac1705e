"""Which models a library works with, by role; none said means the default."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.library import schema


def in_use(connection: Connection) -> dict[str, str]:
    """Model names by role."""
    m = schema.model.c
    return {row[0]: row[1] for row in connection.execute(sa.select(m.role, m.name))}


def use(tx: Connection, role: str, name: str) -> None:
    """From now on this model serves this role, without an adapter."""
    tx.execute(schema.model.insert().prefix_with("OR REPLACE").values(role=role, name=name))


def use_adapted(tx: Connection, role: str, name: str, adapted: str | None) -> None:
    """From now on a network serves this role behind an adapter; None: the network alone."""
    row = {"role": role, "name": name, "adapter": adapted}
    tx.execute(schema.model.insert().prefix_with("OR REPLACE").values(**row))
