"""Labelled pictures of nobody, in every form that they come in."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from reid_core import images
from reid_core.learn.data import Pictures
from reid_core.library import Library, people
from reid_core.types import Kind


def draw(seed: int, height: int = 40, width: int = 20) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (5, 3, 3)).astype(np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def put(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    images.write_image(draw(seed), path)
    return path


def put_people(root: Path, *, people_n: int = 3, each: int = 4) -> Path:
    for one in range(people_n):
        for i in range(each):
            put(root / f"p{one}" / f"{i}.jpg", 100 * one + i)
    return root


def made(counts: list[int], domains: int = 1) -> Pictures:
    """Pictures that exist in name only."""
    labels = np.repeat(np.arange(len(counts)), counts)
    n = len(labels)
    paths = tuple(Path(f"{one}-{i}.jpg") for i, one in enumerate(labels))
    names = tuple(f"who{i}" for i in range(len(counts)))
    return Pictures(paths, labels, np.arange(n) % 3, labels % domains, names)


def write_list(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    for name in "ab", "c d":
        put(tmp_path / "in" / f"{name}.jpg", len(name))
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode(encoding))
    return path


def enrol(library: Library, name: str, kind: Kind, crops: list[np.ndarray], points) -> None:
    with library.transaction("enroll") as tx:
        person = people.add_person(tx, name)
        for crop in crops:
            media = library.media.put(images.encode_jpeg(crop, quality=98))
            vector = np.float32([1, 0])
            new = people.NewTemplate(kind, media, 0.8, {}, points, "x.jpg", vector, "m@1")
            people.add_template(tx, person, new)
