"""People in a library without any model, and pictures whose faces are made up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from app.session import Session
from app.views.people_page import Page
from reid_core import images
from reid_core.actions import enroll
from reid_core.actions.enroll import Candidate, Known, Looked
from reid_core.errors import ImageUnreadable, NoFace, SeveralFaces
from reid_core.library import Library, people
from reid_core.types import Kind

DIM = 128
PARTS = {"size": 0.9, "sharpness": 0.8, "pose": 0.1, "exposure": 0.7, "detector": 0.9}


def picture(seed: int) -> bytes:
    """A crop that depends on the seed alone."""
    noise = np.random.default_rng(seed).integers(0, 256, (40, 32, 3)).astype(np.uint8)
    return images.encode_jpeg(noise)


def face(who: int, seed: int = 0) -> np.ndarray:
    """A unit vector; those of one person are alike (0.98), those of two are not."""
    row = np.zeros(DIM, np.float32)
    row[who % 64] = 1.0
    row[64 + seed % 64] = 0.14
    return row / np.linalg.norm(row)


@contextmanager
def opened_page(session: Session, qtbot: QtBot) -> Iterator[Page]:
    """The page of people, shown; closed afterwards."""
    made = Page(session)
    made.resize(1100, 700)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close_page()
    qtbot.waitUntil(lambda: not session.tasks.jobs)


def enrol_made(library: Library, session: Session, name: str, who: int, *seeds: int) -> int:
    """A person with a face template per seed, of quality 0.9, 0.8, …; made when new."""
    model = session.models().model_id(Kind.FACE)
    with library.transaction("made") as tx:
        person = people.person_named(tx, name) or people.add_person(tx, name)
        for n, seed in enumerate(seeds):
            new = people.NewTemplate(
                Kind.FACE,
                library.media.put(picture(100 * who + seed)),
                0.9 - n / 10,
                dict(PARTS),
                np.zeros((5, 2), np.float32),
                f"/photos/{name}{seed}.jpg",
                face(who, seed),
                model,
            )
            people.add_template(tx, person, new)
    return person


@dataclass
class Faces:
    """What is found in files of these names: (who, seed, quality) from left to right."""

    model: str
    known: dict[str, list[tuple[int, int, float]]] = field(default_factory=dict)
    looked: list[str] = field(default_factory=list)

    def look_at(
        self,
        models: object,
        known: Known,
        spec: str,
        kind: Kind,
        *,
        number: int | None = None,
        preview: int = 0,
    ) -> Looked:
        """Instead of `enroll.look_at`."""
        self.looked.append(spec)
        if Path(spec).name not in self.known:
            raise ImageUnreadable(f"{spec} is no picture.")
        found = tuple(
            self._candidate(known, kind, i, *one)
            for i, one in enumerate(self.known[Path(spec).name])
        )
        size, small = (200, 100), picture(0) if preview else b""
        if not found:
            return Looked(spec, size, (), None, NoFace("nobody"), small)
        if number is not None or len(found) == 1:
            return Looked(spec, size, found, (number or 1) - 1, None, small)
        return Looked(spec, size, found, None, SeveralFaces("several"), small)

    def _candidate(
        self, known: Known, kind: Kind, place: int, who: int, seed: int, quality: float
    ) -> Candidate:
        jpeg, vector = picture(100 * who + seed), face(who, seed)
        owner = known.pictures.get(enroll.name_of(jpeg))
        already = "" if owner is None else known.gallery.names[owner]
        box = np.float32([10 + 60 * place, 10, 50 + 60 * place, 60])
        points = np.zeros((5, 2), np.float32)
        like = known.like(vector)
        return Candidate(
            kind, box, quality, dict(PARTS), jpeg, points, vector, self.model, like, already
        )
