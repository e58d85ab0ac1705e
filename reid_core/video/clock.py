"""The decoded pictures of a file with true times, from any moment on."""

from __future__ import annotations

import math
import threading
import weakref
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
from av.packet import Packet
from av.video.frame import VideoFrame

from reid_core.video import container, counting

SLACK_S = 1e-6  # times that differ by less are the same; no file counts this finely
JUMP_S = 1.0  # timestamps that go back by more than this start a new count
EARLY_S, EARLY_ANY_S = 0.5, 2.0  # how much may be missing at the end: of pictures, of anything
DAMAGED_AT_MOST = 50  # packets in a row that may fail before reading stops
STEPS_BACK_S = (0.0, 3.0, 15.0)  # seeks that land too late are tried again from further back

Timed = tuple[int, float, VideoFrame]


def due_after(time_s: float, every_s: float) -> float:
    """The next multiple of `every_s` after a moment: a grid, so that delays do not add up."""
    return (math.floor((time_s + SLACK_S) / every_s) + 1) * every_s


class Clock:
    """A file's pictures as (index, seconds from its first picture, picture), rising in time.

    decoded: pictures decoded so far. last_s: time of the latest one. Raises SourceUnavailable
    when the file cannot be opened; reading itself raises nothing, see `is_cut_short`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._used = False
        self.closed = False
        self.decoded = 0
        self._open()

    def _open(self) -> None:
        self._container, self.stream = container.open_video(self._path)
        # PyAV's objects refer to one another, so a file that nobody closed would keep its memory
        # until the garbage collector comes by
        self._release = weakref.finalize(self, self._container.close)
        self.length = container.length(self._container, self.stream)
        self._leaves_out = False
        self._step_s = 1 / float(self.stream.average_rate or 25)
        # an AVI file has no presentation times; those that FFmpeg guesses for reordered pictures
        # go back and forth, while decoding times are right but for a constant
        self._by_dts = self._container.format.name == "avi"
        # a fraction, so that 60 s after it is 60.0 and not a hair less, whatever the file counts in
        self._origin: Fraction | None = None
        self._reached_s = self.last_s = 0.0
        self._faulty = False
        self._whole_from_s: float | None = None

    def close(self) -> None:
        """Close the file; safe from another thread, and twice."""
        self.closed = True
        with self._lock:
            self._release()

    def pictures(self, wanted_s: float) -> Iterator[Timed]:
        """From the start, or from somewhere at or before `wanted_s`, to the end.

        Indices are exact from the start; elsewhere they are what the time makes them at the
        file's mean rate.
        """
        if self.closed:
            return
        if self._used:
            self._again()
        self._used = True
        if wanted_s > 0:
            if (found := self._landed(wanted_s)) is not None:
                yield from found
                return
            self._again()
        yield from self._numbered(from_start=True)

    def seek(self, wanted_s: float) -> Iterator[Timed]:
        """As `pictures`, for a player: in the file as it is open where that works.

        It ends what an earlier call gave.
        """
        if self._origin is not None and not self.closed:
            self._faulty = False
            if (found := self._landed(wanted_s)) is not None:
                yield from found
                return
        yield from self.pictures(wanted_s)

    @property
    def is_timed(self) -> bool:
        """Whether the file says when its pictures are shown."""
        return not self._by_dts

    def leave_out_before(self, time_s: float | None) -> None:
        """From now on, and until then, have the decoder leave out pictures that no other needs.

        Those that it gives before `time_s` are not all, from `time_s` on they are, each the same
        as ever. None: it leaves out none; nor does it where the file is not `is_timed`.
        """
        self._whole_from_s = time_s

    def key_at(self, time_s: float) -> float | None:
        """About when the last key picture before a moment is shown; None where nothing says so."""
        with self._lock:
            if self.closed or self._origin is None or not self.stream.time_base:
                return None
            entries = self.stream.index_entries
            at = int((time_s + float(self._origin)) / self.stream.time_base)
            place = entries.search_timestamp(at, backward=True)
            if place < 0:
                return None
            return float(entries[place].timestamp * self.stream.time_base - self._origin)

    def is_cut_short(self) -> bool:
        """After the last picture: whether the file says that there should be more."""
        if not self.length.stored or not self.length.duration_s:
            return False
        if self._faulty:
            allowed = 2 * self._step_s
        else:
            allowed = EARLY_S if self.length.own else EARLY_ANY_S
        reached = self._reached_s - float(self._origin or 0)
        return self.length.duration_s - reached > allowed + SLACK_S

    def _again(self) -> None:
        with self._lock:
            self._release()
            if not self.closed:
                self._open()

    def _landed(self, wanted_s: float) -> Iterator[Timed] | None:
        """From a key picture at or before a moment; None where the file cannot be sought so."""
        for back in STEPS_BACK_S:
            found = self._sought(wanted_s - back)
            first = next(found, None)
            if first and self._at(first[2]) is not None and first[1] <= wanted_s + SLACK_S:
                return chain([first], found)
        return None

    def _sought(self, wanted_s: float) -> Iterator[Timed]:
        """From the key picture before a moment; nothing where the file cannot be sought."""
        if self._origin is None and next(self._numbered(from_start=True), None) is None:
            return
        base = float(self.stream.time_base or 1)
        at = int((max(0.0, wanted_s) + float(self._origin or 0)) / base)
        try:
            with self._lock:
                if not self.closed:
                    self._container.seek(at, stream=self.stream, backward=True)
        except (av.error.FFmpegError, OSError):
            return
        yield from self._numbered(from_start=False)

    def _numbered(self, *, from_start: bool) -> Iterator[Timed]:
        last: float | None = None
        shift = 0.0  # of timestamps that began anew
        for n, picture in enumerate(self._decoded()):
            expected = 0.0 if last is None else last + self._step_s
            at = self._at(picture)
            if self._origin is None:
                self._origin = at or Fraction(0)
            time_s = expected if at is None else float(at - self._origin) + shift
            if last is not None and time_s < last - JUMP_S:
                shift += expected - time_s
                time_s = expected
            if last is not None and time_s <= last:
                time_s = last + 1e-6
            last = self.last_s = time_s
            yield n if from_start else round(time_s / self._step_s), time_s, picture

    def _at(self, picture: VideoFrame) -> Fraction | None:
        """When the file says that a picture is shown, in seconds by its own count."""
        at = picture.dts if self._by_dts else picture.pts
        base = picture.time_base or self.stream.time_base
        return None if at is None or base is None else at * base

    def _decoded(self) -> Iterator[VideoFrame]:
        """Pictures as the decoder gives them; damaged packets are skipped, few of them."""
        with self._lock:
            if self.closed:
                return
            # sound is looked at, not decoded, where only the whole file's length is known
            streams = [self.stream] if self.length.own else list(self._container.streams)
            packets = self._container.demux(streams)
        damaged = 0
        while damaged <= DAMAGED_AT_MOST:
            with self._lock:
                pictures = None if self.closed else self._next(packets)
            if pictures is None:
                return
            if isinstance(pictures, av.error.FFmpegError):
                damaged += 1
                continue
            damaged = 0 if pictures else damaged
            self.decoded += len(pictures)
            counting.add(len(pictures))
            yield from pictures
        self._faulty = True

    def _next(
        self, packets: Iterator[Packet[Any]]
    ) -> list[VideoFrame] | av.error.FFmpegError | None:
        """The pictures of the next packet, the error that it gave, or None at the end."""
        try:
            packet = next(packets)
        except (StopIteration, av.error.EOFError):
            return None
        except (av.error.FFmpegError, OSError):
            self._faulty = True
            return None
        self._note(packet)
        if packet.stream_index != self.stream.index:
            return []
        self._choose(packet)
        try:
            return list(packet.decode())
        except av.error.EOFError:
            return None
        except av.error.FFmpegError as error:
            return error

    def _choose(self, packet: Packet[Any]) -> None:
        """Whether the decoder may leave a picture out when no other needs it."""
        leaves_out = False
        if self._whole_from_s is not None and self._origin is not None and self.is_timed:
            if packet.pts is not None and packet.time_base is not None:
                at_s = float(packet.pts * packet.time_base - self._origin)
                leaves_out = at_s < self._whole_from_s
            if not leaves_out:  # this far, all are wanted: also if the times go back from here
                self._whole_from_s = None
        if leaves_out != self._leaves_out:
            self._leaves_out = leaves_out
            self.stream.codec_context.skip_frame = "NONREF" if leaves_out else "DEFAULT"

    def _note(self, packet: Packet[Any]) -> None:
        """How far the file reaches, and whether its last packet is whole."""
        if packet.size == 0:
            return
        self._faulty = packet.is_corrupt
        at = packet.dts if self._by_dts else packet.pts
        if at is not None and packet.time_base is not None and not packet.is_corrupt:
            end = float((at + (packet.duration or 0)) * packet.time_base)
            self._reached_s = max(self._reached_s, end)
