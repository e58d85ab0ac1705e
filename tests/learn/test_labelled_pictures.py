"""Labelled pictures as a value: chosen from, combined, and split by identity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_labelled import made

from reid_core.errors import DataError
from reid_core.learn import data
from reid_core.learn.data import Pictures

# ---- the value


def test_a_subset_keeps_rows_and_numbers_identities_anew() -> None:
    part = made([2, 3, 1]).subset([5, 0, 1])
    assert part.names == ("who0", "who2")
    assert part.labels.tolist() == [1, 0, 0]
    assert [str(p) for p in part.paths] == ["2-5.jpg", "0-0.jpg", "0-1.jpg"]
    assert part.cameras.tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"labels": np.zeros(3, np.int64)}, "labels has shape"),
        ({"cameras": np.zeros((4, 1), np.int64)}, "cameras has shape"),
        ({"labels": np.array([0, 1, 2, 1])}, r"not all in 0\.\.1"),
        ({"labels": np.array([0, -1, 1, 1])}, r"not all in 0\.\.1"),
    ],
)
def test_fields_must_fit_one_another(change: dict[str, np.ndarray], match: str) -> None:
    zeros = np.zeros(4, np.int64)
    fields = {"labels": zeros, "cameras": zeros, "domains": zeros, **change}
    paths = tuple(Path(str(i)) for i in range(4))
    with pytest.raises(ValueError, match=match):
        Pictures(paths, names=("a", "b"), **fields)


def test_data_sets_are_combined_without_mixing_people_or_cameras() -> None:
    a = made([2, 2])
    b = Pictures(
        (Path("x.jpg"), Path("y.jpg")),
        np.array([0, 1]),
        np.array([-1, 0]),
        np.zeros(2, np.int64),
        ("who0", "other"),
    )
    both = data.combine([a, b])
    assert both.names == ("0:who0", "0:who1", "1:who0", "1:other")
    assert both.labels.tolist() == [0, 0, 1, 1, 2, 3]
    assert both.cameras.tolist() == [0, 1, 2, 0, -1, 3]
    assert both.domains.tolist() == [0, 0, 0, 0, 1, 1]
    assert data.combine([a]) is a


def test_what_cannot_be_combined() -> None:
    with pytest.raises(DataError, match="No data set"):
        data.combine([])
    with pytest.raises(DataError, match=r"4 pictures more than once, first 0-0\.jpg"):
        data.combine([made([2, 2]), made([2, 2])])


# ---- splits


@given(st.lists(st.integers(1, 4), min_size=4, max_size=12), st.integers(0, 5), st.randoms())
def test_a_split_depends_on_names_and_seed_only(counts: list[int], seed: int, chance) -> None:
    pictures = made(counts)
    rows = list(range(len(pictures)))
    chance.shuffle(rows)
    train, held = data.split_identities(pictures, count=2, seed=seed)
    other_train, other_held = data.split_identities(pictures.subset(rows), count=2, seed=seed)
    assert set(held.names) == set(other_held.names)
    assert set(train.names) == set(other_train.names)
    assert not set(train.names) & set(held.names)
    assert set(train.paths) | set(held.paths) == set(pictures.paths)
    assert len(train) + len(held) == len(pictures)
    for part in (train, held):
        for path, label in zip(part.paths, part.labels, strict=True):
            assert part.names[label] == f"who{str(path).split('-')[0]}"


def test_holding_out_more_only_adds_and_another_seed_draws_others() -> None:
    pictures = made([1] * 30)
    few, more = (set(data.split_identities(pictures, count=n, seed=1)[1].names) for n in (5, 12))
    assert few < more
    assert few != set(data.split_identities(pictures, count=5, seed=2)[1].names)
    assert data.split_identities(pictures, share=0.2, seed=1)[1].classes == 6


def test_splits_that_are_not_possible() -> None:
    pictures = made([2, 2, 2])
    with pytest.raises(DataError, match="2 of 3 identities cannot be held out"):
        data.split_identities(pictures, count=2, seed=0)
    with pytest.raises(DataError, match="0 of 3"):
        data.split_identities(pictures, count=0, seed=0)
    with pytest.raises(ValueError, match="either share or count"):
        data.split_identities(pictures, seed=0)
    with pytest.raises(ValueError, match=r"share is 1\.5"):
        data.split_identities(pictures, share=1.5, seed=0)
