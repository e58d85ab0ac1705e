"""Ranking against a slow loop, scikit-learn and answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from reid_core.errors import EvaluationError, TooFewPairs
from reid_core.evaluate import retrieval
from reid_core.evaluate.retrieval import (
    Plan,
    Shots,
    leave_one_out,
    plan,
    rank,
    rank_scores,
    recall_at,
)


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


def test_with_junk_against_scikit_learn() -> None:
    # scikit-learn knows no junk, so it is given the gallery without
    query, qi, qc = made(17, 6)
    gallery, gi, gc = made(60, 7)
    each = []
    for v, one, camera in zip(query, qi, qc, strict=True):
        counts = (gi != one) | (gc != camera)
        each.append(average_precision_score(gi[counts] == one, gallery[counts] @ v))
    got = rank(query, gallery, query_ids=qi, gallery_ids=gi, query_cameras=qc, gallery_cameras=gc)
    assert got.mAP == pytest.approx(np.mean(each))


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


def slow_recall(vectors: np.ndarray, ids: np.ndarray, k: int) -> float:
    """How many find one of their own among their k nearest, of those that have one."""
    hits, n = 0, 0
    for i, v in enumerate(vectors):
        others = [j for j in range(len(ids)) if j != i]
        if not any(ids[j] == ids[i] for j in others):
            continue
        n += 1
        hits += any(ids[j] == ids[i] for j in sorted(others, key=lambda j: -(v @ vectors[j]))[:k])
    return hits / n


def test_recall_at_against_a_slow_loop() -> None:
    vectors, ids, _ = made(60, 8)
    ids[0] = 99  # alone
    got = recall_at(vectors, ids)
    assert list(got) == [1, 2, 4, 8]
    assert got == pytest.approx({k: slow_recall(vectors, ids, k) for k in got})
    assert 0 < got[1] < got[2] < got[8]
    assert recall_at(vectors, ids, [100]) == {100: 1.0}
    for bad in ([], [0, 1]):
        with pytest.raises(ValueError, match="ks is"):
            recall_at(vectors, ids, bad)


def test_any_similarity_can_be_ranked_by() -> None:
    query, qi, _ = made(9, 9)
    gallery, gi, _ = made(30, 10)
    plain = rank(query, gallery, query_ids=qi, gallery_ids=gi)
    distance = ((query[:, None] - gallery) ** 2).sum(2)
    got = rank_scores(lambda part: -distance[part], query_ids=qi, gallery_ids=gi, protocol="mine")
    assert (got.mAP, got.mINP, got.protocol) == (plain.mAP, plain.mINP, "mine")
    with pytest.raises(ValueError, match="finite"):
        rank_scores(lambda part: distance[part] * np.nan, query_ids=qi, gallery_ids=gi)


def shots(cameras: list[int], sequences: list[int], frames: list[int]) -> Shots:
    return Shots(np.array(cameras), np.array(sequences), np.array(frames))


def walked(n: int, seed: int, cameras: int) -> tuple[np.ndarray, np.ndarray, Shots]:
    """Vectors, identities and shots of two sequences a camera."""
    rng = np.random.default_rng(seed + 100)
    vectors, ids, _ = made(n, seed)
    where = [rng.integers(0, high, n) for high in (cameras, 2, 100)]
    return vectors, ids, Shots(*where)


def planned(vectors: np.ndarray, ids: np.ndarray, how: Plan) -> retrieval.Ranking:
    return rank_scores(
        lambda part: vectors[how.queries[part]] @ vectors[how.gallery].T,
        query_ids=ids[how.queries],
        gallery_ids=ids[how.gallery],
        junk=how.junk,
        protocol=how.protocol,
    )


def slow_gap(vectors: np.ndarray, ids: np.ndarray, s: Shots, gap: int, how: Plan) -> float:
    """mAP with one loop over queries and one over the sorted gallery."""
    precisions = []
    for q in how.queries:
        hits, seen, found = 0, 0, []
        for g in sorted(how.gallery, key=lambda g: -(vectors[q] @ vectors[g])):
            together = s.cameras[q] == s.cameras[g] and s.sequences[q] == s.sequences[g]
            near = together and abs(int(s.frames[q]) - int(s.frames[g])) <= gap
            if ids[g] == ids[q] and (near or g == q):
                continue
            seen += 1
            if ids[g] == ids[q]:
                hits += 1
                found.append(hits / seen)
        if found:
            precisions.append(sum(found) / len(found))
    return sum(precisions) / len(precisions)


@pytest.mark.parametrize("cells", [1, 1 << 22])
@pytest.mark.parametrize(("cameras", "gap"), [(1, 0), (1, 30), (3, 30), (3, 200)])
def test_a_time_gap_against_a_slow_loop(
    cameras: int, gap: int, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrieval, "CELLS", cells)
    vectors, ids, s = walked(80, 11, cameras)
    how = plan(ids, s, same_camera_junk=False, time_gap=gap)
    got = planned(vectors, ids, how)
    assert got.mAP == pytest.approx(slow_gap(vectors, ids, s, gap, how))
    assert f"same sequence within {gap} frames left out" in got.protocol
    assert how.is_whole == (cameras == 1)


def test_a_time_gap_by_hand() -> None:
    # one camera; for the first, the second is too near, the fourth is in another sequence
    s = shots([1, 1, 1, 1], [1, 1, 1, 2], [10, 15, 16, 12])
    how = plan(np.array([7, 7, 7, 7]), s, time_gap=5)
    assert how.junk[-1](slice(0, 1)).tolist() == [[True, True, False, False]]
    with pytest.raises(ValueError, match="gap is -1"):
        plan(np.array([7, 7, 7, 7]), s, time_gap=-1)


def test_several_cameras_with_and_without_junk() -> None:
    vectors, ids, s = walked(80, 12, 3)
    cross, all_ = plan(ids, s), plan(ids, s, same_camera_junk=False)
    assert cross.queries.tolist() == all_.queries.tolist()
    # the first of each identity in each camera
    firsts = {}
    for row, key in enumerate(zip(ids.tolist(), s.cameras.tolist(), strict=True)):
        firsts.setdefault(key, row)
    assert cross.queries.tolist() == sorted(firsts.values())
    assert sorted([*cross.queries, *cross.gallery]) == list(range(80))
    a, b = cross.queries, cross.gallery
    expected = rank(
        vectors[a],
        vectors[b],
        query_ids=ids[a],
        gallery_ids=ids[b],
        query_cameras=s.cameras[a],
        gallery_cameras=s.cameras[b],
    )
    assert planned(vectors, ids, cross).mAP == expected.mAP
    kept = rank(vectors[a], vectors[b], query_ids=ids[a], gallery_ids=ids[b])
    assert planned(vectors, ids, all_).mAP == kept.mAP
    assert cross.protocol.startswith("cross-camera: one query per identity and camera, all other")
    assert cross.protocol.endswith("same identity in same camera left out")
    assert all_.protocol.startswith("within and across cameras: one query")


def test_with_the_same_camera_kept_its_pictures_are_enough() -> None:
    # nobody is in two cameras, but everybody twice in one
    ids, s = np.array([1, 1, 2, 2]), shots([1, 1, 2, 2], [0] * 4, [0] * 4)
    assert plan(ids, s, same_camera_junk=False).gallery.tolist() == [1, 3]
    assert plan(ids, s).gallery.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("junk", [True, False])
def test_a_query_never_finds_itself_where_all_are_the_gallery(junk: bool) -> None:
    # one picture of each in each camera: without them as gallery nobody could be found
    ids, cameras = np.array([1, 1, 2, 2]), [1, 2, 1, 2]
    how = plan(ids, shots(cameras, [0] * 4, [0] * 4), same_camera_junk=junk)
    assert how.gallery.tolist() == [0, 1, 2, 3]
    vectors = line(1.0, -0.2, 0.9, 0.8)
    assert planned(vectors, ids, how).cmc[0] < 1.0
    assert not how.is_whole


def test_without_cameras_every_picture_is_searched_among_all_others() -> None:
    vectors, ids, _ = made(40, 13)
    how = plan(ids, None)
    assert planned(vectors, ids, how).mAP == leave_one_out(vectors, ids).mAP
    assert how.protocol == "no cameras, leave one out: every picture against all others"
    assert how.is_whole


def test_time_gaps_that_cannot_be_applied_are_said_so() -> None:
    ids = np.array([1, 1, 2, 2])
    with pytest.raises(EvaluationError, match="add --keep-same-camera"):
        plan(ids, shots([1, 2, 1, 2], [1] * 4, [1] * 4), time_gap=5)
    with pytest.raises(EvaluationError, match=r"The names of 2 pictures say no .* frame"):
        plan(ids, shots([1] * 4, [1, -1, -1, 1], [1, -1, -1, 1]), time_gap=5)
    with pytest.raises(EvaluationError, match="The names say no"):
        plan(ids, None, time_gap=5)
