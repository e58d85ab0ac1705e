"""Verification over a list of pairs, as LFW has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core.actions import looking
from reid_core.errors import BadList, TooFewPairs
from reid_core.evaluate import lists, verification
from reid_core.protocols import Detector, Embedder, Progress, no_progress
from reid_core.types import Floats

FARS = ("1e-1", "1e-2", "1e-3")
WORST = -1.0  # the similarity of a pair in which somebody was not found
BY_PAIR = "Intervals take pairs as independent; those that share people make them too narrow."

Ids = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Verification:
    """What `cameo evaluate verification` reports.

    failures: pictures without a face. accuracy_std: standard deviation over folds;
    accuracy_error: of their mean. tar: by false-match rate; notes say which were left out.
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


def evaluate_verification(
    root: Path,
    pairs_file: Path,
    detector: Detector,
    embedder: Embedder,
    *,
    progress: Progress = no_progress,
) -> Verification:
    """LFW's protocol: every picture once, end to end.

    The face that counts is the central one. A pair with a picture without a face gets the lowest
    similarity and stays in. Raises BadList, TooFewPairs, SourceError for unreadable pictures.
    """
    pairs = lists.read_lfw_pairs(pairs_file, root)
    paths = sorted({p for pair in pairs for p in (pair.first, pair.second)})
    _check_there(paths, pairs_file)
    seen = looking.look(paths, detector, [embedder], progress=progress)
    vectors, found = seen.vectors[0], seen.found
    row = {path: i for i, path in enumerate(paths)}
    a, b = (np.array([row[path] for path in side]) for side in zip(*map(_both, pairs), strict=True))
    cosine = np.einsum("nd,nd->n", vectors[a], vectors[b])
    scores = np.where(found[a] & found[b], cosine, WORST).astype(np.float32)
    same = np.array([p.same for p in pairs])
    folds, notes = _folds(np.array([p.fold for p in pairs]), same)
    accuracy = verification.k_fold_accuracy(scores, same, folds)
    tar, left_out = _tars(scores, same)
    return Verification(
        pairs=len(pairs),
        failures=int(np.count_nonzero(~found)),
        accuracy=round(accuracy.mean, 5),
        accuracy_std=round(accuracy.std, 5),
        accuracy_error=round(accuracy.error, 5),
        auc=round(verification.auc(scores, same), 5),
        eer=round(verification.eer(scores, same), 5),
        tar=tar,
        model=embedder.model,
        images_per_s=round(len(paths) / seen.seconds[0], 1),
        images=len(paths),
        notes=(*notes, *left_out),
    )


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


def _tars(scores: Floats, same: Bools) -> tuple[dict[str, verification.Rate], list[str]]:
    """TAR at each false-match rate that there are enough impostors for, and why not the others."""
    result, notes = {}, []
    for far in FARS:
        try:
            result[far] = verification.tar_at(scores, same, far=float(far))
        except TooFewPairs as error:
            notes.append(f"No TAR at {far}: {error}")
    return result, [*notes, BY_PAIR] if result else notes
