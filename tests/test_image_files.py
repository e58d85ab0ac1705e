"""Every form of picture: the right pixels the right way up, and a sentence for what is damaged."""

from __future__ import annotations

import io
import os
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from reid_core import images
from reid_core.errors import ImageTooLarge, ImageUnreadable, SourceError

RED, WHITE = (0, 0, 255), (255, 255, 255)  # BGR


def scene() -> np.ndarray:
    """(40, 60, 3) RGB, different in every corner."""
    image = np.full((40, 60, 3), 128, np.uint8)
    image[:20, :30], image[:20, 30:], image[20:, :30] = (250, 10, 10), (10, 250, 10), (10, 10, 250)
    return image


def saved(form: str, picture: Pillow.Image | None = None, **options: object) -> bytes:
    file = io.BytesIO()
    (picture or Pillow.fromarray(scene())).save(file, form, **options)
    return file.getvalue()


def stored_as(orientation: int) -> np.ndarray:
    """How a camera held that way stores the scene, by the EXIF standard's table of rows."""
    upright = scene()
    return {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(form: str, orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    stored = Pillow.fromarray(np.ascontiguousarray(stored_as(orientation)))
    image = images.decode_image(saved(form, stored, exif=exif), name="x")
    assert image.shape == (40, 60, 3)
    assert np.abs(image[..., ::-1].astype(int) - scene()).mean() < 12


@pytest.mark.parametrize("wrong", [0, 9, 1000])
def test_a_senseless_orientation_is_no_orientation(wrong: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = wrong
    image = images.decode_image(saved("PNG", exif=exif), name="x")
    np.testing.assert_array_equal(image[..., ::-1], scene())


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_every_mode_is_eight_bit_colour(mode: str) -> None:
    picture = Pillow.fromarray(scene()).convert(mode)
    expected = np.asarray(picture.convert("RGB"))
    image = images.decode_image(saved("TIFF", picture), name="x")
    assert (image.shape, image.dtype, image.flags.writeable) == ((40, 60, 3), np.uint8, True)
    assert np.abs(image[..., ::-1].astype(int) - expected).max() <= 4


@pytest.mark.parametrize(
    ("values", "form", "expected"),
    [
        (np.uint16([[0, 32896, 65535]]), "PNG", [0, 128, 255]),
        (np.uint16([[0, 300, 600]]), "PNG", [0, 1, 2]),  # dark, and stays dark
        (np.uint16([[0, 100, 255]]), "PNG", [0, 100, 255]),  # 8 bit in a 16-bit file
        (np.uint16([[0, 32896, 65535]]), "TIFF", [0, 128, 255]),
        (np.int32([[0, 100, 200]]), "TIFF", [0, 100, 200]),
        (np.int32([[-5, 32896, 65535]]), "TIFF", [0, 128, 255]),
        (np.int32([[0, 502_000, 1_000_000]]), "TIFF", [0, 128, 255]),
        (np.float32([[0, 0.5, 1]]), "TIFF", [0, 128, 255]),
        (np.float32([[0, np.nan, 255]]), "TIFF", [0, 0, 255]),
    ],
)
def test_wide_values_are_scaled_not_clipped(values, form, expected) -> None:
    image = images.decode_image(saved(form, Pillow.fromarray(values)), name="x")
    assert image[0, :, 0].tolist() == expected
    assert (image == image[..., :1]).all()


def test_transparency_is_white_in_every_form() -> None:
    clear = Pillow.fromarray(scene()).convert("RGBA")
    clear.putalpha(
        Pillow.fromarray((np.arange(60) < 30).astype(np.uint8)[None].repeat(40, 0) * 255)
    )
    for data in (
        saved("PNG", clear),
        saved("WEBP", clear, lossless=True),
        saved("GIF", clear),
        saved("TIFF", clear),
        saved("PNG", clear.convert("LA")),
    ):
        image = images.decode_image(data, name="x")
        assert tuple(image[5, 50]) == WHITE
        assert tuple(image[5, 5]) != WHITE
    palette = Pillow.new("P", (4, 4), 1)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    assert tuple(images.decode_image(saved("PNG", palette, transparency=0), name="x")[0, 0]) == RED
    gone = images.decode_image(saved("PNG", palette, transparency=1), name="x")
    assert tuple(gone[0, 0]) == WHITE


def test_the_first_picture_of_a_moving_one_is_taken() -> None:
    frames = [Pillow.new("RGB", (8, 8), color) for color in ((255, 0, 0), (0, 0, 255))]
    for form in ("GIF", "PNG", "WEBP", "TIFF"):
        more = {"lossless": True} if form == "WEBP" else {}
        data = saved(form, frames[0], save_all=True, append_images=frames[1:], **more)
        assert tuple(images.decode_image(data, name="x")[3, 3]) == RED


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("WEBP", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("GIF", {}),
        ("PPM", {}),
    ],
)
def test_a_cut_picture_is_an_error_in_every_form(form: str, options, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    data = saved(form, Pillow.fromarray(noise), **options)
    images.decode_image(data, name="whole")
    with pytest.raises(ImageUnreadable, match=r"party\.jpg"):
        images.decode_image(data[: int(len(data) * share)], name="party.jpg")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"dear diary\n" * 40, "is text"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIC"),
        (b"\xff\xd8\xff\xe0", "damaged or cut short"),
        (b"\x89PNG\r\n\x1a\n", "damaged or cut short"),
        (bytes(range(256)), "not a picture"),
    ],
)
def test_the_reason_is_said(data: bytes, says: str) -> None:
    with pytest.raises(ImageUnreadable, match=says):
        images.decode_image(data, name="x")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "PPM"])
def test_random_damage_never_escapes_as_a_bug(form: str) -> None:
    if form not in images.FORMATS:
        pytest.skip("this build of Pillow has no AVIF")
    whole = saved(form)
    rng = np.random.default_rng(7)
    refused = 0
    for _ in range(300):
        data = bytearray(whole)
        for at in (rng.random(8) ** 2 * len(data)).astype(int):
            data[at] = rng.integers(256)
        try:
            image = images.decode_image(bytes(data), name="x", max_pixels=1_000_000)
        except SourceError:
            refused += 1
        else:
            assert image.dtype == np.uint8
            assert image.ndim == 3
    assert refused > 0


def test_the_limit_counts_pixels_and_is_kept_exactly() -> None:
    data = saved("PNG")
    assert images.decode_image(data, name="x", max_pixels=2400).shape == (40, 60, 3)
    with pytest.raises(ImageTooLarge, match="60 x 40"):
        images.decode_image(data, name="x", max_pixels=2399)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.jpg").open("wb") as file:
        file.truncate(images.MAX_BYTES + 1)
    with pytest.raises(ImageTooLarge, match=r"huge\.jpg"):
        images.read_image(tmp_path / "huge.jpg")


def test_pipes_and_impossible_names_do_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(ImageUnreadable, match="not an ordinary file"):
        images.read_image(tmp_path / "pipe.jpg")
    with pytest.raises(ImageUnreadable, match="not a file name"):
        images.read_image(Path("a\0b.jpg"))
    with pytest.raises(ImageUnreadable, match="too long"):
        images.read_image(tmp_path / ("x" * 300))


def test_threads_leave_the_filters_of_warnings_alone() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    data = saved("TIFF", exif=exif)
    before = list(warnings.filters)

    def read() -> None:
        for _ in range(50):
            images.decode_image(data, name="x")

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


def test_odd_metadata_does_not_warn() -> None:
    # an EXIF block whose first entry points outside it; warnings are errors here
    data = bytearray(
        saved("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\xff\xff\0\0\xff")
    )
    assert images.decode_image(bytes(data), name="x").shape == (40, 60, 3)


def test_links_are_followed_to_pictures_but_not_to_folders(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    for path in (inside / "b.png", inside / "A.JPG", outside / "c.png"):
        path.write_bytes(saved("PNG"))
    (inside / "up").symlink_to(tmp_path)
    (inside / "link.png").symlink_to(outside / "c.png")
    (inside / "broken.png").symlink_to(outside / "gone.png")
    (inside / "loop.png").symlink_to(inside / "loop.png")
    os.mkfifo(inside / "pipe.png")
    assert [p.name for p in images.list_images(inside)] == ["A.JPG", "b.png", "link.png"]


def test_writing_is_atomic_and_keeps_to_the_name(tmp_path: Path) -> None:
    image = np.ascontiguousarray(scene()[..., ::-1])
    images.write_image(image, tmp_path / "a.png")
    np.testing.assert_array_equal(images.read_image(tmp_path / "a.png"), image)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    images.write_image(image, tmp_path / "a.jpg")
    assert (tmp_path / "a.jpg").read_bytes().startswith(b"\xff\xd8")
    (tmp_path / "d.jpg").mkdir()
    with pytest.raises(OSError, match="directory"):
        images.write_image(image, tmp_path / "d.jpg")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jpg", "a.png", "d.jpg"]


@pytest.mark.real_data
def test_portraits_are_the_same_way_up(data: Path) -> None:
    three, six = (
        images.read_image(data / "bad_inputs" / f"Portrait_{n}.jpg").astype(int) for n in (3, 6)
    )
    assert three.shape == (1800, 1200, 3)
    assert np.abs(three - six).mean() < 5
    assert np.abs(three - three[::-1, ::-1]).mean() > 20
