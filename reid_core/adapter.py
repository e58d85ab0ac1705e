"""A residual map on the vectors of a network, learnt from a gallery: x' = unit(W (x - m)).

The map and its inverse: it takes the unit sphere onto itself, one to one, as long as W is
regular and m lies inside the sphere. So vectors are kept as the network makes them, and those of
the adapted model follow from them by one matrix product whenever they are read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from reid_core.errors import ModelCorrupt
from reid_core.types import Floats

MARK = "+"  # between a network's id and an adapter's; no network's name has one
MAX_DIM = 2048
MAX_CONDITION = 1e4  # beyond it the way back loses digits that a comparison would notice
MAX_MEAN = 0.999
ROWS = 16_384  # at a time, so that a product of many rows needs no second copy of all


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """base: id of the network's model. weight: W (D, D) float32. mean: m (D,) float32, shorter
    than 1.
    """

    base: str
    weight: Floats
    mean: Floats

    def __post_init__(self) -> None:
        dim = len(self.mean)
        if not 1 <= dim <= MAX_DIM or self.weight.shape != (dim, dim):
            raise ValueError(f"an adapter of {self.weight.shape} and {self.mean.shape}")
        if not np.isfinite(self.weight).all() or not np.isfinite(self.mean).all():
            raise ValueError("an adapter must be of finite numbers")
        if float(np.linalg.norm(self.mean)) > MAX_MEAN:
            raise ValueError("an adapter's mean must lie inside the unit sphere")

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return len(self.mean)

    @property
    def model(self) -> str:
        """What the adapted vectors are called: the network's id and this map's."""
        digest = hashlib.sha256(self.base.encode())
        for part in (self.weight, self.mean):
            digest.update(np.ascontiguousarray(part, "<f4").tobytes())
        return f"{self.base}{MARK}{digest.hexdigest()[:12]}"

    @property
    def is_regular(self) -> bool:
        """Whether the way back is exact enough to be used."""
        return bool(np.linalg.cond(self.weight.astype(np.float64)) <= MAX_CONDITION)

    def apply(self, vectors: Floats) -> Floats:
        """Unit rows (N, D) of the network -> unit rows (N, D) of the adapted model."""
        out = np.empty((len(vectors), self.dim), np.float32)
        turned = np.ascontiguousarray(self.weight.T)
        shift = self.weight @ self.mean
        for start in range(0, len(vectors), ROWS):
            part = out[start : start + ROWS]
            np.matmul(vectors[start : start + ROWS], turned, out=part)
            part -= shift
            lengths = np.sqrt(np.einsum("nd,nd->n", part, part))
            part *= np.reciprocal(np.maximum(lengths, 1e-12))[:, None]
        return out

    def undo(self, vectors: Floats) -> Floats:
        """Unit rows (N, D) of the adapted model -> those of the network.

        x = t u + m with u = W⁻¹ x' and the one t > 0 that gives it the length 1.
        """
        weight, mean = self.weight.astype(np.float64), self.mean.astype(np.float64)
        u = np.linalg.solve(weight, vectors.astype(np.float64).T).T
        uu, um = np.einsum("nd,nd->n", u, u), u @ mean
        t = (np.sqrt(um * um + uu * (1 - mean @ mean)) - um) / np.maximum(uu, 1e-24)
        return np.asarray(t[:, None] * u + mean, np.float32)


def identity(base: str, dim: int) -> Adapter:
    """The map that changes nothing."""
    return Adapter(base, np.eye(dim, dtype=np.float32), np.zeros(dim, np.float32))


def network_of(model: str) -> str:
    """The id of the network whose vectors a model's vectors are made of; itself for a network."""
    return model.partition(MARK)[0]


def is_adapted(model: str) -> bool:
    """Whether vectors of this model are a network's behind an adapter."""
    return MARK in model


def from_bytes(model: str, weight: bytes, mean: bytes) -> Adapter:
    """Read what was kept. Raises ModelCorrupt unless it is whole and the one of that name."""
    dim = len(mean) // 4
    try:
        if len(mean) != 4 * dim or len(weight) != 4 * dim * dim:
            raise ValueError("its parts do not fit together")
        matrix = np.frombuffer(weight, "<f4").reshape(dim, dim).astype(np.float32)
        found = Adapter(network_of(model), matrix, np.frombuffer(mean, "<f4").astype(np.float32))
        if found.model != model:
            raise ValueError("it is not the one of its name")
    except ValueError as error:
        raise ModelCorrupt(
            f"The adapter {model} is damaged ({error}). Run: cameo retrain rollback"
        ) from error
    return found
