"""The torch twins against the numpy ones, which have slow loops of their own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reid_core.evaluate import rerank as plain
from reid_core.learn import rerank


def made(n: int, seed: int) -> np.ndarray:
    """(n, 8) float32 unit rows in groups."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(6, 8))[rng.integers(0, 6, n)] + 0.7 * rng.normal(size=(n, 8))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("k1", "k2", "blend"), [(20, 6, 0.3), (5, 1, 0.0), (7, 3, 1.0), (300, 300, 0.5)]
)
def test_re_ranking_is_its_twins(
    k1: int, k2: int, blend: float, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerank, "CELLS", 50)
    x = made(120, seed)
    expected = plain.k_reciprocal(x[:30], x[30:], k1=k1, k2=k2, blend=blend)
    y = torch.from_numpy(x)
    got = rerank.k_reciprocal(y[:30], y[30:], k1=k1, k2=k2, blend=blend)
    assert got.dtype == torch.float32
    assert got.numpy() == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize(("n", "alpha"), [(1, 3.0), (5, 0.0), (5, 3.0), (400, 1.0)])
def test_expansion_is_its_twins(n: int, alpha: float) -> None:
    x = made(60, 9)
    y = torch.from_numpy(x)
    got = rerank.expand(y[:20], y[20:], n=n, alpha=alpha)
    assert got.numpy() == pytest.approx(plain.expand(x[:20], x[20:], n=n, alpha=alpha), abs=1e-5)


def test_no_gradient_is_kept_and_bad_values_are_refused() -> None:
    y = torch.from_numpy(made(10, 1)).requires_grad_()
    assert not rerank.k_reciprocal(y[:2], y[2:]).requires_grad
    assert not rerank.expand(y[:2], y[2:], n=1).requires_grad
    with pytest.raises(ValueError, match="k1 0"):
        rerank.k_reciprocal(y, y, k1=0)
    with pytest.raises(ValueError, match="n is 0"):
        rerank.expand(y, y, n=0)
