"""Re-ranking and query expansion on torch's device: the twins of `reid_core.evaluate.rerank`.

Same definitions, same numbers to float tolerance. These hold a few (N, N) matrices, which a
validation set of some thousand pictures allows; for more the numpy ones need far less memory.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from reid_core.evaluate.rerank import ALPHA, BLEND, K1, K2

CELLS = 1 << 24  # weights looked up at a time: 64 MiB


@torch.no_grad()
def k_reciprocal(
    query: Tensor, gallery: Tensor, *, k1: int = K1, k2: int = K2, blend: float = BLEND
) -> Tensor:
    """(Q, G) distances by k-reciprocal encoding (1701.08398), less is nearer.

    query (Q, D), gallery (G, D): unit rows. Conventions as in `reid_core.evaluate.rerank.encode`.
    Raises ValueError for k1 or k2 below 1, or a blend outside [0, 1].
    """
    if k1 < 1 or k2 < 1 or not 0 <= blend <= 1:
        raise ValueError(f"k1 {k1}, k2 {k2}, blend {blend}: expected at least 1, 1 and 0 to 1")
    x = torch.cat([query, gallery])
    n = len(query)
    d = (2 - 2 * x @ x.T).clamp(min=0)
    nearest = _nearest(d)
    d = d / d.amax(1, keepdim=True).clamp(min=1e-12)
    mutual = _reciprocal(nearest[:, : k1 + 1])
    half = _reciprocal(nearest[:, : round(k1 / 2) + 1])
    weights = torch.exp(-d) * _widened(mutual, half)
    weights = weights / weights.sum(1, keepdim=True)
    if k2 > 1:  # equation 11
        near = nearest[:, :k2]
        weights = _incidence(near, weights.dtype) @ weights / near.shape[1]
    shared = _shared(weights[:n], weights[n:])
    return (1 - blend) * (1 - shared / (2 - shared)) + blend * d[:n, n:]


@torch.no_grad()
def expand(query: Tensor, gallery: Tensor, *, n: int, alpha: float = ALPHA) -> Tensor:
    """Each query's mean with its n nearest in the gallery, as unit rows (Q, D).

    alpha 0: Chum et al., ICCV 2007; above: 1711.02512, section 3.3. query (Q, D), gallery (G, D):
    unit rows. Raises ValueError for n below 1 or alpha below 0.
    """
    if n < 1 or alpha < 0:
        raise ValueError(f"n is {n} and alpha is {alpha}, expected at least 1 and 0")
    similar, near = (query @ gallery.T).topk(min(n, len(gallery)), dim=1)
    weight = similar.clamp(min=0) ** alpha
    return F.normalize(query + torch.einsum("qn,qnd->qd", weight, gallery[near]))


def _nearest(d: Tensor) -> Tensor:
    """(N, N) rows in the order of their distance from each, itself first."""
    return d.clone().fill_diagonal_(-1).argsort(dim=1, stable=True)


def _incidence(columns: Tensor, dtype: torch.dtype) -> Tensor:
    """(N, k) columns as an (N, N) matrix of ones."""
    n = len(columns)
    return torch.zeros(n, n, dtype=dtype, device=columns.device).scatter_(1, columns, 1.0)


def _reciprocal(nearest: Tensor) -> Tensor:
    """R, equation 3: (N, N), 1 where both are among the other's neighbours."""
    ones = _incidence(nearest, torch.float32)
    return ones * ones.T


def _widened(mutual: Tensor, half: Tensor) -> Tensor:
    """R*, equation 4: (N, N) bool, with the half neighbourhoods that lie mostly inside."""
    inside = mutual @ half.T
    joined = mutual * (3 * inside > 2 * half.sum(1))
    return (mutual + joined @ half) > 0


def _shared(query: Tensor, gallery: Tensor) -> Tensor:
    """(Q, G) sums of the smaller weights, equation 8, over the columns where a query has any."""
    out = query.new_zeros(len(query), len(gallery))
    for row, mine in zip(out, query, strict=True):
        columns = mine.nonzero()[:, 0]
        step = max(1, CELLS // max(len(columns), 1))
        for start in range(0, len(gallery), step):
            theirs = gallery[start : start + step, columns]
            row[start : start + step] = torch.minimum(mine[columns], theirs).sum(1)
    return out
