"""Large libraries: the approximate index against plain products, and its way back to exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reid_core.search import index as indexing
from reid_core.search import recall
from reid_core.search.index import Manner, Stamp, VectorIndex, cached
from reid_core.search.recall import nearest, sample, share_found

STAMP = Stamp("m", "face", 7)


def people(n: int, *, each: int = 25, dim: int = 32, seed: int = 0) -> np.ndarray:
    """Unit vectors of n looks, `each` of one person, as tracklets of footage are."""
    dice = np.random.default_rng(seed)
    rows = np.repeat(dice.normal(size=(-(-n // each), dim)), each, axis=0)[:n]
    rows = rows + 0.4 * dice.normal(size=rows.shape)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def noise(n: int, dim: int = 32) -> np.ndarray:
    rows = np.random.default_rng(1).normal(size=(n, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def ids_of(n: int) -> np.ndarray:
    return np.random.default_rng(5).choice(2**62, n, replace=False).astype(np.int64)


def fitted(vectors: np.ndarray, **how: float) -> VectorIndex:
    return VectorIndex.fitting(ids_of(len(vectors)), vectors, model="m", exact_up_to=100, **how)


@pytest.mark.parametrize("form", [np.float32, np.float16])
@pytest.mark.parametrize("k", [1, 7, 500])
def test_nearest_is_sorting_the_whole_matrix(
    form: type, k: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(recall, "BLOCK", 64)
    people(300).astype(form).tofile(tmp_path / "rows")
    rows = np.memmap(tmp_path / "rows", form, "r", shape=(300, 32))
    scores, places = nearest(people(5, seed=3), rows, k=k)
    expected = people(5, seed=3) @ np.asarray(rows, np.float32).T
    assert scores.shape == places.shape == (5, min(k, 300))
    order = np.argsort(-expected, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(places, order)
    np.testing.assert_allclose(scores, np.take_along_axis(expected, order, 1), atol=1e-6)


def test_the_share_found_is_counted_without_order() -> None:
    truth = np.array([[1, 2, 3, 4], [5, 6, 7, 8]])
    assert share_found(np.array([[4, 3, 9], [5, 0, 0]]), truth) == 3 / 8
    assert share_found(np.zeros((2, 0)), truth) == 0
    assert share_found(np.zeros((2, 3)), np.zeros((2, 0))) == 1


@pytest.mark.parametrize(("target", "each"), [(0.2, 5), (indexing.TARGET, 25)])
def test_the_recall_that_is_told_is_that_of_a_slow_loop(target: float, each: int) -> None:
    vectors, ids = people(4000, each=each), ids_of(4000)
    index = fitted(vectors, target=target, most=1.0)
    manner = index.manner
    assert manner.sort == "approximate"
    assert 0 < manner.probes <= round(4000**0.5)
    hits = total = 0
    for row in sample(4000).tolist():
        scores = vectors @ vectors[row]
        scores[row] = -9
        right = set(ids[np.argsort(-scores)[:20]].tolist())
        _, found = index.search(vectors[row : row + 1], k=21, model="m")
        hits += len(right & set(found[0].tolist()))
        total += 20
    assert manner.recall == pytest.approx(hits / total, abs=1e-4)
    assert manner.recall >= target


def test_what_is_found_is_found_in_falling_order_with_true_scores() -> None:
    vectors, ids = people(4000), ids_of(4000)
    scores, found = fitted(vectors).search(vectors[:3], k=20, model="m")
    assert (np.diff(scores, axis=1) <= 0).all()
    rows = [[int(np.flatnonzero(ids == i)[0]) for i in line] for line in found]
    for query, line, told in zip(vectors[:3], rows, scores, strict=True):
        np.testing.assert_allclose(told, vectors[line] @ query, atol=2e-3)  # held as float16


def test_a_bad_index_gives_way_to_an_exact_one() -> None:
    """Noise has no clusters, and one cluster looked through finds little of it."""
    vectors = noise(4000)
    index = fitted(vectors, most=8 / 63)
    assert index.manner.sort == "exact"
    assert index.manner.given_up is not None
    assert index.manner.given_up < 0.9
    assert index.manner.recall > 0.995  # float16 may turn two round that are the same
    expected = vectors[:4] @ vectors.T
    scores, _ = index.search(vectors[:4], k=10, model="m")
    np.testing.assert_allclose(scores, -np.sort(-expected, axis=1)[:, :10], atol=2e-3)


def test_small_libraries_are_exact_and_not_rounded() -> None:
    index = VectorIndex.fitting(ids_of(500), people(500), model="m")
    assert index.manner == Manner("exact", 1.0, None, False, 0)


def test_middling_ones_are_exact_and_rounded() -> None:
    vectors, ids = people(4000), ids_of(4000)
    index = VectorIndex.fitting(ids, vectors, model="m", plain_up_to=100)
    assert (index.manner.sort, index.manner.is_rounded) == ("exact", True)
    assert index.manner.given_up is None
    assert index.manner.recall > 0.995
    assert set(index.ids().tolist()) == set(ids.tolist())


@pytest.mark.parametrize("make", [people, noise])
def test_what_is_removed_is_never_found(make, tmp_path: Path) -> None:
    vectors, ids = make(4000), ids_of(4000)
    index = fitted(vectors, most=8 / 63)
    gone = ids[::3]
    assert index.remove(gone) == len(gone)
    assert len(index) == 4000 - len(gone)
    _, found = index.search(vectors[:30], k=300, model="m")
    assert not np.isin(found, gone).any()
    index.save(tmp_path / "i.faiss", STAMP)
    data = (tmp_path / "i.faiss").read_bytes()
    assert vectors[0].astype(np.float16).tobytes() not in data
    assert vectors[1].astype(np.float16).tobytes() in data


def test_more_than_the_clusters_hold_is_found_all_the_same() -> None:
    vectors = people(4000)
    index = fitted(vectors)
    assert index.search(vectors[:2], k=3500, model="m")[1].shape == (2, 3500)


def test_among_looks_everywhere() -> None:
    """The wanted ones may lie in clusters that are not near."""
    vectors, ids = people(4000), ids_of(4000)
    scores = vectors @ vectors[0]
    far = np.argsort(-scores)[600:]
    told, found = fitted(vectors).search(vectors[:1], k=40, model="m", among=ids[far])
    assert set(found[0].tolist()) <= set(ids[far].tolist())
    np.testing.assert_allclose(told[0], scores[far[:40]], atol=2e-3)


def test_the_cache_keeps_the_manner(tmp_path: Path) -> None:
    path, loads = tmp_path / "face.faiss", []

    def load() -> tuple[np.ndarray, np.ndarray]:
        loads.append(1)
        return ids_of(4000), people(4000)

    def keep(stamp: Stamp) -> VectorIndex:
        return cached(path, stamp, load, exact_up_to=100)

    first, second = keep(STAMP), keep(STAMP)
    assert len(loads) == 1
    assert second.manner == first.manner
    assert second.manner.sort == "approximate"
    asked = people(4, seed=9)
    for one, two in zip(*(i.search(asked, k=9, model="m") for i in (first, second)), strict=True):
        np.testing.assert_array_equal(one, two)
    keep(Stamp("m", "face", 8))
    path.write_bytes(path.read_bytes()[:-100])
    keep(Stamp("m", "face", 8))
    path.with_suffix(".json").write_text('{"model": "m", "kind": "face", "generation": 8}')
    keep(Stamp("m", "face", 8))
    assert len(loads) == 4
