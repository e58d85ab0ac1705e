"""Cameras and streams: endless, and always the latest picture.

A thread reads as fast as the source gives; a mailbox of one place keeps the newest picture. A slow
consumer skips pictures and never lags behind; only those that it takes are converted to BGR.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

from av.video.frame import VideoFrame

from reid_core.errors import SourceBroken, SourceUnavailable
from reid_core.types import Frame, Image
from reid_core.video import counting
from reid_core.video.clock import due_after
from reid_core.video.connect import TIMEOUT_S, Camera, Reader, Stream
from reid_core.video.file import to_bgr
from reid_core.video.source import safe_name

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
TRIES = 8  # connections in a row that may fail before a stream is given up


class LiveSource:
    """The latest pictures of a reader, reconnecting with growing pauses when it ends.

    connect: opens the source; raises SourceUnavailable. tries: connections in a row that may
    fail; 1 for a camera, which does not come back. began_s: the moment from which times count, by
    `time.monotonic`. is_connected: false between the loss of the connection and the next picture.
    """

    def __init__(
        self,
        connect: Callable[[], Reader],
        *,
        name: str,
        every_s: float | None,
        tries: int,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self.name = name
        self.duration_s: float | None = None
        self.decoded_frames = 0
        self._connect, self._tries = connect, tries
        self._every_s = every_s or 0.0
        self._stop = threading.Event()
        self._pause = pause or self._stop.wait
        self._fresh = threading.Condition()
        self._latest: tuple[int, float, Image | VideoFrame] | None = None
        self._failed: SourceUnavailable | None = None
        self.has_end = False
        self.began_s = time.monotonic()
        self.is_connected = True
        self._first = connect()
        self._thread = threading.Thread(target=self._read, name="live", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Frame]:
        taken, due = -1, 0.0
        while not self._stop.is_set():
            with self._fresh:
                self._fresh.wait_for(partial(self._is_news, taken), timeout=0.5)
                news, failed = self._latest, self._failed
            if news is not None and news[0] > taken:
                taken, time_s, picture = news
                if time_s < due:
                    continue
                if self._every_s:
                    due = due_after(time_s, self._every_s)
                yield Frame(_image(picture), taken, time_s, self.name)
            elif failed is not None:
                raise SourceBroken(str(failed)) from failed

    def stop(self) -> None:
        """Have the iteration end soon, without waiting for the connection."""
        self._stop.set()
        with self._fresh:
            self._fresh.notify_all()

    def close(self) -> None:
        """Stop reading; safe to call twice."""
        self.stop()
        if threading.current_thread() is not self._thread:
            self._thread.join(TIMEOUT_S + 5)

    def _is_news(self, taken: int) -> bool:
        fresh = self._latest is not None and self._latest[0] > taken
        return fresh or self._failed is not None or self._stop.is_set()

    def _read(self) -> None:
        try:
            self._read_and_reconnect()
        finally:  # whatever happens here, nobody may wait for it for ever
            if not self._stop.is_set():
                self._give_up()

    def _read_and_reconnect(self) -> None:
        reader: Reader | None = self._first
        failures = 0
        while not self._stop.is_set():
            if reader is not None:
                try:
                    failures = 0 if self._drain(reader) else failures
                finally:
                    reader.close()
            failures += 1
            self.is_connected = False
            if self._stop.is_set() or failures >= self._tries:
                return
            self._pause(min(FIRST_PAUSE_S * 2 ** (failures - 1), LONGEST_PAUSE_S))
            log.info("reconnecting to %s", self.name)
            reader = self._again()

    def _again(self) -> Reader | None:
        try:
            return self._connect()
        except SourceUnavailable:
            return None

    def _drain(self, reader: Reader) -> bool:
        """Read until the connection ends; whether it gave any picture."""
        gave = False
        while not self._stop.is_set():
            picture = reader.read()
            if picture is None:
                break
            gave = self.is_connected = True
            self.decoded_frames += 1
            counting.add(1)
            with self._fresh:
                number = self._latest[0] + 1 if self._latest else 0
                self._latest = (number, time.monotonic() - self.began_s, picture)
                self._fresh.notify_all()
        return gave

    def _give_up(self) -> None:
        with self._fresh:
            self._failed = SourceUnavailable(
                f"{self.name} stopped giving pictures after {self.decoded_frames} of them."
            )
            self._fresh.notify_all()


def _image(picture: Image | VideoFrame) -> Image:
    return to_bgr(picture) if isinstance(picture, VideoFrame) else picture


def open_camera(number: int, *, every_s: float | None) -> LiveSource:
    """A local camera. Raises SourceUnavailable."""
    return LiveSource(partial(Camera, number), name=f"camera:{number}", every_s=every_s, tries=1)


def open_stream(url: str, *, every_s: float | None) -> LiveSource:
    """A network stream. Raises SourceUnavailable when the first connection fails."""
    return LiveSource(partial(Stream, url), name=safe_name(url), every_s=every_s, tries=TRIES)
