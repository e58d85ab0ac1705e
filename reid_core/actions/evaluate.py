"""Measure models on labelled data: verification, re-identification, detection, tracking."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core import boxes, images
from reid_core.errors import BadList, SourceError, TooFewPairs
from reid_core.evaluate import detection, lists, retrieval, tracking, verification
from reid_core.evaluate.lists import Tracks
from reid_core.library.ids import stable_id
from reid_core.protocols import Detector, Embedder, Progress, no_progress
from reid_core.types import Detections, Floats, Image, Kind, Tracklet
from reid_core.video import pipeline
from reid_core.video.pipeline import Plan, ordered_map
from reid_core.video.source import open_source
from reid_core.video.stages import stages_for

FARS = ("1e-1", "1e-2", "1e-3")
WORKERS = 2
BRIDGE_S = 2.0  # a chain's gap up to this long is filled by interpolation when tracks are scored
WORST = -1.0  # the similarity of a pair in which somebody was not found


@dataclass(frozen=True, slots=True)
class Verification:
    """What `cameo evaluate verification` reports. failures: pictures without a face."""

    pairs: int
    failures: int
    accuracy: float
    accuracy_std: float
    auc: float
    eer: float
    tar: dict[str, verification.Rate]
    model: str
    images_per_s: float


def evaluate_verification(
    root: Path,
    pairs_file: Path,
    detector: Detector,
    embedder: Embedder,
    *,
    progress: Progress = no_progress,
) -> Verification:
    """LFW's protocol: every picture once, end to end; a picture without a face fails its pairs.

    Raises BadList, SourceError for pictures that are missing.
    """
    pairs = lists.read_lfw_pairs(pairs_file, root)
    paths = sorted({p for pair in pairs for p in (pair.first, pair.second)})
    started = time.perf_counter()
    vectors = _embed_all(paths, detector, embedder, progress)
    seconds = time.perf_counter() - started
    scores = np.array([_cosine(vectors[p.first], vectors[p.second]) for p in pairs], np.float32)
    same = np.array([p.same for p in pairs])
    folds = np.array([p.fold for p in pairs])
    accuracy, error = verification.k_fold_accuracy(scores, same, folds)
    return Verification(
        len(pairs),
        sum(v is None for v in vectors.values()),
        round(accuracy, 5),
        round(error, 5),
        round(verification.auc(scores, same), 5),
        round(verification.eer(scores, same), 5),
        _tars(scores, same),
        embedder.model,
        round(len(paths) / seconds, 1),
    )


def _tars(scores: Floats, same: NDArray[np.bool_]) -> dict[str, verification.Rate]:
    """TAR at each false-match rate that there are enough impostors for."""
    result = {}
    for far in FARS:
        try:
            result[far] = verification.tar_at(scores, same, far=float(far))
        except TooFewPairs:
            continue
    return result


def _embed_all(
    paths: Sequence[Path], detector: Detector, embedder: Embedder, progress: Progress
) -> dict[Path, Floats | None]:
    """One vector (D,) per picture, of the face nearest the middle; None without a face."""

    def work(path: Path) -> Floats | None:
        image = images.read_image(path)
        found = detector.detect(image)
        if not len(found):
            return None
        one = _central(image, found)
        vectors = embedder.embed(embedder.chips(image, found[one : one + 1]))
        return np.asarray(vectors[0], np.float32)

    with ThreadPoolExecutor(WORKERS) as pool:
        result: dict[Path, Floats | None] = {}
        for path, vector in zip(paths, ordered_map(pool, work, paths, ahead=8), strict=True):
            result[path] = vector
            progress(len(result) / len(paths), f"{len(result)} pictures")
    return result


def _central(image: Image, found: Detections) -> int:
    """The row of the person whom the picture is about: near the middle, and large."""
    height, width = image.shape[:2]
    middle = np.array([width / 2, height / 2], np.float32)
    away = np.linalg.norm(boxes.centers(found.boxes) - middle, axis=1)
    size = np.sqrt(boxes.area(found.boxes))
    return int(np.argmin(away - size))


def _cosine(a: Floats | None, b: Floats | None) -> float:
    return WORST if a is None or b is None else float(a @ b)


@dataclass(frozen=True, slots=True)
class Reidentification:
    """What `cameo evaluate reid` reports."""

    queries: int
    gallery: int
    rank1: float
    rank5: float
    mAP: float
    mINP: float
    protocol: str
    model: str


def evaluate_reid(
    root: Path, embedder: Embedder, *, progress: Progress = no_progress
) -> Reidentification:
    """Crops with Market-style names: one query per identity and camera, all crops as gallery.

    With one camera every crop is a query against all others. Raises BadList, TooFewPairs.
    """
    named = [(p, lists.market_name(p)) for p in images.list_images(root)]
    known = [(p, n) for p, n in named if n is not None and n[0] > 0]
    if not known:
        raise BadList(f"{root} holds no pictures named like 0002_c1s1_000451_03.jpg.")
    ids = np.array([n[0] for _, n in known])
    cameras = np.array([n[1] for _, n in known])
    vectors = _embed_crops([p for p, _ in known], embedder, progress)
    if len(np.unique(cameras)) == 1:
        everyone = np.arange(len(known))  # as many "cameras" as crops: only the query is junk
        result = retrieval.rank(
            vectors,
            vectors,
            query_ids=ids,
            gallery_ids=ids,
            query_cameras=everyone,
            gallery_cameras=everyone,
        )
        protocol = "one camera: every crop against all others"
    else:
        chosen = _one_per_camera(ids, cameras)
        result = retrieval.rank(
            vectors[chosen],
            vectors,
            query_ids=ids[chosen],
            gallery_ids=ids,
            query_cameras=cameras[chosen],
            gallery_cameras=cameras,
        )
        protocol = f"cross-camera, {result.protocol}; one query per identity and camera"
    return Reidentification(
        result.queries,
        len(known),
        round(float(result.cmc[0]), 4),
        round(float(result.cmc[4]), 4),
        round(result.mAP, 4),
        round(result.mINP, 4),
        protocol,
        embedder.model,
    )


def _one_per_camera(ids: NDArray[np.int64], cameras: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first crop of each identity in each camera."""
    return np.sort(np.unique(np.stack([ids, cameras], 1), axis=0, return_index=True)[1])


def _embed_crops(paths: Sequence[Path], embedder: Embedder, progress: Progress) -> Floats:
    rows = []
    for start in range(0, len(paths), 256):
        chips = []
        for path in paths[start : start + 256]:
            crop = images.read_image(path)
            chips += embedder.chips(crop, _whole(crop, embedder.kind))
        rows.append(embedder.embed(chips))
        progress(min(start + 256, len(paths)) / len(paths), f"{start + len(chips)} crops")
    return np.concatenate(rows)


def _whole(crop: Image, kind: Kind) -> Detections:
    """The whole picture as a detection."""
    height, width = crop.shape[:2]
    points = np.zeros((1, kind.n_keypoints, 2), np.float32)
    box = np.array([[0, 0, width, height]], np.float32)
    return Detections(box, np.ones(1, np.float32), points, kind)


@dataclass(frozen=True, slots=True)
class DetectionReport:
    """What `cameo evaluate detect` reports."""

    ap50: float
    precision: float
    recall: float
    ms_per_frame: float
    frames: int


def evaluate_detect(
    video: Path, truth_file: Path, detector: Detector, *, progress: Progress = no_progress
) -> DetectionReport:
    """AP at IoU 0.5 over every frame of a video with MOT ground truth.

    Raises BadList, SourceError.
    """
    truth = lists.read_mot(truth_file)
    found: list[tuple[Floats, Floats]] = []
    seconds = 0.0
    with closing(open_source(video)) as source:
        for frame in source:
            started = time.perf_counter()
            people = detector.detect(frame.image)
            seconds += time.perf_counter() - started
            found.append((people.boxes, people.scores))
            progress(len(found) / (truth.frames.max() + 1), f"{len(found)} frames")
    true = [truth.boxes[truth.frames == i] for i in range(len(found))]
    got = detection.average_precision(found, true)
    return DetectionReport(
        round(got.ap50, 4),
        round(got.precision, 4),
        round(got.recall, 4),
        round(1000 * seconds / max(len(found), 1), 2),
        len(found),
    )


@dataclass(frozen=True, slots=True)
class TrackReport:
    """What `cameo evaluate track` reports."""

    hota: float
    idf1: float
    mota: float
    id_switches: int
    tracks: int
    rate: float


def evaluate_track(
    video: Path,
    truth_file: Path,
    detector: Detector,
    embedder: Embedder,
    *,
    per_second: float,
    progress: Progress = no_progress,
) -> TrackReport:
    """The tracklets that indexing makes, chained, against MOT ground truth in every frame.

    Raises BadList, SourceError.
    """
    truth = lists.read_mot(truth_file)
    times = _frame_times(video)
    stages = stages_for({Kind.BODY: (detector, embedder)}, per_second=per_second)
    with closing(open_source(video, every_s=1 / per_second)) as source:
        segments = pipeline.run(
            source,
            stages,
            key_of=lambda kind, start, box: stable_id(kind, start, *box.tolist()),
            plan=Plan(),
            on_frame=lambda f: progress(f.time_s / times[-1], f"{f.time_s:.0f} s"),
        )
        tracklets = [t for segment in segments for t in segment.tracklets]
    got = tracking.follow(as_tracks(tracklets, times), truth)
    chains = len({t.chain for t in tracklets})
    return TrackReport(
        round(got.hota, 4),
        round(got.idf1, 4),
        round(got.mota, 4),
        got.id_switches,
        chains,
        per_second,
    )


def as_tracks(tracklets: Sequence[Tracklet], times: NDArray[np.float64]) -> Tracks:
    """Boxes in every frame: chains as ids, linear between the moments looked at."""
    rows = list(_rows(tracklets, times))
    frames, ids, path = (np.concatenate(part) for part in zip(*rows, strict=True))
    return Tracks(frames, ids, path.astype(np.float32))


def _rows(
    tracklets: Sequence[Tracklet], times: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Floats]]:
    chains: dict[int, list[Tracklet]] = {}
    for t in sorted(tracklets, key=lambda t: t.start_s):
        chains.setdefault(t.chain, []).append(t)
    for chain, members in chains.items():
        for i, t in enumerate(members):
            yield _between(chain, t.times, t.boxes, times, t.start_s, t.end_s)
            if i and 0 < t.start_s - members[i - 1].end_s <= BRIDGE_S:
                before = members[i - 1]
                gap = np.array([before.end_s, t.start_s])
                ends = np.stack([before.boxes[-1], t.boxes[0]])
                yield _between(chain, gap, ends, times, before.end_s + 1e-6, t.start_s - 1e-6)


def _between(
    chain: int,
    at: NDArray[np.float64],
    path: Floats,
    times: NDArray[np.float64],
    start: float,
    end: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    frames = np.flatnonzero((times >= start - 1e-6) & (times <= end + 1e-6))
    return frames, np.full(len(frames), chain, np.int64), boxes.interpolate(at, path, times[frames])


def _frame_times(video: Path) -> NDArray[np.float64]:
    """The presentation time of every frame."""
    with closing(open_source(video)) as source:
        try:
            return np.array([frame.time_s for frame in source])
        except SourceError as error:
            raise BadList(f"{video} cannot be read to its end: {error}") from error
