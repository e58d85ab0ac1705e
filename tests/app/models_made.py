"""A folder of models that a test may change, and a library with somebody in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from made_models import tiny_network
from pytestqt.qtbot import QtBot

from app.session import Session
from app.settings import Settings
from app.tasks import Tasks
from reid_core.images import encode_jpeg
from reid_core.library import Library, models_used, people
from reid_core.models.importing import import_onnx
from reid_core.models.store import ModelStore
from reid_core.types import Kind


def own_session(folder: Path, library: Library, tasks: Tasks, **settings: object) -> Session:
    """With two quick body embedders, "tiny" and "other"."""
    store = ModelStore(folder / "models")
    for name, dim in (("tiny", 8), ("other", 16)):
        (folder / f"{name}.onnx").write_bytes(tiny_network(dim=dim))
        import_onnx(store, folder / f"{name}.onnx", role="body-embedder", name=name)
    chosen: dict[str, object] = {"seen_welcome": True, **settings}
    return Session(library, store, Settings(**chosen), tasks)  # type: ignore[arg-type]


def used(session: Session) -> str | None:
    """The body embedder in use, if one was chosen."""
    with session.library.read() as connection:
        return models_used.in_use(connection).get("body-embedder")


def settle(session: Session, qtbot: QtBot) -> None:
    """Wait until nothing is being done."""
    qtbot.waitUntil(lambda: not session.tasks.jobs, timeout=20000)


def enrol(library: Library, n: int) -> int:
    """Somebody with n body templates of a model that is not there any more."""
    noise = np.random.default_rng(n)
    with library.transaction("made") as tx:
        person = people.add_person(tx, "Ada")
        for i in range(n):
            picture = noise.integers(0, 256, (60, 30, 3)).astype(np.uint8)
            media = library.media.put(encode_jpeg(picture))
            row, points = np.eye(8, dtype=np.float32)[0], np.zeros((0, 2), np.float32)
            new = people.NewTemplate(Kind.BODY, media, 0.9, {}, points, f"{i}", row, "old@1")
            people.add_template(tx, person, new)
    return person
