"""What the user said of tracklets: this person, or not."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.library import schema
from reid_core.library.footage import set_verdict


def put_verdicts(tx: Connection, person: int, tracklets: Sequence[int], same: bool | None) -> None:
    """Say of each whether it shows this person; None takes back what was said."""
    if same is not None:
        for one in tracklets:
            set_verdict(tx, person, one, same)
        return
    v = schema.verdict
    gone = sa.and_(v.c.person_id == person, v.c.tracklet_id.in_(list(tracklets)))
    tx.execute(v.delete().where(gone))


def confirmed_people(connection: Connection, tracklets: Sequence[int]) -> dict[int, int]:
    """Whom the user recognised in these tracklets: person by tracklet."""
    v = schema.verdict.c
    query = sa.select(v.tracklet_id, v.person_id).where(v.same.is_(True))
    wanted = set(tracklets)
    return {row[0]: row[1] for row in connection.execute(query) if row[0] in wanted}


def refused_people(connection: Connection, tracklets: Sequence[int]) -> set[tuple[int, int]]:
    """Whom the user said these tracklets do not show: (tracklet, person)."""
    v = schema.verdict.c
    query = sa.select(v.tracklet_id, v.person_id).where(v.same.is_(False))
    wanted = set(tracklets)
    return {(row[0], row[1]) for row in connection.execute(query) if row[0] in wanted}
