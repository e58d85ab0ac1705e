"""What every sampler owes: nothing twice without need, equal ranks, the same again by its seed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.errors import DataError
from reid_core.learn import samplers
from reid_core.learn.data import Pictures
from reid_core.learn.samplers.batches import Batches, Deck

NAMES = sorted(samplers.SAMPLERS)


def made(counts: list[int], *, cameras: list[int] | None = None, domains: int = 1) -> Pictures:
    """Identity i has counts[i] pictures, in turn by each of the cameras, of domain i % domains."""
    labels = np.repeat(np.arange(len(counts)), counts)
    n = len(labels)
    seen = np.resize(cameras or [0, 1, 2], n)
    paths = tuple(Path(str(i)) for i in range(n))
    return Pictures(paths, labels, seen, labels % domains, tuple(map(str, range(len(counts)))))


UNEVEN = made([1, 2, 3, 4, 5, 9, 17, 4, 4, 7, 8, 8], domains=2)


def rows_of(batches: Batches) -> list[list[int]]:
    return [[draw.row for draw in batch] for batch in batches]


# ---- what all of them owe


@pytest.mark.parametrize("name", NAMES)
def test_ranks_are_slices_of_one_order(name: str) -> None:
    whole = samplers.make(name, UNEVEN, batch=16, seed=5)
    for world in (1, 2, 4):
        ranks = [
            samplers.make(name, UNEVEN, batch=16, seed=5, rank=r, world=world) for r in range(world)
        ]
        for epoch in (0, 3):
            for one in (whole, *ranks):
                one.set_epoch(epoch)
            parts = [list(one) for one in ranks]
            assert {len(p) for p in parts} == {len(whole)} == {len(ranks[0])}
            joined = [[d for part in line for d in part] for line in zip(*parts, strict=True)]
            assert joined == list(whole)  # rows and seeds
            assert rows_of(whole) == whole.rows.tolist()


@pytest.mark.parametrize("name", NAMES)
def test_an_epoch_follows_from_seed_and_number(name: str) -> None:
    def epoch(seed: int, number: int, start: int = 0) -> list:
        one = samplers.make(name, UNEVEN, batch=8, seed=seed)
        one.set_epoch(number, start=start)
        return list(one)

    first = epoch(1, 4)
    assert epoch(1, 4) == first
    assert epoch(1, 4, start=3) == first[3:]
    assert epoch(1, 4, start=len(first)) == []
    assert epoch(1, 5) != first
    assert epoch(2, 4) != first
    seeds = [d.seed for batch in first + epoch(1, 5) for d in batch]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= s < 2**63 for s in seeds)


@pytest.mark.parametrize("name", NAMES)
def test_epochs_are_as_long_as_asked(name: str) -> None:
    assert len(samplers.make(name, UNEVEN, batch=8, seed=0)) == len(UNEVEN) // 8
    longer = samplers.make(name, UNEVEN, batch=8, seed=0, epoch_length=803)
    assert len(rows_of(longer)) == len(longer) == 100
    short = samplers.make(name, UNEVEN, batch=8, seed=0, epoch_length=3)
    assert len(rows_of(short)) == 1


@pytest.mark.parametrize("name", NAMES)
def test_what_is_repeated_is_counted(name: str) -> None:
    one = samplers.make(name, UNEVEN, batch=16, seed=0)
    assert one.repeated == sum(len(row) - len(set(row)) for row in rows_of(one))


def test_a_sampler_is_asked_for_wrongly() -> None:
    with pytest.raises(ValueError, match="did you mean 'camera-aware'"):
        samplers.make("camera", UNEVEN, batch=8, seed=0)
    with pytest.raises(ValueError, match=r"sampler random is called 'epoch_lengths'.*epoch_length"):
        samplers.make("random", UNEVEN, batch=8, seed=0, epoch_lengths=9)
    with pytest.raises(ValueError, match="batch of 9 is not a multiple of 4"):
        samplers.make("pk", UNEVEN, batch=9, seed=0)
    with pytest.raises(ValueError, match="batch of 8 in blocks of 4 is not to be cut into 4"):
        samplers.make("pk", UNEVEN, batch=8, seed=0, world=4)
    with pytest.raises(ValueError, match="rank is 2"):
        samplers.make("random", UNEVEN, batch=8, seed=0, rank=2, world=2)
    with pytest.raises(ValueError, match=r"start is 10, expected one in 0\.\.9"):
        samplers.make("random", UNEVEN, batch=8, seed=0).set_epoch(0, start=10)
    with pytest.raises(ValueError, match="epoch of 0 pictures"):
        samplers.make("random", UNEVEN, batch=8, seed=0, epoch_length=0)
    with pytest.raises(DataError, match="needs 13 identities but the training data has 12"):
        samplers.make("pk", UNEVEN, batch=26, seed=0, k=2)


# ---- the deck that they deal from


@given(st.integers(1, 9), st.lists(st.integers(1, 20), max_size=12), st.integers(0, 99))
def test_a_deck_deals_every_card_before_any_again(n: int, hands: list[int], seed: int) -> None:
    deck = Deck(range(n), np.random.default_rng(seed))
    dealt: list[int] = []
    for size in hands:
        hand = deck.deal(size)
        assert len(hand) == size
        counts = Counter(hand)
        assert max(counts.values()) - min(counts[c] for c in range(n)) <= 1  # as even as can be
        dealt += hand
    rounds = [dealt[i : i + n] for i in range(0, len(dealt), n)]
    assert all(len(set(some)) == len(some) for some in rounds)


# ---- random


@given(st.integers(2, 40), st.integers(1, 50), st.integers(0, 9))
def test_random_batches_show_every_picture_once(n: int, batch: int, seed: int) -> None:
    one = samplers.make("random", made([1] * n), batch=batch, seed=seed)
    shown = Counter(row for rows in rows_of(one) for row in rows)
    if batch <= n:
        assert set(shown.values()) == {1}
        assert n - len(shown) == n % batch
    else:
        assert max(shown.values()) - min(shown[i] for i in range(n)) <= 1


# ---- by identity


@given(st.lists(st.integers(1, 9), min_size=4, max_size=15), st.integers(1, 6), st.integers(0, 9))
def test_p_identities_with_k_pictures_each(counts: list[int], k: int, seed: int) -> None:
    pictures = made(counts)
    one = samplers.make("pk", pictures, batch=4 * k, seed=seed, k=k, epoch_length=200)
    shown: Counter[int] = Counter()
    for rows in rows_of(one):
        blocks = [rows[i : i + k] for i in range(0, len(rows), k)]
        people = [set(pictures.labels[block].tolist()) for block in blocks]
        assert all(len(who) == 1 for who in people)
        assert len(set.union(*people)) == 4
        for block in blocks:
            there = counts[pictures.labels[block[0]]]
            assert len(set(block)) == min(k, there)
            assert max(Counter(block).values()) == -(-k // there)
        shown.update(rows)
    by_person = [
        [shown[r] for r in np.flatnonzero(pictures.labels == i)] for i in range(len(counts))
    ]
    assert all(max(own) - min(own) <= 1 for own in by_person)
    totals = [sum(own) // k for own in by_person]
    assert max(totals) - min(totals) <= 1
    lacking = sum(n * max(0, k - c) for n, c in zip(totals, counts, strict=True))
    assert one.repeated == lacking


def test_classes_are_balanced() -> None:
    pictures = made([1, 30, 5])
    one = samplers.make("class-balanced", pictures, batch=12, seed=0, epoch_length=120)
    for rows in rows_of(one):
        assert np.bincount(pictures.labels[rows]).tolist() == [4, 4, 4]
    shown = Counter(row for rows in rows_of(one) for row in rows)
    assert sum(shown[r] for r in range(1, 31)) == 40
    assert {shown[r] for r in range(1, 31)} == {1, 2}
    assert {shown[r] for r in range(31, 36)} == {8}


# ---- by camera


def test_identities_are_shown_by_as_many_cameras_as_can_be() -> None:
    labels = np.repeat([0, 1, 2], [10, 6, 2])
    cameras = np.array([0] * 7 + [1, 2, 2] + [3] * 5 + [4] + [0, 1])
    pictures = Pictures(
        tuple(Path(str(i)) for i in range(18)), labels, cameras, np.zeros(18, int), ("a", "b", "c")
    )
    one = samplers.make("camera-aware", pictures, batch=12, seed=0, epoch_length=1200)
    rows = np.array(rows_of(one)).reshape(-1, 4)
    for block in rows:
        person = labels[block[0]]
        assert set(labels[block]) == {person}
        match person:
            case 0:  # seven, one and two pictures
                assert len(set(block)) == 4
                assert set(cameras[block]) == {0, 1, 2}
            case 1:  # five and one: the one is not shown twice
                assert len(set(block)) == 4
                assert sorted(cameras[block]) == [3, 3, 3, 4]
            case 2:
                assert sorted(cameras[block]) == [0, 0, 1, 1]
    shown = Counter(rows.ravel().tolist())
    assert max(shown[r] for r in range(7)) - min(shown[r] for r in range(7)) <= 1


def test_identities_of_a_batch_share_a_camera() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(60), 6)
    cameras = np.repeat(rng.integers(0, 12, (60, 2)), 3, axis=1).ravel()  # each by two of twelve
    n = len(labels)
    names = tuple(map(str, range(60)))
    pictures = Pictures(
        tuple(Path(str(i)) for i in range(n)), labels, cameras, np.zeros(n, int), names
    )

    def sharing(name: str) -> float:
        one = samplers.make(name, pictures, batch=16, seed=0, epoch_length=3600)
        people = [np.unique(labels[rows]) for rows in rows_of(one)]
        assert all(len(who) == 4 for who in people)
        often = np.bincount(np.concatenate(people), minlength=60)
        assert often.max() - often.min() <= 1
        at = [{int(p) for p in labels[cameras == c]} for c in range(12)]
        return float(np.mean([max(len(at[c] & set(who)) for c in range(12)) for who in people]))

    assert sharing("camera-aware") > 3.2
    assert sharing("pk") < 2.6


def test_the_camera_that_they_share_comes_first() -> None:
    pictures = made([6] * 8)
    cameras = np.where(np.arange(48) % 2, 0, 1 + pictures.labels)  # camera 0, and one's own
    shared = Pictures(pictures.paths, pictures.labels, cameras, pictures.domains, pictures.names)
    one = samplers.make("camera-aware", shared, batch=4, seed=0, k=1)
    assert not cameras[one.rows].any()


def test_cameras_must_be_known() -> None:
    with pytest.raises(DataError, match="Nothing is known about cameras"):
        samplers.make("camera-aware", made([4] * 6, cameras=[-1]), batch=8, seed=0)
    samplers.make("camera-aware", made([4] * 6, cameras=[-1, 3]), batch=8, seed=0)


# ---- by domain


def test_a_batch_is_of_one_data_set() -> None:
    pictures = made([4, 12] * 6, domains=2)
    one = samplers.make("domain-aware", pictures, batch=16, seed=0, epoch_length=640)
    domains = pictures.domains[np.array(rows_of(one))]
    assert (domains == domains[:, :1]).all()
    assert np.bincount(domains[:, 0]).tolist() == [10, 30]  # as they have pictures
    assert 0 < domains[:10, 0].sum() < 10  # mixed over the epoch


def test_a_fixed_mix_of_data_sets() -> None:
    pictures = made([6] * 18, domains=3)
    one = samplers.make("domain-aware", pictures, batch=20, seed=0, k=2, mix=[0.5, 0.25, 0.25])
    firsts = []
    for rows in rows_of(one):
        people = pictures.domains[rows[::2]]
        assert len(set(pictures.labels[rows])) == 10
        assert np.bincount(people).tolist() == [5, 3, 2]
        firsts.append(int(people[0]))
    assert len(set(firsts)) > 1  # every rank's part of a batch is mixed


def test_mixes_that_are_not_possible() -> None:
    pictures = made([6] * 12, domains=3)
    for mix in ([1.0], [0.5, 0.5, -1], [0, 0, 0]):
        with pytest.raises(ValueError, match="a share for each of 3 data sets"):
            samplers.make("domain-aware", pictures, batch=8, seed=0, mix=mix)
    with pytest.raises(DataError, match="needs 5 identities but data set 0 has 4"):
        samplers.make("domain-aware", pictures, batch=20, seed=0)
