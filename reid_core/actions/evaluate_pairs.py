"""Verification over all pairs of labelled pictures, by one model or two against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from reid_core.actions import evaluate_conditions, labelled, looking, turned_pairs
from reid_core.actions.evaluate_conditions import SplitBy
from reid_core.actions.judged_pairs import FARS, Judged, Side, differences, judge
from reid_core.actions.labelled import Labelled
from reid_core.errors import TooFewPairs
from reid_core.evaluate import allpairs, curves, identity_bootstrap
from reid_core.evaluate.allpairs import Rows
from reid_core.evaluate.compare import Changed, Difference
from reid_core.evaluate.conditions import Condition
from reid_core.evaluate.verification import Rate, accepted_of
from reid_core.protocols import Detector, Embedder, Progress, no_progress, part

ROUGH = 30  # errors that a rate should rest on (Doddington's rule of 30, for 30 % at 90 %)
PROTOCOL = "all pairs, each once; intervals from a bootstrap over identities"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the pairs.

    far: the false-match rate at which conditions are split and two models are compared pair by
    pair. split: into which conditions. rounds: of the bootstrap.
    """

    far: str = "1e-3"
    split: SplitBy = field(default_factory=SplitBy)
    rounds: int = identity_bootstrap.ROUNDS
    seed: int = 0


@dataclass(frozen=True, slots=True)
class AllPairs:
    """What `cameo evaluate verification` reports without a list.

    failures: pictures in which nobody was found, which fail all their pairs. against: the second
    model, if one was named; differences and changed: how it compares.
    """

    pairs: int
    genuine: int
    impostors: int
    identities: int
    images: int
    failures: int
    auc: float
    eer: float
    tar: dict[str, Rate]
    model: str
    images_per_s: float
    protocol: str
    det: curves.Curve
    histogram: curves.Histogram
    conditions: tuple[Condition, ...] = ()
    against: Side | None = None
    differences: tuple[Difference, ...] = ()
    changed: Changed | None = None
    notes: tuple[str, ...] = ()


def evaluate_all_pairs(
    root: Path,
    detector: Detector | None,
    embedders: Sequence[Embedder],
    *,
    wanted: Wanted | None = None,
    progress: Progress = no_progress,
) -> AllPairs:
    """Every pair of the pictures in a folder or list, see `labelled.find`.

    detector: None where pictures are crops. embedders: one, or two to compare. Raises BadList,
    TooFewPairs, SourceError for unreadable pictures, EvaluationError.
    """
    wanted = wanted or Wanted()
    found = labelled.find(root)
    order, ids = allpairs.in_order(found.ids)
    pictures = found[order]
    impostors = _check(ids)
    known, notes = evaluate_conditions.known_groupings(pictures, wanted.split)
    needed = wanted.split.by or wanted.split.labels or len(embedders) > 1
    far = compared_at(wanted.far, impostors, notes) if needed else ""
    seen = looking.look(
        pictures.paths,
        detector,
        embedders,
        measured=wanted.split.measured,
        progress=part(progress, 0, 0.9),
    )
    several = [Rows(vectors, ids, seen.found) for vectors in seen.vectors]
    drawn = list(identity_bootstrap.draws(int(ids[-1]) + 1, rounds=wanted.rounds, seed=wanted.seed))
    judged = []
    for i, (rows, embedder) in enumerate(zip(several, embedders, strict=True)):
        told = part(progress, *(0.9 + 0.1 * (i + step) / len(several) for step in (0, 1)))
        judged.append(judge(rows, embedder.model, drawn, fars=fars(wanted), progress=told))
    groupings = [*known, *evaluate_conditions.measured_groupings(seen, wanted.split)]
    conditions = evaluate_conditions.split_by(judged[0], groupings, far, drawn)
    notes += [*judged[0].left_out[:1], *_sureness(judged[0])]
    return _report(pictures, seen, judged, conditions, far, [*found.notes, *notes])


def fars(wanted: Wanted) -> list[str]:
    """The usual rates, and the asked one among them, falling."""
    usual = {float(far): far for far in FARS}
    return [far for _, far in sorted({float(wanted.far): wanted.far, **usual}.items())][::-1]


def _check(ids: allpairs.Ids) -> int:
    """How many pairs of two people there are; said before the work starts if too few."""
    sizes = np.bincount(ids)
    genuine = int(np.sum(sizes * (sizes - 1) // 2))
    impostors = len(ids) * (len(ids) - 1) // 2 - genuine
    if not genuine or not impostors:
        raise TooFewPairs(
            f"{len(ids)} pictures of {len(sizes)} people make {genuine} pairs of one person and "
            f"{impostors} of two; both sorts are needed."
        )
    return impostors


def compared_at(asked: str, impostors: int, notes: list[str]) -> str:
    """The asked rate, or the lowest that there are enough pairs for. Raises TooFewPairs."""
    try:
        accepted_of(impostors, far=float(asked))
        return next((far for far in FARS if float(far) == float(asked)), asked)
    except TooFewPairs:
        accepted_of(impostors, far=float(FARS[0]))
        known = [far for far in FARS if float(far) * impostors >= 1]
        notes.append(f"Compared at a false-match rate of {known[-1]}: too few pairs for {asked}.")
        return known[-1]


def _report(
    pictures: Labelled,
    seen: looking.Seen,
    judged: Sequence[Judged],
    conditions: Sequence[Condition],
    far: str,
    notes: list[str],
) -> AllPairs:
    first, second = judged[0], judged[1] if len(judged) > 1 else None
    genuine, impostors = len(first.counted.genuine), first.counted.n_impostor
    side = first.side
    return AllPairs(
        pairs=genuine + impostors,
        genuine=genuine,
        impostors=impostors,
        identities=len(first.rows.pictures),
        images=len(pictures.paths),
        failures=int(np.count_nonzero(~seen.found)),
        auc=side.auc,
        eer=side.eer,
        tar=side.tar,
        model=side.model,
        images_per_s=round(len(pictures.paths) / seen.seconds[0], 1),
        protocol=PROTOCOL,
        det=side.det,
        histogram=side.histogram,
        conditions=tuple(conditions),
        against=second.side if second else None,
        differences=differences(first, second) if second else (),
        changed=turned_pairs.changed(pictures, first, second, far) if second else None,
        notes=tuple(notes),
    )


def _sureness(one: Judged) -> list[str]:
    """What has to be known beside the rates."""
    n = one.counted.n_impostor
    rough = [far for far in one.thresholds if float(far) * n < ROUGH]
    if not rough:
        return []
    return [
        f"TAR at {', '.join(rough)} rests on fewer than {ROUGH} accepted pairs of two people; "
        "read it as rough."
    ]
