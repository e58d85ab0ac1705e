"""What a track leaves behind: its path, its first moment, its best views."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reid_core import boxes
from reid_core.embed.stripes import ColourStripes
from reid_core.types import Detections, Frame, Kind
from reid_core.video.trails import THIN_PX, Trails, thin


def frame(time_s: float) -> Frame:
    return Frame(np.full((100, 200, 3), 90, np.uint8), round(time_s * 5), time_s, "made")


def body(x: float, score: float = 0.9) -> Detections:
    box = np.float32([[x, 10, x + 20, 70]])
    return Detections(box, np.float32([score]), np.zeros((1, 0, 2), np.float32), Kind.BODY)


def make() -> Trails:
    keys = iter(range(1, 100))
    return Trails(ColourStripes(model="m"), lambda *_: next(keys), views=3, apart_s=0.5, lone=0.7)


def step(trails: Trails, time_s: float, found: Detections, track: int):
    return trails.add(frame(time_s), found, np.array([track]), np.float32([0.5]))


def test_a_track_starts_at_the_picture_before_its_id() -> None:
    trails = make()
    assert step(trails, 0.0, body(10), -1) == []
    assert step(trails, 0.2, body(12), 4) == []
    (trail,) = trails.close_all()
    assert trail.times == [0.0, 0.2]
    assert trail.boxes[0][0] == 10


def test_somebody_seen_once_is_kept_when_the_detector_was_sure() -> None:
    trails = make()
    step(trails, 0.0, body(10, score=0.9), -1)
    (trail,) = step(trails, 0.2, body(150, score=0.6), -1)
    assert trail.times == [0.0]
    assert trails.close_all() == []


def test_unseen_tracks_close_and_others_stay() -> None:
    trails = make()
    step(trails, 0.0, body(10), 1)
    step(trails, 1.0, body(100), 2)
    (gone,) = trails.close_unseen(since_s=0.5)
    assert gone.times == [0.0]
    assert trails.key(1) is None
    assert trails.key(2) is not None


def test_a_view_holds_the_person_with_a_margin() -> None:
    trails = make()
    step(trails, 0.0, body(50), 1)
    (trail,) = trails.close_all()
    (candidate,) = trail.chooser.best_first()
    assert candidate.crop.shape == (66, 22, 3)
    assert candidate.chip.shape == (96, 32, 3)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=30))
def test_thinning_loses_no_more_than_it_says(corners) -> None:
    times = np.arange(len(corners)) * 0.2
    path = np.array([[x, y, x + 10, y + 20] for x, y in corners], np.float32)
    few_times, few = thin(times, path)
    assert few_times[0] == times[0]
    assert few_times[-1] == times[-1]
    assert np.abs(boxes.interpolate(few_times, few, times) - path).max() <= THIN_PX + 1e-4


def test_a_straight_walk_needs_two_boxes() -> None:
    times = np.arange(50) * 0.2
    path = np.stack([times * 30, times * 0, times * 30 + 10, times * 0 + 20], 1).astype(np.float32)
    assert len(thin(times, path)[0]) == 2
