"""What a library knows about who is who: comparisons of one person and of two, made as decisions
make them.

Three origins: templates of people enrolled; appearances that the user recognised; and footage
without any label, where the looks of one appearance are one person, and two who are seen at once
are two. "Somebody else" verdicts are not among them: they are given to the most alike, so that a
rate counted over them would say nothing of strangers at large. They are told apart (`Rejected`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.actions.evidence_footage import footage_comparisons
from reid_core.evaluate.comparisons import (
    ORIGINS,
    Comparisons,
    Ids,
    Looks,
    best_of_sets,
    cross,
    leave_one_out,
)
from reid_core.library import Library, people, retrainings, schema, vectors
from reid_core.protocols import Progress, no_progress
from reid_core.quality import LEAST
from reid_core.types import Floats, Kind

MOST_PEOPLE = 2000  # of the gallery, by chance
MOST_PROBES = 8_000_000  # comparisons of the gallery: fewer looks of each where there are more
MOST_TEMPLATES = 16  # of one person
ENOUGH = 30  # people seen on several occasions make what single appearances say superfluous


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """comparisons of all origins. rejected: scores (R,) of what the user said is somebody else.
    notes: what was left out, in sentences.
    """

    comparisons: Comparisons
    rejected: Floats
    notes: tuple[str, ...] = ()


def collect(
    library: Library, model: str, kind: Kind, *, seed: int = 0, progress: Progress = no_progress
) -> Evidence:
    """Everything that a library knows of one model and kind, by chance where there is too much."""
    rng = np.random.default_rng(seed)
    with library.read() as connection:
        progress(0.0, "people")
        learnt = retrainings.learnt_from(connection, model)
        templates, media = _templates(connection, model, kind, learnt, rng)
        said = {t: p for t, p in _verdicts(connection, kind).items() if p not in learnt}
        seen = _confirmed(connection, model, kind, said)
        parts = [
            leave_one_out(templates, "gallery"),
            cross(templates, _few(templates, rng), "gallery"),
            _recognised(connection, templates, media, seen),
            cross(templates, Looks(seen.vectors, seen.who), "verdicts"),
        ]
        progress(0.3, "footage")
        known = {t: p for t, p in said.items() if p}
        parts += footage_comparisons(
            connection, model, kind, known, templates, rng=rng, progress=progress
        )
        rejected = _rejected(connection, model, kind, templates)
    notes = []
    if learnt:
        notes.append(
            f"{len(learnt)} people were left out: the adapted model learnt from them, and knows "
            "them better than others."
        )
    return _without_easy(Comparisons.joined(parts), rejected, notes)


def _without_easy(every: Comparisons, rejected: Floats, notes: list[str]) -> Evidence:
    """Leave single appearances out where people were seen on several occasions often enough."""
    footage = every.origin == ORIGINS.index("footage")
    better = len(np.unique(every.first[every.same & ~footage]))
    if better < ENOUGH or not (every.same & footage).any():
        return Evidence(every, rejected, tuple(notes))
    note = (
        f"{better} people were seen on several occasions, so what single appearances say of one "
        "person's looks, which is easier, was left out."
    )
    return Evidence(every[~(every.same & footage)], rejected, (*notes, note))


def _templates(
    connection: Connection,
    model: str,
    kind: Kind,
    without: frozenset[int],
    rng: np.random.Generator,
) -> tuple[Looks, dict[int, set[str]]]:
    """Looks at the people enrolled, and the pictures of each."""
    ids, rows = vectors.all_vectors(connection, "template", kind, model)
    who = people.template_owners(connection, ids.tolist())
    kept = _some(np.where(np.isin(who, list(without)), 0, who), rng)
    t = schema.template.c
    media: dict[int, set[str]] = {}
    for person, name in connection.execute(sa.select(t.person_id, t.media)):
        media.setdefault(person, set()).add(name)
    return Looks(rows[kept], who[kept]), media


def _some(who: Ids, rng: np.random.Generator) -> Ids:
    """Rows of at most `MOST_PEOPLE` people and `MOST_TEMPLATES` of each; 0 is nobody."""
    rows = rng.permutation(len(who))
    everybody = np.unique(who[who != 0])
    chosen = rng.permutation(everybody)[:MOST_PEOPLE]
    rows = rows[np.isin(who[rows], chosen)]
    return np.sort(_at_most(who, rows, MOST_TEMPLATES))


def _few(looks: Looks, rng: np.random.Generator) -> Looks:
    """Looks to compare with everybody, so many of each that it does not become too much."""
    n = max(1, len(np.unique(looks.who)))
    rows = rng.permutation(len(looks))
    return looks[np.sort(_at_most(looks.who, rows, max(1, MOST_PROBES // (n * n))))]


def _at_most(who: Ids, rows: Ids, n: int) -> Ids:
    """The first n of these rows of each person."""
    order = rows[np.argsort(who[rows], kind="stable")]
    sides = who[order]
    starts = np.flatnonzero(np.diff(sides, prepend=sides[:1] - 1)) if len(sides) else sides
    place = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    return order[place < n]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Appearances that the user recognised: pooled vectors (N, D), who (N,), tracklet (N,)."""

    vectors: Floats
    who: Ids
    tracklets: Ids


def _verdicts(connection: Connection, kind: Kind) -> dict[int, int]:
    """Whom each tracklet shows as the user said; 0 where two people were said of it."""
    v, t = schema.verdict.c, schema.tracklet.c
    query = (
        sa.select(v.tracklet_id, v.person_id)
        .join(schema.tracklet, t.id == v.tracklet_id)
        .where(v.same.is_(True), t.kind == str(kind))
    )
    result: dict[int, int] = {}
    for tracklet, person in connection.execute(query):
        result[tracklet] = 0 if result.get(tracklet, person) != person else person
    return result


def _confirmed(connection: Connection, model: str, kind: Kind, said: dict[int, int]) -> _Seen:
    """Not those who were never seen well: results claim nothing of such."""
    v, w = schema.verdict.c, schema.view.c
    query = (
        sa.select(w.tracklet_id)
        .join(schema.verdict, v.tracklet_id == w.tracklet_id)
        .where(v.same.is_(True), w.quality >= LEAST)
    )
    clear = set(connection.execute(query).scalars())
    known = [t for t, p in said.items() if p and t in clear]
    ids, rows = vectors.vectors_of(connection, "tracklet", kind, model, known)
    return _Seen(rows, np.array([said[i] for i in ids.tolist()], np.int64), ids)


def _recognised(
    connection: Connection, templates: Looks, media: dict[int, set[str]], seen: _Seen
) -> Comparisons:
    """Each person's templates against the appearances recognised as theirs.

    Not where a template was taken from that very appearance: it would meet itself.
    """
    if not len(templates) or not len(seen.who):
        return Comparisons.joined([])
    w = schema.view.c
    pictures: dict[int, set[str]] = {}
    query = sa.select(w.tracklet_id, w.media).where(w.tracklet_id.in_(seen.tracklets.tolist()))
    for tracklet, name in connection.execute(query):
        pictures.setdefault(tracklet, set()).add(name)
    own = [
        not pictures.get(t, set()) & media.get(p, set())
        for t, p in zip(seen.tracklets.tolist(), seen.who.tolist(), strict=True)
    ]
    rows = np.flatnonzero(np.array(own) & np.isin(seen.who, templates.who))
    if not len(rows):
        return Comparisons.joined([])
    who, best = best_of_sets(templates, seen.vectors[rows])
    scores = best[np.searchsorted(who, seen.who[rows]), np.arange(len(rows))]
    return Comparisons.of(scores, seen.who[rows], seen.who[rows], "verdicts")


def _rejected(connection: Connection, model: str, kind: Kind, templates: Looks) -> Floats:
    """Scores of appearances with the people whom the user said they do not show."""
    v = schema.verdict.c
    rows = connection.execute(sa.select(v.person_id, v.tracklet_id).where(v.same.is_(False))).all()
    said: dict[int, list[int]] = {}
    for person, tracklet in rows:
        said.setdefault(tracklet, []).append(person)
    ids, found = vectors.vectors_of(connection, "tracklet", kind, model, list(said))
    if not len(ids) or not len(templates):
        return np.zeros(0, np.float32)
    who, best = best_of_sets(templates, found)
    place = {person: i for i, person in enumerate(who.tolist())}
    scores = [best[place[p], i] for i, t in enumerate(ids.tolist()) for p in said[t] if p in place]
    return np.array(scores, np.float32)
