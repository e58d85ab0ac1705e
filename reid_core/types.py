"""The values that flow between stages: frozen, made of arrays, written once.

Pixels are BGR uint8, boxes are xyxy in image pixels with x to the right and y down, times are
seconds of presentation time from the start of the source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]  # (H, W, 3) BGR, or (H, W) grey where a docstring says so
Floats: TypeAlias = NDArray[np.float32]
Index: TypeAlias = slice | Sequence[int] | NDArray[Any]


class Kind(StrEnum):
    """What was detected."""

    FACE = "face"
    BODY = "body"

    @property
    def n_keypoints(self) -> int:
        """5 for faces (eyes, nose, mouth corners), 0 for bodies."""
        return 5 if self is Kind.FACE else 0


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a source.

    image: (H, W, 3) uint8 BGR. index: position in decoding order, from 0.
    time_s: presentation time in seconds, never index / fps. source: what it came from.
    """

    image: Image
    index: int
    time_s: float
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """N faces or N bodies of one picture.

    boxes: (N, 4) float32 xyxy image pixels. scores: (N,) float32 in [0, 1].
    keypoints: (N, K, 2) float32 image pixels, K = 5 for faces (the viewer's left eye, right eye,
    nose, left and right mouth corner), 0 for bodies. `d[mask]` slices every field at once.
    """

    boxes: Floats
    scores: Floats
    keypoints: Floats
    kind: Kind

    def __post_init__(self) -> None:
        n, k = len(self.boxes), self.kind.n_keypoints
        expected = {"boxes": (n, 4), "scores": (n,), "keypoints": (n, k, 2)}
        for name, shape in expected.items():
            got = getattr(self, name).shape
            if got != shape:
                raise ValueError(f"{name} has shape {got}, expected {shape} for {n} {self.kind}s")

    @classmethod
    def empty(cls, kind: Kind) -> Detections:
        """No detection of that kind."""
        none = np.zeros((0, 4), np.float32)
        return cls(none, none[:, 0], np.zeros((0, kind.n_keypoints, 2), np.float32), kind)

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, index: Index) -> Detections:
        return Detections(self.boxes[index], self.scores[index], self.keypoints[index], self.kind)


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """N identity embeddings of one model.

    vectors: (N, D) float32, unit rows. quality: (N,) float32 in [0, 1]. model: the model's name;
    vectors of two models never meet.
    """

    vectors: Floats
    quality: Floats
    model: str

    def __len__(self) -> int:
        return len(self.vectors)

    def pooled(self) -> Floats:
        """(D,) unit vector: the mean of the rows, weighted by quality."""
        mean = np.maximum(self.quality, 1e-3) @ self.vectors
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One good look at somebody, kept so that another model can embed it later.

    jpeg: the box with a margin, compressed at once since many views wait in memory together.
    keypoints: (K, 2) float32 in that picture's pixels.
    box: (4,) float32 xyxy in frame pixels. time_s: presentation time. quality: in [0, 1].
    """

    jpeg: bytes
    keypoints: Floats
    box: Floats
    time_s: float
    quality: float


@dataclass(frozen=True, slots=True, eq=False)
class Tracklet:
    """One person, uninterrupted, as a face or as a body.

    times: (T,) float64 seconds, rising. boxes: (T, 4) float32 xyxy frame pixels at those times
    (thinned; interpolate linearly between them). views: the best looks, best first.
    embeddings: one row per view. key: the 63-bit id under which it is stored. link: the key of
    the tracklet of the other kind (the face in this body, the body around this face) or None.
    chain: the key of the first tracklet of the same person's appearance, its own when it is the
    first: an occlusion splits a chain into tracklets, and stitching finds that out.
    """

    key: int
    kind: Kind
    times: NDArray[np.float64]
    boxes: Floats
    views: tuple[View, ...]
    embeddings: Embeddings
    chain: int
    link: int | None = None

    @property
    def start_s(self) -> float:
        """Time of the first sight."""
        return float(self.times[0])

    @property
    def end_s(self) -> float:
        """Time of the last sight."""
        return float(self.times[-1])


@dataclass(frozen=True, slots=True)
class Sighting:
    """A span of one video in which somebody was, with what speaks for it.

    score: similarity in [-1, 1]. probability: calibrated, or None without a calibration.
    verdict: "same" or "different" when the user said so, else None. tracklets: ids, best first.
    box: xyxy frame pixels at best_s. evidence: which views, which kind.
    """

    video: str
    kind: Kind
    start_s: float
    end_s: float
    best_s: float
    score: float
    probability: float | None
    verdict: str | None
    tracklets: tuple[str, ...]
    box: tuple[float, float, float, float]
    evidence: tuple[Evidence, ...] = ()

    @property
    def tracklet(self) -> str:
        """The id of the best tracklet."""
        return self.tracklets[0]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One view that speaks for a sighting: its similarity, moment, quality and stored picture."""

    time_s: float
    score: float
    quality: float
    media: str
