"""A video file's pictures one by one: from any moment, forwards and back, for a player."""

from __future__ import annotations

import bisect
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from av.video.frame import VideoFrame

from reid_core.video.clock import SLACK_S, Clock, Timed

KEEP_BYTES = 100_000_000  # of decoded pictures behind the present one, for going back
KEEP_MOST, KEEP_LEAST = 64, 8
BEHIND = 8  # pictures decoded before the one wanted, so that going back a little is quick
ON_S = 0.3  # this far ahead it is quicker to read on than to seek
TELL_S = 0.1  # on a long way a picture is told of this often
UNKNOWN_ON_S = 1.0  # the same where the file does not say where its key pictures are

Stop = Callable[[], bool]
Told = Callable[[float, VideoFrame], None]


def _never() -> bool:
    return False


def most_kept(picture: VideoFrame) -> int:
    """How many pictures of that size are kept."""
    size = max(1, picture.width * picture.height * 3 // 2)
    return min(KEEP_MOST, max(KEEP_LEAST, KEEP_BYTES // size))


class Cursor:
    """Stands on one picture of a file. For one thread.

    Raises SourceUnavailable when the file cannot be opened. Reading raises nothing: see
    `is_cut_short`.
    """

    def __init__(self, path: Path) -> None:
        self._clock = Clock(path)
        self._flow: Iterator[Timed] | None = None
        self._kept: deque[Timed] = deque()
        self._place = -1
        self._ended = False
        self._whole_from_s = 0.0  # of what was read before it, there may be only a part
        self._is_even = True  # pictures follow one another about as fast as they do on average
        self.duration_s = self._clock.length.duration_s
        self.frame_s = 1 / float(self._clock.stream.average_rate or 25)
        self.aspect = float(self._clock.stream.sample_aspect_ratio or 1)

    def close(self) -> None:
        """Close the file; safe twice."""
        self._clock.close()
        self._kept.clear()
        self._flow = None

    @property
    def is_cut_short(self) -> bool:
        """Whether reading came to an end before the file's own."""
        return self._ended and self._clock.is_cut_short()

    @property
    def last_s(self) -> float:
        """The time of the picture read last."""
        return self._clock.last_s

    def at(
        self,
        time_s: float,
        *,
        stop: Stop = _never,
        rough: Told | None = None,
        behind: int = BEHIND,
    ) -> tuple[float, VideoFrame] | None:
        """Go to the picture shown at a moment: the last one not after it, else the first.

        stop: asked between pictures; None is returned once it says so. rough: told of pictures
        on the way there when that takes long. behind: so many pictures before it are kept for
        going back; of those still earlier the decoder leaves out what it can. None also for a
        file without pictures.
        """
        until_s = time_s if self.duration_s is None else min(time_s, self.duration_s)
        whole_from_s = until_s - behind * self.frame_s if self._is_even else 0.0
        if not self._go(time_s, whole_from_s, stop, rough):
            return None
        if self._has_gap(time_s):
            self._is_even = False
            self._kept.clear()
            if not self._go(time_s, 0.0, stop, rough):
                return None
        return self._stand(self._last_not_after(time_s))

    def next(self) -> tuple[float, VideoFrame] | None:
        """Go one picture on; None at the end."""
        if self._place + 1 >= len(self._kept) and self._read() is None:
            return None
        return self._stand(self._place + 1)

    def previous(self, *, stop: Stop = _never) -> tuple[float, VideoFrame] | None:
        """Go one picture back; the first stays. None when stopped, or without pictures."""
        if not self._kept:
            return None
        if self._place > 0:
            return self._stand(self._place - 1)
        before, most = self._kept[0][1], most_kept(self._kept[0][2])
        return self.at(max(0.0, before - 2 * SLACK_S), stop=stop, behind=most)

    def _go(self, time_s: float, whole_from_s: float, stop: Stop, rough: Told | None) -> bool:
        """Read on until a moment is passed; whether nothing stopped it."""
        told = time.monotonic()
        if not self._is_ahead(time_s):
            self._flow = self._clock.seek(max(0.0, time_s))
            self._leave_out(whole_from_s)
            self._kept.clear()
            self._place, self._ended = -1, False
            first = self._read()
            if first and rough is not None and time_s - first[1] > ON_S:
                rough(first[1], first[2])
                told = time.monotonic()
        elif self._kept[-1][1] < whole_from_s:
            self._leave_out(whole_from_s)
        while self._kept and not self._ended and self._kept[-1][1] <= time_s + SLACK_S:
            if stop():
                self._place = len(self._kept) - 1
                self._leave_out(0.0)
                return False
            if rough is not None and time.monotonic() - told > TELL_S:
                rough(self._kept[-1][1], self._kept[-1][2])
                told = time.monotonic()
            self._read()
        return True

    def _leave_out(self, before_s: float) -> None:
        self._whole_from_s = before_s if self._clock.is_timed else 0.0
        self._clock.leave_out_before(before_s if self._whole_from_s > 0 else None)

    def _has_gap(self, time_s: float) -> bool:
        """Whether the picture of a moment may be one of those that were left out."""
        if self._whole_from_s <= 0:
            return False
        first_s = self._kept[0][1] if self._kept else 0.0
        return not self._whole_from_s <= first_s <= time_s + SLACK_S

    def _read(self) -> Timed | None:
        """One more picture at the end of those kept."""
        one = next(self._flow, None) if self._flow is not None else None
        if one is None:
            self._ended = True
            return None
        if self._kept and self._kept[-1][1] < self._whole_from_s:
            self._kept.clear()
            self._place = -1
        self._kept.append(one)
        while len(self._kept) > most_kept(one[2]):
            self._kept.popleft()
            self._place -= 1
        return one

    def _is_ahead(self, time_s: float) -> bool:
        """Whether a moment is among the kept pictures, or sooner reached by reading on."""
        if not self._kept or self._kept[0][1] > time_s + SLACK_S:
            return bool(self._kept) and self._kept[0][1] <= SLACK_S
        last = self._kept[-1][1]
        if self._ended or time_s - last <= ON_S:
            return True
        key = self._clock.key_at(time_s)
        return key <= last + SLACK_S if key is not None else time_s - last <= UNKNOWN_ON_S

    def _last_not_after(self, time_s: float) -> int:
        after = bisect.bisect_right(self._kept, time_s + SLACK_S, key=lambda one: one[1])
        return max(0, after - 1)

    def _stand(self, place: int) -> tuple[float, VideoFrame] | None:
        if not self._kept:
            return None
        self._place = place
        _, time_s, picture = self._kept[place]
        return time_s, picture
