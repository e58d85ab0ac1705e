"""Better rankings from the set itself: k-reciprocal re-ranking and query expansion.

Nothing here reads an identity. Both use the other pictures that are searched, so figures made with
them say more about the set than figures without, and must be told apart.

The memory needed grows with the number of pictures, not with its square: distances are made a few
rows at a time and neighbourhoods are kept as sparse matrices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reid_core.types import Floats

CELLS = 1 << 22  # distances held at a time: 16 MiB of float32
K1, K2, BLEND = 20, 6, 0.3  # of 1701.08398, section 4.2
ALPHA = 3.0  # of 1711.02512, section 5

Ids = NDArray[np.int64]
Sparse = Any  # scipy's matrices carry no types


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """Who N pictures are near to, both ways round.

    vectors: (N, D) unit rows. weights: sparse (N, N), rows that add up to 1 (V in the paper).
    furthest: (N,) squared distance from each picture to the one furthest from it.
    """

    vectors: Floats
    weights: Sparse
    furthest: Floats


def k_reciprocal(
    query: Floats, gallery: Floats, *, k1: int = K1, k2: int = K2, blend: float = BLEND
) -> Floats:
    """(Q, G) distances by k-reciprocal encoding, less is nearer.

    Zhong et al., "Re-ranking Person Re-identification with k-reciprocal Encoding", arXiv
    1701.08398. query (Q, D), gallery (G, D): unit rows. See `encode` and `distances`, which also
    serve when every picture is a query. Raises ValueError.
    """
    encoding = encode(np.concatenate([query, gallery]), k1=k1, k2=k2)
    rows = np.arange(len(query) + len(gallery))
    return distances(encoding, rows[: len(query)], rows[len(query) :], blend=blend)


def encode(vectors: Floats, *, k1: int = K1, k2: int = K2) -> Encoding:
    """Encode every picture by its neighbours (equations 2 to 4, 7 and 11).

    vectors: (N, D) unit rows of all pictures, queries and gallery, each once. k1: neighbours that
    must be so both ways round. k2: over how many neighbours, the picture itself among them, an
    encoding is averaged; 1 for none. As in the paper's published code, a picture stands at the
    head of its own k1 + 1 neighbours, an overlap of exactly 2/3 does not suffice, distances are
    squared, each row of them divided by its largest, and each encoding adds up to 1. Raises
    ValueError for vectors that are not finite or k1, k2 below 1.
    """
    if k1 < 1 or k2 < 1:
        raise ValueError(f"k1 is {k1} and k2 is {k2}, expected at least 1")
    if not np.isfinite(vectors).all():
        raise ValueError("vectors must be finite numbers")
    nearest, furthest = _neighbours(vectors, max(k1 + 1, k2))
    mutual = _reciprocal(nearest[:, : k1 + 1])
    half = _reciprocal(nearest[:, : round(k1 / 2) + 1])
    weights = _weights(vectors, _widened(mutual, half), furthest)
    if k2 > 1:
        near = nearest[:, :k2]
        weights = (_incidence(near) @ weights / near.shape[1]).tocsr()
    return Encoding(vectors, weights, furthest)


def distances(encoding: Encoding, queries: Ids, gallery: Ids, *, blend: float = BLEND) -> Floats:
    """(Q, G) float32: (1 - blend) Jaccard + blend original distance (equations 10 and 12).

    queries (Q,), gallery (G,): rows of the encoding. blend: lambda in the paper. Raises ValueError
    for a blend outside [0, 1].
    """
    if not 0 <= blend <= 1:
        raise ValueError(f"blend is {blend}, expected 0 to 1")
    x, v = encoding.vectors, encoding.weights
    inverted, shared = v[gallery].tocsc(), np.zeros((len(queries), len(gallery)))
    for row, q in zip(shared, queries, strict=True):
        row[:] = _shared(v[[q]], inverted)
    jaccard = 1 - shared / (2 - shared)  # rows add up to 1, so the larger ones to 2 - shared
    original = _squared(x[queries] @ x[gallery].T) / encoding.furthest[queries, None]
    return np.asarray((1 - blend) * jaccard + blend * original, np.float32)


def expand(
    query: Floats, gallery: Floats, *, n: int, alpha: float = ALPHA, own: Ids | None = None
) -> Floats:
    """Each query's mean with its n nearest in the gallery, as unit rows (Q, D) float32.

    Chum et al., "Total Recall", ICCV 2007, section 4 (alpha 0: all weigh the same); Radenovic et
    al., arXiv 1711.02512, section 3.3 (weights are similarities to the power of alpha, those below
    0 count as 0). query (Q, D), gallery (G, D): unit rows. own: (Q,) the gallery row that is the
    query itself and does not count, where there is one. Raises ValueError for n below 1 or alpha
    below 0.
    """
    if n < 1 or alpha < 0:
        raise ValueError(f"n is {n} and alpha is {alpha}, expected at least 1 and 0")
    made = [np.zeros((0, query.shape[1]), np.float32)]
    step = max(1, CELLS // max(len(gallery), 1))
    for start in range(0, len(query), step):
        part = query[start : start + step]
        similar = part @ gallery.T
        if own is not None:
            similar[np.arange(len(part)), own[start : start + step]] = -np.inf
        made.append(_mixed(part, gallery, similar, n, alpha))
    return np.concatenate(made)


def _mixed(query: Floats, gallery: Floats, similar: Floats, n: int, alpha: float) -> Floats:
    near = _smallest(-similar, n)
    found = np.take_along_axis(similar, near, axis=1)
    weight = np.where(found == -np.inf, 0, np.maximum(found, 0) ** alpha)
    mixed = query + np.einsum("qn,qnd->qd", weight, gallery[near])
    length = np.linalg.norm(mixed, axis=1, keepdims=True)
    return np.asarray(mixed / np.maximum(length, 1e-12), np.float32)


def _squared(cosine: Floats) -> Floats:
    """Squared Euclidean distances of unit vectors."""
    return np.maximum(2 - 2 * cosine, 0)


def _smallest(values: Floats, n: int) -> Ids:
    """(Q, n) columns of the n smallest in each row, in order; of equal ones the first column."""
    n = min(n, values.shape[1])
    if n == values.shape[1]:
        return np.argsort(values, axis=1, kind="stable")
    limit = np.partition(values, n - 1, axis=1)[:, n - 1 : n]
    # all below the limit, then as many that equal it as there is room for
    order = np.where(values < limit, 0, np.where(values == limit, 1, 2)).astype(np.int8)
    chosen = np.sort(np.argsort(order, axis=1, kind="stable")[:, :n], axis=1)
    ranked = np.argsort(np.take_along_axis(values, chosen, axis=1), axis=1, kind="stable")
    return np.take_along_axis(chosen, ranked, axis=1)


def _neighbours(vectors: Floats, k: int) -> tuple[Ids, Floats]:
    """(N, k) rows nearest to each, itself first, and (N,) the largest squared distance."""
    nearest, furthest = [], []
    step = max(1, CELLS // len(vectors)) if len(vectors) else 1
    for start in range(0, len(vectors), step):
        d = _squared(vectors[start : start + step] @ vectors.T)
        furthest.append(d.max(axis=1))
        rows = np.arange(len(d))
        d[rows, start + rows] = -1  # itself, also before its doubles
        nearest.append(_smallest(d, k))
    if not nearest:
        raise ValueError("there are no vectors to encode")
    return np.concatenate(nearest), np.maximum(np.concatenate(furthest), 1e-12)


def _incidence(columns: Ids) -> Sparse:
    """(N, k) columns as a sparse (N, N) matrix of ones."""
    n, k = columns.shape
    at = (np.repeat(np.arange(n), k), columns.ravel())
    return sparse.csr_matrix((np.ones(n * k, np.float32), at), shape=(n, n))


def _reciprocal(nearest: Ids) -> Sparse:
    """Who is among whose neighbours, both ways round: R, equation 3."""
    ones = _incidence(nearest)
    return ones.multiply(ones.T).tocsr()


def _widened(mutual: Sparse, half: Sparse) -> Sparse:
    """R*: with the half neighbourhoods that lie mostly inside, equation 4."""
    sizes = np.asarray(half.sum(axis=1)).ravel()
    inside = mutual.multiply(mutual @ half.T).tocoo()  # members of both, for q in R(p)
    fits = 3 * inside.data > 2 * sizes[inside.col]
    joined = sparse.csr_matrix(
        (np.ones(fits.sum(), np.float32), (inside.row[fits], inside.col[fits])), mutual.shape
    )
    return ((mutual + joined @ half) > 0).tocoo()


def _weights(vectors: Floats, members: Sparse, furthest: Floats) -> Sparse:
    """V: exp(-distance) where there is a member, equation 7, each row divided by its sum."""
    row, col = members.row, members.col
    near = np.empty(len(row), np.float32)
    step = max(1, CELLS // max(vectors.shape[1], 1))
    for start in range(0, len(row), step):
        part = slice(start, start + step)
        cosine = np.einsum("nd,nd->n", vectors[row[part]], vectors[col[part]])
        near[part] = np.exp(-_squared(cosine) / furthest[row[part]])
    total = np.bincount(row, near, minlength=len(vectors))
    return sparse.csr_matrix((near / total[row], (row, col)), members.shape)


def _shared(one: Sparse, inverted: Sparse) -> NDArray[np.float64]:
    """(G,) sums of the smaller weights of one picture and each of the gallery, equation 8.

    Only the columns in which the picture has a weight can add anything.
    """
    some = inverted[:, one.indices]
    mine = np.repeat(one.data, np.diff(some.indptr))
    least = np.minimum(mine, some.data)
    return np.bincount(some.indices, least, inverted.shape[0]).astype(np.float64)
