"""Videos whose pictures carry their own number in black and white cells, in many containers."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

CELL = 16  # px; large enough to survive any codec
BITS = 10
SIZE = (BITS * CELL, 3 * CELL)  # width, height


def numbered(number: int, *, size: tuple[int, int] = SIZE) -> np.ndarray:
    """(H, W, 3) uint8 BGR: the number in cells along the top edge, red below."""
    width, height = size
    image = np.zeros((height, width, 3), np.uint8)
    image[CELL:, :, 2] = 200
    for bit in range(BITS):
        image[:CELL, bit * CELL : (bit + 1) * CELL] = 255 * (number >> bit & 1)
    return image


def number_in(image: np.ndarray) -> int:
    """The number that `numbered` wrote."""
    cells = image[:CELL, : BITS * CELL].mean(axis=2).reshape(CELL, BITS, CELL).mean(axis=(0, 2))
    return int(sum(1 << bit for bit in range(BITS) if cells[bit] > 127))


def film(
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
    sound_s: float = 0.0,
) -> Path:
    """`n` numbered pictures at a steady rate, or one for each of the given times (seconds)."""
    at = list(times) if times is not None else [i / rate for i in range(n)]
    base = Fraction(1, 1000) if times is not None or first_s else Fraction(1, rate)
    options = {"movflags": "faststart"} if faststart else {}
    with av.open(str(path), "w", options=options) as out:
        coder = {"crf": "18", "sc_threshold": "0", "bf": str(b_frames)}
        stream = out.add_stream(codec, rate=rate, options=coder if codec == "libx264" else {})
        stream.width, stream.height = size
        stream.pix_fmt, stream.gop_size = pix_fmt, gop
        stream.codec_context.max_b_frames = b_frames
        stream.time_base = stream.codec_context.time_base = base
        sound = out.add_stream("aac", rate=44100, layout="mono") if sound_s else None
        for i, time_s in enumerate(at):
            frame = av.VideoFrame.from_ndarray(numbered(i, size=size), format="bgr24")
            frame.pts, frame.time_base = round((time_s + first_s) / base), base
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if sound is not None:
            for i in range(int(sound_s * 44100 / 1024)):
                silence = np.zeros((1, 1024), np.float32)
                part = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
                part.sample_rate, part.pts = 44100, i * 1024
                out.mux(sound.encode(part))
            out.mux(sound.encode())
    return path


def turned(path: Path, *, degrees: int) -> Path:
    """Say in the track's header that its pictures are to be turned clockwise when shown."""
    data = bytearray(path.read_bytes())
    cos, sin = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    # ISO 14496-12 8.3.2: name 4, version and flags 4, times and ids 20, reserved and layer 16
    matrix = data.index(b"tkhd") + 4 + 4 + 20 + 16
    one = 1 << 16
    rows = (cos * one, sin * one, 0, -sin * one, cos * one, 0, 0, 0, 1 << 30)
    data[matrix : matrix + 36] = struct.pack(">9i", *rows)
    path.write_bytes(data)
    return path


def cut_off(path: Path, *, share: float) -> Path:
    """Keep only the first part of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def album(path: Path) -> Path:
    """Sound with a cover picture, which is no film."""
    with av.open(str(path), "w", format="mp4") as out:
        cover = out.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = *SIZE, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        sound = out.add_stream("aac", rate=44100, layout="mono")
        frame = av.VideoFrame.from_ndarray(numbered(1), format="bgr24")
        frame.pts = 0
        out.mux(cover.encode(frame))
        out.mux(cover.encode())
        for i in range(20):
            silence = np.zeros((1, 1024), np.float32)
            part = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
            part.sample_rate, part.pts = 44100, i * 1024
            out.mux(sound.encode(part))
        out.mux(sound.encode())
    return path
