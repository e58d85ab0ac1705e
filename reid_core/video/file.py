"""Video files through PyAV, with the times that the file itself gives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from reid_core.errors import SourceBroken, SourceUnavailable
from reid_core.types import Frame, Image
from reid_core.video import counting
from reid_core.video.source import SourceInfo

EARLY_S = 2.0  # a file that ends this much before its stated end was cut short
SLACK_S = 1e-4
DAMAGED_AT_MOST = 50  # packets in a row that may fail before the file counts as broken


class FileSource:
    """The pictures of a video file in order of presentation.

    every_s: only the first picture at or after each multiple of it, the others are decoded (they
    must be) but not converted. start_s: begin there; the pictures are those of a full run. Times
    count from the file's first picture. `decoded_frames` counts every decoded one.
    """

    def __init__(self, path: Path, *, every_s: float | None = None, start_s: float = 0.0) -> None:
        self.name = str(path)
        self._container, self._stream = _open(path)
        self._stream.thread_type = "AUTO"
        self._stream.codec_context.thread_count = 2
        self._every_s = every_s
        self._start_s = start_s
        self.duration_s: float | None = _duration(self._container, self._stream)
        self.decoded_frames = 0
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Frame]:
        every = self._every_s
        due = float(np.ceil(self._start_s / every - SLACK_S) * every) if every else self._start_s
        index, time_s = -1, 0.0
        for index, time_s, picture in self._timed():
            if time_s < due - SLACK_S:
                continue
            if every:
                due = (np.floor((time_s + SLACK_S) / every) + 1) * every
            yield Frame(to_bgr(picture), index, time_s, self.name)
        if index < 0:
            raise SourceUnavailable(f"{self.name} holds no pictures.")
        if self.duration_s and self.duration_s - time_s > max(EARLY_S, 0.02 * self.duration_s):
            raise SourceBroken(
                f"{self.name} ends at {time_s:.1f} s of {self.duration_s:.1f} s: the file is cut "
                "short or damaged. What was read is kept."
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._container.close()

    def _timed(self) -> Iterator[tuple[int, float, VideoFrame]]:
        """(index, seconds from the first picture, picture); rising, also without timestamps."""
        origin, last = self._origin(), -1.0
        step = 1 / float(self._stream.average_rate or 25)
        for picture in self._decoded():
            raw = last + step
            if picture.pts is not None and picture.time_base is not None:
                raw = float(picture.pts * picture.time_base) - origin
            time_s = raw if raw > last else last + 1e-6
            last = time_s
            index = round(time_s / step) if self._start_s > 0 else self.decoded_frames - 1
            yield index, time_s, picture

    def _origin(self) -> float:
        """The time of the first picture, and a seek to just before the start if one is wanted."""
        base = float(self._stream.time_base or 1)
        origin = float(self._stream.start_time or 0) * base
        if self._start_s > 0:
            target = int((self._start_s + origin) / base)
            self._container.seek(max(target, 0), stream=self._stream, backward=True)
        return origin

    def _decoded(self) -> Iterator[VideoFrame]:
        """Pictures as the decoder gives them; damaged packets are skipped, few of them."""
        damaged = 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.error.FFmpegError, OSError):
                return  # the end is where reading stops; __iter__ says whether that is too early
            try:
                pictures = packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                damaged += 1
                if damaged > DAMAGED_AT_MOST:
                    return
                continue
            damaged = 0 if pictures else damaged
            counting.add(len(pictures))
            for picture in pictures:
                self.decoded_frames += 1
                yield picture


def to_bgr(picture: VideoFrame) -> Image:
    """(H, W, 3) uint8 BGR, turned as the file says."""
    image = np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)
    turns = round((picture.rotation or 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def probe(path: Path) -> SourceInfo:
    """What a video file says of itself. Raises SourceUnavailable."""
    container, stream = _open(path)
    with container:
        rate = float(stream.average_rate) if stream.average_rate else None
        duration = _duration(container, stream)
        return SourceInfo(stream.width, stream.height, duration, rate, stream.codec_context.name)


def frame_at(path: Path, time_s: float) -> Frame:
    """The picture shown at that moment (the last one not after it). Raises SourceUnavailable."""
    source = FileSource(path, start_s=max(0.0, time_s - 1.0))
    try:
        best: tuple[int, float, VideoFrame] | None = None
        for one in source._timed():
            if best is not None and one[1] > time_s + SLACK_S:
                break
            best = one
    finally:
        result = None if best is None else Frame(to_bgr(best[2]), best[0], best[1], source.name)
        source.close()
    if result is None:
        raise SourceUnavailable(f"{path} has no picture at {time_s:.2f} s.")
    return result


def _open(path: Path) -> tuple[InputContainer, VideoStream]:
    if not path.exists():
        raise SourceUnavailable(f"{path} is not there.")
    try:
        container = av.open(str(path), metadata_errors="ignore")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        reason = "is empty" if path.stat().st_size == 0 else "is not a video that can be read"
        raise SourceUnavailable(f"{path} {reason}.") from error
    if not container.streams.video:
        container.close()
        raise SourceUnavailable(f"{path} holds no pictures, only sound or data.")
    stream = container.streams.video[0]
    if stream.codec_context is None or stream.width == 0:
        container.close()
        raise SourceUnavailable(f"{path} holds pictures in a form that cannot be decoded.")
    return container, stream


def _duration(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration:
        return float(container.duration) / av.time_base
    return None
