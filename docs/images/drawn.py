"""Drawn people, films of them, and a library that knows them: for pictures that may be published.

Nothing is detected here: rows and vectors are written as indexing would have written them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from reid_core.images import encode_jpeg
from reid_core.library import Library, footage, people
from reid_core.library.ids import stable_id
from reid_core.types import Embeddings, Floats, Image, Kind, Tracklet, View
from reid_core.video.source import content_hash

Colour = tuple[int, int, int]  # BGR
WIDTH, HEIGHT, RATE = 960, 540, 15
MODELS = {Kind.FACE: ("dlib-resnet-v1", 128), Kind.BODY: ("cameo-body-v1", 128)}


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody is drawn. hair_length: in heads."""

    name: str
    skin: Colour
    hair: Colour
    shirt: Colour
    hair_length: float = 0.0
    glasses: bool = False


CAST = (
    Look("Ada Lovelace", (170, 195, 235), (40, 50, 70), (110, 90, 70), 0.6),
    Look("Grace Hopper", (180, 205, 240), (150, 150, 155), (120, 80, 40), 0.1, True),
    Look("Alan Turing", (175, 200, 238), (35, 45, 60), (70, 90, 60)),
    Look("Katherine Johnson", (70, 100, 150), (25, 25, 30), (60, 60, 160), 0.3, True),
    Look("Chien-Shiung Wu", (150, 190, 230), (20, 20, 22), (150, 110, 60), 0.2),
    Look("Srinivasa Ramanujan", (95, 130, 180), (20, 22, 25), (190, 190, 185)),
    Look("Emmy Noether", (175, 198, 236), (60, 75, 95), (80, 60, 110), 0.4, True),
    Look("Benjamin Banneker", (60, 85, 130), (200, 200, 200), (90, 120, 150)),
    Look("Maria Mitchell", (172, 196, 234), (35, 60, 110), (95, 95, 95), 0.7),
    Look(
        "Somebody with a very long name that has to be cut somewhere",
        (120, 150, 200),
        (30, 60, 90),
        (60, 140, 150),
        0.2,
    ),
)
STRANGERS = (
    Look("", (165, 190, 230), (70, 110, 160), (150, 130, 170), 0.5),
    Look("", (90, 120, 170), (20, 20, 25), (120, 150, 90), 0.0, True),
)


@dataclass(frozen=True, slots=True)
class Walk:
    """Somebody crosses the picture: from_s to to_s, x from the first to the second, at a size."""

    look: Look
    from_s: float
    to_s: float
    x: tuple[float, float]
    size: float = 46.0  # px from the middle of the head to the chin


FILMS: dict[str, tuple[float, tuple[Walk, ...]]] = {
    "entrance.mp4": (
        24.0,
        (
            Walk(CAST[0], 1, 8, (100, 700)),
            Walk(CAST[2], 4, 12, (860, 240), 40),
            Walk(STRANGERS[0], 9, 16, (80, 820), 52),
            Walk(CAST[0], 17, 23, (840, 300), 50),
        ),
    ),
    "hall camera 2.mp4": (
        20.0,
        (
            Walk(CAST[3], 0.5, 9, (700, 200), 44),
            Walk(CAST[0], 6, 13, (150, 640), 48),
            Walk(STRANGERS[1], 10, 19, (880, 420), 42),
        ),
    ),
    "garden, afternoon.mp4": (
        16.0,
        (Walk(CAST[4], 1, 10, (200, 760), 54), Walk(CAST[1], 5, 15, (820, 360), 44)),
    ),
}
GROUND: dict[str, tuple[Colour, Colour]] = {
    "entrance.mp4": ((205, 210, 214), (150, 158, 165)),
    "hall camera 2.mp4": ((188, 196, 190), (128, 136, 140)),
    "garden, afternoon.mp4": ((226, 206, 170), (110, 160, 120)),
}


def person(image: Image, look: Look, x: float, y: float, r: float) -> None:
    """Draw somebody whose head, of radius r, is at (x, y), in place."""

    def at(dx: float, dy: float) -> tuple[int, int]:
        return round(x + dx * r), round(y + dy * r)

    def px(*values: float) -> tuple[int, ...]:
        return tuple(max(round(v * r), 1) for v in values)

    aa = cv2.LINE_AA
    if look.hair_length:
        cv2.ellipse(
            image, at(0, 0.3 + look.hair_length), px(1.05, 1.1), 0, 0, 360, look.hair, -1, aa
        )
    cv2.rectangle(image, at(-0.3, 0.8), at(0.3, 1.4), look.skin, -1, aa)
    cv2.ellipse(image, at(0, 2.5), px(1.5, 1.35), 0, 180, 360, look.shirt, -1, aa)
    cv2.rectangle(image, at(-1.5, 2.48), at(1.5, 4.6), look.shirt, -1)
    cv2.rectangle(image, at(-1.1, 4.6), at(-0.1, 8.0), (70, 60, 55), -1)
    cv2.rectangle(image, at(0.1, 4.6), at(1.1, 8.0), (70, 60, 55), -1)
    cv2.ellipse(image, at(0, -0.28), px(0.98, 1.02), 0, 0, 360, look.hair, -1, aa)
    cv2.ellipse(image, at(0, 0.1), px(0.8, 1.0), 0, 0, 360, look.skin, -1, aa)
    dark = (60, 45, 40)
    for side in (-1, 1):
        cv2.circle(image, at(0.31 * side, 0), px(0.08)[0], dark, -1, aa)
        cv2.ellipse(
            image, at(0.31 * side, -0.22), px(0.17, 0.06), 0, 180, 360, look.hair, px(0.05)[0], aa
        )
        if look.glasses:
            cv2.circle(image, at(0.31 * side, 0), px(0.22)[0], dark, px(0.04)[0], aa)
    if look.glasses:
        cv2.line(image, at(-0.09, 0), at(0.09, 0), dark, px(0.04)[0], aa)
    shade = tuple(int(0.78 * c) for c in look.skin)
    cv2.ellipse(image, at(0, 0.27), px(0.1, 0.16), 0, 20, 160, shade, px(0.04)[0], aa)
    cv2.ellipse(image, at(0, 0.58), px(0.3, 0.14), 0, 10, 170, (80, 70, 170), px(0.05)[0], aa)


def face_box(x: float, y: float, r: float) -> Floats:
    """Where the face of a drawn person is, xyxy pixels."""
    return np.array([x - 0.85 * r, y - 0.95 * r, x + 0.85 * r, y + 1.15 * r], np.float32)


def body_box(x: float, y: float, r: float) -> Floats:
    """Where the person is, as far as the picture goes."""
    box = [x - 1.6 * r, y - 1.35 * r, x + 1.6 * r, min(y + 8.1 * r, HEIGHT)]
    return np.array(box, np.float32)


def portrait(look: Look, seed: int) -> Image:
    """(256, 256, 3) head and shoulders."""
    rng = np.random.default_rng(seed)
    image = np.full((256, 256, 3), 228 - 14 * (seed % 4), np.uint8)
    x, y = 128 + float(rng.uniform(-12, 12)), 112 + float(rng.uniform(-8, 8))
    person(image, look, x, y, 66 + float(rng.uniform(-5, 5)))
    return image


def place(walk: Walk, time_s: float) -> tuple[float, float, float]:
    """x, y and head radius of a walker at a time."""
    share = (time_s - walk.from_s) / (walk.to_s - walk.from_s)
    x = walk.x[0] + share * (walk.x[1] - walk.x[0])
    return x, 190 + 3 * abs(np.sin(6 * time_s)), walk.size


def scene(film: str, time_s: float) -> Image:
    """One picture of a film."""
    wall, floor = GROUND[film]
    image = np.full((HEIGHT, WIDTH, 3), wall, np.uint8)
    image[400:] = floor
    for x in range(60, WIDTH, 240):
        cv2.rectangle(image, (x, 60), (x + 130, 260), tuple(int(0.93 * c) for c in wall), -1)
    walks = [w for w in FILMS[film][1] if w.from_s <= time_s <= w.to_s]
    for walk in sorted(walks, key=lambda w: w.size):
        person(image, walk.look, *place(walk, time_s))
    return image


def write_film(film: str, folder: Path) -> Path:
    """Encode a film."""
    path = folder / film
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for n in range(round(FILMS[film][0] * RATE)):
            one = av.VideoFrame.from_ndarray(scene(film, n / RATE), format="bgr24")
            one.pts, one.time_base = n, Fraction(1, RATE)
            out.mux(stream.encode(one))
        out.mux(stream.encode())
    return path


def vector(look: Look, kind: Kind, seed: int) -> Floats:
    """(D,) a look's embedding with some noise, squeezed together as a face model's are."""
    _, dim = MODELS[kind]
    own = np.random.default_rng(hash_of(look) % 2**32).normal(size=dim)
    rest = np.random.default_rng(7).normal(size=dim)
    noise = np.random.default_rng(seed).normal(size=dim)
    made = 1.1 * rest + 0.5 * own + 0.16 * noise
    return (made / np.linalg.norm(made)).astype(np.float32)


def hash_of(look: Look) -> int:
    """A number that is the same in every run."""
    return stable_id("look", look.name, look.skin, look.shirt)


def fill(library: Library, folder: Path, ids: dict[Kind, str]) -> None:
    """Enrol the cast and put the films in. ids: the models' full names by kind."""
    folder.mkdir(parents=True, exist_ok=True)
    with library.transaction("drawn people") as tx:
        for n, look in enumerate(CAST):
            one = people.add_person(tx, look.name)
            for k in range(2 + n % 3):
                people.add_template(tx, one, template(library, look, 10 * n + k, ids))
    for film in FILMS:
        path = write_film(film, folder)
        with library.transaction("drawn film") as tx:
            video = footage.add_video(
                tx,
                str(path),
                content_hash=content_hash(path),
                duration_s=FILMS[film][0],
                settings={},
            )
            footage.write_tracklets(tx, library.media, video, list(tracklets(film, ids)))
            footage.update_video(
                tx,
                video,
                state="done",
                indexed_until_s=FILMS[film][0],
                width=WIDTH,
                height=HEIGHT,
                fps=RATE,
            )


def template(library: Library, look: Look, seed: int, ids: dict[Kind, str]) -> people.NewTemplate:
    """A portrait as it would have been enrolled."""
    media = library.media.put(encode_jpeg(portrait(look, seed), quality=95))
    parts = {"sharpness": 0.9, "size": 0.95, "frontal": 0.9, "exposure": 0.85}
    return people.NewTemplate(
        Kind.FACE,
        media,
        0.72 + 0.05 * (seed % 5),
        parts,
        np.zeros((5, 2), np.float32),
        f"{look.name.split()[0].lower()}-{seed % 10 + 1}.jpg",
        vector(look, Kind.FACE, seed),
        ids[Kind.FACE],
    )


def tracklets(film: str, ids: dict[Kind, str]) -> Iterator[Tracklet]:
    """Everybody who crosses a film, as face and as body."""
    for n, walk in enumerate(FILMS[film][1]):
        keys = {kind: stable_id("drawn", film, n, kind) for kind in Kind}
        times = np.arange(walk.from_s, walk.to_s, 0.2)
        for kind, box in ((Kind.FACE, face_box), (Kind.BODY, body_box)):
            boxes = np.stack([box(*place(walk, t)) for t in times])
            chosen = [len(times) * k // 4 for k in (1, 2, 3)]
            views = tuple(view(film, times[k], boxes[k]) for k in chosen)
            rows = np.stack(
                [vector(walk.look, kind, stable_id("view", film, n, k) % 9999) for k in chosen]
            )
            quality = np.array([v.quality for v in views], np.float32)
            other = keys[Kind.BODY if kind is Kind.FACE else Kind.FACE]
            yield Tracklet(
                keys[kind],
                kind,
                times,
                boxes,
                views,
                Embeddings(rows, quality, ids[kind]),
                keys[kind],
                other,
            )


def view(film: str, time_s: float, box: Floats) -> View:
    """A crop with a margin around the box."""
    image = scene(film, time_s)
    margin = 0.25 * (box[2] - box[0])
    x0, y0, x1, y1 = (round(float(v)) for v in box + np.array([-margin, -margin, margin, margin]))
    crop = image[max(y0, 0) : y1, max(x0, 0) : x1]
    return View(
        encode_jpeg(np.ascontiguousarray(crop), quality=92),
        np.zeros((0, 2), np.float32),
        box,
        float(time_s),
        0.8,
    )
