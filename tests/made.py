"""Small videos and pictures made for the tests."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def picture(number: int, *, width: int = 64, height: int = 48) -> np.ndarray:
    """A picture that says its number (modulo 40) by how bright it is."""
    return np.full((height, width, 3), 40 + 5 * (number % 40), np.uint8)


def number_of(image: np.ndarray) -> int:
    """The number of a `picture`, after a codec has been at it (which darkens it by about 3)."""
    return round((float(image.mean()) - 38.5) / 5)


def write_video(
    path: Path,
    times: list[float],
    *,
    codec: str = "libx264",
    b_frames: int = 0,
    options: dict[str, str] | None = None,
) -> Path:
    """A video whose n-th picture is `picture(n)` at times[n] seconds."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.max_b_frames = b_frames
        for n, t in enumerate(times):
            one = av.VideoFrame.from_ndarray(picture(n), format="bgr24")
            one.pts, one.time_base = round(t * 1000), Fraction(1, 1000)
            out.mux(stream.encode(one))
        out.mux(stream.encode())
    return path


def write_sound(path: Path) -> Path:
    """A file with sound and nothing else."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=44100)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate, frame.pts = 44100, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path
