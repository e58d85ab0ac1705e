"""The index against a plain matrix product, its removals and its cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.errors import ModelMismatch
from reid_core.search.index import Stamp, VectorIndex, cached

STAMP = Stamp("m", "face", 7)


def unit(n: int, dim: int = 8, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@settings(max_examples=40)
@given(st.integers(1, 60), st.integers(1, 70), st.integers(0, 9), st.data())
def test_equals_sorting_the_matrix_product(n, k, seed, data) -> None:
    vectors, queries = unit(n, seed=seed), unit(3, seed=seed + 100)
    ids = np.random.default_rng(seed).choice(2**62, n, replace=False).astype(np.int64)
    index = VectorIndex(ids, vectors, model="m")
    gone = data.draw(st.lists(st.sampled_from(ids.tolist()), unique=True, max_size=n))
    assert index.remove(np.array(gone, np.int64)) == len(gone)
    left = ~np.isin(ids, gone)
    scores, found = index.search(queries, k=k, model="m")
    expected = queries @ vectors[left].T
    assert scores.shape == (3, min(k, left.sum()))
    for row in range(3):
        order = np.argsort(-expected[row])[:k]
        np.testing.assert_allclose(scores[row], expected[row][order], atol=1e-5)
        assert set(found[row]) <= set(ids[left])


def test_among_looks_only_at_those() -> None:
    ids = np.arange(100, dtype=np.int64) + 2**60
    index = VectorIndex(ids, unit(100), model="m")
    wanted = np.array([ids[3], ids[50], 12345], np.int64)
    scores, found = index.search(unit(1, seed=5), k=10, model="m", among=wanted)
    assert sorted(found[0].tolist()) == [ids[3], ids[50]]
    assert scores.shape == (1, 2)
    assert index.search(unit(1), k=3, model="m", among=wanted[:0])[1].shape == (1, 0)


def test_another_models_vectors_are_refused() -> None:
    index = VectorIndex(np.arange(3), unit(3), model="m")
    with pytest.raises(ModelMismatch, match="other"):
        index.search(unit(1), k=1, model="other")
    with pytest.raises(ModelMismatch):
        index.search(unit(1, dim=4), k=1, model="m")


def test_an_empty_index_finds_nothing() -> None:
    index = VectorIndex(np.zeros(0, np.int64), np.zeros((0, 8), np.float32), model="m")
    assert index.search(unit(2), k=5, model="m")[0].shape == (2, 0)


def test_the_cache_is_used_while_current_and_only_then(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "face.faiss"
    loads = []

    def load() -> tuple[np.ndarray, np.ndarray]:
        loads.append(1)
        return np.arange(20, dtype=np.int64), unit(20)

    first = cached(path, STAMP, load)
    second = cached(path, STAMP, load)
    assert len(loads) == 1
    np.testing.assert_array_equal(
        first.search(unit(1, seed=3), k=5, model="m")[1],
        second.search(unit(1, seed=3), k=5, model="m")[1],
    )
    cached(path, Stamp("m", "face", 8), load)
    assert len(loads) == 2


@pytest.mark.parametrize("damage", [b"", b"garbage" * 10])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "face.faiss"
    load = lambda: (np.arange(20, dtype=np.int64), unit(20))  # noqa: E731
    cached(path, STAMP, load)
    path.write_bytes(damage)
    assert VectorIndex.load(path, STAMP) is None
    assert len(cached(path, STAMP, load)) == 20
