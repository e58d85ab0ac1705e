"""Every container and every kind of damage: true times, honest ends, the same pictures again."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path

import av
import numpy as np
import pytest
from numbered import CELL, SIZE, album, cut_off, film, number_in, turned

from reid_core.errors import SourceBroken, SourceUnavailable
from reid_core.types import Frame
from reid_core.video.file import FileSource, frame_at, probe
from reid_core.video.source import open_source

UNEVEN = np.cumsum(np.random.default_rng(0).uniform(0.02, 0.4, 60)).round(3).tolist()
FILMS = {
    "steady.mp4": {},
    "reordered.mp4": {"b_frames": 3},
    "uneven.mp4": {"times": UNEVEN, "b_frames": 2},
    "late.mp4": {"first_s": 3.0},
    "late.mkv": {"first_s": 7.0},
    "late.wmv": {"first_s": 7.0, "codec": "wmv2"},
    "uneven.mkv": {"times": UNEVEN, "b_frames": 2},
    "vp8.webm": {"codec": "libvpx"},
    "mpeg4.avi": {"codec": "mpeg4"},
    "mpeg4_reordered.avi": {"codec": "mpeg4", "b_frames": 2},
    "h264_reordered.avi": {"b_frames": 2},
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "reordered.ts": {"b_frames": 2},
    "no_times.h264": {"b_frames": 2, "rate": 25},
    "animated.gif": {"codec": "gif", "pix_fmt": "rgb8"},
}


def seen(frames: list[Frame]) -> list[tuple[float, int]]:
    return [(round(f.time_s, 4), number_in(f.image)) for f in frames]


def due(times: list[float], every_s: float) -> list[int]:
    """The numbers of the pictures that a rate asks for: at or after each multiple."""
    wanted, moment = [], 0
    while moment * every_s <= times[-1] + 1e-4:
        wanted.append(min(i for i, t in enumerate(times) if t >= moment * every_s - 1e-4))
        moment += 1
    return sorted(set(wanted))


@pytest.mark.parametrize("name", FILMS)
def test_each_picture_comes_once_in_order_at_its_true_time(tmp_path: Path, name: str) -> None:
    made = FILMS[name]
    rate = made.get("rate", 10)
    at = made.get("times") or [i / rate for i in range(40)]
    frames = list(FileSource(film(tmp_path / name, **made)))
    assert [number_in(f.image) for f in frames] == list(range(len(at)))
    assert [f.index for f in frames] == list(range(len(at)))
    np.testing.assert_allclose([f.time_s for f in frames], np.array(at) - at[0], atol=0.002)


@pytest.mark.parametrize("every", [0.15, 0.7])
@pytest.mark.parametrize("name", FILMS)
def test_a_rate_and_a_later_start_pick_the_same_pictures(
    tmp_path: Path, name: str, every: float
) -> None:
    path = film(tmp_path / name, **FILMS[name])
    everything = list(FileSource(path))
    full = list(FileSource(path, every_s=every))
    times = [f.time_s for f in everything]
    assert [number_in(f.image) for f in full] == due(times, every)
    assert len(full) > 1
    for start in (times[1] / 2, full[1].time_s, times[12] + 0.001, times[25], times[-1]):
        rest = list(FileSource(path, every_s=every, start_s=start))
        assert seen(rest) == seen([f for f in full if f.time_s >= start - 1e-4]), start
        after = list(FileSource(path, start_s=start))
        assert seen(after) == seen([f for f in everything if f.time_s >= start - 1e-4]), start


@pytest.mark.parametrize("name", FILMS)
def test_a_moment_shows_the_last_picture_not_after_it(tmp_path: Path, name: str) -> None:
    path = film(tmp_path / name, **FILMS[name])
    frames = list(FileSource(path))
    times = np.array([f.time_s for f in frames])
    for moment in (0.0, times[7], times[13] - 0.003, times[13] + 0.003, times[-1], 99.0):
        expected = max(0, int(np.searchsorted(times, moment + 1e-4, side="right")) - 1)
        assert number_in(frame_at(path, float(moment)).image) == expected


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.ts"])
def test_times_are_exact_so_that_a_boundary_falls_on_one_side(tmp_path: Path, name: str) -> None:
    path = film(tmp_path / name, n=80, first_s=0.859)  # a float subtraction would miss by a hair
    times = [f.time_s for f in FileSource(path)]
    assert times == [i / 10 for i in range(80)]
    for boundary in range(1, 8):
        after = [f.time_s for f in FileSource(path, every_s=0.2, start_s=float(boundary))]
        before = [t for t in times[::2] if t < boundary]
        assert before + after == times[::2]


def test_pixels_are_those_of_a_plain_decoder_whatever_was_read_before(tmp_path: Path) -> None:
    kinds = (
        {"size": (160, 48)},
        {"size": (320, 96)},
        {"size": (176, 50), "codec": "mjpeg", "pix_fmt": "yuvj420p"},
        {"size": (160, 48), "codec": "gif", "pix_fmt": "rgb8"},
    )
    names = ("a.mp4", "b.mp4", "c.avi", "d.gif")
    paths = [film(tmp_path / n, n=3, **k) for n, k in zip(names, kinds, strict=True)]
    for path in (*paths, *paths):
        with av.open(str(path)) as plain:
            expected = [f.to_ndarray(format="bgr24") for f in plain.decode(video=0)]
        for frame, pixels in zip(FileSource(path), expected, strict=True):
            np.testing.assert_array_equal(frame.image, pixels)
            assert frame.image.flags.c_contiguous
            assert frame.image.flags.writeable


def test_pictures_stay_as_they_were_when_the_next_is_read(tmp_path: Path) -> None:
    frames = list(FileSource(film(tmp_path / "v.mp4", n=20)))
    kept = [f.image.copy() for f in FileSource(tmp_path / "v.mp4")]
    for frame, copy in zip(frames, kept, strict=True):
        np.testing.assert_array_equal(frame.image, copy)


def test_a_source_gives_the_same_pictures_twice(tmp_path: Path) -> None:
    source = FileSource(film(tmp_path / "v.mp4"), every_s=0.3)
    assert seen(list(source)) == seen(list(source))


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_the_turn_that_a_phone_wrote_is_made(tmp_path: Path, degrees: int) -> None:
    path = turned(film(tmp_path / "v.mp4", n=6), degrees=degrees)
    first = next(iter(FileSource(path))).image
    upright = np.rot90(first, degrees // 90)  # numpy turns counter-clockwise
    assert upright.shape == (SIZE[1], SIZE[0], 3)
    assert number_in(upright) == 0
    assert upright[2 * CELL, :, 2].min() > 150  # the red part is below again
    info = probe(path)
    assert (info.height, info.width) == first.shape[:2]


@pytest.mark.parametrize(
    ("name", "made", "share"),
    [
        ("start.mp4", {"faststart": True}, 0.5),
        ("end.mp4", {"faststart": True}, 0.97),
        ("matroska.mkv", {}, 0.5),
        ("vp8.webm", {"codec": "libvpx"}, 0.8),
        ("movie.avi", {"codec": "mpeg4"}, 0.5),
        ("with_sound.mp4", {"faststart": True, "sound_s": 10.0}, 0.6),
    ],
)
def test_a_file_cut_off_gives_what_is_there_and_says_how_far(
    tmp_path: Path, name: str, made: dict[str, object], share: float
) -> None:
    path = film(tmp_path / name, n=100, **made)
    whole = seen(list(FileSource(path)))
    cut_off(path, share=share)
    got: list[Frame] = []
    with pytest.raises(SourceBroken, match=r"ends at \d\.\d s of 10\.\d s") as caught:
        got.extend(FileSource(path))  # what was appended before the error stays
    assert name in str(caught.value)
    assert 5 < len(got) < 100
    assert seen(got)[:5] == whole[:5]
    assert f"ends at {got[-1].time_s:.1f} s" in str(caught.value)
    with pytest.raises(SourceUnavailable, match="cut short"):
        frame_at(path, 9.9)


@pytest.mark.parametrize("sound_s", [2.0, 9.0])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_sound_of_another_length_is_no_damage(tmp_path: Path, suffix: str, sound_s: float) -> None:
    path = film(tmp_path / f"v{suffix}", sound_s=sound_s)
    assert len(list(FileSource(path))) == 40


def without_tags(path: Path) -> Path:
    """Matroska that says how long the whole is, not how long the pictures are."""
    data = path.read_bytes()
    assert data.count(b"DURATION") == 2
    path.write_bytes(data.replace(b"DURATION", b"NOTATIME"))
    return path


def test_where_only_the_whole_length_is_known_sound_counts_too(tmp_path: Path) -> None:
    path = without_tags(film(tmp_path / "v.mkv", sound_s=9.0))
    assert len(list(FileSource(path))) == 40
    cut = without_tags(film(tmp_path / "cut.mkv", n=100, sound_s=10.0))
    with pytest.raises(SourceBroken, match="of 10"):
        list(FileSource(cut_off(cut, share=0.5)))


def test_a_long_last_picture_is_no_damage(tmp_path: Path) -> None:
    path = film(tmp_path / "screen.mp4", times=[0, 0.1, 0.2, 6.0, 6.1])
    assert len(list(FileSource(path))) == 5


def test_damage_in_the_middle_costs_only_the_pictures_there(tmp_path: Path) -> None:
    path = film(tmp_path / "v.ts", n=100)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = np.random.default_rng(1).bytes(400)
    path.write_bytes(data)
    frames = list(FileSource(path))
    assert len(frames) > 80
    assert frames[-1].time_s == pytest.approx(9.9)
    assert (np.diff([f.time_s for f in frames]) > 0).all()


def test_timestamps_that_begin_anew_go_on(tmp_path: Path) -> None:
    one = film(tmp_path / "v.ts", first_s=5.0).read_bytes()
    two = film(tmp_path / "w.ts", first_s=1.0).read_bytes()
    (tmp_path / "both.ts").write_bytes(one + two)
    frames = list(FileSource(tmp_path / "both.ts"))
    times = np.array([f.time_s for f in frames])
    assert len(frames) == 80
    np.testing.assert_allclose(times, np.arange(80) / 10, atol=0.15)
    assert (np.diff(times) > 0).all()


def cover_only(path: Path) -> None:
    album(path.with_suffix(".m4a")).rename(path)


def moov_lost(path: Path) -> None:
    cut_off(film(path), share=0.5)


def playlist(path: Path) -> None:
    path.write_text(f"#EXTM3U\n#EXTINF:4,\n{film(path.with_name('other.ts'))}\n#EXT-X-ENDLIST\n")


def a_picture(path: Path) -> None:
    from reid_core.images import write_image

    write_image(np.zeros((40, 40, 3), np.uint8), path)


@pytest.mark.parametrize(
    ("make", "name", "says"),
    [
        (cover_only, "v.mp4", "only sound"),
        (moov_lost, "v.mp4", "not a video"),
        (playlist, "v.mp4", "not a video"),
        (playlist, "v.m3u8", "not a video"),
        (lambda p: p.write_text("just words\n" * 99), "v.txt", "not a video"),
        (a_picture, "v.mp4", "is a picture"),
        (os.mkfifo, "v.mp4", "not an ordinary file"),
    ],
)
def test_what_only_looks_like_a_film_is_refused(tmp_path: Path, make, name, says) -> None:
    path = tmp_path / name
    make(path)
    with pytest.raises(SourceUnavailable, match=says) as caught:
        FileSource(path)
    assert name in str(caught.value)


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_senseless_rates_and_starts_are_our_fault(tmp_path: Path, bad: float) -> None:
    path = film(tmp_path / "v.mp4", n=2)
    with pytest.raises(ValueError, match="every_s"):
        FileSource(path, every_s=bad)
    if bad != 0:
        with pytest.raises(ValueError, match="start_s"):
            FileSource(path, start_s=bad)


@pytest.mark.parametrize("name", ["a:b.mp4", "50%d.mp4", "имя 人 é.mp4", "-x.mp4", "what?#.mp4"])
def test_odd_names_open(tmp_path: Path, name: str) -> None:
    assert len(list(open_source(film(tmp_path / name, n=5)))) == 5


def open_files(path: Path) -> int:
    links = list(Path("/proc/self/fd").iterdir())
    return sum(1 for link in links if link.is_symlink() and str(link.readlink()) == str(path))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs Linux's list of open files")
def test_a_file_that_nobody_closed_is_let_go_with_its_source(tmp_path: Path) -> None:
    path = film(tmp_path / "v.mp4")
    gc.disable()  # nothing may wait for the collector
    try:
        source = FileSource(path, every_s=0.5, start_s=1.0)
        next(iter(source))
        assert open_files(path) == 1
        del source
        assert open_files(path) == 0
        list(FileSource(path))
        frame_at(path, 1.0)
        probe(path)
        assert open_files(path) == 0
    finally:
        gc.enable()


def test_closing_from_another_thread_ends_the_pictures(tmp_path: Path) -> None:
    source = FileSource(film(tmp_path / "v.mp4", n=200))
    frames = iter(source)
    next(frames)
    closer = threading.Thread(target=source.close)
    closer.start()
    closer.join()
    source.close()
    assert len(list(frames)) < 100
    assert list(source) == []


@pytest.mark.real_data
def test_real_films_are_whole_and_resume_as_they_ran(data: Path) -> None:
    films = [p for p in (data / "video").iterdir() if p.suffix in (".avi", ".mp4", ".gif")]
    assert len(films) == 6
    for path in films:
        full = [(f.index, f.time_s, f.image.sum()) for f in FileSource(path, every_s=0.2)]
        start = full[len(full) // 2][1] - 0.05
        rest = [(f.time_s, f.image.sum()) for f in FileSource(path, every_s=0.2, start_s=start)]
        assert rest == [(t, s) for _, t, s in full if t >= start], path.name
