"""Labelled pictures as a value: who is on them, by which camera, from which data set."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core import align, images
from reid_core.errors import DataError
from reid_core.learn.data.again import read_again
from reid_core.types import Image

Ints = NDArray[np.int64]
Point = tuple[float, float]
UNKNOWN = -1  # the camera that nobody noted


@dataclass(frozen=True, slots=True)
class Crop:
    """A stored crop that is not used whole.

    box: xyxy in shares of its sides, which remains. Or points: five (x, y) in its pixels, which
    go to `template`, five (x, y) in pixels of a chip of `size` (width, height).
    """

    path: Path
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    points: tuple[Point, ...] = ()
    template: tuple[Point, ...] = ()
    size: tuple[int, int] = (0, 0)

    def __str__(self) -> str:
        return str(self.path)

    def cut(self, image: Image) -> Image:
        """The part of (H, W, 3) uint8 BGR that is meant."""
        if self.points:
            points, template = (np.array(p, np.float32) for p in (self.points, self.template))
            return align.align_face(image, points, template=template, size=self.size)
        height, width = image.shape[:2]
        sides = np.array([width, height, width, height], np.float32)
        return align.cut(image, np.array(self.box, np.float32) * sides)[0]


Source = Path | Crop


def read_source(source: Source, *, again: bool = False) -> Image:
    """A picture as (H, W, 3) uint8 BGR. again: it was read without complaint before.

    Raises ImageUnreadable, ImageTooLarge.
    """
    read = read_again if again else images.read_image
    return source.cut(read(source.path)) if isinstance(source, Crop) else read(source)


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """N pictures of C identities.

    paths: where each is. labels: (N,) int64 in 0..C-1. cameras: (N,) int64, -1 where unknown.
    domains: (N,) int64, from 0, the data set that it came from. names: of the identities, by
    label. checked: every one of them has been decoded without complaint.
    """

    paths: tuple[Source, ...]
    labels: Ints
    cameras: Ints
    domains: Ints
    names: tuple[str, ...]
    checked: bool = False

    def __post_init__(self) -> None:
        n = len(self.paths)
        for name in ("labels", "cameras", "domains"):
            shape = getattr(self, name).shape
            if shape != (n,):
                raise ValueError(f"{name} has shape {shape}, expected ({n},)")
        if n and not 0 <= self.labels.min() <= self.labels.max() < len(self.names):
            raise ValueError(f"labels are not all in 0..{len(self.names) - 1}")

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def classes(self) -> int:
        """How many identities there are."""
        return len(self.names)

    def subset(self, rows: Sequence[int] | Ints) -> Pictures:
        """Those rows, in that order; identities that are left are numbered anew, in order."""
        index = np.asarray(rows, np.int64)
        left, labels = np.unique(self.labels[index], return_inverse=True)
        return replace(
            self,
            paths=tuple(self.paths[i] for i in index),
            labels=labels.astype(np.int64),
            cameras=self.cameras[index],
            domains=self.domains[index],
            names=tuple(self.names[i] for i in left),
        )


def labelled(
    where: str, paths: Sequence[Source], identities: Sequence[str], cameras: Sequence[int]
) -> Pictures:
    """Pictures with identities by name, numbered in the names' order.

    where: for messages. Raises DataError: none, fewer than two identities, a picture twice.
    """
    if not paths:
        raise DataError(f"{where} holds no pictures to train with.")
    names, labels = np.unique(np.asarray(identities, object), return_inverse=True)
    _no_picture_twice(where, paths)
    pictures = Pictures(
        tuple(paths),
        labels.astype(np.int64),
        np.asarray(cameras, np.int64),
        np.zeros(len(paths), np.int64),
        tuple(str(n) for n in names),
    )
    return enough(where, pictures)


def enough(where: str, pictures: Pictures) -> Pictures:
    """The pictures as they are. Raises DataError when they have fewer than two identities."""
    if pictures.classes < 2:
        who = f" ({pictures.names[0]})" if pictures.names else ""
        raise DataError(
            f"{where} has {pictures.classes} identities{who}: "
            "at least 2 are needed to learn a difference."
        )
    return pictures


def _no_picture_twice(where: str, paths: Sequence[Source]) -> None:
    twice = [path for path, n in Counter(paths).items() if n > 1]
    if twice:
        raise DataError(f"{where} names {len(twice)} pictures more than once, first {twice[0]}.")


def combine(parts: Sequence[Pictures]) -> Pictures:
    """Several data sets as one; the domain is the place in the list.

    Equal names and camera numbers of different sets are different people and cameras: names are
    written `<domain>:<name>` and cameras are numbered on. Raises DataError for a picture that is
    in two of them.
    """
    if not parts:
        raise DataError("No data set was given.")
    if len(parts) == 1:
        return parts[0]
    paths = tuple(path for part in parts for path in part.paths)
    _no_picture_twice("The list of data sets", paths)
    people = np.cumsum([0, *(part.classes for part in parts)])
    lenses = np.cumsum([0, *(int(part.cameras.max(initial=UNKNOWN)) + 1 for part in parts)])
    return Pictures(
        paths,
        np.concatenate([p.labels + people[i] for i, p in enumerate(parts)]),
        np.concatenate(
            [np.where(p.cameras < 0, UNKNOWN, p.cameras + lenses[i]) for i, p in enumerate(parts)]
        ),
        np.concatenate([np.full(len(p), i, np.int64) for i, p in enumerate(parts)]),
        tuple(f"{i}:{name}" for i, p in enumerate(parts) for name in p.names),
        all(part.checked for part in parts),
    )


def split_identities(
    pictures: Pictures, *, share: float | None = None, count: int | None = None, seed: int
) -> tuple[Pictures, Pictures]:
    """(train, held out) without a common identity.

    share: of the identities that are held out, in (0, 1), at least one; or count. Who is held out
    follows from the names and the seed, not from the order, and raising the count only adds
    to them. Raises DataError when fewer than two identities would be left for training.
    """
    if (share is None) == (count is None):
        raise ValueError("give either share or count")
    if share is not None and not 0 < share < 1:
        raise ValueError(f"share is {share}, expected one in (0, 1)")
    held = max(1, round(share * pictures.classes)) if share is not None else count or 0
    if held < 1 or pictures.classes - held < 2:
        raise DataError(
            f"{held} of {pictures.classes} identities cannot be held out: "
            "at least 1 must be, and at least 2 must be left to train with."
        )
    order = sorted(range(pictures.classes), key=lambda i: _lot(pictures.names[i], seed))
    out = np.isin(pictures.labels, order[:held])
    return pictures.subset(np.flatnonzero(~out)), pictures.subset(np.flatnonzero(out))


def _lot(name: str, seed: int) -> bytes:
    """A number drawn for a name: the same on every machine."""
    said = f"{seed}:{name}".encode("utf-8", "surrogateescape")  # folders have any bytes as names
    return hashlib.blake2b(said, digest_size=16).digest()
