"""Ranking against a slow loop, scikit-learn and answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from reid_core.errors import TooFewPairs
from reid_core.evaluate import retrieval
from reid_core.evaluate.retrieval import leave_one_out, rank


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def made(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors, identities and cameras that have something to do with one another."""
    rng = np.random.default_rng(seed)
    ids, cameras = rng.integers(0, 6, n), rng.integers(1, 4, n)
    return unit(rng.normal(size=(6, 8))[ids] + rng.normal(size=(n, 8))), ids, cameras


def slow(
    similar: np.ndarray, q: tuple[np.ndarray, np.ndarray], g: tuple[np.ndarray, np.ndarray]
) -> tuple[list[float], float, float, int]:
    """CMC, mAP, mINP and the number of queries by walking down every list."""
    cmc, precisions, inverse = [0] * 20, [], []
    for row in range(len(similar)):
        walk = sorted(range(similar.shape[1]), key=lambda j: -similar[row, j])
        seen, hits, at = 0, 0, []
        for j in walk:
            if g[0][j] == q[0][row] and g[1][j] == q[1][row]:
                continue
            seen += 1
            if g[0][j] == q[0][row]:
                hits += 1
                at.append((hits, seen))
        if not at:
            continue
        for r in range(at[0][1], 21):
            cmc[r - 1] += 1
        precisions.append(sum(h / s for h, s in at) / len(at))
        inverse.append(at[-1][0] / at[-1][1])
    n = len(precisions)
    return [c / n for c in cmc], sum(precisions) / n, sum(inverse) / n, n


@pytest.mark.parametrize("cells", [1, 100, 1 << 22])
def test_against_a_slow_loop(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval, "CELLS", cells)  # however the work is cut into blocks
    query, qi, qc = made(17, 1)
    gallery, gi, gc = made(60, 2)
    got = rank(query, gallery, query_ids=qi, gallery_ids=gi, query_cameras=qc, gallery_cameras=gc)
    cmc, mean, inverse, n = slow(query @ gallery.T, (qi, qc), (gi, gc))
    assert got.cmc == pytest.approx(cmc)
    assert (got.mAP, got.mINP, got.queries) == pytest.approx((mean, inverse, n))


def test_without_cameras_against_scikit_learn() -> None:
    query, qi, qc = made(17, 3)
    gallery, gi, gc = made(60, 4)
    expected = np.mean(
        [average_precision_score(gi == one, gallery @ v) for v, one in zip(query, qi, strict=True)]
    )
    got = rank(query, gallery, query_ids=qi, gallery_ids=gi)
    assert got.mAP == pytest.approx(expected)
    switched_off = rank(
        query,
        gallery,
        query_ids=qi,
        gallery_ids=gi,
        query_cameras=qc,
        gallery_cameras=gc,
        same_camera_junk=False,
    )
    assert switched_off.mAP == pytest.approx(expected)
    assert "every gallery picture counts" in switched_off.protocol


def line(*similarities: float) -> np.ndarray:
    """Unit vectors with these similarities to (1, 0)."""
    s = np.array(similarities)
    return np.stack([s, np.sqrt(1 - s * s)], 1).astype(np.float32)


def test_by_hand() -> None:
    # Query: person 1 in camera 1. In order of similarity the gallery is
    #   person 1 camera 1 (junk), person 2, person 1 camera 2, person 3, person 1 camera 3.
    # Without the junk the matches are at places 2 and 4: first match at 2,
    # AP = (1/2 + 2/4) / 2 = 0.5, INP = 2/4.
    got = rank(
        line(1.0),
        line(0.9, 0.8, 0.7, 0.6, 0.5),
        query_ids=np.array([1]),
        gallery_ids=np.array([1, 2, 1, 3, 1]),
        query_cameras=np.array([1]),
        gallery_cameras=np.array([1, 1, 2, 2, 3]),
        ranks=3,
    )
    assert got.cmc.tolist() == [0, 1, 1]
    assert (got.mAP, got.mINP, got.queries, got.without_match) == (0.5, 0.5, 1, 0)
    assert "same identity in same camera left out" in got.protocol


def test_another_person_in_the_same_camera_is_wrong_not_junk() -> None:
    got = rank(
        line(1.0),
        line(0.9, 0.5),
        query_ids=np.array([1]),
        gallery_ids=np.array([2, 1]),
        query_cameras=np.array([1]),
        gallery_cameras=np.array([1, 2]),
    )
    assert got.mAP == 0.5


def test_an_embedder_that_says_the_same_of_everybody_gets_no_credit() -> None:
    same = np.tile(line(1.0), (10, 1))
    ids = np.array([0] * 2 + [1] * 8)
    got = rank(same[:1], same, query_ids=np.array([0]), gallery_ids=ids)
    # the two right ones come after the eight wrong ones: (1/9 + 2/10) / 2
    assert got.mAP == pytest.approx((1 / 9 + 2 / 10) / 2)


def test_leave_one_out_never_finds_the_query_itself() -> None:
    # a and b look alike and are one person; c is alone and has nobody to find
    got = leave_one_out(line(1.0, 0.9, 0.1), np.array([5, 5, 6]))
    assert (got.queries, got.without_match) == (2, 1)
    assert got.cmc[0] == 1.0
    with pytest.raises(TooFewPairs, match="nothing to rank"):
        leave_one_out(line(1.0, 0.9, 0.1), np.array([1, 2, 3]))


def test_leave_one_out_against_a_slow_loop() -> None:
    vectors, ids, _ = made(40, 5)
    each = np.arange(40)
    cmc, mean, inverse, n = slow(vectors @ vectors.T, (ids, each), (ids, each))
    got = leave_one_out(vectors, ids)
    assert got.cmc == pytest.approx(cmc)
    assert (got.mAP, got.mINP, got.queries) == pytest.approx((mean, inverse, n))


@given(st.integers(0, 1000))
def test_the_order_of_the_gallery_does_not_matter(seed: int) -> None:
    query, qi, qc = made(5, seed)
    gallery, gi, gc = made(30, seed + 1)
    # few levels, so that many similarities are equal
    query, gallery = np.round(query), np.round(gallery)
    order = np.random.default_rng(seed).permutation(30)

    def measured(o: np.ndarray) -> list[float]:
        try:
            got = rank(
                query,
                gallery[o],
                query_ids=qi,
                gallery_ids=gi[o],
                query_cameras=qc,
                gallery_cameras=gc[o],
            )
        except TooFewPairs:
            return []
        return [got.mAP, got.mINP, *got.cmc.tolist()]

    assert measured(order) == measured(np.arange(30))


def test_arrays_that_do_not_fit_are_refused() -> None:
    one = line(1.0)
    with pytest.raises(ValueError, match="1 vectors need as many"):
        rank(one, one, query_ids=np.array([1, 2]), gallery_ids=np.array([1]))
    with pytest.raises(ValueError, match="finite"):
        rank(one * np.nan, one, query_ids=np.array([1]), gallery_ids=np.array([1]))


def test_nothing_at_all_is_too_few() -> None:
    none = np.zeros((0, 2), np.float32)
    no_ids = np.zeros(0, np.int64)
    with pytest.raises(TooFewPairs):
        rank(none, none, query_ids=no_ids, gallery_ids=no_ids)
    with pytest.raises(TooFewPairs):
        rank(line(1.0), none, query_ids=np.array([1]), gallery_ids=no_ids)
