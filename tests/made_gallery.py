"""A library whose people look as a network from another world would see them, without pictures.

Each is a direction of their own, hidden under an offset and a few directions that change from
look to look: what an adapter can learn to take away.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from made_models import tiny_network

from reid_core.actions.loading import Models
from reid_core.actions.search import Searcher, query_person
from reid_core.cli.output import plain
from reid_core.images import encode_jpeg
from reid_core.library import Library, footage, models_used, people, retrainings
from reid_core.library.ids import stable_id
from reid_core.library.retrainings import Run
from reid_core.models.importing import import_onnx
from reid_core.models.store import ModelStore
from reid_core.types import Embeddings, Kind, Tracklet, View

DIM = 64
NUISANCES = 6
ROLE = "body-embedder"
COUNT = 30  # people of a library to retrain


def store_in(folder: Path) -> ModelStore:
    """With one body network of `DIM` numbers, called tiny."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny.onnx").write_bytes(tiny_network(dim=DIM))
    made = ModelStore(folder / "models")
    import_onnx(made, folder / "tiny.onnx", role="body-embedder", name="tiny")
    return made


class World:
    """Looks at people by number."""

    def __init__(self, seed: int = 0, *, nuisance: float = 0.8) -> None:
        self._rng = np.random.default_rng(seed)
        self._offset = 1.5 * self._rng.normal(size=DIM) / np.sqrt(DIM)
        self._nuisances = self._rng.normal(size=(NUISANCES, DIM)) / np.sqrt(DIM)
        self._nuisance = nuisance
        self._people: dict[int, np.ndarray] = {}

    def look(self, number: int) -> np.ndarray:
        """(DIM,) float32 unit."""
        if number not in self._people:
            self._people[number] = self._rng.normal(size=DIM) / np.sqrt(DIM)
        row = self._offset + self._people[number]
        row = row + self._nuisance * self._rng.normal(size=NUISANCES) @ self._nuisances
        row = row + 0.3 * self._rng.normal(size=DIM) / np.sqrt(DIM)
        return (row / np.linalg.norm(row)).astype(np.float32)


def enrol(
    library: Library, model: str, rows: Sequence[np.ndarray], name: str, *, seed: int = 0
) -> int:
    """Somebody with a template for each row; returns the person."""
    with library.transaction("made") as tx:
        person = people.add_person(tx, name)
        for k, row in enumerate(rows):
            noise = np.random.default_rng([seed, k, *name.encode()]).integers(0, 256, (8, 6, 3))
            media = library.media.put(encode_jpeg(noise.astype(np.uint8)))
            points = np.zeros((0, 2), np.float32)
            new = people.NewTemplate(Kind.BODY, media, 0.9, {}, points, f"{k}.jpg", row, model)
            people.add_template(tx, person, new)
    return person


def film(library: Library, model: str, world: World, numbers: Sequence[int], name: str) -> int:
    """A video in which these people walk by one after the other, two views each."""
    with library.transaction("made") as tx:
        video = footage.add_video(
            tx, f"/v/{name}", content_hash=name.ljust(32, "0"), duration_s=999, settings={}
        )
        rows = [_tracklet(world, model, n, i, name) for i, n in enumerate(numbers)]
        footage.write_tracklets(tx, library.media, video, rows)
    return video


def _tracklet(world: World, model: str, number: int, i: int, name: str) -> Tracklet:
    key, points = stable_id(name, i), np.zeros((0, 2), np.float32)
    box = np.float32([0, 0, 6, 8])
    noise = np.random.default_rng(key % 2**32)
    views = tuple(
        View(
            encode_jpeg(noise.integers(0, 256, (8, 6, 3)).astype(np.uint8)),
            points,
            box,
            5.0 * i + k,
            0.8,
        )
        for k in range(2)
    )
    known = Embeddings(
        np.stack([world.look(number) for _ in range(2)]), np.float32([0.8, 0.8]), model
    )
    times = np.array([5.0 * i, 5.0 * i + 1])
    return Tracklet(key, Kind.BODY, times, np.stack([box, box]), views, known, key)


def gallery(
    library: Library, model: str, *, count: int = 60, looks: int = 4, seed: int = 0
) -> World:
    """So many people, and a film in which each walks by once."""
    world = World(seed)
    for n in range(count):
        rows = [world.look(n) for _ in range(looks)]
        enrol(library, model, rows, f"Person {n:03d}", seed=seed)
    film(library, model, world, range(count), "walk.mp4")
    return world


def opened(folder: Path, store: ModelStore) -> tuple[Library, str]:
    """A library that works with the tiny network, and the network's id."""
    library, model = Library.open(folder), store.manifest("tiny").model_id
    with library.transaction("made") as tx:
        models_used.use(tx, ROLE, "tiny")
    return library, model


def the_run(library: Library) -> Run:
    with library.read() as connection:
        (run,) = retrainings.list_runs(connection)
    return run


def the_run_in_use(library: Library) -> Run:
    with library.read() as connection:
        return next(r for r in retrainings.list_runs(connection) if r.in_use)


def answers(library: Library, store: ModelStore, *, some: int = COUNT) -> str:
    """What searching for people gives, as the command line would write it, without its time."""
    models = Models.of(library, store)
    searcher, found = Searcher(library, models), []
    with library.read() as connection:
        names = [p.name for p in people.list_people(connection)]
    for name in names[:some]:
        record = plain(searcher.search(query_person(library, models, name, kind=Kind.BODY)))
        del record["elapsed_s"]
        found.append(record)
    return json.dumps(found)
