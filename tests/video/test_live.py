"""Cameras and streams: the latest picture, honest ends, no credentials, no endless waits."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numbered import film, number_in, numbered

from reid_core.errors import SourceBroken, SourceUnavailable
from reid_core.types import Image
from reid_core.video.clock import due_after
from reid_core.video.connect import Camera, Stream
from reid_core.video.live import LiveSource, open_stream
from reid_core.video.source import safe_name


class Script:
    """A connection that gives what a list says; an exception in it is raised."""

    def __init__(self, steps: list[object]) -> None:
        self.steps, self.closed = list(steps), 0

    def read(self) -> Image | None:
        step = self.steps.pop(0) if self.steps else None
        if isinstance(step, Exception):
            raise step
        return step  # type: ignore[return-value]

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("rtsp://user:secret@host/x", "rtsp://host/x"),
        ("rtsp://user:secret@[::1]:554/a/b?secret=1", "rtsp://[::1]:554/a/b"),
        ("rtsp://us/er:sec/ret@host:8554/x", "rtsp://host:8554/x"),
        ("rtsp://user:sec#secret@host/x", "rtsp://host/x"),
        ("rtsp://user:12#secret@host/x", "rtsp://host/x"),
        ("rtsp://user:s?ecret@host/x#secret", "rtsp://host/x"),
        ("rtsp://user:se@cret@host/x", "rtsp://host/x"),
        ("http://host:80/live.ts", "http://host:80/live.ts"),
    ],
)
def test_an_address_is_shown_without_what_is_secret(given: str, shown: str) -> None:
    assert safe_name(given) == shown


def test_no_message_name_or_log_holds_credentials(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with pytest.raises(SourceUnavailable) as caught:
        open_stream("rtsp://user:secret@127.0.0.1:9/x", every_s=None)
    error: BaseException | None = caught.value
    while error is not None:
        assert "secret" not in repr(error) or error.__suppress_context__
        error = error.__cause__
    assert "secret" not in str(caught.value)
    assert "secret" not in caplog.text


def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        url = f"rtsp://user:secret@127.0.0.1:{server.getsockname()[1]}/x"
        with pytest.raises(SourceUnavailable, match=r"rtsp://127\.0\.0\.1"):
            Stream(url, timeout_s=0.3)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A folder on a server of this machine, without lengths, as a live stream has none."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write((tmp_path / self.path.strip("/")).read_bytes())

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", tmp_path
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_real_stream_is_read_and_read_again_after_its_end(served: tuple[str, Path]) -> None:
    address, folder = served
    film(folder / "v.ts", n=12)
    opened: list[Stream] = []
    pauses: list[float] = []

    def connect() -> Stream:
        if len(opened) == 2:
            raise SourceUnavailable("gone")
        opened.append(Stream(f"{address}/v.ts"))
        return opened[-1]

    source = LiveSource(connect, name="s", every_s=None, tries=2, pause=pauses.append)
    numbers: list[int] = []
    with pytest.raises(SourceBroken, match=r"after 2\d of them"):
        numbers.extend(number_in(f.image) for f in source)
    source.close()
    assert numbers
    assert set(numbers) <= set(range(12))
    assert numbers[-1] >= 10  # the latest is always seen; the very last may go with the line
    assert len(opened) == 2
    assert pauses == [0.5, 0.5]  # each began with pictures, so the count began anew


def test_a_recording_on_a_web_server_is_no_live_stream(served: tuple[str, Path]) -> None:
    address, folder = served
    film(folder / "v.mp4", faststart=True)
    with pytest.raises(SourceUnavailable, match="download it"):
        Stream(f"{address}/v.mp4")


def test_sound_alone_is_refused(served: tuple[str, Path]) -> None:
    address, folder = served
    with av.open(str(folder / "a.ts"), "w") as out:
        stream = out.add_stream("mp2", rate=44100, layout="mono")
        for i in range(60):
            samples = np.zeros((1, 1152), np.int16)
            part = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            part.sample_rate, part.pts = 44100, i * 1152
            out.mux(stream.encode(part))
        out.mux(stream.encode())
    with pytest.raises(SourceUnavailable, match="only sound"):
        Stream(f"{address}/a.ts")


def test_a_rate_leaves_out_what_comes_too_early() -> None:
    source = LiveSource(
        lambda: Script([numbered(i) for i in range(500)]), name="s", every_s=1000.0, tries=1
    )
    frames = []
    with pytest.raises(SourceBroken, match="after 500"):
        frames.extend(source)
    source.close()
    assert len(frames) == 1


@given(st.integers(0, 400), st.floats(0, 0.99), st.sampled_from([0.04, 0.2, 1.0]))
def test_the_next_moment_of_a_grid(n: int, share: float, every: float) -> None:
    following = due_after((n + share) * every, every)
    assert following == pytest.approx((n + 1) * every) or share * every > every - 2e-4
    assert due_after(following, every) == pytest.approx(following + every)


def test_a_reader_that_breaks_in_an_unforeseen_way_keeps_nobody_waiting() -> None:
    reader = Script([numbered(1), RuntimeError("driver")])
    raised: list[type] = []
    threading.excepthook, before = (lambda args: raised.append(args.exc_type)), threading.excepthook
    try:
        source = LiveSource(lambda: reader, name="s", every_s=None, tries=1)
        with pytest.raises(SourceBroken):
            list(source)
        source.close()
    finally:
        threading.excepthook = before
    assert raised == [RuntimeError]
    assert reader.closed == 1


class FakeCapture:
    """Stands in for OpenCV's camera."""

    opens = True
    steps: list[object] = []  # noqa: RUF012
    released = 0

    def __init__(self, number: int) -> None:
        assert number == 3

    def isOpened(self) -> bool:
        return self.opens

    def set(self, prop: int, value: float) -> bool:
        return True

    def read(self) -> tuple[bool, object]:
        step = FakeCapture.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step is not None, step

    def release(self) -> None:
        FakeCapture.released += 1


@pytest.mark.parametrize("end", [None, cv2.error("unplugged")])
def test_a_camera_gives_pictures_until_it_is_pulled_out(
    monkeypatch: pytest.MonkeyPatch, end: object
) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    FakeCapture.steps, FakeCapture.released = [numbered(1), numbered(2), end], 0
    camera = Camera(3)
    assert [number_in(camera.read()), number_in(camera.read())] == [1, 2]
    assert camera.read() is None
    camera.close()
    assert FakeCapture.released == 1


def test_a_missing_camera_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(FakeCapture, "opens", False)
    with pytest.raises(SourceUnavailable, match="Camera 3 cannot be opened"):
        Camera(3)


def test_a_missing_camera_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceUnavailable):
        Camera(97)
    assert capfd.readouterr() == ("", "")
