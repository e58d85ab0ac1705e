"""The event log: what was done, with ids and numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.library import schema
from reid_core.library.store import Library


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done. time: UTC, ISO 8601. payload: ids and numbers, JSON."""

    id: int
    time: str
    action: str
    payload: str


def count(connection: Connection) -> int:
    """How many there are."""
    return connection.scalar(sa.select(sa.func.count()).select_from(schema.event)) or 0


def latest(connection: Connection, n: int) -> list[Event]:
    """The last n, newest first."""
    e = schema.event.c
    query = sa.select(e.id, e.time, e.action, e.payload).order_by(e.id.desc()).limit(n)
    return [Event(*row) for row in connection.execute(query)]


def after(connection: Connection, event: int, n: int) -> list[Event]:
    """The first n that came after an event, oldest first."""
    e = schema.event.c
    query = sa.select(e.id, e.time, e.action, e.payload).where(e.id > event).order_by(e.id).limit(n)
    return [Event(*row) for row in connection.execute(query)]


def erase_older(library: Library, days: int, *, now: datetime | None = None) -> int:
    """Erase the events of more than so many days ago; returns how many. Raises LibraryError."""
    if days < 0:
        raise ValueError(f"days is {days}, expected 0 or more")
    until = (now or datetime.now(UTC)) - timedelta(days=days)
    old = schema.event.c.time < until.isoformat(timespec="seconds")
    with library.read() as connection:  # so that a start with nothing to do writes nothing
        if connection.scalar(sa.select(schema.event.c.id).where(old).limit(1)) is None:
            return 0
    with library.transaction("erase events", days=days) as tx:
        return tx.execute(schema.event.delete().where(old)).rowcount
