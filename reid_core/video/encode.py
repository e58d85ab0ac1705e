"""Writing a video file: H.264 where the build of FFmpeg has it, else MPEG-4; no sound."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from reid_core.types import Image

CLOCK = Fraction(1, 60_000)  # MPEG-4 allows no finer one than 1/65535


class Encoder:
    """An open file; the first picture decides its size."""

    def __init__(self, out: OutputContainer, *, bit_rate: int, per_second: int) -> None:
        codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        self._out = out
        self._stream = cast(VideoStream, out.add_stream(codec, rate=per_second))
        self._stream.pix_fmt = "yuv420p"
        self._stream.bit_rate = bit_rate
        self._stream.codec_context.time_base = CLOCK
        self.written = 0

    def write(self, image: Image, time_s: float) -> None:
        """Append (H, W, 3) uint8 BGR at a moment; odd sides lose a row or column."""
        height, width = (n - n % 2 for n in image.shape[:2])
        if self.written == 0:
            self._stream.width, self._stream.height = width, height
        picture = av.VideoFrame.from_ndarray(image[:height, :width], format="bgr24")
        picture.pts, picture.time_base = round(time_s / CLOCK), CLOCK
        self._out.mux(self._stream.encode(picture))
        self.written += 1

    def finish(self) -> None:
        """Write what the codec still holds back."""
        if self.written:
            self._out.mux(self._stream.encode())


@contextmanager
def encoder(path: Path, *, bit_rate: int = 4_000_000, per_second: int = 25) -> Iterator[Encoder]:
    """An `Encoder` on an MP4 file, finished and closed at the end."""
    with av.open(str(path), "w", format="mp4") as out:
        one = Encoder(out, bit_rate=bit_rate, per_second=per_second)
        yield one
        one.finish()
