"""Network cameras as they are, endless, paced and now and then gone: servers on this machine."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from fractions import Fraction
from itertools import pairwise

import av
import pytest

from reid_core.images import encode_jpeg
from reid_core.video.connect import Stream
from reid_core.video.live import LiveSource
from tests.numbered import SIZE, number_in, numbered

RATE = 25
MOST = 250  # pictures have numbers up to 255
LINE = b"frame"


class Camera:
    """Serves whoever connects from the picture of this moment on. cut: hangs up on everybody."""

    def __init__(self, send: Callable[[Camera, socket.socket], None]) -> None:
        self._send = send
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.began, self.served = time.monotonic(), 0
        self._lines: list[socket.socket] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def now(self) -> int:
        """The number of the present picture."""
        return int((time.monotonic() - self.began) * RATE) % MOST

    def pictures(self) -> Iterator[int]:
        """Numbers, each when it is due."""
        last = -1
        while not self._ended.is_set():
            if self.now != last:
                last = self.now
                yield last
            time.sleep(0.005)

    def cut(self) -> None:
        """Lose the connections there are."""
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        self._lines.clear()

    def close(self) -> None:
        """Off."""
        self._ended.set()
        self.cut()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for one in self._threads:
            one.join(5)

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            self.served += 1
            self._lines.append(line)
            self._threads.append(threading.Thread(target=self._serve, args=(line,)))
            self._threads[-1].start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError):
            self._send(self, line)


class Wire(io.RawIOBase):
    """What a muxer writes, on a line."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self._line.sendall(bytes(data))  # type: ignore[call-overload]
        return len(data)  # type: ignore[arg-type]


def mpegts(camera: Camera, line: socket.socket) -> None:
    """H.264 in a transport stream, as network cameras and encoders send it."""
    with suppress(av.error.FFmpegError, OSError):
        out = av.open(Wire(line), "w", format="mpegts", buffer_size=1316)
        options = {"tune": "zerolatency", "crf": "10", "preset": "ultrafast"}
        stream = out.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height = SIZE
        stream.pix_fmt, stream.gop_size = "yuv420p", 5
        for n, number in enumerate(camera.pictures()):
            frame = av.VideoFrame.from_ndarray(numbered(number), format="bgr24")
            frame.pts, frame.time_base = n, Fraction(1, RATE)
            for packet in stream.encode(frame):
                out.mux(packet)


def mjpeg(camera: Camera, line: socket.socket) -> None:
    """JPEG after JPEG over HTTP, as simple cameras do."""
    line.recv(4096)
    line.sendall(
        b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=" + LINE + b"\r\n\r\n"
    )
    for number in camera.pictures():
        jpeg = encode_jpeg(numbered(number), quality=95)
        head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode()
        line.sendall(b"--" + LINE + b"\r\n" + head + jpeg + b"\r\n")


@pytest.mark.parametrize(
    ("send", "scheme"), [(mpegts, "tcp"), (mjpeg, "http")], ids=["mpegts over TCP", "MJPEG"]
)
def test_a_camera_is_watched_and_again_once_it_is_back(
    send: Callable[[Camera, socket.socket], None], scheme: str
) -> None:
    with closing(Camera(send)) as camera:
        url = f"{scheme}://127.0.0.1:{camera.port}"
        source = LiveSource(
            lambda: Stream(url, timeout_s=5), name="camera", every_s=None, tries=8, pause=_short
        )
        before: list[int] = []
        after: list[int] = []
        with closing(source):
            for frame in source:
                if camera.served == 1:
                    before.append(number_in(frame.image))
                    if len(before) == 30:
                        camera.cut()
                else:
                    after.append(number_in(frame.image))
                    if len(after) == 30:
                        break
            assert source.is_connected
        assert camera.served >= 2
        for seen in (before, after):  # in their order, and none twice
            steps = [(b - a) % MOST for a, b in pairwise(seen)]
            assert 0 < min(steps) <= max(steps) < MOST // 2


def _short(_: float) -> None:
    time.sleep(0.05)
