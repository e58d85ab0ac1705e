"""A library with one person enrolled and films in which somebody like her is seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.session import Session
from reid_core.images import encode_jpeg
from reid_core.library import footage, people
from reid_core.library.ids import format_id
from reid_core.types import Embeddings, Kind, Tracklet, View
from tests.made_footage import content_of
from tests.numbered import film

DIM = 128
BOX = (16.0, 8.0, 48.0, 40.0)
SEEN = (  # film, start, end, cosine with the person's template; the threshold is about 0.93
    ("a", 1.0, 2.0, 0.99),
    ("a", 6.0, 7.0, 0.60),
    ("b", 3.0, 5.0, 0.97),
    ("b", 8.0, 9.0, 0.70),
)


def towards(cosine: float, seed: int) -> np.ndarray:
    """A unit vector of that cosine with the first axis."""
    rest = np.random.default_rng(seed).normal(size=DIM)
    rest[0] = 0.0
    row = np.sqrt(1 - cosine**2) * rest / np.linalg.norm(rest)
    row[0] = cosine
    return row.astype(np.float32)


def picture(seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    return encode_jpeg(noise)


def key(n: int) -> str:
    """The shown id of SEEN[n]."""
    return format_id(1000 + n)


def fill(session: Session, folder: Path, *, name: str = "Ada") -> dict[str, Path]:
    """The films by letter. 10 s each, ten numbered pictures a second."""
    model = session.models().model_id(Kind.FACE)
    films = {letter: film(folder / f"{letter}.mp4", n=100, rate=10) for letter in "ab"}
    library = session.library
    with library.transaction("made") as tx:
        person = people.add_person(tx, name)
        media = library.media.put(picture(0))
        points = np.zeros((5, 2), np.float32)
        look = people.NewTemplate(Kind.FACE, media, 0.9, {}, points, "made", towards(1.0, 0), model)
        people.add_template(tx, person, look)
        for letter, path in films.items():
            video = footage.add_video(
                tx, str(path), content_hash=content_of(path), duration_s=10.0, settings={}
            )
            own = [(n, s) for n, s in enumerate(SEEN) if s[0] == letter]
            footage.write_tracklets(
                tx, library.media, video, [_tracklet(n, *s[1:], model) for n, s in own]
            )
            footage.update_video(tx, video, state="done", indexed_until_s=10.0)
    return films


def _tracklet(n: int, start_s: float, end_s: float, cosine: float, model: str) -> Tracklet:
    middle = (start_s + end_s) / 2
    views = tuple(
        View(picture(10 * n + i), np.zeros((5, 2), np.float32), np.float32(BOX), at, 0.8 - i / 10)
        for i, at in enumerate((middle, start_s))
    )
    rows = np.stack([towards(cosine, n), towards(cosine - 0.02, n)])
    known = Embeddings(rows, np.float32([0.8, 0.001]), model)
    times = np.array([start_s, end_s])
    boxes = np.float32([BOX, np.array(BOX) + np.array([40, 0, 40, 0])])
    return Tracklet(1000 + n, Kind.FACE, times, boxes, views, known, 1000 + n)
