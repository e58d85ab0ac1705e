"""Opening a video file with PyAV, and what it says of itself."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from reid_core.errors import SourceUnavailable
from reid_core.images import MAX_PIXELS

THREADS = min(4, os.cpu_count() or 1)  # each holds some pictures, so this bounds memory
# formats whose length is written in the file; the others guess it from size and bit rate
STORED = frozenset(("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi"))
# formats whose length counts from zero, even when the first picture comes later
FROM_ZERO = frozenset(("matroska,webm", "asf"))
# formats by which FFmpeg would show a text as a film, or open whatever a play list names
NO_VIDEO = frozenset(("tty", "hls", "concat", "dash", "lrc", "srt", "webvtt", "image2"))


@dataclass(frozen=True, slots=True)
class Length:
    """How long a file says it is. own: of the pictures alone, else of the longest stream.

    stored: written in the file, so that an earlier end means that something is missing.
    """

    duration_s: float | None
    own: bool
    stored: bool


def open_video(path: Path) -> tuple[InputContainer, VideoStream]:
    """The file and its stream of pictures. Raises SourceUnavailable, saying why not."""
    container = _open(path)
    reason, stream = _choose(container)
    if stream is None:
        container.close()
        raise SourceUnavailable(f"{path} {reason}.")
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = THREADS
    return container, stream


def _open(path: Path) -> InputContainer:
    try:
        if not path.exists():
            raise SourceUnavailable(f"{path} is not there.")
        if not path.is_file():  # opening a pipe would wait for its other end
            raise SourceUnavailable(f"{path} is not an ordinary file.")
        if path.stat().st_size == 0:
            raise SourceUnavailable(f"{path} is empty.")
        # absolute, so that no part of the name can be taken for a protocol; files only, so that
        # a crafted file cannot make FFmpeg fetch an address
        name, options = str(path.absolute()), {"protocol_whitelist": "file"}
        return av.open(name, options=options, metadata_errors="ignore")
    except PermissionError as error:
        raise SourceUnavailable(f"{path} may not be read: {error.strerror}.") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise SourceUnavailable(f"{path} is not a video that can be read.") from error


def _choose(container: InputContainer) -> tuple[str, VideoStream | None]:
    """The stream of pictures, or the reason why there is none."""
    form = container.format.name
    if form in NO_VIDEO:
        return "is not a video that can be read", None
    if form.endswith("_pipe"):
        return "is a picture, although it is named like a video", None
    attached = av.stream.Disposition.attached_pic  # the cover of an album
    streams = [s for s in container.streams.video if not s.disposition & attached]
    if not streams:
        return "holds no pictures, only sound or data", None
    usable = [s for s in streams if s.codec_context is not None and s.width and s.height]
    if not usable:
        return "holds pictures in a form that cannot be decoded", None
    largest = max(usable, key=lambda s: s.width * s.height)
    if largest.width * largest.height > MAX_PIXELS:
        return (
            f"has pictures of {largest.width} x {largest.height} pixels, which is too large",
            None,
        )
    return "", largest


def length(container: InputContainer, stream: VideoStream) -> Length:
    """How long the file says it is."""
    form = container.format.name
    stored = form in STORED
    base = stream.time_base or Fraction(0)
    late = float((stream.start_time or 0) * base) if form in FROM_ZERO else 0.0
    own = float((stream.duration or 0) * base) or _clock_s(stream.metadata.get("DURATION", ""))
    if form == "avi" and stream.frames and stream.average_rate:
        # FFmpeg guesses from what is there; the header says what there should be
        own = max(own, float(stream.frames / stream.average_rate))
    if own:
        return Length(own - late, own=True, stored=stored)
    if container.duration:
        return Length(container.duration / av.time_base - late, own=False, stored=stored)
    return Length(None, own=False, stored=False)


def _clock_s(text: str) -> float:
    """Seconds of "00:01:02.500000000", as Matroska's tags write them; 0 of anything else."""
    try:
        hours, minutes, seconds = (float(part) for part in text.split(":"))
    except ValueError:
        return 0.0
    return hours * 3600 + minutes * 60 + seconds
