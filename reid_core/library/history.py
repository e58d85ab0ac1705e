"""Undo and redo of what was done to the gallery, while a program runs.

A step is the difference between the gallery's rows before and after it: persons, templates with
their vectors, verdicts, and what was kept as it is. Taking it back is one transaction that first
makes sure that nobody changed those rows since. Steps live in memory only, so that nothing of a
person outlives `forget`; pictures that no row refers to any more stay until `erase.sweep`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.errors import ChangedSince
from reid_core.library import schema
from reid_core.library.store import Library, bump
from reid_core.library.vectors import IN_QUERY

Row = tuple[Any, ...]
Rows = dict[Row, Row]  # by key
# how many columns are the key, from the left
TABLES = {"person": 1, "template": 1, "verdict": 2, "kept": 3, "calibration": 2}
DEPTH = 200  # steps kept


@dataclass(frozen=True, slots=True)
class Step:
    """What one action changed: rows by table and key before and after it (None: not there)."""

    what: str
    changes: dict[str, dict[Row, tuple[Row | None, Row | None]]]
    vectors: tuple[Row, ...]  # of templates that came or went

    @property
    def people(self) -> frozenset[int]:
        """Everybody whom it touches."""
        found = {key[0] for name in ("person", "verdict", "kept") for key in self.changes[name]}
        for before, after in self.changes["template"].values():
            found |= {r[1] for r in (before, after) if r is not None}
        return frozenset(found)

    @property
    def pictures(self) -> frozenset[str]:
        """The names of the stored pictures of the templates that it touches."""
        media = list(schema.template.c.keys()).index("media")
        rows = (r for both in self.changes["template"].values() for r in both)
        return frozenset(r[media] for r in rows if r is not None)


class History:
    """The steps of one library, newest last. Safe from any thread; one records at a time."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._touched: set[str] = set()
        self._lock = threading.RLock()

    @property
    def can_undo(self) -> str | None:
        """What `undo` would take back."""
        return self._done[-1].what if self._done else None

    @property
    def can_redo(self) -> str | None:
        """What `redo` would do again."""
        return self._undone[-1].what if self._undone else None

    @property
    def pictures(self) -> frozenset[str]:
        """The stored pictures that undoing or redoing may need."""
        with self._lock:
            return frozenset().union(*(s.pictures for s in (*self._done, *self._undone)))

    @property
    def touched(self) -> frozenset[str]:
        """The stored pictures that any step so far was about: nothing may refer to them now."""
        with self._lock:
            return frozenset(self._touched)

    @contextmanager
    def recording(self, what: str, *, losing: Sequence[int] = ()) -> Iterator[None]:
        """Note what the body changes as one step. losing: templates that it deletes.

        A body that fails or changes nothing leaves no step. Nobody else writes meanwhile: their
        change would be taken back with this one.
        """
        with self._lock, self._library.writer("change"):
            with self._library.read() as connection:
                before, lost = _rows(connection), _vectors(connection, losing)
            yield
            with self._library.read() as connection:
                after = _rows(connection)
                new = [key[0] for key in after["template"].keys() - before["template"].keys()]
                step = Step(what, _changes(before, after), (*lost, *_vectors(connection, new)))
            if any(step.changes.values()):
                self._touched |= step.pictures
                self._done = [*self._done[1 - DEPTH :], step]
                self._undone.clear()

    def undo(self) -> str | None:
        """Take back the newest step; what it was, None when there is none. Raises ChangedSince,
        and drops a step that others have made impossible: it would bar the way to those before.
        """
        with self._lock:
            return self._move(self._done, self._undone, back=True)

    def redo(self) -> str | None:
        """Do again what was taken back last, likewise."""
        with self._lock:
            return self._move(self._undone, self._done, back=False)

    def purge(self, person: int) -> None:
        """Drop every step that touches somebody: they are to be forgotten."""
        with self._lock:
            self._done = [s for s in self._done if person not in s.people]
            self._undone = [s for s in self._undone if person not in s.people]

    def clear(self) -> None:
        """Drop every step: what they would bring back has no vectors of a model new in use."""
        with self._lock:
            self._done.clear()
            self._undone.clear()

    def _move(self, source: list[Step], target: list[Step], *, back: bool) -> str | None:
        if not source:
            return None
        step = source[-1]
        try:
            self._turn(step, back=back)
        except ChangedSince as error:
            source.pop()
            raise ChangedSince(
                f"{step.what!r} cannot be taken back or done again: "
                "the same people were changed elsewhere since."
            ) from error
        target.append(source.pop())
        return step.what

    def _turn(self, step: Step, *, back: bool) -> None:
        action = "undo" if back else "redo"
        with self._library.transaction(action) as tx:
            wanted: dict[str, dict[Row, Row | None]] = {}
            now = _rows(tx)
            for name, rows in step.changes.items():
                there = now[name]
                for key, (before, after) in rows.items():
                    if there.get(key) != (after if back else before):
                        raise ChangedSince(f"A row of {name} is not as it was left.")
                wanted[name] = {k: (b if back else a) for k, (b, a) in rows.items()}
            _apply(tx, wanted, step.vectors)
            bump(tx, "people")


def _rows(connection: Connection) -> dict[str, Rows]:
    result = {}
    for name, width in TABLES.items():
        table = schema.metadata.tables[name]
        result[name] = {
            tuple(r[:width]): tuple(r) for r in connection.execute(sa.select(table)).all()
        }
    return result


def _vectors(connection: Connection, templates: Sequence[int]) -> tuple[Row, ...]:
    v = schema.vector
    found: list[Row] = []
    for i in range(0, len(templates), IN_QUERY):
        some = sa.and_(v.c.owner == "template", v.c.owner_id.in_(templates[i : i + IN_QUERY]))
        found += [tuple(r) for r in connection.execute(sa.select(v).where(some))]
    return tuple(found)


def _changes(
    before: dict[str, Rows], after: dict[str, Rows]
) -> dict[str, dict[Row, tuple[Row | None, Row | None]]]:
    return {
        name: {
            key: (before[name].get(key), after[name].get(key))
            for key in before[name].keys() | after[name].keys()
            if before[name].get(key) != after[name].get(key)
        }
        for name in TABLES
    }


def _apply(
    tx: Connection, wanted: dict[str, dict[Row, Row | None]], vectors: tuple[Row, ...]
) -> None:
    """Bring rows into a state. Names are set free first; whoever goes, goes last (cascades)."""
    p = schema.person
    for (person,) in wanted["person"]:
        tx.execute(p.update().where(p.c.id == person).values(name_key=f"\0{person}"))
    for name, rows in wanted.items():
        table = schema.metadata.tables[name]
        for key, row in rows.items():
            if row is not None:
                _put(tx, table, key, row)
    for name in ("calibration", "kept", "verdict", "template", "person"):
        for key, row in wanted[name].items():
            if row is None:
                table = schema.metadata.tables[name]
                tx.execute(table.delete().where(_is(table, key)))
    v = schema.vector
    for (template,), row in wanted["template"].items():
        if row is None:
            gone = sa.and_(v.c.owner_id == template, v.c.owner == "template")
            tx.execute(v.delete().where(gone))
    for vector in vectors:
        if wanted["template"].get((vector[0],)) is not None:
            tx.execute(v.insert().prefix_with("OR REPLACE").values(vector))


def _put(tx: Connection, table: sa.Table, key: Row, row: Row) -> None:
    values = dict(zip(table.c.keys(), row, strict=True))
    if tx.execute(table.update().where(_is(table, key)).values(values)).rowcount == 0:
        tx.execute(table.insert().values(values))


def _is(table: sa.Table, key: Row) -> sa.ColumnElement[bool]:
    return sa.and_(*(c == value for c, value in zip(table.c, key)))
