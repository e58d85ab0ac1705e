"""Ids and packed arrays come back as they were."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.errors import LibraryCorrupt
from reid_core.library import paths
from reid_core.library.ids import format_id, parse_id, random_id, stable_id


@given(st.integers(0, 2**63 - 1))
def test_ids_survive_being_shown(value: int) -> None:
    assert parse_id(format_id(value)) == value
    assert parse_id(format_id(value).upper()) == value


def test_what_is_no_id() -> None:
    for text in ("", "short", "i" * 13, "z" * 13, "0" * 14):
        assert parse_id(text) is None
    assert random_id() != random_id()
    assert stable_id("a", 1.0) == stable_id("a", 1.0) != stable_id("a", 1.5)


@given(st.lists(st.tuples(*[st.floats(-1e3, 1e3, width=32)] * 5), min_size=1, max_size=20))
def test_paths_survive_being_packed(rows) -> None:
    table = np.array(rows)
    times, boxes = paths.path_from_bytes(
        paths.path_to_bytes(table[:, 0], table[:, 1:].astype(np.float32))
    )
    np.testing.assert_array_equal(times, table[:, 0])
    np.testing.assert_array_equal(boxes, table[:, 1:].astype(np.float32))


@pytest.mark.parametrize("data", [b"", b"1234567", b"x" * 25])
def test_damaged_arrays_are_corrupt(data: bytes) -> None:
    with pytest.raises(LibraryCorrupt):
        paths.path_from_bytes(data)
