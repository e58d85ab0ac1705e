import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.actions.gallery import Gallery


def made(seed: int, n: int, people: int) -> tuple[Gallery, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, 8)).astype(np.float32)
    owners = rng.integers(1, people + 1, n) * 1_000_003
    probe = rng.standard_normal(8).astype(np.float32)
    return Gallery.of(rows, owners, {int(o): str(o) for o in owners}), probe


@given(seed=st.integers(0, 10_000), n=st.integers(1, 40), people=st.integers(1, 12))
def test_everybody_is_ranked_by_their_best_template(seed: int, n: int, people: int) -> None:
    gallery, probe = made(seed, n, people)
    best: dict[int, float] = {}
    for row, owner in zip(gallery.vectors, gallery.owners.tolist(), strict=True):
        best[owner] = max(best.get(owner, -np.inf), float(row @ probe))
    found = gallery.rank(probe)
    assert dict(found) == pytest.approx(best, abs=1e-5)
    assert [score for _, score in found] == sorted(dict(found).values(), reverse=True)


@given(seed=st.integers(0, 10_000), top=st.integers(1, 20))
def test_the_first_few_are_those_of_the_whole_ranking(seed: int, top: int) -> None:
    gallery, probe = made(seed, 60, 15)
    assert gallery.rank(probe, top=top) == gallery.rank(probe)[:top]


def test_nobody_enrolled_is_nobody_found() -> None:
    empty = Gallery.of(np.zeros((0, 1), np.float32), np.zeros(0, np.int64), {})
    assert empty.rank(np.ones(8, np.float32)) == []
    assert empty.rank(np.ones(8, np.float32), top=3) == []
