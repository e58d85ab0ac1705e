"""A library with people and footage enough to be calibrated: bodies, for a quick network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import made_crowd
import made_gallery
import numpy as np

from app.session import Session
from app.settings import Settings
from app.tasks import Tasks
from reid_core.library import Library
from reid_core.models.store import ModelStore

PEOPLE = 60
LONG_MS = 30_000  # within which it is measured


@lru_cache(maxsize=1)
def _made() -> TemporaryDirectory[str]:
    """A folder with a library and a store: 60 people with three looks each, also in crowds."""
    place = TemporaryDirectory(prefix="cameo-crowd-")
    folder = Path(place.name)
    store = made_gallery.store_in(folder / "store")
    library, model = made_gallery.opened(folder / "library", store)
    world = made_gallery.World(0, nuisance=0.2)
    for n in range(PEOPLE):
        made_gallery.enrol(library, model, [world.look(n) for _ in range(3)], f"Person {n:03d}")
    walks = made_crowd.crowds(12, rng=np.random.default_rng(0), people=PEOPLE)
    made_crowd.film(library, model, world, walks, "crowds.mp4")
    library.close()
    return place


@contextmanager
def crowded(folder: Path, tasks: Tasks) -> Iterator[Session]:
    """A session over a copy of it, which takes a while to make once."""
    copytree(_made().name, folder, dirs_exist_ok=True)
    store = ModelStore(folder / "store" / "models")
    with Library.open(folder / "library") as library:
        yield Session(library, store, Settings(seen_welcome=True), tasks)
        tasks.close()
