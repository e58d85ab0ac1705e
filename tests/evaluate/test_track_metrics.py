"""Tracking metrics on toys worked out by hand, and tracklets turned into boxes per frame."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reid_core.evaluate.lists import Tracks
from reid_core.evaluate.tracking import as_tracks, follow
from reid_core.types import Embeddings, Kind, Tracklet

Row = tuple[int, int, float]  # frame, id, left


def tracks(*rows: Row) -> Tracks:
    """Boxes 10 px wide and 20 px high."""
    table = np.array(rows, np.float64).reshape(-1, 3)
    boxes = np.stack([table[:, 2], 0 * table[:, 2], table[:, 2] + 10, 0 * table[:, 2] + 20], 1)
    frames, ids = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    return Tracks(frames, ids, boxes.astype(np.float32))


def two_people(frames: int = 4) -> list[Row]:
    return [(f, person, 100.0 * person + f) for f in range(frames) for person in (1, 2)]


def test_one_switch_and_one_miss_by_hand() -> None:
    # Person 1 is followed by track 10 for two frames and by 11 for two; person 2 by track 20, but
    # not in frame 2. All boxes are exact, so every IoU threshold gives the same.
    found = [
        (0, 10, 100.0), (1, 10, 101.0), (2, 11, 102.0), (3, 11, 103.0),
        (0, 20, 200.0), (1, 20, 201.0), (3, 20, 203.0),
    ]  # fmt: skip
    got = follow(tracks(*found), tracks(*two_people()))
    assert got.id_switches == 1
    # MOTA = 1 - (1 miss + 0 false + 1 switch) / 8
    assert got.mota == pytest.approx(1 - 2 / 8)
    # identities: 1 with 10 (2 frames), 2 with 20 (3 frames): 5 right of 8 true and 7 found
    assert got.idf1 == pytest.approx(2 * 5 / (8 + 7))
    # DetA = 7 / 8. A of each match: person 1 2/4 four times, person 2 3/4 three times
    assert got.hota == pytest.approx(math.sqrt(7 / 8 * (4 * 2 / 4 + 3 * 3 / 4) / 7))


def test_a_false_track_by_hand() -> None:
    found = [*two_people(), *((f, 9, 500.0) for f in range(4))]
    got = follow(tracks(*found), tracks(*two_people()))
    assert got.mota == pytest.approx(1 - 4 / 8)
    assert got.idf1 == pytest.approx(2 * 8 / (8 + 12))
    assert got.id_switches == 0


def test_perfect_and_nothing() -> None:
    truth = tracks(*two_people())
    exact = follow(truth, truth)
    assert (exact.hota, exact.idf1, exact.mota) == pytest.approx((1, 1, 1))
    nobody = follow(tracks(), truth)
    assert (nobody.hota, nobody.idf1, nobody.mota, nobody.id_switches) == (0, 0, 0, 0)


def test_huge_ids_are_not_mixed_up() -> None:
    # keys of tracklets have 63 bits; as floats these two would be one
    big = 2**62
    truth = tracks((0, 1, 0.0), (1, 1, 0.0))
    found = Tracks(truth.frames, np.array([big, big + 1]), truth.boxes)
    assert follow(found, truth).id_switches == 1


def test_frames_behind_the_truth_count() -> None:
    truth = tracks(*two_people(frames=4))
    found = tracks(*two_people(frames=4), (5, 9, 0.0), (6, 9, 0.0))
    # two false boxes against eight true ones
    assert follow(found, truth).mota == pytest.approx(1 - 2 / 8)
    assert follow(found, truth, n_frames=6).mota == pytest.approx(1 - 1 / 8)


def test_an_id_twice_in_a_frame_is_refused() -> None:
    once = tracks((0, 1, 0.0))
    with pytest.raises(ValueError, match="twice in one frame"):
        follow(tracks((0, 1, 0.0), (0, 1, 50.0)), once)


def tracklet(
    key: int, times: list[float], lefts: list[float], *, chain: int | None = None
) -> Tracklet:
    boxes = np.array([[x, 0, x + 10, 20] for x in lefts], np.float32)
    nothing = Embeddings(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), "m")
    own = key if chain is None else chain
    return Tracklet(key, Kind.BODY, np.array(times), boxes, (), nothing, own)


def lefts(got: Tracks, chain: int) -> dict[int, float]:
    mine = got.ids == chain
    return dict(zip(got.frames[mine].tolist(), got.boxes[mine, 0].tolist(), strict=True))


def test_boxes_between_looks_lie_on_the_line_at_the_frames_own_times() -> None:
    # frames at uneven times; looked at 0.0 and 1.0
    times = np.array([0.0, 0.1, 0.5, 1.0, 1.5])
    got = as_tracks([tracklet(3, [0.0, 1.0], [0.0, 100.0])], times)
    assert lefts(got, 3) == pytest.approx({0: 0.0, 1: 10.0, 2: 50.0, 3: 100.0})


def test_a_chain_is_one_person_and_short_gaps_are_bridged_once() -> None:
    times = np.arange(8.0) / 2  # 0, 0.5 … 3.5
    first = tracklet(1, [0.0, 1.0], [0.0, 10.0])
    second = tracklet(2, [2.0, 3.0], [20.0, 30.0], chain=1)
    got = as_tracks([second, first], times)
    assert set(got.ids.tolist()) == {1}
    # 1.5 s is bridged; the ends of the bridge are there once, not twice
    assert lefts(got, 1) == pytest.approx({f: 5.0 * f for f in range(7)})
    assert len(got.frames) == 7


def test_long_gaps_are_not_bridged() -> None:
    times = np.arange(10.0)
    got = as_tracks(
        [tracklet(1, [0.0, 1.0], [0, 0]), tracklet(2, [6.0, 7.0], [0, 0], chain=1)], times
    )
    assert sorted(got.frames.tolist()) == [0, 1, 6, 7]


def test_where_a_chain_overlaps_itself_the_earlier_one_counts() -> None:
    times = np.arange(4.0)
    got = as_tracks(
        [tracklet(1, [0.0, 2.0], [0, 0]), tracklet(2, [1.0, 3.0], [50, 50], chain=1)], times
    )
    assert lefts(got, 1) == {0: 0.0, 1: 0.0, 2: 0.0, 3: 50.0}


def test_no_tracklets_are_no_tracks() -> None:
    got = as_tracks([], np.arange(3.0))
    assert (len(got.frames), len(got.ids), got.boxes.shape) == (0, 0, (0, 4))


def test_somebody_seen_once_is_in_one_frame() -> None:
    got = as_tracks([tracklet(1, [1.0], [5.0])], np.arange(3.0))
    assert lefts(got, 1) == {1: 5.0}
