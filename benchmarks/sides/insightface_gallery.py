"""InsightFace 2.1's gallery: the functions that its pages Face Search and People Library call.

`Storage.search_embeddings`, `add_person`, `add_face_sample` and `delete_face_sample`, unchanged.
Only the filling is ours, in the rows that `add_face_sample` writes: one sample a transaction, as
it does, would take an hour for a million.
"""

from __future__ import annotations

import numpy as np
from answering import given, serve
from insightface.gui.core.storage import Storage, embedding_to_blob
from insightface.gui.core.utils import utc_now_iso

told = given()
vectors = np.load(told["vectors"], mmap_mode="r")
storage = Storage(told["folder"] + "/insightface.db")
probes = np.load(told["probes"])


def fill() -> None:
    people = len(vectors) // told["templates"] + 1
    now = utc_now_iso()
    with storage.connect() as connection:
        connection.executemany(
            "INSERT INTO people (id, name, display_name, created_at, updated_at) "
            "VALUES (?, ?, ?, ?, ?)",
            ((i + 1, f"Person {i}", f"Person {i}", now, now) for i in range(people)),
        )
        connection.executemany(
            "INSERT INTO face_samples (person_id, embedding, embedding_dim, model_name, "
            "det_score, created_at, updated_at) VALUES (?, ?, ?, 'made', 0.9, ?, ?)",
            (
                (i // told["templates"] + 1, *embedding_to_blob(row), now, now)
                for i, row in enumerate(vectors)
            ),
        )


def search(probe: int) -> str:
    found = storage.search_embeddings(probes[probe], top_k=5, threshold=0.4, model_name="made")
    return found[0].person_name


def add(name: str) -> int:
    person = storage.add_person(name)
    return storage.add_face_sample(person, probes[0], det_score=0.9, model_name="made")


serve(fill=fill, search=search, add=add, remove=storage.delete_face_sample)
