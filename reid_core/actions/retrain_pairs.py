"""What a retraining recognises better, and worse, than what was in use: pictures with their names.

A verdict holds the ids of held-out templates and views only; what they show is read when somebody
looks, so that what was deleted, renamed or forgotten since is not shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.library import people, schema
from reid_core.library.ids import parse_id
from reid_core.library.retrainings import Run

Key = tuple[str, int]  # owner, its id


@dataclass(frozen=True, slots=True)
class Pictured:
    """A stored picture. media: its name. name: of whom; "" for somebody who is not enrolled."""

    media: str
    name: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A held-out picture and the one that was taken for the same person instead of it.

    old, new: the place of the first picture of the right person, from 0, in either model. other:
    who stood first and should not have, in the old model for what got better, in the new one for
    what got worse; None where that picture is gone.
    """

    is_better: bool
    shown: Pictured
    other: Pictured | None
    old: int
    new: int


def pairs_of(connection: Connection, run: Run) -> tuple[Pair, ...]:
    """What got better, most of all first, then what got worse."""
    changes = [(side, c) for side in ("better", "worse") for c in run.verdict.get(side, ())]
    known = _pictures(connection, [k for _, c in changes for k in (_key(c), _other(c)) if k])
    pairs = []
    for side, change in changes:
        shown, other = known.get(_key(change)), known.get(_other(change))
        if shown is not None:
            is_better = side == "better"
            pairs.append(Pair(is_better, shown, other, int(change["old"]), int(change["new"])))
    return tuple(pairs)


def _key(change: dict[str, Any]) -> Key | None:
    one = parse_id(change["row"])
    return None if one is None else (change["owner"], one)


def _other(change: dict[str, Any]) -> Key | None:
    one = parse_id(change["wrong"]) if change["wrong"] else None
    return None if one is None else (change["wrong_owner"], one)


def _pictures(connection: Connection, keys: Iterable[Key]) -> dict[Key | None, Pictured]:
    ids: dict[str, list[int]] = {"template": [], "view": []}
    for owner, one in keys:
        ids[owner].append(one)
    t, v, w = schema.template.c, schema.verdict.c, schema.view.c
    templates = sa.select(t.id, t.media, t.person_id).where(t.id.in_(ids["template"]))
    confirmed = sa.and_(v.tracklet_id == w.tracklet_id, v.same.is_(True))
    both = schema.view.outerjoin(schema.verdict, confirmed)
    views = sa.select(w.id, w.media, v.person_id).select_from(both).where(w.id.in_(ids["view"]))
    names = people.all_names(connection)
    found: dict[Key | None, Pictured] = {}
    for owner, query in (("template", templates), ("view", views)):
        for one, media, person in connection.execute(query):
            found[owner, one] = Pictured(media, names.get(person, ""))
    return found
