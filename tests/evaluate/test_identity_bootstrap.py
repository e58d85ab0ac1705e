"""The bootstrap over identities against one written out, and whether it keeps its promise."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from reid_core.evaluate import allpairs, curves, identity_bootstrap
from reid_core.evaluate.allpairs import Rows
from reid_core.evaluate.intervals import clopper_pearson, percentiles


def made(seed: int, people: int = 25, each: int = 4, dim: int = 6) -> Rows:
    """People of whom some are harder than others, which is what makes pairs depend."""
    rng = np.random.default_rng(seed)
    ids = np.repeat(np.arange(people), each)
    noise = rng.gamma(3, 0.2, people)[ids, None]
    vectors = rng.normal(size=(people, dim))[ids] + noise * rng.normal(size=(len(ids), dim))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Rows(vectors.astype(np.float32), ids, np.ones(len(ids), bool))


def written_out(rows: Rows, drawn: np.ndarray, far: float) -> float:
    """TAR in one draw: every pair as often as its people were drawn."""
    genuine, impostor = [], []
    for i, j in combinations(range(len(rows.ids)), 2):
        score, a, b = rows.vectors[i] @ rows.vectors[j], rows.ids[i], rows.ids[j]
        if a == b:
            genuine += [score] * int(drawn[a])
        else:
            impostor += [score] * int(drawn[a] * drawn[b])
    impostor.sort(reverse=True)
    allowed = int(far * len(impostor) + 1e-9)
    return float(np.mean([s > impostor[allowed] for s in genuine]))


@pytest.mark.parametrize("far", [0.01, 0.1, 0.3])
def test_a_draw_is_as_if_its_people_were_there_so_often(far: float) -> None:
    rows = made(0, people=12)
    people = identity_bootstrap.people(rows, allpairs.count(rows), far=far)
    for drawn in [np.ones(12), *identity_bootstrap.draws(12, rounds=4)]:
        got = identity_bootstrap.tars(people, drawn, [far])[0]
        assert got == pytest.approx(written_out(rows, drawn, far), abs=1e-9)


def test_the_best_impostors_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity_bootstrap, "LEAST", 0)
    rows = made(1)
    counted = allpairs.count(rows)
    whole = identity_bootstrap.people(rows, counted, far=1.0)
    some = identity_bootstrap.people(rows, counted, far=0.02)
    assert whole.whole
    assert not some.whole
    assert len(some.impostors) < len(whole.impostors) / 10
    for drawn in identity_bootstrap.draws(25, rounds=20):
        a, b = (identity_bootstrap.tars(p, drawn, [0.01])[0] for p in (whole, some))
        assert a == pytest.approx(b, abs=1e-9)


def test_a_sample_hardly_changes_the_interval() -> None:
    rows = made(2, people=60)
    counted = allpairs.count(rows)
    ends = []
    for keep in (10**6, 8000):
        people = identity_bootstrap.people(rows, counted, far=0.1, keep=keep)
        drawn = [
            identity_bootstrap.tars(people, w, [0.1])[0]
            for w in identity_bootstrap.draws(60, rounds=300)
        ]
        ends.append(percentiles(np.array(drawn)))
    np.testing.assert_allclose(ends[0], ends[1], atol=0.02)


def test_draws_are_of_everybody_and_repeat_with_their_seed() -> None:
    a, b, c = (np.array(list(identity_bootstrap.draws(9, rounds=5, seed=s))) for s in (1, 1, 2))
    assert (a.sum(axis=1) == 9).all()
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()


def test_a_draw_without_pairs_is_no_answer() -> None:
    rows = made(3, people=5)
    people = identity_bootstrap.people(rows, allpairs.count(rows), far=0.1)
    one = np.array([5.0, 0, 0, 0, 0])  # one person alone makes no impostor
    assert np.isnan(identity_bootstrap.tars(people, one, [0.1])).all()


def test_where_no_draw_can_differ_the_bound_is_the_exact_one() -> None:
    assert identity_bootstrap.share_interval(np.ones(50), 1.0, units=10) == (
        clopper_pearson(10, 10)[0],
        1,
    )
    assert identity_bootstrap.share_interval(np.zeros(50), 0.0, units=10) == (
        0,
        clopper_pearson(0, 10)[1],
    )
    assert identity_bootstrap.share_interval(np.full(5, np.nan), 0.4, units=10) == (0, 1)
    # percentiles that miss the value are stretched to it
    assert identity_bootstrap.share_interval(np.full(50, 0.4), 0.5, units=10) == (0.4, 0.5)


def test_intervals_keep_their_promise_where_pairwise_ones_do_not() -> None:
    """Of simulated sets 95 % should hold the truth; with 40 of them, 33 or fewer would be news."""
    people, far, n = 40, 0.1, 40
    large = made(99, people=1500)
    counted = allpairs.count(large)
    threshold = curves.points(large, counted, ["0.1"]).thresholds["0.1"]
    truth = float(np.mean(counted.genuine.scores >= threshold))
    held = pairwise = 0
    for seed in range(n):
        rows = made(seed, people=people)
        counted = allpairs.count(rows)
        at = curves.points(rows, counted, ["0.1"]).thresholds["0.1"]
        hits = int(np.count_nonzero(counted.genuine.scores >= at))
        value = hits / len(counted.genuine)
        some = identity_bootstrap.people(rows, counted, far=far)
        drawn = [
            identity_bootstrap.tars(some, w, [far])[0]
            for w in identity_bootstrap.draws(people, rounds=150)
        ]
        low, high = identity_bootstrap.share_interval(np.array(drawn), value, units=people)
        held += low <= truth <= high
        low, high = clopper_pearson(hits, len(counted.genuine))
        pairwise += low <= truth <= high
    assert held >= 34
    assert pairwise < held
