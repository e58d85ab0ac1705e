"""Indexing against the plain loop: decode, detect and embed everything in every frame.

    python benchmarks/bench_indexing.py [VIDEO …]

Both use the same models in one run, turn by turn; medians of three. The plain loop gives each
network both cores. People found: the plain loop's faces are grouped (average linkage, cosine
0.95, groups of at least five looks); one counts as found when a stored view looks like the group
that much. Its bodies are tracked for a second or longer with a median score of 0.5 or more (less
are boxes that jump about in cross-fades); one counts as found when a stored tracklet overlaps it.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
from common import show, store, videos
from scipy.cluster.hierarchy import fcluster, linkage

from reid_core import boxes
from reid_core.actions.index import index
from reid_core.actions.loading import Models, Runtime
from reid_core.library import Library, footage, vectors
from reid_core.track.tracker import ByteTrack
from reid_core.types import Kind
from reid_core.video.source import open_source

ALIKE = 0.95
RUNS = 3


def plain_loop(models: Models, video: Path) -> tuple[float, np.ndarray, list]:
    """Seconds, all face vectors (N, D), and per frame (time, body boxes, track ids)."""
    faces, bodies = [], []
    tracker = ByteTrack(per_second=30, lost_s=1, sure=0.5, start=0.6, iou_at_least=0.3)
    capture = cv2.VideoCapture(str(video))
    rate = capture.get(cv2.CAP_PROP_FPS) or 25
    started, n = time.perf_counter(), 0
    while True:
        good, image = capture.read()
        if not good:
            break
        for kind in Kind:
            found, embedder = models.detector(kind).detect(image), models.embedder(kind)
            rows = embedder.embed(embedder.chips(image, found))
            if kind is Kind.FACE:
                faces.append(rows)
            else:
                bodies.append((n / rate, found, tracker.update(found, n / rate)))
        n += 1
    seconds = time.perf_counter() - started
    capture.release()
    return seconds, np.concatenate(faces), bodies


def face_groups(rows: np.ndarray) -> list[np.ndarray]:
    """The mean vector of each group of at least five alike faces."""
    if len(rows) < 5:
        return []
    labels = fcluster(linkage(rows, "average", metric="cosine"), 1 - ALIKE, "distance")
    groups = [rows[labels == g].mean(0) for g in np.unique(labels) if (labels == g).sum() >= 5]
    return [g / np.linalg.norm(g) for g in groups]


def found_faces(library: Library, models: Models, groups: list[np.ndarray]) -> int:
    """How many groups look like a stored view."""
    with library.read() as connection:
        _, stored = vectors.all_vectors(connection, "view", Kind.FACE, models.model_id(Kind.FACE))
    return sum(bool(len(stored)) and float((stored @ g).max()) >= ALIKE for g in groups)


def found_bodies(library: Library, frames: list) -> tuple[int, int]:
    """(steady tracks of at least one second, how many of them a stored tracklet overlaps)."""
    tracks: dict[int, list[tuple[float, np.ndarray]]] = {}
    scores: dict[int, list[float]] = {}
    for time_s, found, ids in frames:
        for row in np.flatnonzero(ids >= 0):
            tracks.setdefault(int(ids[row]), []).append((time_s, found.boxes[row]))
            scores.setdefault(int(ids[row]), []).append(float(found.scores[row]))
    steady = [t for i, t in tracks.items() if statistics.median(scores[i]) >= 0.5]
    long = [t for t in steady if t[-1][0] - t[0][0] >= 1]
    with library.read() as connection:
        ids = footage.tracklet_ids(connection, Kind.BODY).tolist()
        stored = [t.unpacked() for t in footage.tracklets_of(connection, ids).values()]
    return len(long), sum(any(_overlap(t, s) for s in stored) for t in long)


def _overlap(track: list[tuple[float, np.ndarray]], stored: tuple) -> bool:
    times, path = stored
    inside = [(t, b) for t, b in track if times[0] <= t <= times[-1]]
    if len(inside) < 3:
        return False
    at = boxes.interpolate(times, path, np.array([t for t, _ in inside]))
    own = np.stack([b for _, b in inside])
    return bool((np.diag(boxes.iou(own, at)) >= 0.5).sum() >= 3)


def main() -> None:
    one, two = (Models(store(), runtime=Runtime(threads=n)) for n in (1, 2))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for video in videos(Path(folder)):
            with closing(open_source(video)) as source:
                n_frames = sum(1 for _ in source)
            plain, ours = [], []
            for run in range(RUNS):
                seconds, faces, bodies = plain_loop(two, video)
                plain.append(seconds)
                with Library.open(Path(folder) / f"{video.stem}{run}") as library:
                    done = index(library, one, str(video))
                    ours.append(done.seconds["wall"])
                    groups = face_groups(faces)
                    same = found_faces(library, one, groups)
                    n_tracks, overlapped = found_bodies(library, bodies)
            p, o = statistics.median(plain), statistics.median(ours)
            spent = {k: v for k, v in done.seconds.items() if k != "wall"}
            total = sum(spent.values())
            share = ", ".join(f"{k} {v / total:.0%}" for k, v in spent.items())
            rows.append(
                (
                    video.name,
                    f"{p:.2f} s",
                    f"{o:.2f} s",
                    f"{p / o:.1f}x",
                    f"{n_frames / o:.0f}/s",
                    f"{same} of {len(groups)}",
                    f"{overlapped} of {n_tracks}",
                    share,
                )
            )
    show(
        rows, ("video", "plain loop", "index", "ratio", "frames", "faces", "bodies", "thread time")
    )


if __name__ == "__main__":
    main()
