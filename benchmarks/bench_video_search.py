"""Where in a video is this person? The first time and again, against the loop over its pictures.

    python benchmarks/bench_video_search.py [--data FOLDER] [--quick] [--write]

The loop is that of InsightFace 2.1's page Video Person Search: decode everything, look at every
n-th picture, compare each face, write a crop for every hit; once for each question. Cameo indexes
the first time and asks the index afterwards. Detector, embedder and threshold are the same, faces
only. The person is the largest face of the picture in the middle. Three runs turn by turn, medians;
every first time begins with an empty library.

Needs DATA/video/faces_whitehouse_clip.mp4.
"""

from __future__ import annotations

import statistics
import tempfile
from collections import defaultdict
from pathlib import Path

import cv2
import published
from common import needed, show, store, told
from peers import THREADS, PeerMissing, Side
from published import ratio, seconds

from reid_core import boxes, images
from reid_core.actions.loading import Models
from reid_core.models.manifest import Role
from reid_core.types import Kind
from reid_core.video.file import frame_at

CAMEO = "Cameo"
AGAIN = 10  # questions after the first
LOOPS = {
    1: "InsightFace's loop, every picture",
    6: "InsightFace's loop, every 6th (as often as Cameo looks)",
    10: "InsightFace's loop, every 10th (its default)",
}
HEADERS = ("", "first time", "again", "seen for", "peak memory", "first / Cameo", "again / Cameo")


def main() -> None:
    said = told(__doc__)
    video = needed(said.data / "video" / "faces_whitehouse_clip.mp4")
    runs, intervals = (1, [10]) if said.quick else (3, list(LOOPS))
    with tempfile.TemporaryDirectory() as folder:
        times, seen, peaks, problem = measure(video, Path(folder), runs, intervals)
    rows = [_line(name, times, seen, peaks) for name in times if name != "again"]
    if problem:
        rows.append(("InsightFace's loop", f"not run: {problem}", "", "", "", "", ""))
    show(rows, HEADERS)
    if said.write:
        values = {n: statistics.median(t) for n, t in times.items() if n != "again"}
        values[f"{CAMEO}, again"] = statistics.median(times["again"])
        published.write(
            "video_search",
            published.table(HEADERS, rows),
            published.bars("video_search", values, "seconds for the answer"),
            published.circumstances(quick=said.quick),
        )


def measure(
    video: Path, folder: Path, runs: int, intervals: list[int]
) -> tuple[dict[str, list[float]], dict[str, float], dict[str, float], str]:
    """Seconds of each first time (and of "again"), seconds seen, memory; why there is no loop."""
    models = Models(store())
    picture, length, per_second = folder / "somebody.jpg", *_measures(video)
    portrait(video, length, models, picture)
    threshold = models.threshold(Kind.FACE).value
    times, seen, peaks = defaultdict(list), {}, {}
    loop, problem = None, ""
    try:
        loop = Side(
            "insightface_video",
            "insightface",
            folder=str(folder),
            threads=THREADS,
            models=str(models.store.folder),
            detector=models.name(Role.FACE_DETECTOR),
            embedder=models.name(Role.FACE_EMBEDDER),
        )
    except PeerMissing as error:
        problem = str(error)
    for run in range(runs):
        own = folder / str(run)
        own.mkdir()
        with Side("cameo_video", folder=str(own), kinds=["face"], pictures=[str(picture)]) as side:
            vectors = side.ask("enrolled").value
            first = side.ask("first", video=str(video))
            times[CAMEO].append(first.seconds)
            times["again"] += [side.ask("again").seconds for _ in range(AGAIN)]
            seen[CAMEO] = sum(end - start for start, end in first.value)
            peaks[CAMEO] = max(first.peak_mb, peaks.get(CAMEO, 0))
        for interval in intervals if loop else ():
            given = {"video": str(video), "vectors": vectors, "threshold": threshold}
            answer = loop.ask("search", interval=interval, **given)
            times[LOOPS[interval]].append(answer.seconds)
            seen[LOOPS[interval]] = len(set(answer.value)) * interval / per_second
            peaks[LOOPS[interval]] = answer.peak_mb
    if loop:
        loop.close()
    return times, seen, peaks, problem


def _measures(video: Path) -> tuple[float, float]:
    """Seconds, and pictures a second."""
    capture = cv2.VideoCapture(str(video))
    rate, n = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    capture.release()
    return n / rate, rate


def portrait(video: Path, length: float, models: Models, path: Path) -> None:
    """The largest face of the picture in the middle, with its surroundings, as a picture."""
    image = frame_at(video, length / 2).image
    found = models.detector(Kind.FACE).detect(image)
    box = found.boxes[boxes.area(found.boxes).argmax()]
    margin = 0.7 * (box[2] - box[0])
    height, width = image.shape[:2]
    left, top = (int(max(0, v - margin)) for v in box[:2])
    right, bottom = int(min(width, box[2] + margin)), int(min(height, box[3] + margin))
    path.write_bytes(images.encode_jpeg(image[top:bottom, left:right]))


def _line(
    name: str, times: dict[str, list[float]], seen: dict[str, float], peaks: dict[str, float]
) -> tuple[str, ...]:
    first, ours = (statistics.median(times[n]) for n in (name, CAMEO))
    our_again = statistics.median(times["again"])
    again = our_again if name == CAMEO else first  # the loop begins anew
    return (
        name,
        seconds(first),
        seconds(again),
        f"{seen[name]:.1f} s",
        f"{peaks[name]:,.0f} MB",
        ratio(first, ours),
        ratio(again, our_again),
    )


if __name__ == "__main__":
    main()
