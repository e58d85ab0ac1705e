"""The only place where pictures are read and written.

Whatever the file calls itself, its content decides. Pixels come out as people see them: turned by
EXIF, on white where transparent, 8 bit, BGR. A picture that is too large is refused from its
header, before it is decoded; one that is cut short is an error and never half grey.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import UnidentifiedImageError, features

from reid_core import align
from reid_core.errors import ImageTooLarge, ImageUnreadable
from reid_core.files import check_name, write_atomically
from reid_core.types import Image

MAX_PIXELS = 200_000_000
MAX_BYTES = 512_000_000
FORMATS = (
    *("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM"),
    *(("AVIF",) if features.check("avif") else ()),
)
SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("jpg", "jpeg", "jpe", "png", "webp", "bmp", "tif", "tiff", "gif", "ppm", "mpo"),
        *("avif",),
    )
)
WIDE = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")
ORIENTATION = 0x0112  # EXIF tag
HEIC = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1", b"ftyphevc")
# everything that the decoders are known to raise on damaged data
DAMAGE = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError),
    *(OverflowError, ZeroDivisionError, RuntimeError, struct.error, zlib.error),
)

# our own check of the size, made on the header, replaces Pillow's
Pillow.MAX_IMAGE_PIXELS = None
# the filters of `warnings` belong to the process: one thread at a time may change them
_filters = threading.Lock()


def read_image(path: Path, *, max_pixels: int = MAX_PIXELS) -> Image:
    """A picture file as (H, W, 3) uint8 BGR.

    Raises ImageUnreadable (missing, empty, no picture, cut short) or ImageTooLarge, naming it;
    SourceUnavailable for a name that is not UTF-8.
    """
    check_name(path)
    try:
        about = path.stat()
        if about.st_size > MAX_BYTES:
            raise ImageTooLarge(f"{path} is larger than {MAX_BYTES // 1_000_000} MB: not read.")
        if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
            # a pipe or device could be endless
            raise ImageUnreadable(f"{path} is not an ordinary file.")
        data = path.read_bytes()
    except OSError as error:
        raise ImageUnreadable(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # a zero byte in the name
        raise ImageUnreadable(f"{str(path)!r} is not a file name.") from error
    return decode_image(data, name=str(path), max_pixels=max_pixels)


def decode_image(data: bytes, *, name: str, max_pixels: int = MAX_PIXELS) -> Image:
    """A picture in memory as (H, W, 3) uint8 BGR; `name` is for messages. Raises as read_image."""
    if not data:
        raise ImageUnreadable(f"{name} is empty.")
    try:
        with _quiet():
            picture = Pillow.open(io.BytesIO(data), formats=FORMATS)
            _check_size(picture, name, max_pixels)
            if picture.format == "TIFF":
                picture.load()  # warns of odd metadata while it decodes
        with picture:
            return _upright(picture)
    except UnidentifiedImageError as error:
        raise ImageUnreadable(f"{name} {_what_it_is(data)}.") from error
    except DAMAGE as error:
        raise ImageUnreadable(f"{name} is damaged or cut short ({error}).") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing is said about odd metadata; the pixels decide."""
    with _filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _check_size(picture: Pillow.Image, name: str, max_pixels: int) -> None:
    width, height = picture.size
    if width * height > max_pixels:
        raise ImageTooLarge(
            f"{name} has {width} x {height} pixels, more than the limit of "
            f"{max_pixels / 1e6:.0f} million; it was not opened. Make a smaller copy of it."
        )


def _what_it_is(data: bytes) -> str:
    """Why the data is no picture of ours, as the end of a sentence."""
    start = data[:512]
    if start[4:12] in HEIC:
        return "is a HEIC picture, which Cameo cannot read: export it as JPEG"
    if start.startswith(b"\xff\xd8") or start.startswith(b"\x89PNG"):
        return "is damaged or cut short: its header is incomplete"
    if not set(start) - set(range(32, 127)) - {9, 10, 13}:
        return "is text, not a picture"
    return "is not a picture that Cameo can read"


def _upright(picture: Pillow.Image) -> Image:
    """Decode the first picture of a file, flatten it and turn it as its EXIF data says."""
    picture.load()
    image = _flat(picture)
    match _orientation(picture):
        case 2:
            return np.asarray(cv2.flip(image, 1), np.uint8)
        case 3:
            return np.asarray(cv2.rotate(image, cv2.ROTATE_180), np.uint8)
        case 4:
            return np.asarray(cv2.flip(image, 0), np.uint8)
        case 5:
            return np.asarray(cv2.transpose(image), np.uint8)
        case 6:
            return np.asarray(cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE), np.uint8)
        case 7:
            return np.asarray(cv2.flip(cv2.transpose(image), -1), np.uint8)
        case 8:
            return np.asarray(cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE), np.uint8)
    return image


def _orientation(picture: Pillow.Image) -> int:
    """EXIF orientation 1 to 8; damaged metadata counts as none."""
    try:
        with _quiet():
            value = picture.getexif().get(ORIENTATION, 1)
    except DAMAGE:
        return 1
    return value if isinstance(value, int) else 1


def _flat(picture: Pillow.Image) -> Image:
    """(H, W, 3) uint8 BGR: wide values scaled to 8 bit, transparency laid on white."""
    if picture.mode in WIDE:
        grey = _eight_bit(np.asarray(picture))
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        white = Pillow.new("RGBA", rgba.size, (255, 255, 255, 255))
        picture = Pillow.alpha_composite(white, rgba)
    rgb = np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8)


def _eight_bit(values: np.ndarray) -> Image:
    """(H, W) of 16 bit, 32 bit or float -> (H, W) uint8.

    Files do not say what their white is: 1.0 (floats only), 255 and 65535 are tried in turn, the
    smallest that holds the brightest value; beyond them, that value itself.
    """
    finite = np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)
    top = float(finite.max())
    whites = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
    white = next((w for w in whites if top <= w), top)
    return (finite * (255.0 / white)).round().clip(0, 255).astype(np.uint8)


def encode_jpeg(image: Image, *, quality: int = 92) -> bytes:
    """(H, W, 3) uint8 BGR -> JPEG bytes."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of shape {image.shape} cannot be encoded")
    return data.tobytes()


def write_image(image: Image, path: Path) -> None:
    """Write (H, W, 3) uint8 BGR atomically, as PNG where the name says so, else as JPEG."""
    write_atomically(path, _encoded(image, path.suffix.lower()))


def _encoded(image: Image, suffix: str) -> bytes:
    if suffix != ".png":
        return encode_jpeg(image)
    done, data = cv2.imencode(".png", image)
    if not done:
        raise ValueError(f"a picture of shape {image.shape} cannot be encoded")
    return data.tobytes()


def thumbnail(image: Image, *, side: int) -> Image:
    """The picture with its longer side at most `side` px; itself when it is that small."""
    return align.fit_within(image, side=side)[0]


def is_image(path: Path) -> bool:
    """Whether the name looks like a picture's."""
    return path.suffix.lower() in SUFFIXES


def list_images(folder: Path) -> list[Path]:
    """Every picture below a folder, sorted by path; hidden ones are left out.

    Links to folders are not followed, so a link to above ends nowhere; links to pictures are.
    """
    return sorted(_walk(folder))


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder, followlinks=False):
        folders[:] = [f for f in folders if not f.startswith(".")]
        for name in files:
            path = Path(root) / name
            if not name.startswith(".") and is_image(path) and path.is_file():
                yield path
