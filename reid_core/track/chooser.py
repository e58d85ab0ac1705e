"""Which views of a track are worth keeping and embedding: the best ones, spread over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from reid_core.types import Floats, Image


class Rated(Protocol):
    """A look at somebody: when it was, and how good it is."""

    @property
    def time_s(self) -> float:
        """Of its source, in seconds."""
        ...

    @property
    def quality(self) -> float:
        """In [0, 1]."""
        ...


R = TypeVar("R", bound=Rated)


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A look at somebody as it was cut out of its picture.

    crop: (h, w, 3) uint8 BGR, the box with a margin. keypoints: (K, 2) float32 in crop pixels.
    box: (4,) xyxy frame pixels. chip: what the embedder will get.
    """

    crop: Image
    keypoints: Floats
    box: Floats
    time_s: float
    quality: float
    chip: Image


class Chooser(Generic[R]):
    """Keeps the `k` best candidates of one track, no two closer than `apart_s` seconds."""

    def __init__(self, *, k: int, apart_s: float) -> None:
        self._k = k
        self._apart_s = apart_s
        self._kept: list[R] = []

    def wants(self, time_s: float, quality: float) -> bool:
        """Whether a view of this moment and quality would be kept; asked before it is cut out."""
        rival = self._rival(time_s)
        return rival is None or quality > self._kept[rival].quality

    def add(self, candidate: R) -> None:
        """Keep it, in place of its rival if there is one."""
        rival = self._rival(candidate.time_s)
        if rival is not None:
            del self._kept[rival]
        self._kept.append(candidate)

    def best_first(self) -> list[R]:
        """What is kept, by falling quality."""
        return sorted(self._kept, key=lambda c: -c.quality)

    def _rival(self, time_s: float) -> int | None:
        """The place of the candidate that would have to go: the nearest in time, or the worst."""
        if not self._kept:
            return None
        gaps = [abs(c.time_s - time_s) for c in self._kept]
        nearest = min(range(len(gaps)), key=gaps.__getitem__)
        if gaps[nearest] < self._apart_s:
            return nearest
        if len(self._kept) < self._k:
            return None
        return min(range(len(self._kept)), key=lambda i: self._kept[i].quality)
