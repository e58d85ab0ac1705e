"""Sightings cut out of their videos, with true times."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av

from reid_core.errors import SourceError, SourceUnavailable
from reid_core.types import Sighting
from reid_core.video.file import FileSource

PAD_S = 0.5
CLOCK = Fraction(1, 90_000)


def cut_clips(sightings: Sequence[Sighting], folder: Path) -> tuple[list[Path], list[str]]:
    """One clip per sighting, numbered in the given order; returns the files and what failed."""
    folder.mkdir(parents=True, exist_ok=True)
    made, problems = [], []
    for i, s in enumerate(sightings, 1):
        stem = re.sub(r"[^\w.-]+", "_", Path(s.video).stem)[:60]
        out = folder / f"{i:03d}_{stem}_{s.start_s:.1f}-{s.end_s:.1f}.mp4"
        try:
            cut_clip(Path(s.video), s.start_s, s.end_s, out)
        except SourceError as error:
            problems.append(str(error))
            continue
        made.append(out)
    return made, problems


def cut_clip(video: Path, start_s: float, end_s: float, out: Path) -> None:
    """Write the pictures from half a second before to half a second after, without sound.

    H.264 where the build has it, else MPEG-4. Raises SourceUnavailable when the video is gone or
    has no picture there. Atomic.
    """
    first = max(0.0, start_s - PAD_S)
    source = FileSource(video, start_s=first)
    part = out.with_name(f".{os.getpid()}.{out.name}")
    try:
        written = _encode(source, first, end_s + PAD_S, part)
        if written == 0:
            raise SourceUnavailable(f"{video} has no picture from {start_s:.1f} s to {end_s:.1f} s.")
        part.replace(out)
    finally:
        source.close()
        part.unlink(missing_ok=True)


def _encode(source: FileSource, first: float, last: float, path: Path) -> int:
    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    written = 0
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream(codec, rate=25)
        stream.pix_fmt, stream.bit_rate = "yuv420p", 4_000_000
        stream.time_base = stream.codec_context.time_base = CLOCK
        for frame in source:
            if frame.time_s > last:
                break
            height, width = (n - n % 2 for n in frame.image.shape[:2])
            if written == 0:
                stream.width, stream.height = width, height
            picture = av.VideoFrame.from_ndarray(frame.image[:height, :width], format="bgr24")
            picture.pts, picture.time_base = round((frame.time_s - first) / CLOCK), CLOCK
            out.mux(stream.encode(picture))
            written += 1
        if written:
            out.mux(stream.encode())
    return written
