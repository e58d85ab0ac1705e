"""Pictures in every form that the world sends them, and those that must be refused."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from reid_core import draw, images
from reid_core.errors import ImageTooLarge, ImageUnreadable

GOOD = {
    *(
        "Portrait_3.jpg",
        "Portrait_6.jpg",
        "animated.gif",
        "big_24mp.jpg",
        "cmyk.jpg",
        "exif_orient3.jpg",
    ),
    *(
        "exif_orient6.jpg",
        "exif_orient8.jpg",
        "grey.jpg",
        "grey16.png",
        "img.bmp",
        "img.tiff",
        "img.webp",
    ),
    *(
        "one_pixel.png",
        "onebit.png",
        "palette.png",
        "png_named_jpg.jpg",
        "progressive.jpg",
        "rgba_half.png",
    ),
    *("thin_3x400.png", "имя файла 人 é.jpg"),
}
BAD = {
    "bitflips_middle.jpg",
    "empty.jpg",
    "text_named.jpg",
    "truncated_half.jpg",
    "truncated_header.jpg",
}


@pytest.mark.real_data
def test_every_collected_bad_input_is_read_right_or_refused_by_name(data: Path) -> None:
    folder = data / "bad_inputs"
    seen = set()
    for path in folder.iterdir():
        seen.add(path.name)
        if path.name in GOOD:
            image = images.read_image(path)
            assert image.dtype == np.uint8
            assert image.ndim == 3
            assert image.shape[2] == 3
        elif path.name in BAD:
            with pytest.raises(ImageUnreadable, match=path.name):
                images.read_image(path)
        else:
            with pytest.raises(ImageTooLarge, match="30000 x 30000"):
                images.read_image(path)
    assert seen == GOOD | BAD | {"bomb_30000x30000_1bit.png"}


@pytest.mark.real_data
def test_turned_pictures_come_out_the_same_way_up(data: Path) -> None:
    folder = data / "bad_inputs"
    upright = images.read_image(folder / "exif_orient3.jpg").astype(int)
    for other in ("exif_orient6.jpg", "exif_orient8.jpg"):
        assert np.abs(images.read_image(folder / other) - upright).mean() < 4
    assert np.abs(upright[::-1, ::-1] - upright).mean() > 20  # the picture is not its own half turn


@pytest.mark.real_data
def test_cmyk_and_sixteen_bit_look_like_the_plain_ones(data: Path) -> None:
    folder = data / "bad_inputs"
    plain = images.read_image(folder / "progressive.jpg").astype(int)
    assert np.abs(images.read_image(folder / "cmyk.jpg") - plain).mean() < 6
    grey = images.read_image(folder / "grey16.png")
    assert grey.max() > 200
    assert 60 < grey.mean() < 140


def test_transparency_lies_on_white(tmp_path: Path) -> None:
    clear = Pillow.new("RGBA", (4, 4), (255, 0, 0, 0))
    clear.save(tmp_path / "t.png")
    assert (images.read_image(tmp_path / "t.png") == 255).all()


def test_a_bomb_is_refused_from_its_header_alone(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    body = b"IDAT" + zlib.compress(b"")
    data = b"\x89PNG\r\n\x1a\n"
    for part in (chunk, body):
        data += struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
    (tmp_path / "bomb.png").write_bytes(data)
    with pytest.raises(ImageTooLarge, match="100000 x 100000"):
        images.read_image(tmp_path / "bomb.png")


def test_missing_and_folder_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(ImageUnreadable, match="No such file"):
        images.read_image(tmp_path / "none.jpg")
    with pytest.raises(ImageUnreadable, match="directory"):
        images.read_image(tmp_path)


def test_jpeg_round_trip_and_listing(tmp_path: Path) -> None:
    image = np.zeros((40, 30, 3), np.uint8)
    image[:20] = (200, 100, 50)
    (tmp_path / "b").mkdir()
    images.write_image(image, tmp_path / "b" / "x.JPG")
    images.write_image(image, tmp_path / "a.jpg")
    (tmp_path / ".hidden.jpg").touch()
    (tmp_path / "notes.txt").touch()
    assert [p.name for p in images.list_images(tmp_path)] == ["a.jpg", "x.JPG"]
    back = images.read_image(tmp_path / "a.jpg").astype(int)
    assert np.abs(back - image).mean() < 3
    assert images.thumbnail(image, side=20).shape == (20, 15, 3)


def test_drawing_changes_a_copy_only() -> None:
    image = np.zeros((100, 120, 3), np.uint8)
    drawn = draw.draw_boxes(image, np.float32([[20, 30, 80, 90]]), ["Ådå 0.93"], known=[False])
    assert not image.any()
    assert tuple(drawn[60, 20]) == draw.AMBER
    assert drawn[60, 50].sum() == 0
