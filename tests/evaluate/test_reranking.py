"""k-reciprocal re-ranking and query expansion against slow loops over sets and lists."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.evaluate import rerank, retrieval


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def made(n: int, seed: int, people: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """(n, 8) unit rows around as many centres as there are people, and identities."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, people, n)
    return unit(rng.normal(size=(people, 8))[ids] + 0.7 * rng.normal(size=(n, 8))), ids


def slow_jaccard(x: np.ndarray, k1: int, k2: int, blend: float) -> list[list[float]]:
    """All distances among all pictures, from the paper's definitions, with Python's sets."""
    n = len(x)
    d = [[sum((float(p) - float(q)) ** 2 for p, q in zip(a, b, strict=True)) for b in x] for a in x]
    order = [sorted(range(n), key=lambda j: (j != i, d[i][j])) for i in range(n)]
    d = [[value / max(row) for value in row] for row in d]

    def mutual(i: int, k: int) -> set[int]:
        return {j for j in order[i][: k + 1] if i in order[j][: k + 1]}

    vectors = []
    for i in range(n):
        near = mutual(i, k1)
        wide = set(near)
        for j in near:
            half = mutual(j, round(k1 / 2))
            if 3 * len(half & near) > 2 * len(half):
                wide |= half
        weight = {j: math.exp(-d[i][j]) for j in wide}
        vectors.append({j: w / sum(weight.values()) for j, w in weight.items()})
    if k2 > 1:
        vectors = [
            {j: sum(vectors[o].get(j, 0.0) for o in order[i][:k2]) / k2 for j in range(n)}
            for i in range(n)
        ]

    def one(a: int, b: int) -> float:
        pairs = [(vectors[a].get(j, 0.0), vectors[b].get(j, 0.0)) for j in range(n)]
        jaccard = 1 - sum(map(min, pairs)) / sum(map(max, pairs))
        return (1 - blend) * jaccard + blend * d[a][b]

    return [[one(a, b) for b in range(n)] for a in range(n)]


@pytest.mark.parametrize("cells", [1, 300, 1 << 22])
@pytest.mark.parametrize(("k1", "k2", "blend"), [(20, 6, 0.3), (5, 1, 0.0), (7, 3, 1.0), (1, 2, 0)])
def test_against_a_slow_loop(
    k1: int, k2: int, blend: float, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerank, "CELLS", cells)  # however the work is cut into blocks
    x, _ = made(50, 1)
    expected = np.array(slow_jaccard(x, k1, k2, blend))
    got = rerank.k_reciprocal(x[:12], x[12:], k1=k1, k2=k2, blend=blend)
    assert got == pytest.approx(expected[:12, 12:], abs=2e-5)
    some, others = np.array([40, 3, 17]), np.array([5, 3, 40, 41])
    got = rerank.distances(rerank.encode(x, k1=k1, k2=k2), some, others, blend=blend)
    assert got == pytest.approx(expected[np.ix_(some, others)], abs=2e-5)


def test_the_slow_loop_sees_the_expansion() -> None:
    # without the rule of 2/3 the answer would be another one, so the test above tests it
    x, _ = made(50, 1)
    encoded = rerank.encode(x, k1=20, k2=1)
    nearest, _ = rerank._neighbours(x, 21)
    assert encoded.weights.nnz > rerank._reciprocal(nearest).nnz


def test_an_encoding_adds_up_to_one_and_is_sparse() -> None:
    x, _ = made(300, 2, people=30)
    encoded = rerank.encode(x)
    assert np.asarray(encoded.weights.sum(axis=1)).ravel() == pytest.approx(1, abs=1e-5)
    assert encoded.weights.nnz < 0.5 * 300 * 300


def test_re_ranking_helps_where_people_form_groups() -> None:
    x, ids = made(240, 3, people=12)
    query, gallery = np.arange(60), np.arange(60, 240)
    plain = retrieval.rank(x[query], x[gallery], query_ids=ids[query], gallery_ids=ids[gallery]).mAP
    d = rerank.k_reciprocal(x[query], x[gallery])
    better = retrieval.rank_scores(
        lambda part: -d[part], query_ids=ids[query], gallery_ids=ids[gallery]
    ).mAP
    assert better > plain + 0.05


def test_doubles_of_a_picture_do_not_push_it_out_of_its_own_neighbourhood() -> None:
    same = np.tile(unit(np.ones((1, 4))), (6, 1))
    got = rerank.k_reciprocal(same[:2], same[2:], k1=2, k2=1)
    assert np.isfinite(got).all()
    assert rerank._neighbours(same, 1)[0].ravel().tolist() == [0, 1, 2, 3, 4, 5]


def test_fewer_pictures_than_neighbours() -> None:
    x, _ = made(4, 4)
    assert rerank.k_reciprocal(x[:1], x[1:]) == pytest.approx(
        np.array(slow_jaccard(x, 20, 4, 0.3))[:1, 1:], abs=2e-5
    )
    assert rerank.k_reciprocal(x[:0], x).shape == (0, 4)
    assert rerank.k_reciprocal(x, x[:0]).shape == (4, 0)


def slow_expansion(
    query: np.ndarray, gallery: np.ndarray, n: int, alpha: float, own: list[int] | None
) -> np.ndarray:
    out = []
    for i, q in enumerate(query):
        others = [j for j in range(len(gallery)) if own is None or j != own[i]]
        best = sorted(others, key=lambda j: -float(q @ gallery[j]))[:n]
        total = q.astype(float)
        for j in best:
            total = total + max(float(q @ gallery[j]), 0.0) ** alpha * gallery[j]
        out.append(total / math.sqrt(float(total @ total)))
    return np.array(out)


@pytest.mark.parametrize("cells", [1, 100, 1 << 22])
@pytest.mark.parametrize(("n", "alpha"), [(1, 3.0), (5, 0.0), (5, 3.0), (400, 1.0), (400, 0.0)])
def test_expansion_against_a_slow_loop(
    n: int, alpha: float, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerank, "CELLS", cells)
    x, _ = made(40, 5)
    got = rerank.expand(x[:9], x[9:], n=n, alpha=alpha)
    assert got == pytest.approx(slow_expansion(x[:9], x[9:], n, alpha, None), abs=1e-5)
    own = np.arange(40)
    got = rerank.expand(x, x, n=n, alpha=alpha, own=own)
    assert got == pytest.approx(slow_expansion(x, x, n, alpha, own.tolist()), abs=1e-5)
    assert np.linalg.norm(got, axis=1) == pytest.approx(1, abs=1e-5)


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_the_smallest_are_those_of_a_stable_sort(seed: int, n: int) -> None:
    # few levels, so that many are equal
    values = np.random.default_rng(seed).integers(0, 4, (5, 9)).astype(np.float32)
    expected = [sorted(range(9), key=lambda j: (row[j], j))[:n] for row in values]
    assert rerank._smallest(values, n).tolist() == expected


def test_values_that_make_no_sense_are_refused() -> None:
    x, _ = made(5, 6)
    with pytest.raises(ValueError, match="k1 is 0"):
        rerank.k_reciprocal(x, x, k1=0)
    with pytest.raises(ValueError, match=r"blend is 1\.5"):
        rerank.k_reciprocal(x, x, blend=1.5)
    with pytest.raises(ValueError, match="finite"):
        rerank.encode(x * np.nan)
    with pytest.raises(ValueError, match="no vectors"):
        rerank.encode(x[:0])
    with pytest.raises(ValueError, match="n is 0"):
        rerank.expand(x, x, n=0)
    with pytest.raises(ValueError, match="alpha is -1"):
        rerank.expand(x, x, n=1, alpha=-1)
