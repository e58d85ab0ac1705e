"""Measure detection and tracking on videos with ground truth in the MOT format."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import BadList, SourceError
from reid_core.evaluate import detection, lists, tracking
from reid_core.evaluate.lists import Tracks
from reid_core.evaluate.tracking import as_tracks
from reid_core.library.ids import stable_id
from reid_core.protocols import Detector, Embedder, Progress, no_progress
from reid_core.types import Floats, Kind, Tracklet
from reid_core.video import pipeline
from reid_core.video.pipeline import Plan
from reid_core.video.source import open_source
from reid_core.video.stages import stages_for

SCORE = 0.25  # from which precision and recall count a detection, as the detectors themselves do

Times = NDArray[np.float64]
TrackletSource = Callable[[Path], Sequence[Tracklet]]
"""A video -> the tracklets of the bodies in it; tracklets of one chain are one person."""


@dataclass(frozen=True, slots=True)
class DetectionReport:
    """What `cameo evaluate detect` reports.

    precision, recall: of detections from `score` on. ms_per_frame: the detector alone, without
    decoding. lowest: the lowest score seen, down to which the area under the curve reaches.
    """

    ap50: float
    precision: float
    recall: float
    ms_per_frame: float
    frames: int
    score: float
    lowest: float


def evaluate_detect(
    video: Path,
    truth_file: Path,
    detector: Detector,
    *,
    score: float = SCORE,
    progress: Progress = no_progress,
) -> DetectionReport:
    """AP at IoU 0.5 over every frame of a video with MOT ground truth.

    The detector should give everything it has, down to low scores: the area needs it. Raises
    BadList, SourceError.
    """
    truth = lists.read_mot(truth_file)
    expected = int(truth.frames.max()) + 1
    found: list[tuple[Floats, Floats]] = []
    seconds = 0.0
    with closing(open_source(video)) as source:
        for frame in source:
            started = time.perf_counter()
            people = detector.detect(frame.image)
            seconds += time.perf_counter() - started
            found.append((people.boxes, people.scores))
            progress(min(len(found) / expected, 1.0), f"{len(found)} frames")
    _check_length(truth_file, truth, len(found))
    true = [truth.boxes[rows] for rows in truth.rows_by_frame(len(found))]
    got = detection.average_precision(found, true, score=score)
    return DetectionReport(
        ap50=round(got.ap50, 4),
        precision=round(got.precision, 4),
        recall=round(got.recall, 4),
        ms_per_frame=round(1000 * seconds / len(found), 2),
        frames=len(found),
        score=score,
        lowest=round(min((float(s.min()) for _, s in found if len(s)), default=0.0), 4),
    )


def _check_length(truth_file: Path, truth: Tracks, n_frames: int) -> None:
    last = int(truth.frames.max()) + 1
    if last > n_frames:
        raise BadList(
            f"{truth_file} speaks of frame {last}, but the video has {n_frames} frames. "
            "Do they belong together?"
        )


@dataclass(frozen=True, slots=True)
class TrackReport:
    """What `cameo evaluate track` reports. rate: pictures looked at per second."""

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
    source = indexed_tracklets(detector, embedder, per_second=per_second, progress=progress)
    return evaluate_tracklets(video, truth_file, source, rate=per_second)


def evaluate_tracklets(
    video: Path, truth_file: Path, source: TrackletSource, *, rate: float
) -> TrackReport:
    """Anybody's tracklets of a video against MOT ground truth: frame n of the truth is the n-th
    decoded one, at its own presentation time.

    Raises BadList, SourceError.
    """
    truth = lists.read_mot(truth_file)
    if (truth.ids < 0).any():
        raise BadList(f"{truth_file} has boxes of nobody (id -1); tracks cannot be compared to it.")
    times = frame_times(video)
    _check_length(truth_file, truth, len(times))
    tracklets = source(video)
    got = tracking.follow(as_tracks(tracklets, times), truth, n_frames=len(times))
    return TrackReport(
        hota=round(got.hota, 4),
        idf1=round(got.idf1, 4),
        mota=round(got.mota, 4),
        id_switches=got.id_switches,
        tracks=len({t.chain for t in tracklets}),
        rate=rate,
    )


def indexed_tracklets(
    detector: Detector,
    embedder: Embedder,
    *,
    per_second: float,
    progress: Progress = no_progress,
) -> TrackletSource:
    """Tracklets as indexing makes them, without a library."""

    def run(video: Path) -> list[Tracklet]:
        stages = stages_for({Kind.BODY: (detector, embedder)}, per_second=per_second)
        with closing(open_source(video, every_s=1 / per_second)) as source:
            length = source.duration_s or np.inf
            segments = pipeline.run(
                source,
                stages,
                key_of=lambda kind, start, box: stable_id(kind, start, *box.tolist()),
                plan=Plan(),
                on_frame=lambda f: progress(min(f.time_s / length, 1.0), f"{f.time_s:.0f} s"),
            )
            return [t for segment in segments for t in segment.tracklets]

    return run


def frame_times(video: Path) -> Times:
    """(F,) presentation time of every frame."""
    with closing(open_source(video)) as source:
        try:
            return np.array([frame.time_s for frame in source])
        except SourceError as error:
            raise BadList(f"{video} cannot be read to its end: {error}") from error
