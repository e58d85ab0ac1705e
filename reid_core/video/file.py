"""Video files through PyAV, with the times that the file itself gives."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from reid_core.errors import SourceBroken, SourceUnavailable
from reid_core.types import Frame, Image
from reid_core.video.clock import SLACK_S, Clock, Timed, due_after
from reid_core.video.source import SourceInfo

_local = threading.local()


class FileSource:
    """The pictures of a video file in order of presentation.

    every_s: only the first picture at or after each multiple of it; the others are decoded (they
    must be) but not converted. start_s: leave out what is before; the rest is the same as in a
    full run. Times count from the file's first picture. A picture's index is exact in a full run,
    and after a start later than 0 what its time makes it at the file's mean rate.
    `decoded_frames` counts every decoded picture, wanted or not.
    """

    def __init__(self, path: Path, *, every_s: float | None = None, start_s: float = 0.0) -> None:
        if every_s is not None and not (math.isfinite(every_s) and every_s > 0):
            raise ValueError(f"every_s is {every_s}, expected seconds above 0")
        if not (math.isfinite(start_s) and start_s >= 0):
            raise ValueError(f"start_s is {start_s}, expected seconds from 0")
        self.name = str(path)
        self.decoded_frames = 0
        self._every_s, self._start_s = every_s, start_s
        self._clock = Clock(path)
        self.duration_s: float | None = self._clock.length.duration_s

    def __iter__(self) -> Iterator[Frame]:
        every, seen = self._every_s, False
        due = wanted = self._wanted_s()
        for index, time_s, picture in self._clock.pictures(wanted):
            seen, self.decoded_frames = True, self._clock.decoded
            if time_s < due - SLACK_S:
                continue
            if every:
                due = due_after(time_s, every)
            if time_s >= self._start_s - SLACK_S:
                yield Frame(to_bgr(picture), index, time_s, self.name)
        self.decoded_frames = self._clock.decoded
        if not self._clock.closed:
            self._check_end(seen)

    def close(self) -> None:
        """Close the file; safe from another thread, and twice."""
        self._clock.close()

    def _wanted_s(self) -> float:
        """Where to begin so that the first picture from start_s on is found as in a full run.

        That picture may be the one for a multiple of every_s before start_s, when no other lies
        in between.
        """
        if not self._every_s:
            return self._start_s
        return math.floor((self._start_s + SLACK_S) / self._every_s) * self._every_s

    def _check_end(self, seen: bool) -> None:
        if not seen:
            raise SourceUnavailable(f"{self.name} holds no pictures that can be decoded.")
        if self._clock.is_cut_short():
            raise SourceBroken(
                f"{self.name} ends at {self._clock.last_s:.1f} s of {self.duration_s:.1f} s: the "
                "file is cut short or damaged. What was read is kept."
            )


def to_bgr(picture: VideoFrame) -> Image:
    """(H, W, 3) uint8 BGR, turned as the file says."""
    # a converter kept per thread: one made anew for each picture costs 20 times the conversion
    if not hasattr(_local, "converter"):
        _local.converter = VideoReformatter()
    converted = _local.converter.reformat(picture, format="bgr24")
    image = np.asarray(converted.to_ndarray(), np.uint8)
    turns = round((picture.rotation or 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def probe(path: Path) -> SourceInfo:
    """What a video file says of itself, its size as shown. Raises SourceUnavailable."""
    with closing(Clock(path)) as clock:
        first = next(clock.pictures(0.0), None)
        if first is None:
            raise SourceUnavailable(f"{path} holds no pictures that can be decoded.")
        height, width = to_bgr(first[2]).shape[:2]
        rate = float(clock.stream.average_rate) if clock.stream.average_rate else None
        codec = clock.stream.codec_context.name
        return SourceInfo(width, height, clock.length.duration_s, rate, codec)


def frame_at(path: Path, time_s: float) -> Frame:
    """The picture shown at that moment: the last one not after it.

    Before the first picture that is the first, after the end of a whole file the last. Raises
    SourceUnavailable, also when the file is cut short before that moment.
    """
    with closing(Clock(path)) as clock:
        best: Timed | None = None
        for one in clock.pictures(max(0.0, time_s)):
            if best is not None and one[1] > time_s + SLACK_S:
                break
            best = one
        else:
            if clock.is_cut_short():
                raise SourceUnavailable(
                    f"{path} has no picture at {time_s:.2f} s: it is cut short at "
                    f"{clock.last_s:.1f} s."
                )
        if best is None:
            raise SourceUnavailable(f"{path} holds no pictures that can be decoded.")
        return Frame(to_bgr(best[2]), best[0], best[1], str(path))
