"""What is held out: looks whole, people whole, the same ones however the rows are ordered."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.evaluate.holdout import folds_of, looks_of, split


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@st.composite
def galleries(draw) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """People, looks and keys of rows in any order."""
    people, looks, n = [], [], 0
    for person in range(draw(st.integers(1, 12))):
        for _ in range(draw(st.integers(1, 6))):
            rows = draw(st.integers(1, 3))
            people += [person] * rows
            looks += [n] * rows
            n += 1
    order = draw(st.permutations(range(len(people))))
    keys = np.arange(len(people)) * 31 + 7
    return np.array(people)[order], np.array(looks)[order], keys[order]


@given(galleries(), st.integers(0, 5))
def test_nothing_is_on_both_sides_and_everybody_keeps_two_looks(gallery, seed: int) -> None:
    people, looks, keys = gallery
    s = split(people, looks, keys, seed=seed)
    assert (s.train.astype(int) + s.known + s.unseen == 1).all()
    assert not set(looks[s.train]) & set(looks[s.held])
    assert not set(people[s.unseen]) & set(people[~s.unseen])
    for person in set(people[s.known]):
        assert len(set(looks[s.train & (people == person)])) >= 2
    several = [p for p in set(people) if len(set(looks[people == p])) >= 2]
    assert len(set(people[s.unseen])) == int(np.ceil(0.3 * len(several) - 1e-9))


@given(galleries(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(gallery, random) -> None:
    people, looks, keys = gallery
    s = split(people, looks, keys)
    order = list(range(len(people)))
    random.shuffle(order)
    other = split(people[order], looks[order], keys[order])
    np.testing.assert_array_equal(other.unseen, s.unseen[order])
    np.testing.assert_array_equal(other.known, s.known[order])


def test_more_people_later_hold_mostly_the_same_ones_out() -> None:
    people = np.repeat(np.arange(100), 3)
    looks = keys = np.arange(300)
    few = split(people[:270], looks[:270], keys[:270])
    many = split(people, looks, keys)
    before, after = set(people[:270][few.unseen]), set(people[many.unseen])
    assert len(before & after) >= 0.85 * len(before)


def test_near_duplicates_and_moments_are_one_look() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(size=(20, 32))
    rows = np.concatenate([base, base + 0.02 * rng.normal(size=base.shape), base[::-1]])
    people = np.r_[np.arange(20), np.arange(20), np.arange(20)]
    looks = looks_of(unit(rows), people, np.arange(60))
    assert (looks[:20] == looks[20:40]).all()  # nearly the same
    assert (looks[:20] != looks[40:]).all()  # of another person's shape
    moments = np.r_[np.arange(20), 100 + np.arange(20), np.arange(20)]
    looks = looks_of(unit(rows), people, moments)
    assert (looks[:20] == looks[40:]).all()  # of one moment
    assert len(np.unique(looks)) == 20


def test_two_people_who_look_the_same_stay_two() -> None:
    row = unit(np.ones((1, 8)))
    looks = looks_of(np.repeat(row, 4, 0), np.array([0, 0, 1, 1]), np.arange(4))
    assert looks[0] == looks[1] != looks[2] == looks[3]


def test_what_near_means_follows_the_model() -> None:
    """A model that squeezes everybody together: the same looks are found."""
    rng = np.random.default_rng(0)
    rows, people = rng.normal(size=(60, 32)), np.repeat(np.arange(20), 3)
    squeezed = unit(unit(rows) + 6 * np.eye(32)[0])
    assert len(np.unique(looks_of(squeezed, people, np.arange(60)))) == 60


def test_nobody_is_in_two_folds() -> None:
    people = np.random.default_rng(0).integers(0, 40, 300)
    folds = folds_of(people, count=5)
    assert all(len(set(folds[people == p])) == 1 for p in range(40))
    assert np.bincount([folds[people == p][0] for p in range(40)]).tolist() == [8] * 5


def test_no_rows_and_no_share() -> None:
    none = np.zeros(0, np.int64)
    assert not split(none, none, none).held.any()
    assert len(looks_of(np.zeros((0, 4), np.float32), none, none)) == 0
    with pytest.raises(ValueError, match="share"):
        split(none, none, none, share=1.0)


def test_by_time_the_latest_looks_are_held_out_and_a_later_run_holds_out_what_none_learnt() -> None:
    people, looks = np.repeat(np.arange(20), 8), np.arange(160)
    times = np.tile(np.arange(8.0), 20)
    old, undated = times < 5, np.tile(np.arange(8) < 2, 20)
    times[undated] = np.nan
    early = split(people[old], looks[old], looks[old], times=times[old])
    late = split(people, looks, looks, times=times)
    assert (times[old][early.known] == 4).all()
    assert set(times[late.known].tolist()) == {6, 7}
    assert not set(looks[late.known]) & set(looks[old][early.train])
    np.testing.assert_array_equal(late.unseen, split(people, looks, looks).unseen)
