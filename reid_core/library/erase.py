"""Forgetting somebody: rows, vectors, pictures, caches and traces, and the proof of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from reid_core.library import schema
from reid_core.library.footage import unused
from reid_core.library.store import Library, bump


@dataclass(frozen=True, slots=True)
class Erasure:
    """What went. proven: whether a search of every byte of the folder found nothing left."""

    templates: int
    vectors: int
    verdicts: int
    pictures: int
    picture_bytes: int
    proven: bool


def forget(library: Library, person: int) -> Erasure:
    """Erase a person from the library. Footage stays: its tracklets carry no name."""
    with library.writer("forget"):
        traces = _traces(library, person)
        with library.transaction("forget", person=person) as tx:
            t = schema.template.c
            templates = tx.execute(sa.select(t.id, t.media).where(t.person_id == person)).all()
            ids = [row.id for row in templates]
            vectors = tx.execute(schema.vector.delete().where(schema.vector.c.owner_id.in_(ids)))
            verdicts = tx.execute(
                schema.verdict.delete().where(schema.verdict.c.person_id == person)
            )
            tx.execute(schema.template.delete().where(t.person_id == person))
            tx.execute(schema.person.delete().where(schema.person.c.id == person))
            bump(tx, "people")
            orphans = unused(tx, {row.media for row in templates})
        size = sum(library.media.remove(name) for name in orphans)
        clear_caches(library)
        proven = not _found(library.folder, [*traces, *(name.encode() for name in orphans)])
    return Erasure(len(ids), vectors.rowcount, verdicts.rowcount, len(orphans), size, proven)


def clear_caches(library: Library) -> None:
    """Empty the write-ahead log into the database, and delete the search caches."""
    with library._engine.connect() as connection:
        connection.rollback()
        raw = connection.connection.driver_connection
        if raw is not None:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.rmtree(library.cache, ignore_errors=True)


def _traces(library: Library, person: int) -> list[bytes]:
    """Byte strings that must not be found afterwards: the name and every vector."""
    t, v = schema.template.c, schema.vector.c
    with library.read() as connection:
        name = connection.scalar(
            sa.select(schema.person.c.name).where(schema.person.c.id == person)
        )
        owned = sa.select(t.id).where(t.person_id == person)
        data = connection.execute(sa.select(v.data).where(v.owner_id.in_(owned))).scalars().all()
    long_enough = [name.encode()] if name and len(name) > 3 else []  # "Al" is in every database
    return [*long_enough, *data]


def _found(folder: Path, needles: Iterable[bytes]) -> bool:
    wanted = [n for n in needles if n]
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if any(n in data or n.decode("latin-1") in path.name for n in wanted):
                return True
    return False
