import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage

from reid_core.search import clusters


def made(seed: int, people: int, noise: float, n: int = 60) -> np.ndarray:
    rng = np.random.default_rng(seed)
    who = rng.integers(0, people, n)
    rows = rng.standard_normal((people, 8))[who] + noise * rng.standard_normal((n, 8))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def together(labels: np.ndarray) -> np.ndarray:
    return labels[:, None] == labels[None, :]


def by_scipy(rows: np.ndarray, at_least: float) -> np.ndarray:
    distances = linkage(rows.astype(np.float64), "average", metric="cosine")
    return fcluster(distances, 1 - at_least, "distance")


@given(
    seed=st.integers(0, 10_000),
    people=st.integers(1, 20),
    noise=st.floats(0.05, 1.0),
    at_least=st.floats(-0.2, 0.95),
    links=st.sampled_from([0, 30, 1 << 21]),
    cells=st.sampled_from([100, 1 << 22]),
)
def test_groups_are_those_of_average_linkage(
    seed: int, people: int, noise: float, at_least: float, links: int, cells: int
) -> None:
    rows = made(seed, people, noise)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clusters, "LINKS", links)
        patch.setattr(clusters, "CELLS", cells)
        found = clusters.group(rows, at_least=at_least)
    assert (together(found) == together(by_scipy(rows, at_least))).all()


def by_loop(rows: np.ndarray, at_least: float, apart: list[tuple[int, int]]) -> np.ndarray:
    """Merge the two most alike groups, one pair at a time, that nothing keeps apart."""
    groups = [[i] for i in range(len(rows))]
    cosines = rows.astype(np.float64) @ rows.T
    barred = {frozenset(p) for p in apart}

    def alike(a: list[int], b: list[int]) -> float:
        if any(frozenset((i, j)) in barred for i in a for j in b):
            return -np.inf
        return float(np.mean(cosines[np.ix_(a, b)]))

    while len(groups) > 1:
        pairs = [
            (alike(a, b), i, j) for i, a in enumerate(groups) for j, b in enumerate(groups[:i])
        ]
        best, i, j = max(pairs)
        if best < at_least:
            break
        groups[j] += groups.pop(i)
    labels = np.empty(len(rows), np.int64)
    for number, members in enumerate(groups):
        labels[members] = number
    return labels


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    pairs=st.integers(0, 40),
    links=st.sampled_from([0, 30, 1 << 21]),
)
def test_whoever_is_apart_is_never_put_together(seed: int, pairs: int, links: int) -> None:
    rows = made(seed, 4, 0.3, n=18)
    rng = np.random.default_rng(seed)
    first, second = (rng.integers(0, 18, pairs) for _ in range(2))
    apart = [(a, b) for a, b in zip(first.tolist(), second.tolist(), strict=True) if a != b]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clusters, "LINKS", links)
        found = clusters.group(rows, at_least=0.6, apart=(first, second))
    assert not any(found[a] == found[b] for a, b in apart)
    assert (together(found) == together(by_loop(rows, 0.6, apart))).all()


def test_labels_count_from_the_largest_group() -> None:
    a, b, c = np.eye(3, 8, dtype=np.float32)
    found = clusters.group(np.stack([c, a, b, a, b, a]), at_least=0.9)
    assert found.tolist() == [2, 0, 1, 0, 1, 0]


def test_copies_of_one_vector_are_one_group() -> None:
    rows = np.repeat(made(0, 3, 0.5, n=2), [500, 300], axis=0)
    assert np.bincount(clusters.group(rows, at_least=0.99)).tolist() == [500, 300]


@pytest.mark.parametrize("n", [0, 1])
def test_few_are_no_trouble(n: int) -> None:
    assert clusters.group(made(0, 1, 0.1, n=n), at_least=0.5).tolist() == [0] * n


def test_numbers_that_are_none_are_refused() -> None:
    rows = made(0, 2, 0.1)
    rows[3, 0] = np.nan
    with pytest.raises(ValueError, match="finite"):
        clusters.group(rows, at_least=0.5)


def test_it_can_be_stopped() -> None:
    class Stop(Exception):
        pass

    def stop(share: float, what: str) -> None:
        raise Stop

    with pytest.raises(Stop):
        clusters.group(made(0, 5, 0.1), at_least=0.5, progress=stop)
