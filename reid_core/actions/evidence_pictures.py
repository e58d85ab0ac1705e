"""Comparisons from labelled pictures: a folder for each person, Market-style names, or a list."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reid_core.actions.evidence import MOST_PEOPLE, MOST_PROBES, Evidence
from reid_core.actions.labelled import Labelled, find
from reid_core.actions.loading import Models
from reid_core.actions.looking import look
from reid_core.evaluate.comparisons import COPY, Comparisons, Ids, Looks, best_of_sets, cross
from reid_core.protocols import Progress, no_progress
from reid_core.types import Kind

ENROLLED = 3  # pictures of each that stand for the templates; the others are looked for
PROBES = 4  # of each


def from_pictures(
    models: Models, kind: Kind, source: Path, *, seed: int = 0, progress: Progress = no_progress
) -> Evidence:
    """Pictures of each person are dealt into enrolled ones and others, of another camera if known.

    Bodies are crops, of which the whole counts; of pictures of faces the central one. Raises
    BadList, ModelError, SourceError.
    """
    rng = np.random.default_rng(seed)
    found = find(source)
    enrolled, probes = dealt(found, rng)
    rows = np.sort(np.concatenate([enrolled, probes]))
    detector = models.detector(kind) if kind is Kind.FACE else None
    embedder = models.embedder(kind)
    seen = look([found.paths[i] for i in rows], detector, [embedder], progress=progress)
    notes = list(found.notes)
    if missing := int(np.count_nonzero(~seen.found)):
        notes.append(f"{missing} pictures without a {kind} left out.")
    is_set = np.isin(rows, enrolled)
    looks = Looks(seen.vectors[0], found.ids[rows].astype(np.int64))
    comparisons = of_looks(looks[seen.found & is_set], looks[seen.found & ~is_set])
    return Evidence(comparisons, np.zeros(0, np.float32), tuple(notes))


def of_looks(sets: Looks, probes: Looks) -> Comparisons:
    """Every set against every look at somebody: of the same person, unless it is a copy of one in
    the set, and of others.
    """
    if not len(sets) or not len(probes):
        return Comparisons.joined([])
    who, best = best_of_sets(sets, probes.vectors)
    own = np.flatnonzero(np.isin(probes.who, who))
    scores = best[np.searchsorted(who, probes.who[own]), own]
    own, scores = own[scores <= COPY], scores[scores <= COPY]
    genuine = Comparisons.of(scores, probes.who[own], probes.who[own], "pictures")
    return Comparisons.joined([genuine, cross(sets, probes, "pictures")])


def dealt(found: Labelled, rng: np.random.Generator) -> tuple[Ids, Ids]:
    """Rows that are enrolled and rows that are looked for; people by chance where too many."""
    people = rng.permutation(np.unique(found.ids))[:MOST_PEOPLE]
    most = max(1, min(PROBES, MOST_PROBES // max(1, len(people)) ** 2))
    enrolled, probes = [], []
    order = np.argsort(found.ids, kind="stable")
    who, starts = np.unique(found.ids[order], return_index=True)
    for person, rows in zip(who, np.split(order, starts[1:]), strict=True):
        if person in people:
            some, others = _sides(found, rng.permutation(rows))
            enrolled.append(some)
            probes.append(rng.permutation(others)[:most])
    none = np.zeros(0, np.int64)
    return np.concatenate([none, *enrolled]), np.concatenate([none, *probes])


def _sides(found: Labelled, rows: Ids) -> tuple[Ids, Ids]:
    """One person's rows. Other cameras' are looked for, so that it is no easier than life."""
    if found.shots is not None:
        cameras = found.shots.cameras[rows]
        here = cameras == cameras[0]
        if not here.all():
            return rows[here][:ENROLLED], rows[~here]
    half = min(ENROLLED, (len(rows) + 1) // 2)
    return rows[:half], rows[half:]
