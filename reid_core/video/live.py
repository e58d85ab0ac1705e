"""Cameras and streams: endless, and always the latest picture.

A thread reads as fast as the source gives; a mailbox of one place keeps the newest picture. A slow
consumer skips pictures and never lags behind.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

import av
import cv2
import numpy as np

from reid_core.errors import SourceBroken, SourceUnavailable
from reid_core.types import Frame, Image
from reid_core.video import counting
from reid_core.video.file import to_bgr
from reid_core.video.source import safe_name

log = logging.getLogger(__name__)

TIMEOUT_S = 10.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
TRIES = 8  # connections in a row that may fail before a stream is given up


class Reader(Protocol):
    """A connection that gives pictures."""

    def read(self) -> Image | None:
        """The next picture; None when the connection has ended."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class LiveSource:
    """The latest pictures of a reader, reconnecting with growing pauses when it ends.

    connect: opens the source; raises SourceUnavailable. tries: connections in a row that may
    fail; 1 for a camera, which does not come back.
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
        self._latest: tuple[int, float, Image] | None = None
        self._failed: SourceUnavailable | None = None
        self._started = time.monotonic()
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
                taken, time_s, image = news
                if time_s >= due:
                    due = time_s + self._every_s * 0.9
                    yield Frame(image, taken, time_s, self.name)
            elif failed is not None:
                raise SourceBroken(str(failed)) from failed

    def close(self) -> None:
        """Stop reading; safe to call twice."""
        self._stop.set()
        with self._fresh:
            self._fresh.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join(TIMEOUT_S + 5)

    def _is_news(self, taken: int) -> bool:
        fresh = self._latest is not None and self._latest[0] > taken
        return fresh or self._failed is not None or self._stop.is_set()

    def _read(self) -> None:
        reader: Reader | None = self._first
        failures = 0
        while not self._stop.is_set():
            if reader is not None:
                failures = 0 if self._drain(reader) else failures
                reader.close()
            failures += 1
            if self._stop.is_set() or failures >= self._tries:
                break
            self._pause(min(FIRST_PAUSE_S * 2 ** (failures - 1), LONGEST_PAUSE_S))
            log.info("reconnecting to %s", self.name)
            reader = self._again()
        if not self._stop.is_set():
            self._give_up()

    def _again(self) -> Reader | None:
        try:
            return self._connect()
        except SourceUnavailable:
            return None

    def _drain(self, reader: Reader) -> bool:
        """Read until the connection ends; whether it gave any picture."""
        gave = False
        while not self._stop.is_set():
            image = reader.read()
            if image is None:
                break
            gave = True
            self.decoded_frames += 1
            counting.add(1)
            with self._fresh:
                number = self._latest[0] + 1 if self._latest else 0
                self._latest = (number, time.monotonic() - self._started, image)
                self._fresh.notify_all()
        return gave

    def _give_up(self) -> None:
        with self._fresh:
            self._failed = SourceUnavailable(
                f"{self.name} stopped giving pictures after {self.decoded_frames} of them."
            )
            self._fresh.notify_all()


class _Camera:
    """A local camera through OpenCV."""

    def __init__(self, number: int) -> None:
        self._capture = cv2.VideoCapture(number)
        if not self._capture.isOpened():
            self._capture.release()
            raise SourceUnavailable(
                f"Camera {number} cannot be opened. Is it connected, and not in use elsewhere?"
            )
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def read(self) -> Image | None:
        good, image = self._capture.read()
        return np.asarray(image, np.uint8) if good else None

    def close(self) -> None:
        self._capture.release()


class _Stream:
    """A network stream through PyAV."""

    def __init__(self, url: str) -> None:
        options = {"rtsp_transport": "tcp"} if url.lower().startswith("rtsp") else {}
        try:
            self._container = av.open(url, options=options, timeout=TIMEOUT_S)
            stream = self._container.streams.video[0]
            stream.thread_type = "AUTO"
            self._pictures = self._container.decode(stream)
        except (av.error.FFmpegError, OSError, IndexError, ValueError):
            # the library's own message repeats the address, credentials included
            raise SourceUnavailable(
                f"{safe_name(url)} cannot be opened. Check the address, name and password."
            ) from None

    def read(self) -> Image | None:
        try:
            picture = next(self._pictures, None)
        except (av.error.FFmpegError, OSError):
            return None
        return None if picture is None else to_bgr(picture)

    def close(self) -> None:
        self._container.close()


def open_camera(number: int, *, every_s: float | None) -> LiveSource:
    """A local camera. Raises SourceUnavailable."""
    return LiveSource(lambda: _Camera(number), name=f"camera:{number}", every_s=every_s, tries=1)


def open_stream(url: str, *, every_s: float | None) -> LiveSource:
    """A network stream. Raises SourceUnavailable when the first connection fails."""
    return LiveSource(lambda: _Stream(url), name=safe_name(url), every_s=every_s, tries=TRIES)
