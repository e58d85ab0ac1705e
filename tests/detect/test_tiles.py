"""Tiles cover the picture, and a person seen in several of them is found once."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reid_core.detect import tiles
from reid_core.types import Detections, Kind


def people(rows: list[list[float]]) -> Detections:
    table = np.array(rows, np.float32).reshape(-1, 5)
    none = np.zeros((len(table), 0, 2), np.float32)
    return Detections(table[:, :4], table[:, 4], none, Kind.BODY)


@given(st.integers(40, 4000), st.integers(40, 4000), st.integers(1, 5), st.floats(0, 0.5))
def test_tiles_cover_the_picture_with_the_wanted_overlap(width, height, n, overlap) -> None:
    parts = tiles.layout(width, height, tiles=n, overlap=overlap)
    assert parts[0].tolist() == [0, 0, width, height]
    axis, longer = (0, width) if width >= height else (1, height)
    low, high = parts[1:, axis], parts[1:, axis + 2]
    assert low[0] == 0
    assert high[-1] == longer
    shared = high[:-1] - low[1:]
    size = longer / (n - (n - 1) * overlap)
    assert (np.abs(shared - overlap * size) <= 2).all()


def test_no_tiles_means_the_whole_only() -> None:
    assert tiles.layout(64, 48, tiles=0, overlap=0.2).tolist() == [[0, 0, 64, 48]]


def test_a_box_at_an_inner_edge_is_cut_and_at_the_pictures_edge_is_not() -> None:
    tile = np.array([0, 0, 60, 100])
    found = np.float32([[0, 10, 20, 90], [40, 10, 60, 90], [20, 10, 40, 90]])
    assert tiles.touches_inner_edge(found, tile, width=100, height=100).tolist() == [
        False,
        True,
        False,
    ]


def test_a_person_seen_by_two_tiles_is_one() -> None:
    found = people([[10, 10, 50, 110, 0.9], [12, 11, 51, 108, 0.8], [200, 10, 240, 110, 0.3]])
    assert tiles.merge(found).scores.tolist() == [np.float32(0.9), np.float32(0.3)]


def test_two_people_side_by_side_stay_two() -> None:
    assert len(tiles.merge(people([[10, 10, 50, 110, 0.9], [45, 10, 85, 110, 0.6]]))) == 2
