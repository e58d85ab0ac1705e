"""Forgetting somebody: rows, vectors, pictures, caches and traces, and the proof of it."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from reid_core.library import kept, retrainings, schema
from reid_core.library.footage import unused
from reid_core.library.store import Library, bump

CHUNK = 1 << 24  # bytes searched at a time
CHECKPOINT_TRIES = 3  # each waits for readers as long as the database's own patience


@dataclass(frozen=True, slots=True)
class Erasure:
    """What went. proven: whether a search of every byte of the folder found nothing left.

    trained_on: the models of this library that learnt from them among others, and still are here.
    """

    templates: int
    vectors: int
    verdicts: int
    pictures: int
    picture_bytes: int
    proven: bool
    trained_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Swept:
    """Pictures that were erased, and how many bytes they had."""

    names: tuple[str, ...]
    size: int


def forget(library: Library, person: int, *, keep: Collection[str] = ()) -> Erasure:
    """Erase a person from the library. Footage stays: its tracklets carry no name.

    Pictures that nothing refers to go as well: they may be of templates of theirs that were
    deleted before. keep: those of them that undoing what was done to others needs.
    """
    with library.writer("forget"):
        traces = _traces(library, person)
        with library.transaction("forget", person=person) as tx:
            t = schema.template.c
            templates = tx.execute(sa.select(t.id, t.media).where(t.person_id == person)).all()
            ids = [row.id for row in templates]
            trained_on = retrainings.forget(tx, person, ids)
            vectors = tx.execute(schema.vector.delete().where(schema.vector.c.owner_id.in_(ids)))
            verdicts = tx.execute(
                schema.verdict.delete().where(schema.verdict.c.person_id == person)
            )
            kept.drop_about(tx, person)
            tx.execute(schema.template.delete().where(t.person_id == person))
            tx.execute(schema.person.delete().where(schema.person.c.id == person))
            bump(tx, "people")
            orphans = unused(tx, {row.media for row in templates})
        size = sum(library.media.remove(name) for name in orphans)
        swept = sweep(library, keep=keep)
        clear_caches(library)
        gone = [name.encode() for name in (*orphans, *swept.names)]
        proven = not _found(library.folder, [*traces, *gone])
    pictures, size = len(orphans) + len(swept.names), size + swept.size
    return Erasure(
        len(ids), vectors.rowcount, verdicts.rowcount, pictures, size, proven, trained_on
    )


def sweep(
    library: Library, *, among: Iterable[str] | None = None, keep: Collection[str] = ()
) -> Swept:
    """Erase stored pictures that no view and no template refers to: what was left by a crash, by
    undone enrolments and by deleted templates.

    among: look at these only (fast); None for all. keep: spare these, which undoing may need.
    Raises LibraryError when the library cannot be written.
    """
    with library.writer("sweep"):  # whoever stores pictures holds it until rows refer to them
        names = set(library.media.names() if among is None else among) - set(keep)
        with library.read() as connection:
            orphans = unused(connection, names)
        sizes = [library.media.remove(name) for name in orphans]
    return Swept(tuple(n for n, size in zip(orphans, sizes, strict=True) if size), sum(sizes))


def clear_caches(library: Library) -> None:
    """Empty the write-ahead log into the database, and delete the search caches.

    Waits for other processes that write or read: what they look at cannot be emptied.
    """
    with library.writer("clear caches"), library._engine.connect() as connection:
        connection.rollback()
        raw = connection.connection.driver_connection
        for _ in range(CHECKPOINT_TRIES):
            if raw is None or raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0:
                break
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
    """Whether any file's content or name holds any of these. Files may come and go meanwhile."""
    wanted = [n for n in needles if n]
    names = [n.decode("latin-1") for n in wanted]
    for path in folder.rglob("*"):
        try:
            if path.is_file() and (any(n in path.name for n in names) or _holds(path, wanted)):
                return True
        except FileNotFoundError:  # written under another name first, or removed by an indexer
            continue
    return False


def _holds(path: Path, needles: list[bytes]) -> bool:
    overlap = max((len(n) for n in needles), default=1) - 1
    kept = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            data = kept + chunk
            if any(n in data for n in needles):
                return True
            kept = data[-overlap:] if overlap else b""
    return False
