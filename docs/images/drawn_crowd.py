"""A library of drawn visitors whom a network tells apart badly, and what was learnt from them.

The pictures are drawn and the vectors are made; what is learnt, and its verdict, is real.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawn import Look, portrait

from reid_core.actions.loading import Models
from reid_core.actions.retrain import Wish, retrain
from reid_core.images import encode_jpeg
from reid_core.library import Library, people
from reid_core.models.store import ModelStore
from reid_core.types import Floats, Kind

WRITTEN = """
    Ada Alan Alice Barbara Benjamin Blaise Carl Caroline Chien-Shiung Dorothy Edsger Emmy Enrico
    Ernest Florence Frances Grace Hedy Henrietta Hypatia Inge Jocelyn Johannes Katherine Lise
    Maria Mary Max Michael Mileva Niels Nikola Patricia Rachel Rita Rosalind Sally Sophie
    Srinivasa Tycho Valentina Vera
"""
NAMES = WRITTEN.split()
LOOKS, DIM = 4, 128
SKINS = ((170, 195, 235), (70, 100, 150), (150, 190, 230), (95, 130, 180), (60, 85, 130))
HAIRS = ((40, 50, 70), (150, 150, 155), (25, 25, 30), (35, 60, 110), (60, 75, 95))


def fill(folder: Path, store: ModelStore) -> None:
    """Enrol the visitors, and learn from them twice."""
    with Library.open(folder) as library:
        models = Models.of(library, store)
        model, rng = models.model_id(Kind.FACE), np.random.default_rng(4)
        rest, changing = rng.normal(size=DIM), rng.normal(size=(5, DIM))
        for number, name in enumerate(NAMES):
            own = rng.normal(size=DIM)
            rows = [
                _unit(1.2 * rest + own + 0.25 * rng.normal(size=5) @ changing + _noise(rng, 1.8))
                for _ in range(LOOKS)
            ]
            _enrol(library, model, name, _look(number), rows)
        for loss in ("triplet", None):
            retrain(library, models, Kind.FACE, Wish(loss=loss))


def _look(number: int) -> Look:
    rng = np.random.default_rng(number)
    shirt = tuple(int(v) for v in rng.integers(50, 200, 3))
    skin, hair = (some[int(rng.integers(len(some)))] for some in (SKINS, HAIRS))
    length = float(rng.choice([0.0, 0.2, 0.5, 0.7]))
    return Look("", skin, hair, shirt, length, bool(rng.random() < 0.3))  # type: ignore[arg-type]


def _enrol(library: Library, model: str, name: str, look: Look, rows: list[Floats]) -> None:
    with library.transaction("drawn") as tx:
        person = people.add_person(tx, name)
        for k, row in enumerate(rows):
            media = library.media.put(encode_jpeg(portrait(look, k)))
            points = np.zeros((5, 2), np.float32)
            new = people.NewTemplate(Kind.FACE, media, 0.9, {}, points, f"{k}.jpg", row, model)
            people.add_template(tx, person, new)


def _noise(rng: np.random.Generator, size: float) -> np.ndarray:
    return size * rng.normal(size=DIM)


def _unit(row: np.ndarray) -> Floats:
    return (row / np.linalg.norm(row)).astype(np.float32)
