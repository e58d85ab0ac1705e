"""An adapter's vectors: made on reading, undone on writing, never mixed with its network's."""

from __future__ import annotations

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from reid_core.adapter import Adapter, from_bytes, identity, is_adapted, network_of
from reid_core.errors import ModelCorrupt, ModelMismatch
from reid_core.library import adapters, models_used, schema, vectors
from reid_core.types import Kind

BASE = "m@1"
ROLE = "face-embedder"


def made(seed: int = 0, dim: int = 16, base: str = BASE) -> Adapter:
    rng = np.random.default_rng(seed)
    weight = np.eye(dim) + 0.1 * rng.normal(size=(dim, dim))
    mean = rng.normal(size=dim)
    mean *= 0.5 / np.linalg.norm(mean)
    return Adapter(base, weight.astype(np.float32), mean.astype(np.float32))


def rows(n: int, dim: int = 16, seed: int = 1) -> np.ndarray:
    x = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_the_way_back_is_the_way_there_reversed(seed: int, dim: int) -> None:
    adapter, x = made(seed, dim), rows(20, dim, seed)
    there = adapter.apply(x)
    np.testing.assert_allclose(np.linalg.norm(there, axis=1), 1, atol=1e-5)
    if np.linalg.cond(adapter.weight) < 100:
        np.testing.assert_allclose(adapter.undo(there), x, atol=1e-4)


def test_an_adapter_is_one_product_of_the_centred_vectors() -> None:
    adapter, x = made(), rows(5)
    slow = np.stack([adapter.weight @ (row - adapter.mean) for row in x])
    slow /= np.linalg.norm(slow, axis=1, keepdims=True)
    np.testing.assert_allclose(adapter.apply(x), slow, atol=1e-6)
    np.testing.assert_allclose(identity(BASE, 16).apply(x), x, atol=1e-6)


def test_its_name_follows_from_all_of_it() -> None:
    names = {made(0).model, made(1).model, made(0, base="n@1").model}
    assert len(names) == 3
    assert made(0).model == made(0).model
    assert network_of(made(0).model) == BASE
    assert is_adapted(made(0).model)
    assert not is_adapted(BASE)


def test_what_is_damaged_is_not_read() -> None:
    one = made()
    weight, mean = one.weight.tobytes(), one.mean.tobytes()
    assert from_bytes(one.model, weight, mean).model == one.model
    nan = np.full(16, np.nan, np.float32).tobytes()
    changed = (one.weight + np.float32(1e-3)).tobytes()
    for parts in ((weight[:-4], mean), (weight, mean[:-4]), (weight, nan), (changed, mean)):
        with pytest.raises(ModelCorrupt, match="damaged"):
            from_bytes(one.model, *parts)


@pytest.mark.parametrize(
    ("weight", "mean"),
    [
        (np.eye(4), np.zeros(5)),
        (np.full((4, 4), np.inf), np.zeros(4)),
        (np.eye(4), np.array([1.0, 0, 0, 0])),
    ],
)
def test_what_is_no_adapter_is_refused(weight: np.ndarray, mean: np.ndarray) -> None:
    with pytest.raises(ValueError):
        Adapter(BASE, weight.astype(np.float32), mean.astype(np.float32))


def test_one_that_cannot_be_undone_is_not_kept(library) -> None:
    flat = np.eye(16, dtype=np.float32)
    flat[3] = flat[2]
    with library.transaction("t") as tx, pytest.raises(ValueError, match="undone"):
        adapters.put(tx, Adapter(BASE, flat, np.zeros(16, np.float32)), Kind.FACE)


def test_vectors_follow_the_adapter_without_a_row_written(library) -> None:
    adapter, x = made(), rows(7)
    with library.transaction("t") as tx:
        vectors.put_vectors(tx, "view", Kind.FACE, BASE, range(7), x)
        model = adapters.put(tx, adapter, Kind.FACE)
    with library.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.vector)) == 7
        ids, found = vectors.all_vectors(connection, "view", Kind.FACE, model)
        some, few = vectors.vectors_of(connection, "view", Kind.FACE, model, [5, 2])
        _, plain = vectors.all_vectors(connection, "view", Kind.FACE, BASE)
    np.testing.assert_array_equal(plain, x)
    np.testing.assert_allclose(found, adapter.apply(x)[ids], atol=1e-6)
    np.testing.assert_allclose(few, adapter.apply(x)[some], atol=1e-6)


def test_what_an_adapted_embedder_made_is_kept_as_its_networks(library) -> None:
    adapter, x = made(), rows(3)
    with library.transaction("t") as tx:
        model = adapters.put(tx, adapter, Kind.FACE)
        vectors.put_vectors(tx, "template", Kind.FACE, model, [1, 2, 3], adapter.apply(x))
    with library.read() as connection:
        _, plain = vectors.all_vectors(connection, "template", Kind.FACE, BASE)
        assert vectors.models_with_vectors(connection, "template", Kind.FACE) == {BASE: 3}
    np.testing.assert_allclose(plain, x, atol=1e-5)


def test_an_adapter_that_is_not_here_stops_everything(library) -> None:
    model = made().model
    with library.transaction("t") as tx, pytest.raises(ModelMismatch, match="not in this library"):
        vectors.put_vectors(tx, "view", Kind.FACE, model, [1], rows(1))
    with library.read() as connection, pytest.raises(ModelMismatch):
        vectors.all_vectors(connection, "view", Kind.FACE, model)


def test_vectors_of_another_length_are_not_forced_through(library) -> None:
    with library.transaction("t") as tx:
        vectors.put_vectors(tx, "view", Kind.FACE, BASE, [1], rows(1, 8))
        model = adapters.put(tx, made(), Kind.FACE)
        with pytest.raises(ModelMismatch, match="16 numbers"):
            vectors.all_vectors(tx, "view", Kind.FACE, model)


def test_a_network_chosen_later_works_without_the_adapter(library) -> None:
    with library.transaction("t") as tx:
        model = adapters.put(tx, made(), Kind.FACE)
        models_used.use_adapted(tx, ROLE, "m", model)
    with library.read() as connection:
        assert models_used.in_use(connection) == {ROLE: "m"}
        assert adapters.in_use(connection)[ROLE].model == model
    with library.transaction("t") as tx:
        models_used.use(tx, ROLE, "other")
        assert adapters.in_use(tx) == {}
        models_used.use_adapted(tx, ROLE, "m", model)
        adapters.drop(tx, model)
        assert models_used.in_use(tx) == {ROLE: "m"}
        assert adapters.in_use(tx) == {}
