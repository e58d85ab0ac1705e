"""Sightings cut out of their videos, with true times."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Sequence
from pathlib import Path

import av

from reid_core.errors import CameoError, SourceBroken, SourceError, SourceUnavailable
from reid_core.protocols import Progress, no_progress
from reid_core.types import Sighting
from reid_core.video.encode import encoder
from reid_core.video.file import FileSource

PAD_S = 0.5


def cut_clips(
    sightings: Sequence[Sighting], folder: Path, *, progress: Progress = no_progress
) -> tuple[list[Path], list[str]]:
    """One clip per sighting, numbered in the given order; returns the files and what failed.

    Raises CameoError when the clips cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CameoError(f"{folder} cannot be made: {error.strerror}.") from error
    made, problems = [], []
    for i, s in enumerate(sightings, 1):
        progress((i - 1) / len(sightings), f"{i} / {len(sightings)}")
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

    They keep their distances in time. A video that is cut short within gives what it has. Raises
    SourceUnavailable when the video is gone or has no picture there, CameoError when the clip
    cannot be written. Atomic.
    """
    if not 0 <= start_s <= end_s:
        raise ValueError(f"a clip from {start_s} s to {end_s} s makes no sense")
    first = max(0.0, start_s - PAD_S)
    source = FileSource(video, start_s=first)
    part = out.with_name(f".{os.getpid()}.{threading.get_ident()}.part.mp4")
    try:
        if _write(source, first, end_s + PAD_S, part) == 0:
            raise SourceUnavailable(
                f"{video} has no picture from {start_s:.1f} s to {end_s:.1f} s."
            )
        part.replace(out)
    except (av.error.FFmpegError, OSError) as error:
        raise CameoError(f"{out} cannot be written: {error.strerror or error}.") from error
    finally:
        source.close()
        part.unlink(missing_ok=True)


def _write(source: FileSource, first_s: float, last_s: float, path: Path) -> int:
    """Encode the pictures of a span; how many there were."""
    with encoder(path) as to:
        try:
            for frame in source:
                if frame.time_s > last_s:
                    break
                if min(frame.image.shape[:2]) < 2:
                    raise SourceUnavailable(f"{source.name} is too small to make clips of.")
                to.write(frame.image, frame.time_s - first_s)
        except SourceBroken:
            if to.written == 0:
                raise
    return to.written
