"""Measure embedders on labelled pictures: verification and re-identification."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core import boxes, images
from reid_core.errors import BadList, TooFewPairs
from reid_core.evaluate import lists, rerank, retrieval, verification
from reid_core.protocols import Detector, Embedder, Progress, no_progress
from reid_core.types import Detections, Floats, Image, Kind
from reid_core.video.pipeline import ordered_map

FARS = ("1e-1", "1e-2", "1e-3")
WORKERS = 2
BATCH = 32  # chips embedded in one call
KS = (1, 2, 4, 8)  # of Recall@K
WORST = -1.0  # the similarity of a pair in which somebody was not found

Ids = NDArray[np.int64]
Bools = NDArray[np.bool_]
Cut = Callable[[Path], Image | None]


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
    started = time.perf_counter()
    vectors, found = _embed_all(paths, _face_cutter(detector, embedder), embedder, progress)
    seconds = time.perf_counter() - started
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
        images_per_s=round(len(paths) / seconds, 1),
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
    return result, notes


def _face_cutter(detector: Detector, embedder: Embedder) -> Cut:
    def cut(path: Path) -> Image | None:
        image = images.read_image(path)
        found = detector.detect(image)
        if not len(found):
            return None
        one = central(image, found)
        return embedder.chips(image, found[one : one + 1])[0]

    return cut


def central(image: Image, found: Detections) -> int:
    """The row of the person whom the picture is about: near the middle, and large."""
    height, width = image.shape[:2]
    middle = np.array([width / 2, height / 2], np.float32)
    away = np.linalg.norm(boxes.centers(found.boxes) - middle, axis=1)
    size = np.sqrt(boxes.area(found.boxes))
    return int(np.argmin(away - size))


def _embed_all(
    paths: Sequence[Path], cut: Cut, embedder: Embedder, progress: Progress
) -> tuple[Floats, Bools]:
    """(N, D) vectors, zero where `cut` found nobody, and (N,) where it did.

    Cutting and embedding share one pool, so that no core waits for either. Only the chips of two
    batches are held at a time.
    """
    vectors = np.zeros((len(paths), embedder.dim), np.float32)
    found = np.zeros(len(paths), bool)
    waiting: list[tuple[list[int], Future[Floats]]] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        chips = enumerate(ordered_map(pool, cut, paths, ahead=BATCH))
        for batch in _batches(chips):
            rows = [i for i, chip in batch if chip is not None]
            some = [chip for _, chip in batch if chip is not None]
            waiting.append((rows, pool.submit(embedder.embed, some)))
            if len(waiting) > 1:
                _collect(*waiting.pop(0), vectors, found)
            progress((batch[-1][0] + 1) / len(paths), f"{batch[-1][0] + 1} pictures")
        for one in waiting:
            _collect(*one, vectors, found)
    return vectors, found


def _batches(
    chips: Iterable[tuple[int, Image | None]],
) -> Iterator[list[tuple[int, Image | None]]]:
    rest = iter(chips)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _collect(rows: list[int], future: Future[Floats], vectors: Floats, found: Bools) -> None:
    if rows:
        vectors[rows] = future.result()
        found[rows] = True


@dataclass(frozen=True, slots=True)
class ReidRules:
    """How crops are ranked.

    same_camera_junk: with several cameras, a query's own identity in its own camera is left out.
    time_gap: where the same camera counts, what it saw of the query's identity in the same
    sequence at most this many frames away is left out; None for nothing. rerank: k-reciprocal
    re-ranking. expand: how many of its nearest a query is averaged with, 0 for none.
    """

    same_camera_junk: bool = True
    time_gap: int | None = None
    rerank: bool = False
    expand: int = 0

    def __post_init__(self) -> None:
        if self.expand < 0 or (self.time_gap is not None and self.time_gap < 0):
            raise ValueError(f"expand {self.expand}, time gap {self.time_gap}: expected at least 0")
        if self.rerank and self.expand:
            raise ValueError("re-ranking expands queries itself: expected one of the two")


@dataclass(frozen=True, slots=True)
class Reidentification:
    """What `cameo evaluate reid` reports.

    queries: those with somebody to find. recall_at: Recall@K by K where every crop is searched
    among all others, else empty.
    """

    queries: int
    gallery: int
    rank1: float
    rank5: float
    mAP: float
    mINP: float
    protocol: str
    model: str
    notes: tuple[str, ...] = ()
    recall_at: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Crops:
    """N labelled pictures. shots: None where no camera is known. notes: what was left out."""

    paths: list[Path]
    ids: Ids
    shots: retrieval.Shots | None
    notes: list[str]


def evaluate_reid(
    root: Path,
    embedder: Embedder,
    *,
    rules: ReidRules | None = None,
    progress: Progress = no_progress,
) -> Reidentification:
    """Crops with Market-style names, in one folder or many, or else a folder for each identity.

    The first crop by name of each identity in each camera is a query, all others are the gallery,
    where the query's own identity in its own camera is left out. With one camera, or none known,
    every crop is a query against all others. Raises BadList, TooFewPairs, SourceError, and
    EvaluationError for a time gap that cannot be applied.
    """
    rules = rules or ReidRules()
    crops = _crops(root)
    plan = retrieval.plan(
        crops.ids, crops.shots, same_camera_junk=rules.same_camera_junk, time_gap=rules.time_gap
    )
    vectors, _ = _embed_all(crops.paths, _whole_cutter(embedder), embedder, progress)
    scores, how = _scores(vectors, plan, rules)
    result = retrieval.rank_scores(
        scores,
        query_ids=crops.ids[plan.queries],
        gallery_ids=crops.ids[plan.gallery],
        junk=plan.junk,
        protocol=plan.protocol + how,
    )
    gallery = len(plan.gallery) - int(plan.is_whole)
    found = KS if plan.is_whole and rules.time_gap is None else ()
    return _report(result, crops.notes, gallery, found, embedder.model)


def _report(
    result: retrieval.Ranking, notes: list[str], gallery: int, ks: Sequence[int], model: str
) -> Reidentification:
    if result.without_match:
        notes = [*notes, f"{result.without_match} queries with nobody to find left out."]
    return Reidentification(
        queries=result.queries,
        gallery=gallery,
        rank1=round(float(result.cmc[0]), 4),
        rank5=round(float(result.cmc[4]), 4),
        mAP=round(result.mAP, 4),
        mINP=round(result.mINP, 4),
        protocol=result.protocol,
        model=model,
        notes=tuple(notes),
        recall_at={str(k): round(float(result.cmc[k - 1]), 4) for k in ks},
    )


def _scores(
    vectors: Floats, plan: retrieval.Plan, rules: ReidRules
) -> tuple[retrieval.Scores, str]:
    """The similarities to rank by, and what to add to the protocol."""
    if rules.rerank:
        encoding = rerank.encode(vectors)
        words = f"k1 {rerank.K1}, k2 {rerank.K2}, lambda {rerank.BLEND}"
        return (
            lambda part: -rerank.distances(encoding, plan.queries[part], plan.gallery),
            f", re-ranked by k-reciprocal encoding ({words})",
        )
    queries, gallery, how = vectors[plan.queries], vectors[plan.gallery], ""
    if rules.expand:
        own = np.searchsorted(plan.gallery, plan.queries)
        here = np.isin(plan.queries, plan.gallery).all()
        queries = rerank.expand(queries, gallery, n=rules.expand, own=own if here else None)
        how = f", queries expanded by their {rules.expand} nearest (alpha {rerank.ALPHA:g})"
    return retrieval.inner_products(queries, gallery), how


def _crops(root: Path) -> _Crops:
    """The crops in the order of their names."""
    if not root.is_dir():
        raise BadList(f"{root} is no folder.")
    every = sorted(images.list_images(root), key=lambda p: (p.name, p))
    named = [(p, *n) for p in every if (n := lists.market_name(p)) is not None]
    inside = [p for p in every if p.parent != root]
    if inside and not named:
        return _by_folder(root, inside, len(every) - len(inside))
    known = [one for one in named if one[1] > 0]
    if not known:
        raise BadList(
            f"{root} holds no pictures named like 0002_c1_s1f000451n03.jpg, "
            "and no folder of pictures for each identity."
        )
    notes = []
    if len(named) < len(every):
        notes.append(f"{len(every) - len(named)} pictures with other names left out.")
    if len(known) < len(named):
        notes.append(f"{len(named) - len(known)} crops of nobody (-1, 0000) left out.")
    paths, ids, cameras = zip(*known, strict=True)
    times = np.array([lists.market_time(path) for path in paths])
    shots = retrieval.Shots(np.array(cameras), times[:, 0], times[:, 1])
    return _Crops(list(paths), np.array(ids), shots, notes)


def _by_folder(root: Path, paths: list[Path], outside: int) -> _Crops:
    """The folder in the root below which a picture lies is its identity, as in training."""
    names = [path.relative_to(root).parts[0] for path in paths]
    number = {name: i for i, name in enumerate(sorted(set(names)))}
    notes = [f"{len(number)} folders, each taken for one identity."]
    if outside:
        notes.append(f"{outside} pictures in no folder left out.")
    return _Crops(paths, np.array([number[name] for name in names]), None, notes)


def _whole_cutter(embedder: Embedder) -> Cut:
    def cut(path: Path) -> Image | None:
        crop = images.read_image(path)
        return embedder.chips(crop, _whole(crop, embedder.kind))[0]

    return cut


def _whole(crop: Image, kind: Kind) -> Detections:
    """The whole picture as a detection."""
    height, width = crop.shape[:2]
    points = np.zeros((1, kind.n_keypoints, 2), np.float32)
    box = np.array([[0, 0, width, height]], np.float32)
    return Detections(box, np.ones(1, np.float32), points, kind)
