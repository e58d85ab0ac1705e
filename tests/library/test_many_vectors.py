"""All vectors of a sort, whether the table is read through or by its index."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.errors import LibraryCorrupt
from reid_core.library import Library, vectors
from reid_core.library.vectors import all_vectors, put_vectors
from reid_core.types import Kind

MODEL, OTHER = "m@1", "n@1"


def put(library: Library, owner: str, model: str, n: int, *, dim: int = 4) -> np.ndarray:
    """N under ids that fall, so that the table's order is not that of the ids; rows by rising id.

    Rows of `owner` and `model` begin at another number than those of any other.
    """
    start = float(len(owner) + ord(model[0]))
    rows = (start + np.arange(n * dim, dtype=np.float32)).reshape(n, dim)
    with library.transaction("put") as tx:
        put_vectors(tx, owner, Kind.FACE, model, range(n, 0, -1), rows[::-1])
    return rows


@pytest.mark.parametrize("share", [0.0, 2.0])
def test_they_come_in_the_order_of_their_ids(
    library: Library, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    monkeypatch.setattr(vectors, "WHOLE", share)
    monkeypatch.setattr(vectors, "AT_A_TIME", 3)
    wanted = put(library, "view", MODEL, 10)
    put(library, "view", OTHER, 20, dim=5)
    put(library, "tracklet", MODEL, 5)
    with library.read() as connection:
        ids, rows = all_vectors(connection, "view", Kind.FACE, MODEL)
        none = all_vectors(connection, "view", Kind.BODY, MODEL)
    assert ids.tolist() == list(range(1, 11))
    np.testing.assert_array_equal(rows, wanted)
    assert [len(part) for part in none] == [0, 0]


def test_vectors_of_two_lengths_are_said_to_be_corrupt(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "AT_A_TIME", 2)
    put(library, "view", MODEL, 4)
    with library.transaction("damage") as tx:
        put_vectors(tx, "view", Kind.FACE, MODEL, [9], np.ones((1, 6), np.float32))
    with library.read() as connection, pytest.raises(LibraryCorrupt):
        all_vectors(connection, "view", Kind.FACE, MODEL)
