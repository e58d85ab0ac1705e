"""Cameo's gallery: people with templates in a library on disk, and the search that identifies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from answering import given, serve
from common import store

from reid_core.actions.gallery import Gallery
from reid_core.actions.loading import Models
from reid_core.library import Library, people, schema
from reid_core.library.ids import stable_id
from reid_core.library.paths import floats_to_bytes
from reid_core.library.vectors import put_vectors
from reid_core.types import Kind

BLOCK = 50_000

told = given()
vectors = np.load(told["vectors"], mmap_mode="r")
probes = np.load(told["probes"])
library = Library.open(Path(told["folder"]) / "library")
models = Models(store())
model = models.model_id(Kind.FACE)
held: dict[str, Gallery] = {}
POINTS = floats_to_bytes(np.zeros((5, 2)))


def fill() -> None:
    """As `people.add_template` writes it, many in a transaction."""
    n = len(vectors)
    with library.transaction("make") as tx:
        every = range(n // told["templates"] + 1)
        tx.execute(schema.person.insert(), [_person(i) for i in every])
    for start in range(0, n, BLOCK):
        some = range(start, min(start + BLOCK, n))
        with library.transaction("make") as tx:
            tx.execute(schema.template.insert(), [_template(i) for i in some])
            ids = [stable_id("template", i) for i in some]
            put_vectors(tx, "template", Kind.FACE, model, ids, vectors[some.start : some.stop])


def _person(i: int) -> dict[str, object]:
    name = f"Person {i}"
    one = stable_id("person", i)
    return {"id": one, "name": name, "name_key": name.casefold(), "notes": "", "created": "2026"}


def _template(i: int) -> dict[str, object]:
    return {
        "id": stable_id("template", i),
        "person_id": stable_id("person", i // told["templates"]),
        "kind": "face",
        "media": f"{i:032x}",
        "quality": 0.9,
        "parts": "{}",
        "keypoints": POINTS,
        "where_from": "made",
        "worn_at": None,
        "created": "2026",
    }


def load() -> int:
    """From the disk to a gallery that can be asked."""
    held["now"] = Gallery.load(library, models, Kind.FACE)
    return len(held["now"].owners)


def search(probe: int) -> str:
    gallery = held["now"]
    return gallery.names[gallery.rank(probes[probe], top=5)[0][0]]


def add(name: str) -> int:
    with library.transaction("add") as tx:
        person = people.add_person(tx, name)
        look = people.NewTemplate(
            Kind.FACE, "0" * 32, 0.9, {}, np.zeros((5, 2), np.float32), "made", probes[0], model
        )
        template = people.add_template(tx, person, look)
    assert template is not None
    return template


def remove(one: int) -> None:
    with library.transaction("remove") as tx:
        people.delete_templates(tx, [one])


serve(fill=fill, load=load, search=search, add=add, remove=remove)
