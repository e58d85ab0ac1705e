"""Pictures served to the network: decoded once, kept small in memory that workers share."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from reid_core import align
from reid_core.errors import SourceError
from reid_core.learn.data.pictures import Ints, Pictures, Source, enough, read_source

CACHE_BYTES = 4 << 30  # of resized copies
CHECK_BATCH = 64

Transform = Callable[[Tensor, torch.Generator], Tensor]
Item = tuple[Tensor, int, int]
Broken = tuple[str, str]


class Draw(NamedTuple):
    """A picture's row, and the seed of what chance does to it this time."""

    row: int
    seed: int


class Cache:
    """Resized copies, (3, height, width) uint8 RGB, of as many pictures as fit in `limit` bytes.

    The memory is mapped without a file. Workers that are forked share it as it is, so /dev/shm,
    which is small in containers, is not used; torch moves it there for workers that are started
    anew. Pages take room only once they are written.
    """

    def __init__(
        self, paths: Sequence[Source], *, height: int, width: int, limit: int = CACHE_BYTES
    ) -> None:
        n = min(len(paths), max(0, limit) // (3 * height * width))
        self.height, self.width = height, width
        self._place = {path: i for i, path in enumerate(paths[:n])}
        self._pixels = _shared(n * 3 * height * width).view(n, 3, height, width)
        self._filled = _shared(n)

    def places(self, paths: Sequence[Source]) -> Ints:
        """(N,) int64: where each has its place, -1 for none."""
        return np.array([self._place.get(path, -1) for path in paths], np.int64)

    def get(self, place: int) -> Tensor | None:
        """(3, height, width) uint8 RGB, not to be changed; None when it is not there yet."""
        return self._pixels[place] if place >= 0 and self._filled[place] else None

    def put(self, place: int, picture: Tensor) -> None:
        """Keep a picture, where it has a place."""
        if place >= 0:
            self._pixels[place] = picture
            self._filled[place] = 1


def _shared(n: int) -> Tensor:
    """(n,) uint8 zeros in memory that a fork shares."""
    if n == 0:
        return torch.zeros(0, dtype=torch.uint8)
    return torch.frombuffer(mmap.mmap(-1, n), dtype=torch.uint8)


class PictureSet(Dataset[Item]):
    """Items are (picture, label, row): (3, height, width) uint8 RGB, and two ints.

    Asked with a `Draw`, the picture goes through `transform` with a generator of that draw's
    seed, so that neither workers nor processes change what comes out; asked with a row alone, it
    comes plain. cache: of this height and width; None makes one of at most `cache_bytes`. Raises
    ImageUnreadable or ImageTooLarge for a picture that `check` would have left out.
    """

    def __init__(
        self,
        pictures: Pictures,
        *,
        height: int,
        width: int,
        transform: Transform | None = None,
        cache: Cache | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        if cache is None:
            cache = Cache(pictures.paths, height=height, width=width, limit=cache_bytes)
        if (cache.height, cache.width) != (height, width):
            raise ValueError(
                f"the cache is of {cache.height}x{cache.width}, not of {height}x{width}"
            )
        self.pictures, self.cache, self.transform = pictures, cache, transform
        self.height, self.width = height, width
        self._places = cache.places(pictures.paths)

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int | Draw) -> Item:
        row = index.row if isinstance(index, Draw) else int(index)
        picture = self.plain(row)
        if self.transform is not None and isinstance(index, Draw):
            picture = self.transform(picture, torch.Generator().manual_seed(index.seed))
        return picture, int(self.pictures.labels[row]), row

    def plain(self, row: int) -> Tensor:
        """(3, height, width) uint8 RGB without transform, not to be changed."""
        place = int(self._places[row])
        kept = self.cache.get(place)
        if kept is None:
            image = read_source(self.pictures.paths[row], again=self.pictures.checked)
            kept = as_tensor(image, self.height, self.width)
            self.cache.put(place, kept)
        return kept


def as_tensor(image: np.ndarray, height: int, width: int) -> Tensor:
    """(H, W, 3) uint8 BGR -> (3, height, width) uint8 RGB."""
    if image.shape[:2] != (height, width):
        image = align.resize(image, width=width, height=height)
    rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))


def check(
    pictures: Pictures, *, cache: Cache | None = None, workers: int = 0, what: str = "training"
) -> tuple[Pictures, list[Broken]]:
    """Decode every picture once: (those that can be used, (path, reason) of those that cannot).

    What was decoded stays in `cache` where one is given, so that nothing is decoded twice.
    workers: processes that decode. what: for messages. Raises DataError when fewer than two
    identities are left.
    """
    trial = DataLoader(
        _Trial(pictures, cache),
        batch_size=CHECK_BATCH,
        num_workers=workers,
        collate_fn=list,
        generator=torch.Generator(),  # the process's own is left alone
    )
    reasons = [reason for batch in trial for reason in batch]
    broken = [(_shown(p), why) for p, why in zip(pictures.paths, reasons, strict=True) if why]
    good = pictures.subset([row for row, why in enumerate(reasons) if not why])
    without = f", without {len(broken)} pictures that cannot be read," if broken else ""
    where = f"The {what} data{without}"
    return enough(where, replace(good, checked=True)), broken


def _shown(source: Source) -> str:
    """Its path as text that can be written, whatever bytes the file has for a name."""
    return str(source).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class _Trial(Dataset[str]):
    """Items say why a picture cannot be read, "" when it can; the cache is filled on the way."""

    def __init__(self, pictures: Pictures, cache: Cache | None) -> None:
        self.paths, self.cache = pictures.paths, cache
        self._places = cache.places(pictures.paths) if cache is not None else None

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, row: int) -> str:
        try:
            image = read_source(self.paths[row])
        except SourceError as error:
            return str(error)
        if self.cache is not None and self._places is not None:
            self.cache.put(
                int(self._places[row]), as_tensor(image, self.cache.height, self.cache.width)
            )
        return ""
