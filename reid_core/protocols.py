"""What a stage must be able to do. Anything with these methods fits; nothing is registered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reid_core.types import Detections, Floats, Frame, Image, Kind

Progress = Callable[[float, str], None]
"""Called with the share done in [0, 1] and a short word on what is being done."""


def no_progress(share: float, what: str) -> None:
    """A `Progress` for callers that do not watch."""


def part(progress: Progress, low: float, high: float) -> Progress:
    """A `Progress` for a piece of the work."""
    return lambda share, what: progress(low + (high - low) * share, what)


class Detector(Protocol):
    """Finds faces or bodies in one picture; safe to call from several threads."""

    kind: Kind

    def detect(self, image: Image) -> Detections:
        """image: (H, W, 3) uint8 BGR. Boxes in that image's pixels, best score first."""
        ...


class Embedder(Protocol):
    """Turns people into unit vectors; safe to call from several threads."""

    model: str
    dim: int
    kind: Kind

    def chips(self, image: Image, detections: Detections) -> list[Image]:
        """Cut the N detections out as this embedder wants them (aligned, resized)."""
        ...

    def embed(self, chips: Sequence[Image]) -> Floats:
        """N chips -> (N, dim) float32, unit rows."""
        ...


class Tracker(Protocol):
    """Gives detections of successive pictures lasting ids."""

    def update(self, detections: Detections, time_s: float) -> NDArray[np.int64]:
        """One id per detection in the same order; -1 where there is none (yet)."""
        ...


class FrameSource(Protocol):
    """A finite or endless row of pictures."""

    name: str
    duration_s: float | None
    decoded_frames: int

    def __iter__(self) -> Iterator[Frame]: ...

    def close(self) -> None:
        """Release the file, camera or connection; safe to call twice."""
        ...
