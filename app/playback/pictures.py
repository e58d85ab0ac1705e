"""What crosses from the playing thread to the window: pictures as they are shown, and news."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reid_core.types import Image

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.reformatter import VideoReformatter

HD = 720  # lines from which on a film that does not say so is taken for ITU-R BT.709
UNSAID, BT709 = 2, 1  # FFmpeg's numbers of colour spaces


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture on its way to the screen.

    pixels: (H, W, 4) uint8, blue, green, red and one unused. time_s: its own, from the file.
    frame_size: width and height of the whole picture as it is turned, px, in which boxes count.
    is_exact: whether it is the one asked for, and not one on the way there. problem: a sentence
    where the file does not go on.
    """

    path: Path
    pixels: Image
    time_s: float
    frame_size: tuple[int, int]
    is_exact: bool = True
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file is open. duration_s: None when it does not say; frame_s: at its mean rate."""

    path: Path
    duration_s: float | None
    frame_s: float


@dataclass(frozen=True, slots=True)
class Failed:
    """A file cannot be shown; why, in a sentence."""

    path: Path
    sentence: str


@dataclass(frozen=True, slots=True)
class Ended:
    """Playing came to the end at a moment."""

    time_s: float


News = Opened | Failed | Ended


def fitted(width: float, height: float, box: tuple[int, int]) -> tuple[int, int]:
    """The largest size of that shape in a box, at least 1 x 1."""
    scale = min(box[0] / width, box[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


class Converter:
    """Scales, turns and converts decoded pictures of a file. For one thread.

    aspect: how wide a stored pixel is, against its height.
    """

    def __init__(self, path: Path, aspect: float = 1.0) -> None:
        self._path, self._aspect = path, aspect
        self._scaler: VideoReformatter | None = None

    def convert(
        self, frame: VideoFrame, time_s: float, box: tuple[int, int], *, exact: bool, problem: str
    ) -> Picture:
        """The picture as large as fits into the box (width, height in px of the screen)."""
        from av.video.reformatter import VideoReformatter

        self._scaler = self._scaler or VideoReformatter()
        turns = round((frame.rotation or 0) / 90) % 4
        lying = (frame.width * self._aspect, frame.height)
        space = box if turns % 2 == 0 else box[::-1]
        width, height = fitted(*lying, space)
        unsaid = frame.colorspace == UNSAID and frame.height >= HD
        scaled = self._scaler.reformat(
            frame,
            width,
            height,
            "bgra",
            src_colorspace=BT709 if unsaid else None,
            interpolation="AREA" if width < frame.width else "BILINEAR",
        )
        pixels = np.asarray(scaled.to_ndarray(), np.uint8)
        pixels = np.ascontiguousarray(np.rot90(pixels, turns))
        size = (frame.width, frame.height) if turns % 2 == 0 else (frame.height, frame.width)
        return Picture(self._path, pixels, time_s, size, exact, problem)
