"""What the user looked at in the gallery and wants to keep as it is: it is not asked again."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.library import schema
from reid_core.library.store import now


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """By what a judgement is known. what: at most 24 characters. subject: the id of the template
    or of the other person that it was about, 0 when it was about all that the person has.
    """

    person: int
    what: str
    subject: int = 0


def keep(tx: Connection, mark: Mark) -> None:
    """Remember it."""
    row = {"person_id": mark.person, "what": mark.what, "subject": mark.subject}
    tx.execute(schema.kept.insert().prefix_with("OR REPLACE").values(**row, created=now()))


def marks(connection: Connection) -> set[Mark]:
    """Everything that is remembered."""
    k = schema.kept.c
    return {Mark(*row) for row in connection.execute(sa.select(k.person_id, k.what, k.subject))}


def drop_about(tx: Connection, person: int) -> None:
    """Forget what was said of others with regard to somebody who goes."""
    tx.execute(schema.kept.delete().where(schema.kept.c.subject == person))
