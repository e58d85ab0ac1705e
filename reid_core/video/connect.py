"""Connections to cameras and network streams: open, read picture by picture, close."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame

from reid_core.errors import SourceUnavailable
from reid_core.types import Image
from reid_core.video.source import safe_name

TIMEOUT_S = 10.0


class Reader(Protocol):
    """A connection that gives pictures."""

    def read(self) -> Image | VideoFrame | None:
        """The next picture; None when the connection has ended."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Camera:
    """A local camera through OpenCV. Raises SourceUnavailable."""

    def __init__(self, number: int) -> None:
        with _opencv_silent():
            self._capture = cv2.VideoCapture(number)
        if not self._capture.isOpened():
            self._capture.release()
            raise SourceUnavailable(
                f"Camera {number} cannot be opened. Is it connected, and not in use elsewhere?"
            )
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def read(self) -> Image | None:
        """The next picture; None when the camera gives no more."""
        try:
            good, image = self._capture.read()
        except cv2.error:  # some drivers raise when the camera is pulled out
            return None
        return np.asarray(image, np.uint8) if good and image is not None else None

    def close(self) -> None:
        """Let the camera go."""
        self._capture.release()


@contextmanager
def _opencv_silent() -> Iterator[None]:
    """OpenCV writes to the terminal when a camera is missing; we say it ourselves."""
    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)


class Stream:
    """A network stream through PyAV. Raises SourceUnavailable, without the credentials.

    timeout_s: how long opening may take, and how long the wait for a picture.
    """

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        lower = url.lower()
        options = {"rtsp_transport": "tcp"} if lower.startswith("rtsp") else {}
        try:
            self._container = av.open(url, options=options, timeout=timeout_s)
        except (av.error.FFmpegError, OSError, ValueError):
            # the library's own message repeats the address, credentials included
            raise SourceUnavailable(
                f"{safe_name(url)} cannot be opened. Check the address, name and password."
            ) from None
        problem = self._problem(recorded=lower.startswith("http"))
        if problem:
            self._container.close()
            raise SourceUnavailable(f"{safe_name(url)} {problem}.")
        stream = self._container.streams.video[0]
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = 2  # more would delay the pictures
        self._pictures = self._container.decode(stream)

    def _problem(self, *, recorded: bool) -> str:
        if not self._container.streams.video:
            return "gives no pictures, only sound or data"
        if recorded and self._container.duration:
            # read as live pictures, most of it would be skipped and then begin again
            return "is a recording, not a live stream: download it and open the file"
        return ""

    def read(self) -> VideoFrame | None:
        """The next picture; None when the connection has ended or is silent for too long."""
        try:
            return next(self._pictures, None)
        except (av.error.FFmpegError, OSError):
            return None

    def close(self) -> None:
        """End the connection."""
        self._container.close()
