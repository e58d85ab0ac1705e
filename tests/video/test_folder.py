"""Pictures as a source, and what identifies them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from numbered import number_in, numbered

from reid_core.errors import ImageUnreadable, SourceUnavailable
from reid_core.images import write_image
from reid_core.video.source import content_hash, open_source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    made.mkdir()
    for i in range(6):
        write_image(numbered(i), made / f"{i}.jpg")
    return made


@pytest.mark.parametrize(("start", "expected"), [(0.0, 0), (2.0, 2), (2.5, 3), (5.0, 5), (5.01, 6)])
def test_a_later_start_leaves_out_what_is_before_it(
    folder: Path, start: float, expected: int
) -> None:
    frames = list(open_source(folder, every_s=0.2, start_s=start))
    assert [number_in(f.image) for f in frames] == list(range(expected, 6))
    assert [f.time_s for f in frames] == [float(i) for i in range(expected, 6)]


def test_a_folder_of_damaged_pictures_is_no_source(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(SourceUnavailable, match="None of the 6 pictures") as caught:
        list(open_source(folder))
    assert "0.jpg" in str(caught.value)


def test_one_picture_is_a_source_of_one(folder: Path) -> None:
    source = open_source(folder / "4.jpg", every_s=0.2)
    frames = list(source)
    assert [(f.index, f.time_s, number_in(f.image)) for f in frames] == [(0, 0.0, 4)]
    assert (source.decoded_frames, source.duration_s) == (1, 1.0)
    source.close()
    (folder / "5.jpg").write_text("no picture")
    with pytest.raises(ImageUnreadable, match="is text"):
        list(open_source(folder / "5.jpg"))
    with pytest.raises(SourceUnavailable, match="not there"):
        open_source(folder / "7.jpg")


def test_a_folder_is_known_by_its_pictures(folder: Path, tmp_path: Path) -> None:
    before = content_hash(folder)
    assert len(before) == 32
    (folder / "notes.txt").write_text("not looked at")
    folder.rename(tmp_path / "moved")
    moved = tmp_path / "moved"
    assert content_hash(moved) == before
    (moved / "0.jpg").rename(moved / "9.jpg")
    renamed = content_hash(moved)
    write_image(numbered(77), moved / "3.jpg")
    assert len({before, renamed, content_hash(moved)}) == 3


def test_what_cannot_be_hashed_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="No such file"):
        content_hash(tmp_path / "none")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceUnavailable, match="not an ordinary file"):
        content_hash(tmp_path / "pipe")


def test_names_of_both_kinds_are_known() -> None:
    from reid_core import images
    from reid_core.video.names import ALSO_PICTURES, VIDEO_SUFFIXES

    assert VIDEO_SUFFIXES & images.SUFFIXES == ALSO_PICTURES
