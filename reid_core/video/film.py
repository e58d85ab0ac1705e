"""A film made of one photograph by a virtual camera that pans, zooms and cuts.

Since the camera's path is ours, it is known exactly which part of the photograph, and so which of
its people, every moment shows. The demo and the tests use it as ground truth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from reid_core import boxes
from reid_core.protocols import Progress, no_progress
from reid_core.types import Floats, Image
from reid_core.video.encode import encoder


@dataclass(frozen=True, slots=True)
class Key:
    """Where the camera looks at a moment: centre and width in px of the photograph."""

    time_s: float
    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Film:
    """A shot list. Each shot is a row of keys, linear in between; shots follow by a hard cut."""

    shots: tuple[tuple[Key, ...], ...]
    size: tuple[int, int] = (640, 480)
    per_second: int = 15

    @property
    def duration_s(self) -> float:
        """Length of the film."""
        return self.shots[-1][-1].time_s

    def times(self) -> NDArray[np.float64]:
        """(T,) presentation times of its pictures, seconds."""
        return np.arange(round(self.duration_s * self.per_second)) / self.per_second

    def window(self, time_s: float) -> Floats:
        """(4,) xyxy, the part of the photograph seen at that moment, px; may reach outside."""
        shot = next((s for s in self.shots if time_s < s[-1].time_s), self.shots[-1])
        at = [k.time_s for k in shot]
        x, y, width = (
            float(np.interp(time_s, at, values))
            for values in ([k.x for k in shot], [k.y for k in shot], [k.width for k in shot])
        )
        height = width * self.size[1] / self.size[0]
        return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2], np.float32)

    def pictures(self, photograph: Image) -> Iterator[Image]:
        """Every picture of the film, (H, W, 3) uint8 BGR of `size`."""
        for t in self.times():
            yield self._shot_of(photograph, self.window(float(t)))

    def seen(self, box: Floats, *, inside: float = 0.95) -> list[tuple[float, float]]:
        """When something at `box` (photograph px) is in the picture: (start, end) in seconds."""
        times = self.times()
        windows = np.stack([self.window(float(t)) for t in times])
        visible = boxes.coverage(box[None], windows)[0] >= inside
        edges = np.flatnonzero(np.diff(np.concatenate([[0], visible.astype(np.int8), [0]])))
        step = 1 / self.per_second
        return [
            (float(times[a]), float(times[b - 1]) + step)
            for a, b in zip(edges[::2], edges[1::2], strict=True)
        ]

    def write(self, photograph: Image, path: Path, *, progress: Progress = no_progress) -> None:
        """Encode the film. What `progress` raises ends it, leaving an unfinished file."""
        times = self.times()
        with encoder(path, bit_rate=2_000_000, per_second=self.per_second) as out:
            for i, picture in enumerate(self.pictures(photograph)):
                progress(i / len(times), "")
                out.write(picture, float(times[i]))

    def _shot_of(self, photograph: Image, window: Floats) -> Image:
        scale = self.size[0] / float(window[2] - window[0])
        matrix = np.array([[scale, 0, -window[0] * scale], [0, scale, -window[1] * scale]])
        return np.asarray(
            cv2.warpAffine(
                photograph, matrix, self.size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
            ),
            np.uint8,
        )


def pan(*keys: Sequence[float]) -> tuple[Key, ...]:
    """A shot from (time_s, x, y, width) rows."""
    return tuple(Key(*(float(v) for v in key)) for key in keys)
