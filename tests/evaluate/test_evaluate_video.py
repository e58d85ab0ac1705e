"""Detection and tracking from a video and its truth to numbers, with stand-ins for the models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made import number_of, write_video

from reid_core.actions.evaluate import evaluate_detect, evaluate_track, evaluate_tracklets
from reid_core.actions.loading import load_detector, load_embedder
from reid_core.errors import BadList, SourceError
from reid_core.models.store import ModelStore
from reid_core.types import Detections, Embeddings, Kind, Tracklet

N = 6


class Scripted:
    """Gives for the n-th picture of a made video what the script says: (left, score) of boxes."""

    kind = Kind.BODY

    def __init__(self, script: dict[int, list[tuple[float, float]]]) -> None:
        self.script = script

    def detect(self, image: np.ndarray) -> Detections:
        rows = self.script.get(number_of(image), [])
        boxes = np.array([[x, 5, x + 10, 25] for x, _ in rows], np.float32).reshape(-1, 4)
        scores = np.array([s for _, s in rows], np.float32)
        return Detections(boxes, scores, np.zeros((len(rows), 0, 2), np.float32), self.kind)


def truth(path: Path, rows: list[tuple[int, int, float]]) -> Path:
    """MOT15 rows from (frame from 1, id, left); a place in the world stands in column 8."""
    path.write_text("".join(f"{f},{i},{x},5,10,20,1,-4.5,-7.1,0\n" for f, i, x in rows))
    return path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "v.mp4", [n / 10 for n in range(N)])


def test_detection_by_hand(tmp_path: Path, video: Path) -> None:
    gt = truth(tmp_path / "gt.txt", [(n, 1, 4.0 * n) for n in range(1, N + 1)])
    # right in pictures 0 to 3, somewhere else in picture 4 (a low score), nothing in picture 5
    script = {n: [(4.0 * (n + 1), 0.9)] for n in range(4)}
    script[4] = [(50.0, 0.1)]
    got = evaluate_detect(video, gt, Scripted(script))
    assert got.frames == N
    assert got.ap50 == pytest.approx(4 / 6, abs=1e-4)  # precision 1 up to recall 4/6
    assert (got.precision, got.recall) == pytest.approx((1.0, 4 / 6), abs=1e-4)
    assert got.lowest == pytest.approx(0.1)
    low = evaluate_detect(video, gt, Scripted(script), score=0.05)
    assert (low.ap50, low.precision) == pytest.approx((4 / 6, 4 / 5), abs=1e-4)
    assert got.ms_per_frame >= 0


def test_frames_behind_the_truth_hold_nobody(tmp_path: Path, video: Path) -> None:
    gt = truth(tmp_path / "gt.txt", [(1, 1, 0.0)])
    everywhere = {n: [(0.0, 0.9)] for n in range(N)}
    assert evaluate_detect(video, gt, Scripted(everywhere)).precision == pytest.approx(
        1 / 6, abs=1e-4
    )


def test_truth_of_another_video_is_refused(tmp_path: Path, video: Path) -> None:
    gt = truth(tmp_path / "gt.txt", [(N + 1, 1, 0.0)])
    with pytest.raises(BadList, match="speaks of frame 7, but the video has 6 frames"):
        evaluate_detect(video, gt, Scripted({}))
    with pytest.raises(BadList, match="speaks of frame 7"):
        evaluate_tracklets(video, gt, lambda _: [], rate=5)


def tracklet(key: int, times: list[float], lefts: list[float]) -> Tracklet:
    boxes = np.array([[x, 5, x + 10, 25] for x in lefts], np.float32)
    nothing = Embeddings(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), "m")
    return Tracklet(key, Kind.BODY, np.array(times), boxes, (), nothing, key)


def test_frames_are_compared_at_their_own_times(tmp_path: Path) -> None:
    # Uneven times, as phones record them; somebody walks at 50 px a second. Only two looks.
    times = [0.0, 0.04, 0.3, 0.34, 0.9, 1.0]
    video = write_video(tmp_path / "uneven.mp4", times)
    gt = truth(tmp_path / "gt.txt", [(n, 7, round(50 * t, 3)) for n, t in enumerate(times, 1)])
    got = evaluate_tracklets(video, gt, lambda path: [tracklet(1, [0.0, 1.0], [0.0, 50.0])], rate=1)
    # HOTA near 1 needs every box nearly exact, so times of index / fps would not do
    assert (got.mota, got.idf1, got.id_switches, got.tracks) == (1.0, 1.0, 0, 1)
    assert got.hota > 0.99


def test_tracks_behind_the_truth_are_false(tmp_path: Path, video: Path) -> None:
    gt = truth(tmp_path / "gt.txt", [(1, 1, 0.0), (2, 1, 0.0)])
    got = evaluate_tracklets(video, gt, lambda _: [tracklet(1, [0.0, 0.5], [0.0, 0.0])], rate=5)
    # two right, four false in pictures 3 to 6, of two true
    assert got.mota == pytest.approx(1 - 4 / 2)


def test_no_tracklets_are_a_result(tmp_path: Path, video: Path) -> None:
    gt = truth(tmp_path / "gt.txt", [(1, 1, 0.0)])
    got = evaluate_tracklets(video, gt, lambda _: [], rate=5)
    assert (got.hota, got.idf1, got.mota, got.tracks) == (0, 0, 0, 0)


def test_truth_without_identities_is_refused(tmp_path: Path, video: Path) -> None:
    gt = truth(tmp_path / "gt.txt", [(1, -1, 0.0)])
    with pytest.raises(BadList, match="id -1"):
        evaluate_tracklets(video, gt, lambda _: [], rate=5)


def test_what_is_no_video(tmp_path: Path) -> None:
    gt = truth(tmp_path / "gt.txt", [(1, 1, 0.0)])
    with pytest.raises(SourceError):
        evaluate_detect(tmp_path / "none.mp4", gt, Scripted({}))


@pytest.mark.real_data
def test_real_street(shared: Path, model_store: ModelStore) -> None:
    folder = shared / "data" / "video"
    video, gt = folder / "tud_campus.mp4", folder / "tud_campus.gt.txt"
    everything = load_detector(model_store, Kind.BODY, score=0.02)
    found = evaluate_detect(video, gt, everything)
    assert found.frames == 71
    assert found.ap50 >= 0.79
    told: list[float] = []
    followed = evaluate_track(
        video,
        gt,
        load_detector(model_store, Kind.BODY),
        load_embedder(model_store, Kind.BODY),
        per_second=5,
        progress=lambda share, what: told.append(share),
    )
    # 0.90 and 0.84 when this was written; the limits only notice that something broke
    assert followed.idf1 >= 0.7
    assert followed.mota >= 0.6
    assert told
    assert max(told) <= 1.0
