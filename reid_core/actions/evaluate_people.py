"""Verification over a list of pairs, as LFW has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core.actions import evaluate_conditions, looking, turned_pairs
from reid_core.actions.evaluate_pairs import Wanted
from reid_core.actions.judged_pairs import Judged, Side, differences, judge_list, similarities
from reid_core.actions.labelled import Labelled
from reid_core.errors import BadList, TooFewPairs
from reid_core.evaluate import identity_bootstrap, lists, verification
from reid_core.evaluate.allpairs import Rows
from reid_core.evaluate.compare import Changed, Difference
from reid_core.evaluate.conditions import Condition
from reid_core.evaluate.curves import Curve, Histogram
from reid_core.protocols import Detector, Embedder, Progress, no_progress

LISTED_FARS = ("1e-1", "1e-2", "1e-3")
PROTOCOL = "a list of pairs; the accuracy of each fold by a threshold chosen on the others"
BY_PAIR = "Intervals take pairs as independent; those that share people make them too narrow."

Ids = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Verification:
    """What `cameo evaluate verification` reports of a list of pairs.

    failures: pictures without a face. accuracy_std: standard deviation over folds;
    accuracy_error: of their mean. tar: by false-match rate; notes say which were left out.
    against: the second model, if one was named; differences and changed: how it compares.
    """

    pairs: int
    failures: int
    accuracy: float
    accuracy_std: float
    accuracy_error: float
    auc: float
    eer: float
    tar: dict[str, verification.Rate]
    model: str
    images_per_s: float
    images: int
    notes: tuple[str, ...] = ()
    protocol: str = PROTOCOL
    det: Curve | None = None
    histogram: Histogram | None = None
    conditions: tuple[Condition, ...] = ()
    against: Side | None = None
    differences: tuple[Difference, ...] = ()
    changed: Changed | None = None


def evaluate_verification(
    root: Path,
    pairs_file: Path,
    detector: Detector | None,
    embedder: Embedder,
    *,
    against: Embedder | None = None,
    wanted: Wanted | None = None,
    progress: Progress = no_progress,
) -> Verification:
    """LFW's protocol: every picture once, end to end.

    The face that counts is the central one. A pair with a picture without a face gets the lowest
    similarity and stays in. detector: None where pictures are crops. against: a second model to
    compare with. Raises BadList, TooFewPairs, SourceError for unreadable pictures.
    """
    wanted = wanted or Wanted(far="1e-2")
    pairs = lists.read_lfw_pairs(pairs_file, root)
    pictures = _pictures(root, pairs)
    _check_there(pictures.paths, pairs_file)
    known, notes = evaluate_conditions.known_groupings(pictures, wanted.split)
    embedders = [embedder] if against is None else [embedder, against]
    seen = looking.look(
        pictures.paths, detector, embedders, measured=wanted.split.measured, progress=progress
    )
    row = {path: i for i, path in enumerate(pictures.paths)}
    a, b = (np.array([row[path] for path in side]) for side in zip(*map(_both, pairs), strict=True))
    same = np.array([p.same for p in pairs])
    folds, dealt = _folds(np.array([p.fold for p in pairs]), same)
    drawn = list(
        identity_bootstrap.draws(len(pictures.names), rounds=wanted.rounds, seed=wanted.seed)
    )
    judged = [
        judge_list(
            Rows(v, pictures.ids, seen.found), (a, b, same), e.model, drawn, fars=LISTED_FARS
        )
        for v, e in zip(seen.vectors, embedders, strict=True)
    ]
    groupings = [*known, *evaluate_conditions.measured_groupings(seen, wanted.split)]
    far = _compared_at(wanted.far, judged, notes) if groupings or len(judged) > 1 else ""
    conditions = evaluate_conditions.split_by(judged[0], groupings, far, drawn)
    scores = similarities(judged[0].rows, a, b)
    accuracy = verification.k_fold_accuracy(scores, same, folds)
    return _report(pictures, seen, judged, accuracy, tuple(conditions), far, [*dealt, *notes])


def _report(
    pictures: Labelled,
    seen: looking.Seen,
    judged: Sequence[Judged],
    accuracy: verification.FoldAccuracy,
    conditions: tuple[Condition, ...],
    far: str,
    notes: list[str],
) -> Verification:
    first, second = judged[0], judged[1] if len(judged) > 1 else None
    side = first.side
    return Verification(
        pairs=len(first.counted.genuine) + first.counted.n_impostor,
        failures=int(np.count_nonzero(~seen.found)),
        accuracy=round(accuracy.mean, 5),
        accuracy_std=round(accuracy.std, 5),
        accuracy_error=round(accuracy.error, 5),
        auc=side.auc,
        eer=side.eer,
        tar=side.tar,
        model=side.model,
        images_per_s=round(len(pictures.paths) / seen.seconds[0], 1),
        images=len(pictures.paths),
        notes=(*notes, *first.left_out, *([BY_PAIR] if side.tar else [])),
        det=side.det,
        histogram=side.histogram,
        conditions=conditions,
        against=second.side if second else None,
        differences=differences(first, second) if second else (),
        changed=turned_pairs.changed(pictures, first, second, far) if second else None,
    )


def _pictures(root: Path, pairs: Sequence[lists.Pair]) -> Labelled:
    """Those of the list by person, in order."""
    paths = sorted({p for pair in pairs for p in (pair.first, pair.second)})
    names, ids = np.unique([path.parent.name for path in paths], return_inverse=True)
    order = np.argsort(ids, kind="stable")
    kept = [paths[i] for i in order]
    return Labelled(root, kept, ids[order], tuple(names.tolist()), None, [])


def _compared_at(asked: str, judged: Sequence[Judged], notes: list[str]) -> str:
    """The asked rate, or the lowest that there are enough pairs for."""
    known = list(judged[0].side.tar)
    same = [far for far in known if float(far) == float(asked)]
    if not same and known:
        notes.append(f"Compared at a false-match rate of {known[-1]}, not {asked}.")
    if not known:
        raise TooFewPairs(judged[0].left_out[0].partition(": ")[2])
    return same[0] if same else known[-1]


def _both(pair: lists.Pair) -> tuple[Path, Path]:
    return pair.first, pair.second


def _check_there(paths: Sequence[Path], list_file: Path) -> None:
    """Say at once what would stop the run after a while."""
    missing = [p for p in paths if not p.is_file()]
    if missing:
        raise BadList(
            f"{len(missing)} of the {len(paths)} pictures named in {list_file} are not there, "
            f"the first is {missing[0]}."
        )


def _folds(given: Ids, same: Bools) -> tuple[Ids, list[str]]:
    if len(np.unique(given)) > 1:
        return given, []
    dealt = verification.deal_folds(same)
    return dealt, [f"The list has no folds; {dealt.max() + 1} were dealt, which may share people."]
