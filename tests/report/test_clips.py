"""Clips hold the pictures of their span, at the distances that they had, or are not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numbered import cut_off, film, number_in, numbered
from PIL import Image as Pillow

from reid_core.errors import CameoError, SourceUnavailable
from reid_core.images import write_image
from reid_core.report.clips import PAD_S, cut_clip, cut_clips
from reid_core.types import Kind, Sighting
from reid_core.video.encode import Encoder
from reid_core.video.file import FileSource, probe

UNEVEN = [0.0, 0.3, 0.4, 1.1, 1.9, 2.0, 2.05, 2.6, 3.3, 3.4, 4.2, 5.0]


def in_clip(path: Path) -> list[tuple[float, int]]:
    return [(f.time_s, number_in(f.image)) for f in FileSource(path)]


def sighting(video: Path | str, start_s: float, end_s: float) -> Sighting:
    box = (0.0, 0.0, 1.0, 1.0)
    return Sighting(str(video), Kind.FACE, start_s, end_s, start_s, 0.9, None, None, ("t1",), box)


@pytest.mark.parametrize(("start", "end"), [(1.8, 2.2), (0.1, 0.2), (4.5, 60.0), (2.0, 2.0)])
def test_a_clip_holds_its_span_and_half_a_second_around(
    tmp_path: Path, start: float, end: float
) -> None:
    video, out = film(tmp_path / "v.mp4", times=UNEVEN, b_frames=2), tmp_path / "clip.mp4"
    cut_clip(video, start, end, out)
    expected = [i for i, t in enumerate(UNEVEN) if start - PAD_S <= t <= end + PAD_S]
    got = in_clip(out)
    assert [n for _, n in got] == expected
    true = np.array([UNEVEN[n] for n in expected])
    np.testing.assert_allclose([t for t, _ in got], true - true[0], atol=0.002)


def test_a_clip_is_cut_from_any_container_and_odd_sizes(tmp_path: Path) -> None:
    for name, made in (("a.avi", {"codec": "mpeg4"}), ("b.webm", {"codec": "libvpx"})):
        cut_clip(film(tmp_path / name, **made), 1.0, 2.0, tmp_path / "c.mp4")
        assert [n for _, n in in_clip(tmp_path / "c.mp4")] == list(range(5, 26))
    odd = film(tmp_path / "odd.gif", codec="gif", pix_fmt="rgb8", size=(163, 49))
    cut_clip(odd, 1.0, 2.0, tmp_path / "c.mp4")
    info = probe(tmp_path / "c.mp4")
    assert (info.width, info.height) == (162, 48)


def test_a_video_cut_short_gives_what_it_has(tmp_path: Path) -> None:
    video = cut_off(film(tmp_path / "v.mkv", n=100), share=0.5)
    whole = list(range(100))
    cut_clip(video, 1.0, 9.0, tmp_path / "c.mp4")
    got = [n for _, n in in_clip(tmp_path / "c.mp4")]
    assert got == whole[5 : 5 + len(got)]
    assert len(got) > 5


def test_what_cannot_be_cut_leaves_nothing(tmp_path: Path) -> None:
    video, out = film(tmp_path / "v.mp4"), tmp_path / "c.mp4"
    with pytest.raises(SourceUnavailable, match="no picture from 50"):
        cut_clip(video, 50, 60, out)
    with pytest.raises(SourceUnavailable, match="not there"):
        cut_clip(tmp_path / "gone.mp4", 1, 2, out)
    with pytest.raises(CameoError, match="cannot be written"):
        cut_clip(video, 1, 2, tmp_path / "no folder" / "c.mp4")
    with pytest.raises(ValueError, match="makes no sense"):
        cut_clip(video, 2, 1, out)
    assert [p.name for p in tmp_path.iterdir()] == ["v.mp4"]


def test_an_older_clip_stays_until_the_new_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video, out = film(tmp_path / "v.mp4"), tmp_path / "c.mp4"
    out.write_bytes(b"older")
    finish, seen = Encoder.finish, []

    def runs_full(encoder: Encoder) -> None:
        finish(encoder)
        seen.extend(tmp_path.iterdir())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Encoder, "finish", runs_full)
    with pytest.raises(CameoError, match="No space left"):
        cut_clip(video, 1, 2, out)
    assert len(seen) == 3  # the unfinished part was beside the other two
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.mp4", "v.mp4"]
    assert out.read_bytes() == b"older"
    monkeypatch.undo()
    cut_clip(video, 1, 2, out)
    assert [n for _, n in in_clip(out)] == list(range(5, 26))


def test_pictures_too_small_for_a_clip_are_a_sentence(tmp_path: Path) -> None:
    line = film(tmp_path / "line.gif", codec="gif", pix_fmt="rgb8", size=(160, 16))
    cut_clip(line, 0, 1, tmp_path / "c.mp4")
    one = tmp_path / "one.gif"
    Pillow.new("RGB", (1, 1)).save(one, save_all=True, append_images=[Pillow.new("RGB", (1, 1), 9)])
    with pytest.raises(SourceUnavailable, match="too small"):
        cut_clip(one, 0, 1, tmp_path / "d.mp4")
    assert not (tmp_path / "d.mp4").exists()


def test_several_clips_are_numbered_and_failures_are_told(tmp_path: Path) -> None:
    video = film(tmp_path / "парк & я.mp4")
    found = [sighting(video, 1, 2), sighting(tmp_path / "gone.mp4", 1, 2), sighting(video, 3, 3.5)]
    made, problems = cut_clips(found, tmp_path / "a" / "b")
    assert [p.name for p in made] == ["001_парк_я_1.0-2.0.mp4", "003_парк_я_3.0-3.5.mp4"]
    assert all(p.stat().st_size for p in made)
    assert len(problems) == 1
    assert "gone.mp4" in problems[0]
    (tmp_path / "file").touch()
    with pytest.raises(CameoError, match="cannot be made"):
        cut_clips(found, tmp_path / "file" / "b")


def test_a_picture_is_no_video_to_cut(tmp_path: Path) -> None:
    write_image(numbered(1), tmp_path / "p.jpg")
    with pytest.raises(SourceUnavailable, match="is a picture"):
        cut_clip(tmp_path / "p.jpg", 0, 1, tmp_path / "c.mp4")
