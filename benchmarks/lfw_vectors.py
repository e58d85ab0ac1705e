"""Vectors of the LFW pictures, and as many more like them as are wanted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from peers import CACHE

from reid_core.actions.loading import Models
from reid_core.actions.looking import look
from reid_core.types import Floats, Kind

Ids = NDArray[np.int64]
LARGEST = 200  # pictures of a made person
TAIL = 1.6  # of the law by which few people are seen often and many once


def real(root: Path, models: Models, *, most: int | None = None) -> tuple[Floats, Ids]:
    """(N, D) of the central face of each picture and whose each is; kept for the next time."""
    kept = CACHE / f"lfw-{models.model_id(Kind.FACE).replace('/', '_')}.npz"
    if kept.exists():
        with np.load(kept) as held:
            return held["vectors"][:most], held["ids"][:most]
    paths = sorted(root.rglob("*.jpg"))[:most]
    seen = look(paths, models.detector(Kind.FACE), [models.embedder(Kind.FACE)])
    rows = seen.vectors[0][seen.found]
    names = [p.parent.name for p, found in zip(paths, seen.found, strict=True) if found]
    ids = np.unique(names, return_inverse=True)[1]
    if most is None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, vectors=rows, ids=ids)
    return rows, ids


def made(rows: Floats, ids: Ids, n: int) -> tuple[Floats, Ids]:
    """N vectors spread as the real ones are: between people, and within one.

    The two covariances of Prince and Elder, "Probabilistic linear discriminant analysis for
    inferences about identity", ICCV 2007, fitted by moments.
    """
    rng = np.random.default_rng(n)
    sizes = np.bincount(ids)
    means = np.stack([rows[ids == i].mean(0) for i in range(len(sizes))])
    several = sizes[ids] > 1
    unbiased = np.sqrt(sizes / np.maximum(sizes - 1, 1))[ids[several], None]
    apart = (rows - means[ids])[several] * unbiased
    within = apart.T @ apart / len(apart)
    between = np.cov(rows.T) - within
    counts = np.minimum(rng.zipf(TAIL, n), LARGEST)
    who = np.repeat(np.arange(n), counts)[:n]
    dim = rows.shape[1]
    people = rows.mean(0) + rng.standard_normal((who.max() + 1, dim)) @ _root(between)
    looks = people[who] + rng.standard_normal((n, dim)) @ _root(within)
    order = rng.permutation(n)
    looks = (looks / np.linalg.norm(looks, axis=1, keepdims=True))[order]
    return looks.astype(np.float32), who[order]


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """A matrix that turns white noise into noise of this covariance."""
    values, axes = np.linalg.eigh(covariance)
    return (axes * np.sqrt(np.maximum(values, 0))).T
