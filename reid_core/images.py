"""The only place where pictures are read and written.

Whatever the file calls itself, its content decides. Pixels come out as people see them: turned by
EXIF, on white where transparent, 8 bit, BGR. A picture that is too large is refused from its
header, before it is decoded; one that is cut short is an error and never half grey.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from reid_core import align
from reid_core.errors import ImageTooLarge, ImageUnreadable
from reid_core.types import Image

MAX_PIXELS = 200_000_000
MAX_BYTES = 512_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".mpo")
)
SIXTEEN_BIT = ("I", "I;16", "I;16B", "I;16L")

# our own check of the size, made on the header, replaces Pillow's
Pillow.MAX_IMAGE_PIXELS = None


def read_image(path: Path, *, max_pixels: int = MAX_PIXELS) -> Image:
    """A picture file as (H, W, 3) uint8 BGR.

    Raises ImageUnreadable (missing, empty, no picture, cut short) or ImageTooLarge, naming it.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ImageTooLarge(
                f"{path} is larger than {MAX_BYTES // 1_000_000} MB and was not read."
            )
        data = path.read_bytes()
    except OSError as error:
        raise ImageUnreadable(f"{path} cannot be read: {error.strerror}.") from error
    return decode_image(data, name=str(path), max_pixels=max_pixels)


def decode_image(data: bytes, *, name: str, max_pixels: int = MAX_PIXELS) -> Image:
    """A picture in memory as (H, W, 3) uint8 BGR; `name` is for messages. Raises as read_image."""
    if not data:
        raise ImageUnreadable(f"{name} is empty.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata; the pixels decide
            with Pillow.open(io.BytesIO(data), formats=FORMATS) as picture:
                _check_size(picture, name, max_pixels)
                return _to_bgr(picture)
    except UnidentifiedImageError as error:
        raise ImageUnreadable(f"{name} is not a picture that Cameo can read.") from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError) as error:
        raise ImageUnreadable(f"{name} is damaged or cut short ({error}).") from error


def _check_size(picture: Pillow.Image, name: str, max_pixels: int) -> None:
    width, height = picture.size
    if width * height > max_pixels:
        raise ImageTooLarge(
            f"{name} has {width} x {height} pixels, more than the limit of "
            f"{max_pixels / 1e6:.0f} million; it was not opened. Make a smaller copy of it."
        )


def _to_bgr(picture: Pillow.Image) -> Image:
    """Decode the first frame, turn it, flatten it to 8-bit colour."""
    picture.load()
    upright = ImageOps.exif_transpose(picture)
    if upright.mode in SIXTEEN_BIT:
        wide = np.asarray(upright, np.float32)
        # 16-bit files seldom use their whole range; scale by what the format can hold
        grey = (wide / (257.0 if wide.max() > 255 else 1.0)).clip(0, 255).astype(np.uint8)
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        rgba = upright.convert("RGBA")
        white = Pillow.new("RGBA", rgba.size, (255, 255, 255, 255))
        upright = Pillow.alpha_composite(white, rgba)
    rgb = np.asarray(upright.convert("RGB"))
    return np.ascontiguousarray(rgb[..., ::-1])


def encode_jpeg(image: Image, *, quality: int = 92) -> bytes:
    """(H, W, 3) uint8 BGR -> JPEG bytes."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of shape {image.shape} cannot be encoded")
    return data.tobytes()


def write_image(image: Image, path: Path) -> None:
    """Write a JPEG atomically."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(encode_jpeg(image))
    part.replace(path)


def thumbnail(image: Image, *, side: int) -> Image:
    """A copy with its longer side at most `side` px."""
    return align.fit_within(image, side=side)[0]


def is_image(path: Path) -> bool:
    """Whether the name looks like a picture's."""
    return path.suffix.lower() in SUFFIXES


def list_images(folder: Path) -> list[Path]:
    """Every picture below a folder, sorted; hidden files and links out of it are left out."""
    return sorted(_walk(folder))


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder, followlinks=False):
        folders[:] = [f for f in folders if not f.startswith(".")]
        for name in files:
            path = Path(root) / name
            if not name.startswith(".") and is_image(path) and path.is_file():
                yield path
