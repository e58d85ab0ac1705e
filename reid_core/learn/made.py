"""Made-up people to try a configuration with: drawn figures, from drawn cameras.

An identity is its clothes, hair and build; a camera is its light and background; a picture is a
pose. Recognising them is easy, which is what a smoke test wants.
"""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np

from reid_core import images
from reid_core.errors import DataError
from reid_core.types import Image

FORM = re.compile(r"made:(\d{1,4})x(\d{1,3})")
HEIGHT, WIDTH = 128, 64
CAMERAS = 3
Rng = np.random.Generator
Colour = tuple[int, int, int]


def is_made(source: str) -> bool:
    """Whether a source asks for made-up people, as in "made:40x9"."""
    return source.startswith("made:")


def write_made(source: str, folder: Path) -> Path:
    """Draw "made:IDENTITIESxPICTURES" into a folder with Market-style names; gives the folder.

    What is there already stays: the same source always draws the same. Raises DataError.
    """
    match = FORM.fullmatch(source)
    if match is None or int(match[1]) < 2 or int(match[2]) < 2:
        raise DataError(f"{source!r} is not made:IDENTITIESxPICTURES, like made:40x9.")
    people, pictures = int(match[1]), int(match[2])
    folder = folder / f"{people}x{pictures}"
    folder.mkdir(parents=True, exist_ok=True)
    for one in range(1, people + 1):
        for number in range(pictures):
            name = f"{one:04d}_c{number % CAMERAS + 1}_s1f{number:06d}n00.jpg"
            if not (folder / name).is_file():
                images.write_image(draw(one, number % CAMERAS, number), folder / name)
    return folder


def draw(person: int, camera: int, number: int) -> Image:
    """(128, 64, 3) uint8 BGR: a person as a camera sees them the number-th time."""
    look, pose = np.random.default_rng([7, person]), np.random.default_rng([8, person, number])
    picture = _background(np.random.default_rng([9, camera]), pose)
    colours = [_colour(look) for _ in range(5)]
    build = look.uniform(0.85, 1.15)
    middle = WIDTH // 2 + int(pose.integers(-5, 6))
    _legs(picture, middle, build, colours[0], int(pose.integers(2, 8)))
    _body(picture, middle, build, colours[1], colours[2], int(look.integers(0, 3)))
    cv2.circle(picture, (middle, 20), 9, (150, 180, 220), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (middle, 16), (9, 7), 0, 180, 360, colours[3], -1, cv2.LINE_AA)
    return _seen_by(np.random.default_rng([10, camera]), pose, picture)


def _colour(rng: Rng) -> Colour:
    b, g, r = rng.integers(20, 236, 3).tolist()
    return b, g, r


def _background(place: Rng, pose: Rng) -> Image:
    tone = place.integers(90, 170, 3) + pose.integers(-15, 16, 3)
    return np.ascontiguousarray(np.broadcast_to(tone, (HEIGHT, WIDTH, 3)), dtype=np.uint8)


def _legs(picture: Image, middle: int, build: float, colour: Colour, apart: int) -> None:
    thick = round(9 * build)
    for side in (-1, 1):
        hip, foot = (middle + side * 5, 72), (middle + side * apart, 122)
        cv2.line(picture, hip, foot, colour, thick, cv2.LINE_AA)


def _body(
    picture: Image, middle: int, build: float, colour: Colour, second: Colour, pattern: int
) -> None:
    half = round(14 * build)
    cv2.rectangle(picture, (middle - half, 30), (middle + half, 76), colour, -1)
    if pattern == 1:
        for y in range(34, 76, 10):
            cv2.line(picture, (middle - half, y), (middle + half, y), second, 3)
    if pattern == 2:
        cv2.rectangle(picture, (middle - half // 2, 40), (middle + half // 2, 60), second, -1)


def _seen_by(lens: Rng, pose: Rng, picture: Image) -> Image:
    cast = lens.uniform(0.8, 1.2, 3) * pose.uniform(0.9, 1.1)
    noisy = picture * cast + pose.normal(0, 6, picture.shape)
    return np.asarray(noisy.round().clip(0, 255), np.uint8)
