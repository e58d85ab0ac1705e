"""Videos give every picture at its true time, and say plainly when they cannot."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from made import number_of, picture, write_sound, write_video

from reid_core.errors import SourceBroken, SourceUnavailable
from reid_core.images import write_image
from reid_core.types import Image
from reid_core.video import counting
from reid_core.video.file import FileSource, frame_at, probe
from reid_core.video.live import LiveSource
from reid_core.video.source import content_hash, open_source, safe_name

UNEVEN = [0.0, 0.04, 0.08, 0.5, 0.54, 1.2, 1.21, 1.9, 2.0, 2.04, 2.5, 3.0]


@pytest.mark.parametrize("b_frames", [0, 3])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_uneven_times_and_b_frames_come_out_in_order_and_true(tmp_path, b_frames, suffix) -> None:
    path = write_video(tmp_path / f"v{suffix}", UNEVEN, b_frames=b_frames)
    with_times = [(f.time_s, number_of(f.image), f.index) for f in open_source(path)]
    assert [n for _, n, _ in with_times] == list(range(len(UNEVEN)))
    assert [i for _, _, i in with_times] == list(range(len(UNEVEN)))
    np.testing.assert_allclose([t for t, _, _ in with_times], UNEVEN, atol=0.002)


def test_a_rate_takes_the_first_picture_at_or_after_each_moment(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", UNEVEN)
    source = FileSource(path, every_s=0.5)
    times = [f.time_s for f in source]
    np.testing.assert_allclose(times, [0.0, 0.5, 1.2, 1.9, 2.0, 2.5, 3.0], atol=0.002)
    assert source.decoded_frames == len(UNEVEN)


@pytest.mark.parametrize("start", [0.3, 1.0, 1.95])
def test_going_on_from_a_moment_gives_what_a_full_run_gives(tmp_path: Path, start: float) -> None:
    even = [n / 25 for n in range(60)]
    path = write_video(tmp_path / "v.mp4", even, b_frames=2, options={"g": "12"})
    full = [(f.time_s, number_of(f.image)) for f in open_source(path, every_s=0.2)]
    rest = [(f.time_s, number_of(f.image)) for f in open_source(path, every_s=0.2, start_s=start)]
    assert len(rest) > 1
    assert rest == [f for f in full if f[0] >= start]


def test_a_moment_is_the_picture_shown_then(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", UNEVEN, b_frames=2)
    for moment, expected in ((0.0, 0), (0.06, 1), (1.1, 4), (1.205, 5), (9.0, 11)):
        assert number_of(frame_at(path, moment).image) == expected


def test_what_a_file_says_of_itself(tmp_path: Path) -> None:
    info = probe(write_video(tmp_path / "v.mp4", [0, 0.5, 1.0]))
    assert (info.width, info.height, info.codec) == (64, 48, "h264")


def test_every_decoded_picture_is_counted(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", UNEVEN)
    before = counting.total()
    list(open_source(path, every_s=1.0))
    assert counting.total() - before == len(UNEVEN)


def test_a_file_cut_short_gives_its_pictures_and_then_says_how_far(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mkv", [n / 10 for n in range(100)], options={"g": "5"})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    seen = []

    def read_all() -> None:
        for frame in open_source(path):
            seen.append(frame.time_s)

    with pytest.raises(SourceBroken, match=r"ends at \d\.\d s of"):
        read_all()
    assert len(seen) > 10


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: p.write_bytes(b""), "is empty"),
        (lambda p: p.write_bytes(b"no video at all, only words " * 99), "not a video"),
        (lambda p: p.write_bytes(np.random.default_rng(0).bytes(50_000)), "not a video"),
        (lambda p: write_sound(p), "only sound"),
        (lambda p: p.mkdir(), "is a folder"),
        (lambda p: None, "is not there"),
    ],
)
def test_what_is_no_video_is_refused_in_a_sentence(tmp_path: Path, make, says) -> None:
    path = tmp_path / "v.mp4"
    make(path)
    with pytest.raises(SourceUnavailable, match=says):
        list(open_source(path))


def test_a_folder_of_pictures_is_one_picture_a_second(tmp_path: Path) -> None:
    for n in range(3):
        write_image(picture(n), tmp_path / f"{n}.jpg")
    (tmp_path / "1b.jpg").write_bytes(b"no picture")
    frames = list(open_source(tmp_path))
    assert [(f.time_s, number_of(f.image)) for f in frames] == [(0.0, 0), (1.0, 1), (3.0, 2)]
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(SourceUnavailable, match="no pictures"):
        open_source(empty)


def test_content_not_the_name_identifies_a_file(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "имя 人.mp4"
    a.write_bytes(b"same" * 9)
    b.write_bytes(b"same" * 9)
    assert content_hash(a) == content_hash(b)
    b.write_bytes(b"other")
    assert content_hash(a) != content_hash(b)


def test_credentials_never_show() -> None:
    shown = safe_name("rtsp://user:secret@10.0.0.7:554/stream?token=abc#x")
    assert shown == "rtsp://10.0.0.7:554/stream"
    with pytest.raises(SourceUnavailable) as caught:
        open_source("rtsp://user:secret@127.0.0.1:9/none")
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


class Reader:
    """A connection that gives some pictures and ends."""

    def __init__(self, n: int, gate: threading.Event | None = None) -> None:
        self.left, self.closed, self._gate = n, False, gate

    def read(self) -> Image | None:
        if self._gate:
            self._gate.wait(5)
        self.left -= 1
        return picture(1) if self.left >= 0 else None

    def close(self) -> None:
        self.closed = True


def test_a_stream_comes_back_with_growing_pauses_and_gives_up() -> None:
    pauses: list[float] = []
    readers = [Reader(3), Reader(2)]

    def connect() -> Reader:
        if not readers:
            raise SourceUnavailable("gone")
        return readers.pop(0)

    source = LiveSource(connect, name="rtsp://x", every_s=None, tries=4, pause=pauses.append)
    with pytest.raises(SourceBroken, match="after 5"):
        list(source)
    assert pauses == [0.5, 0.5, 1.0, 2.0]
    source.close()


def test_a_slow_consumer_gets_the_latest_picture_and_closing_ends_it() -> None:
    gate = threading.Event()
    source = LiveSource(lambda: Reader(10_000, gate), name="c", every_s=None, tries=1)
    frames = iter(source)
    gate.set()
    first = next(frames)
    while source.decoded_frames < first.index + 50:
        pass
    assert next(frames).index >= first.index + 49
    source.close()
    source.close()
    assert list(frames) == []
