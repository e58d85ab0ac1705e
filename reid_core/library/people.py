"""People and their templates: the gallery."""

from __future__ import annotations

import difflib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from reid_core.errors import BadName, ChangedSince, NameTaken, PersonNotFound
from reid_core.library import retrainings, schema
from reid_core.library.ids import format_id, parse_id, random_id
from reid_core.library.names import name_order
from reid_core.library.paths import floats_to_bytes
from reid_core.library.store import bump, now
from reid_core.library.vectors import IN_QUERY, put_vectors
from reid_core.types import Floats, Kind

MAX_NAME = 200
MAX_NOTES = 10_000


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody enrolled. templates: how many, by kind."""

    id: int
    name: str
    notes: str
    created: str
    faces: int
    bodies: int

    @property
    def shown_id(self) -> str:
        """The id as people see it."""
        return format_id(self.id)


@dataclass(frozen=True, slots=True, eq=False)
class NewTemplate:
    """A look at somebody that is to be kept.

    media: name of the stored crop. keypoints: (K, 2) in crop pixels. vector: (D,) unit, of
    `model`. worn_at: bodies, when these clothes were worn.
    """

    kind: Kind
    media: str
    quality: float
    parts: dict[str, float]
    keypoints: Floats
    where_from: str
    vector: Floats
    model: str
    worn_at: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A stored look at somebody."""

    id: int
    person_id: int
    kind: Kind
    media: str
    quality: float
    where_from: str
    created: str
    parts: dict[str, float]


@dataclass(frozen=True, slots=True)
class Portrait:
    """Somebody as a list of people shows them. media: their best picture, "" when there is none.

    confirmed: how many tracklets the user said are theirs.
    """

    id: int
    name: str
    notes: str
    created: str
    faces: int
    bodies: int
    media: str
    confirmed: int


def add_person(tx: Connection, name: str, notes: str = "") -> int:
    """A new person's id. Raises NameTaken, BadName."""
    clean = clean_name(name)
    _must_be_free(tx, clean)
    one = random_id()
    tx.execute(
        schema.person.insert().values(
            id=one, name=clean, name_key=_key(clean), notes=notes, created=now()
        )
    )
    return one


def find_person(connection: Connection, name_or_id: str) -> Person:
    """By name (letters' case does not matter) or id. Raises PersonNotFound naming near ones."""
    p = schema.person.c
    found = sa.or_(p.name_key == _key(name_or_id), p.id == (parse_id(name_or_id) or -1))
    row = connection.execute(_counted().where(found).order_by(p.name_key)).first()
    if row is not None:
        return Person(*row)
    names = list(connection.execute(sa.select(p.name)).scalars())
    near = difflib.get_close_matches(name_or_id, names, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else " See: cameo people list"
    raise PersonNotFound(f"Nobody named {name_or_id!r} is enrolled.{hint}")


def person_named(connection: Connection, name: str) -> int | None:
    """The id of whoever has exactly that name (letters' case does not matter)."""
    p = schema.person.c
    return connection.scalar(sa.select(p.id).where(p.name_key == _key(name)))


def list_people(connection: Connection) -> list[Person]:
    """Everybody, in the order of `name_order`, in one query."""
    everybody = [Person(*row) for row in connection.execute(_counted())]
    return sorted(everybody, key=lambda p: name_order(p.name))


def list_portraits(connection: Connection) -> list[Portrait]:
    """Everybody, in the order of `name_order`, with their best picture (of a face where there is
    one), in one query.
    """
    p, t, v = schema.person.c, schema.template.c, schema.verdict.c
    place = sa.func.row_number().over(
        partition_by=t.person_id, order_by=((t.kind == Kind.FACE).desc(), t.quality.desc(), t.id)
    )
    ranked = sa.select(t.person_id, t.media, place.label("place")).subquery()
    owned = (
        sa.select(
            t.person_id,
            sa.func.count().filter(t.kind == Kind.FACE).label("faces"),
            sa.func.count().filter(t.kind == Kind.BODY).label("bodies"),
        )
        .group_by(t.person_id)
        .subquery()
    )
    said = (
        sa.select(v.person_id, sa.func.count().label("same"))
        .where(v.same.is_(True))
        .group_by(v.person_id)
        .subquery()
    )
    best = sa.and_(ranked.c.person_id == p.id, ranked.c.place == 1)
    tables = (
        schema.person.outerjoin(owned, owned.c.person_id == p.id)
        .outerjoin(ranked, best)
        .outerjoin(said, said.c.person_id == p.id)
    )
    numbers = [sa.func.coalesce(c, 0) for c in (owned.c.faces, owned.c.bodies)]
    last = (sa.func.coalesce(ranked.c.media, ""), sa.func.coalesce(said.c.same, 0))
    columns: list[Any] = [p.id, p.name, p.notes, p.created, *numbers, *last]
    query = sa.select(*columns).select_from(tables)
    everybody = [Portrait(*row) for row in connection.execute(query)]
    return sorted(everybody, key=lambda one: name_order(one.name))


def all_names(connection: Connection) -> dict[int, str]:
    """Everybody's name by id."""
    p = schema.person.c
    return {row[0]: row[1] for row in connection.execute(sa.select(p.id, p.name))}


def names_of(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Names by id."""
    p = schema.person.c
    return {
        row[0]: row[1] for row in connection.execute(sa.select(p.id, p.name).where(p.id.in_(ids)))
    }


def rename(tx: Connection, person: int, name: str) -> None:
    """Give another name. Raises NameTaken, BadName, PersonNotFound."""
    clean = clean_name(name)
    _must_be_there(tx, person)
    _must_be_free(tx, clean, but=person)
    p = schema.person
    tx.execute(p.update().where(p.c.id == person).values(name=clean, name_key=_key(clean)))


def set_notes(tx: Connection, person: int, notes: str) -> None:
    """Keep what the user writes about somebody, at most `MAX_NOTES` characters of it.

    Raises PersonNotFound.
    """
    _must_be_there(tx, person)
    p = schema.person
    tx.execute(p.update().where(p.c.id == person).values(notes=notes[:MAX_NOTES]))


def merge(tx: Connection, *, into: int, gone: int) -> None:
    """All templates and verdicts of `gone` become those of `into`; `gone` disappears.

    Pictures that both have are kept once. Raises PersonNotFound.
    """
    if into == gone:
        raise ValueError("a person cannot be merged with themselves")
    _must_be_there(tx, into, gone)
    v = schema.verdict
    move_templates(tx, [row.id for row in templates_of(tx, gone)], into)
    known = sa.select(v.c.tracklet_id).where(v.c.person_id == into)
    tx.execute(v.delete().where(v.c.person_id == gone, v.c.tracklet_id.in_(known)))
    tx.execute(v.update().where(v.c.person_id == gone).values(person_id=into))
    retrainings.hand_over(tx, gone=gone, into=into)
    tx.execute(schema.person.delete().where(schema.person.c.id == gone))
    bump(tx, "people")


def split(tx: Connection, templates: Sequence[int], name: str) -> int:
    """Move templates to a new person; returns its id. Raises ChangedSince when none is left."""
    one = add_person(tx, name)
    t = schema.template
    moved = tx.execute(t.update().where(t.c.id.in_(templates)).values(person_id=one))
    if moved.rowcount == 0:
        raise ChangedSince("These templates are not there any more. Nothing was done.")
    bump(tx, "people")
    return one


def move_templates(tx: Connection, templates: Sequence[int], person: int) -> None:
    """Give templates to another person; those whose picture is theirs already are deleted."""
    t = schema.template
    there = sa.select(t.c.media, t.c.kind).where(t.c.person_id == person)
    known = {tuple(row) for row in tx.execute(there)}
    doubles = []
    for i in range(0, len(templates), IN_QUERY):
        some = t.c.id.in_(list(templates[i : i + IN_QUERY]))
        for row in tx.execute(sa.select(t.c.id, t.c.media, t.c.kind, t.c.person_id).where(some)):
            if row.person_id != person and (row.media, row.kind) in known:
                doubles.append(row.id)
            known.add((row.media, row.kind))
        tx.execute(t.update().where(some).values(person_id=person))
    delete_templates(tx, doubles)


def delete_templates(tx: Connection, templates: Sequence[int]) -> None:
    """Delete templates with their vectors. Pictures stay until `erase.sweep`, so that this can
    be undone.
    """
    t, v = schema.template, schema.vector
    for i in range(0, len(templates), IN_QUERY):
        some = list(templates[i : i + IN_QUERY])
        # by id alone: told the owner as well, SQLite looks through every template's vector
        tx.execute(v.delete().where(v.c.owner_id.in_(some)))
        tx.execute(t.delete().where(t.c.id.in_(some)))
    bump(tx, "people")


def add_template(tx: Connection, person: int, new: NewTemplate) -> int | None:
    """Keep a look at somebody; its id, or None when this very picture is theirs already."""
    t = schema.template
    same = sa.select(t.c.id).where(
        t.c.person_id == person, t.c.media == new.media, t.c.kind == new.kind
    )
    if tx.scalar(same) is not None:
        return None
    one = random_id()
    tx.execute(
        t.insert().values(
            id=one,
            person_id=person,
            kind=new.kind,
            media=new.media,
            quality=new.quality,
            parts=json.dumps({k: round(v, 4) for k, v in new.parts.items()}),
            keypoints=floats_to_bytes(new.keypoints),
            where_from=new.where_from,
            worn_at=new.worn_at,
            created=now(),
        )
    )
    put_vectors(tx, "template", new.kind, new.model, [one], new.vector[None])
    bump(tx, "people")
    return one


def templates_of(connection: Connection, person: int) -> list[Template]:
    """A person's templates, best first."""
    t = schema.template.c
    query = (
        sa.select(t.id, t.person_id, t.kind, t.media, t.quality, t.where_from, t.created, t.parts)
        .where(t.person_id == person)
        .order_by(t.quality.desc())
    )
    return [
        Template(*row[:2], Kind(row[2]), *row[3:7], json.loads(row[7]))
        for row in connection.execute(query)
    ]


def every_template(connection: Connection, kind: Kind) -> dict[int, Template]:
    """Everybody's templates of a kind, by id."""
    t = schema.template.c
    columns = (t.id, t.person_id, t.kind, t.media, t.quality, t.where_from, t.created, t.parts)
    rows = connection.execute(sa.select(*columns).where(t.kind == kind))
    return {r[0]: Template(*r[:2], kind, *r[3:7], json.loads(r[7])) for r in rows}


def picture_owners(connection: Connection, kind: Kind) -> dict[str, int]:
    """Whose template each stored picture of a kind is, by the picture's name."""
    t = schema.template.c
    query = sa.select(t.media, t.person_id).where(t.kind == kind)
    return {row[0]: row[1] for row in connection.execute(query)}


def template_owners(connection: Connection, templates: Sequence[int]) -> NDArray[np.int64]:
    """(N,) the person that each template belongs to."""
    t = schema.template.c
    query = str(sa.select(t.id, t.person_id).compile(connection))
    # past SQLAlchemy, whose rows cost most of the time among 100,000s
    owner = dict(connection.connection.cursor().execute(query).fetchall())
    return np.array([owner[i] for i in templates], np.int64)


def clean_name(name: str) -> str:
    """The name without odd spaces and control characters.

    Raises BadName when nothing is left.
    """
    text = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", name))
    text = " ".join(text.split())
    if not 0 < len(text) <= MAX_NAME:
        raise BadName(f"A name needs 1 to {MAX_NAME} characters; this one has {len(text)}.")
    return text


def _counted() -> sa.Select[Any]:
    """People with how many templates they have, as columns of `Person`."""
    p, t = schema.person.c, schema.template.c
    counts = [sa.func.count(t.id).filter(t.kind == kind) for kind in ("face", "body")]
    return (
        sa.select(p.id, p.name, p.notes, p.created, *counts)
        .select_from(schema.person.outerjoin(schema.template))
        .group_by(p.id)
    )


def _key(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _must_be_there(connection: Connection, *ids: int) -> None:
    if len(names_of(connection, ids)) < len(ids):
        raise PersonNotFound("This person is not in the library any more. Nothing was done.")


def _must_be_free(tx: Connection, name: str, *, but: int | None = None) -> None:
    there = person_named(tx, name)
    if there is not None and there != but:
        raise NameTaken(f"Somebody named {name} is enrolled already.")
