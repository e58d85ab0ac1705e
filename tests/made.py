"""Tiny pictures and videos made for tests. Every picture of a video carries its own number."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from reid_core.types import Image

CELL = 16  # px; large enough to survive any codec
BITS = 10
CLOCK = Fraction(1, 1000)
SIZE = (BITS * CELL, 3 * CELL)  # width, height


def numbered(number: int, *, size: tuple[int, int] = SIZE) -> Image:
    """(H, W, 3) uint8: the number in black and white cells along the top edge, red below."""
    width, height = size
    image = np.zeros((height, width, 3), np.uint8)
    image[CELL:, :, 2] = 200
    for bit in range(BITS):
        image[:CELL, bit * CELL : (bit + 1) * CELL] = 255 * (number >> bit & 1)
    return image


def number_of(image: Image) -> int:
    """The number that `numbered` wrote."""
    cells = image[:CELL, : BITS * CELL].mean(axis=2).reshape(CELL, BITS, CELL).mean(axis=(0, 2))
    return int(sum(1 << bit for bit in range(BITS) if cells[bit] > 127))


def video(
    path: Path,
    *,
    n: int = 40,
    rate: int = 10,
    times: Sequence[float] | None = None,
    codec: str = "libx264",
    b_frames: int = 0,
    gop: int = 10,
    size: tuple[int, int] = SIZE,
    first_s: float = 0.0,
    faststart: bool = False,
    pix_fmt: str = "yuv420p",
) -> Path:
    """A video of `n` numbered pictures at a constant rate, or at the given times (seconds)."""
    at = list(times) if times is not None else [i / rate for i in range(n)]
    options = {"movflags": "faststart"} if faststart else {}
    with av.open(str(path), "w", options=options) as out:
        stream = out.add_stream(codec, rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt, stream.gop_size = pix_fmt, gop
        stream.codec_context.max_b_frames = b_frames
        if codec == "libx264":
            stream.options = {"crf": "18", "sc_threshold": "0", "bf": str(b_frames)}
        base = CLOCK if times is not None or first_s else Fraction(1, rate)
        stream.time_base = stream.codec_context.time_base = base
        for i, time_s in enumerate(at):
            frame = av.VideoFrame.from_ndarray(numbered(i, size=size), format="bgr24")
            frame.pts, frame.time_base = round((time_s + first_s) / base), base
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def audio_only(path: Path) -> Path:
    """A second of silence."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=44100, layout="mono")
        for i in range(40):
            samples = np.zeros((1, 1024), np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44100, i * 1024
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def no_pictures(path: Path) -> Path:
    """A video whose track is declared and holds nothing: every sample is cut away."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.open()
        out.start_encoding()
    return path


def rotated(path: Path, *, degrees: int) -> Path:
    """Say in the track header that the picture is to be turned clockwise for display."""
    data = bytearray(path.read_bytes())
    cos, sin = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    # ISO 14496-12 8.3.2: version and flags 4, times and ids 20, reserved and layer 16 bytes
    matrix = data.index(b"tkhd") + 4 + 4 + 20 + 16
    one = 1 << 16
    rows = (cos * one, sin * one, 0, -sin * one, cos * one, 0, 0, 0, 1 << 30)
    data[matrix : matrix + 36] = struct.pack(">9i", *rows)
    path.write_bytes(data)
    return path


def truncated(path: Path, *, share: float) -> Path:
    """Keep only the first part of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def garbage(path: Path, *, n: int = 20_000) -> Path:
    """Random bytes."""
    path.write_bytes(np.random.default_rng(3).bytes(n))
    return path
