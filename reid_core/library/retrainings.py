"""What was retrained on this library's people: runs, what came of them, and who was in them.

A run is `training` until its verdict is there, then `judged`, then `accepted` or `rolled back`.
Its rows say which pictures it learnt from and which it held out; they go with the person.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.adapter import is_adapted
from reid_core.errors import RunNotFound
from reid_core.library import schema
from reid_core.library.ids import format_id, parse_id, random_id
from reid_core.library.paths import floats_from_bytes
from reid_core.library.store import now
from reid_core.library.vectors import IN_QUERY
from reid_core.types import Floats, Kind

TRAINING, JUDGED, ACCEPTED, BACK = "training", "judged", "accepted", "rolled back"
SIDES = ("better", "worse")  # of a verdict: its examples
FULL = "full"  # the strength that is trained elsewhere, and judged when that is done


@dataclass(frozen=True, slots=True)
class Part:
    """A row of a run's data. owner: template or view. part: train, known or open."""

    owner_id: int
    owner: str
    person: int
    part: str


@dataclass(frozen=True, slots=True)
class Run:
    """One retraining. base: the network's id. model: what came of it, None while it trains.

    before: what was in use when it was accepted ({"name", "adapter"}; "earlier": the same of the
    time before, where it was in use then and not gone back from). data: counts. verdict: as
    `evaluate.verdict` gives it, with ids for rows. forgotten: how many of the people it learnt
    from were forgotten since. in_use: whether the library works with it now.
    """

    id: int
    kind: Kind
    strength: str
    state: str
    base: str
    model: str | None
    before: dict[str, Any]
    settings: dict[str, Any]
    data: dict[str, Any]
    verdict: dict[str, Any]
    forgotten: int
    created: str
    decided: str | None
    in_use: bool

    @property
    def shown_id(self) -> str:
        """The id as users see it."""
        return format_id(self.id)

    @property
    def is_offered(self) -> bool:
        """Whether its verdict lets it be accepted without overriding."""
        return self.model is not None and self.verdict.get("decision") == "better"


def start(
    tx: Connection,
    kind: Kind,
    strength: str,
    base: str,
    *,
    settings: dict[str, Any],
    data: dict[str, Any],
    parts: Sequence[Part],
    tracklets: Sequence[int] = (),
) -> int:
    """Note a run, and what it holds out, before anything is learnt; returns its id.

    tracklets: that nobody labelled and that it learns from as well.
    """
    one = random_id()
    tx.execute(
        schema.retraining.insert().values(
            id=one,
            kind=kind,
            strength=strength,
            state=TRAINING,
            base=base,
            before="{}",
            settings=json.dumps(settings),
            data=json.dumps(data),
            verdict="{}",
            forgotten=0,
            created=now(),
        )
    )
    rows = [
        {"run_id": one, "owner_id": p.owner_id, "owner": p.owner, "person_id": p.person}
        | {"part": p.part}
        for p in parts
    ]
    if rows:
        tx.execute(schema.retraining_part.insert().prefix_with("OR IGNORE"), rows)
    seen = [{"run_id": one, "tracklet_id": tracklet} for tracklet in tracklets]
    if seen:
        tx.execute(schema.retraining_footage.insert(), seen)
    return one


def finish(tx: Connection, run: int, model: str | None, verdict: dict[str, Any]) -> None:
    """Keep what came of a run, without the pictures of who was forgotten while it learnt."""
    there = {format_id(part.owner_id) for part in parts_of(tx, run)}
    shown = {c[of] for side in SIDES for c in verdict.get(side, []) for of in ("row", "wrong")}
    kept = _without(verdict, shown - there - {None})
    _set(tx, run, state=JUDGED, model=model, verdict=json.dumps(kept))


def accept(tx: Connection, run: int, before: dict[str, Any]) -> None:
    """It is in use from now on; before: what was."""
    _set(tx, run, state=ACCEPTED, before=json.dumps(before), decided=now())


def roll_back(tx: Connection, run: int, earlier: dict[str, Any] | None = None) -> None:
    """It is no longer in use, and can be accepted again. earlier: of its `before`."""
    if earlier is None:
        _set(tx, run, state=BACK, decided=now())
    else:
        _set(tx, run, before=json.dumps(earlier), decided=now())


def standing_on(connection: Connection, model: str) -> list[Run]:
    """The runs whose models stand on a network that was retrained."""
    return [run for run in list_runs(connection) if run.base == model]


def delete(tx: Connection, runs: Collection[int]) -> None:
    """Erase runs and who was in them; not their models."""
    tx.execute(schema.retraining.delete().where(schema.retraining.c.id.in_(runs)))


def unfinished(connection: Connection, kind: Kind) -> list[int]:
    """Runs that have no verdict: at work just now, or killed; a full training waits for one."""
    r = schema.retraining.c
    query = sa.select(r.id).where(r.state == TRAINING, r.kind == kind, r.strength != FULL)
    return list(connection.scalars(query))


def list_runs(connection: Connection) -> list[Run]:
    """Every run, newest first."""
    r = schema.retraining
    m = schema.model.c
    used = {row[1] or row[0] for row in connection.execute(sa.select(m.name, m.adapter))}
    query = sa.select(r).order_by(r.c.created.desc(), r.c.id)
    runs = [_run(row, used) for row in connection.execute(query)]
    at_work = sorted((run for run in runs if run.in_use), key=_is_likely)
    one = {run.model: run.id for run in at_work}  # of those that made the same model
    return [replace(run, in_use=run.in_use and one[run.model] == run.id) for run in runs]


def _is_likely(run: Run) -> tuple[bool, str]:
    return run.state == ACCEPTED, run.decided or ""


def find_run(connection: Connection, shown_id: str) -> Run:
    """By its shown id. Raises RunNotFound."""
    one = parse_id(shown_id)
    found = next((run for run in list_runs(connection) if run.id == one), None)
    if found is None:
        raise RunNotFound(f"There is no retraining {shown_id!r}. See: cameo retrain list")
    return found


def parts_of(connection: Connection, run: int) -> list[Part]:
    """What a run learnt from and held out, but for people forgotten since."""
    p = schema.retraining_part.c
    query = sa.select(p.owner_id, p.owner, p.person_id, p.part).where(p.run_id == run)
    return [Part(*row) for row in connection.execute(query.order_by(p.owner_id))]


def crops_of(connection: Connection, run: int) -> list[tuple[int, str, Floats]]:
    """(person, media, keypoints (K, 2)) of the pictures that a run may learn from by name.

    Those of sightings that were rejected are nobody's, and not among them.
    """
    p, t, w, v = (
        x.c for x in (schema.retraining_part, schema.template, schema.view, schema.verdict)
    )
    mine = sa.and_(p.run_id == run, p.part == "train")
    enrolled = (
        sa.select(p.person_id, t.media, t.keypoints)
        .join(schema.template, sa.and_(t.id == p.owner_id, p.owner == "template"))
        .where(mine)
        .order_by(t.id)
    )
    said = sa.and_(v.tracklet_id == w.tracklet_id, v.person_id == p.person_id, v.same.is_(True))
    seen = (
        sa.select(p.person_id, w.media, w.keypoints)
        .join(schema.view, sa.and_(w.id == p.owner_id, p.owner == "view"))
        .join(schema.verdict, said)
        .where(mine)
        .order_by(w.id)
    )
    rows = [*connection.execute(enrolled), *connection.execute(seen)]
    return [(who, media, floats_from_bytes(points, columns=2)) for who, media, points in rows]


def people_of(connection: Connection, run: int) -> list[int]:
    """The people whom a run learnt from: its lineage."""
    p = schema.retraining_part.c
    query = sa.select(p.person_id).where(p.run_id == run, p.part == "train").distinct()
    return sorted(connection.scalars(query))


def learnt_from(connection: Connection, model: str) -> frozenset[int]:
    """The people from whom a model learnt, and those that it was made of; nobody for others."""
    p, r = schema.retraining_part.c, schema.retraining.c
    query = sa.select(p.person_id).join(schema.retraining, r.id == p.run_id)
    mine = sa.and_(r.model.in_(_made_of(connection, model)), p.part == "train")
    return frozenset(connection.scalars(query.where(mine)))


def tracklets_of(connection: Connection, model: str) -> list[int]:
    """The unlabelled tracklets that a model learnt from, and those that it was made of; those of a
    video go with it.
    """
    f, r = schema.retraining_footage.c, schema.retraining.c
    query = sa.select(f.tracklet_id).join(schema.retraining, r.id == f.run_id)
    mine = r.model.in_(_made_of(connection, model))
    return sorted(connection.scalars(query.where(mine).distinct()))


def _made_of(connection: Connection, model: str) -> list[str]:
    """A model, the retrained network that it was made of, what that was made of, and so on."""
    base_of = {run.model: run.base for run in list_runs(connection)}
    found = [model]
    while (base := base_of.get(found[-1])) is not None and base not in found:
        found.append(base)
    return found


def hand_over(tx: Connection, *, gone: int, into: int) -> None:
    """Two people became one: what was learnt from `gone` was learnt from `into`."""
    p = schema.retraining_part
    tx.execute(p.update().where(p.c.person_id == gone).values(person_id=into))


def forget(tx: Connection, person: int, templates: Sequence[int]) -> tuple[str, ...]:
    """Erase somebody from every run; the models that learnt from them and are still here.

    templates: theirs now. What was learnt is not undone by this: the models have to be dropped,
    or made again.
    """
    p = schema.retraining_part.c
    _leave_to_others(tx, person)
    rows = list(tx.execute(_rows_of(p.person_id == person)))
    for i in range(0, len(templates), IN_QUERY):
        rows += tx.execute(_rows_of(p.owner_id.in_(templates[i : i + IN_QUERY])))
    theirs, runs = {r.owner_id for r in rows}, {(r.run_id, r.part) for r in rows}
    gone = {format_id(one) for one in (*theirs, *templates)}
    names: list[str] = []
    every = list_runs(tx)
    for run in every:
        if run.id not in {r for r, _ in runs}:
            continue
        _set(tx, run.id, verdict=json.dumps(_without(run.verdict, gone)))
        if (run.id, "train") in runs:
            _set(tx, run.id, forgotten=run.forgotten + 1)
            names += [run.model] if run.model else []
    for i in range(0, len(theirs), IN_QUERY):
        owned = p.owner_id.in_(sorted(theirs)[i : i + IN_QUERY])
        tx.execute(schema.retraining_part.delete().where(owned))
    for run in reversed(every):  # oldest first: what stands on such a network learnt from it
        names += [run.model] if run.model and run.base in names else []
    return tuple(sorted(name for name in set(names) if _is_kept(tx, name)))


def _leave_to_others(tx: Connection, person: int) -> None:
    """What was learnt from templates that are others' now, as when a merge was undone, was learnt
    from these: they are named when they are forgotten in their turn.
    """
    p, t = schema.retraining_part, schema.template.c
    mine = sa.and_(p.c.person_id == person, p.c.owner == "template")
    theirs = sa.select(t.id).where(t.person_id != person)
    whose = sa.select(t.person_id).where(t.id == p.c.owner_id).scalar_subquery()
    tx.execute(p.update().where(mine, p.c.owner_id.in_(theirs)).values(person_id=whose))


def _rows_of(which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    p = schema.retraining_part.c
    return sa.select(p.run_id, p.owner_id, p.part).where(which)


def _name(network: str) -> str:
    """Of a network, by its id."""
    return network.split("@")[0]


def _is_kept(connection: Connection, model: str) -> bool:
    table = schema.adapter if is_adapted(model) else schema.network
    query = sa.select(table.c.model).where(table.c.model == model)
    return connection.scalar(query) is not None


def _without(verdict: dict[str, Any], gone: set[str]) -> dict[str, Any]:
    """A verdict whose examples name none of these pictures."""
    kept = dict(verdict)
    for side in SIDES:
        some = kept.get(side, [])
        kept[side] = [c for c in some if c["row"] not in gone and c["wrong"] not in gone]
    return kept


def _set(tx: Connection, run: int, **values: object) -> None:
    tx.execute(schema.retraining.update().where(schema.retraining.c.id == run).values(**values))


def _run(row: Any, used: set[str]) -> Run:
    """used: the adapted models at work, and the names of networks that are so alone."""
    plain = {name: json.loads(getattr(row, name)) for name in ("before", "settings", "data")}
    return Run(
        row.id,
        Kind(row.kind),
        row.strength,
        row.state,
        row.base,
        row.model,
        plain["before"],
        plain["settings"],
        plain["data"],
        json.loads(row.verdict),
        row.forgotten,
        row.created,
        row.decided,
        row.model is not None
        and (row.model if is_adapted(row.model) else _name(row.model)) in used,
    )
