"""Sightings cut out of their videos, with true times."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from reid_core.errors import SourceError, SourceUnavailable
from reid_core.types import Sighting
from reid_core.video.encode import encoder
from reid_core.video.file import FileSource

PAD_S = 0.5


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

    Raises SourceUnavailable when the video is gone or
    has no picture there. Atomic.
    """
    first = max(0.0, start_s - PAD_S)
    source = FileSource(video, start_s=first)
    part = out.with_name(f".{os.getpid()}.{out.name}")
    try:
        with encoder(part) as to:
            for frame in source:
                if frame.time_s > end_s + PAD_S:
                    break
                to.write(frame.image, frame.time_s - first)
        if to.written == 0:
            raise SourceUnavailable(
                f"{video} has no picture from {start_s:.1f} s to {end_s:.1f} s."
            )
        part.replace(out)
    finally:
        source.close()
        part.unlink(missing_ok=True)
