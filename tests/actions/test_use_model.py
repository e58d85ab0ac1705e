"""Another model: nobody is kept from writing, nothing is lost, nobody forgotten comes back."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_footage import content_of
from made_models import tiny_network

from reid_core import images
from reid_core.actions import use_model as switching
from reid_core.actions.use_model import LAST, Pending, pending, use_model
from reid_core.library import Library, erase, footage, models_used, people, vectors
from reid_core.library.ids import random_id
from reid_core.models.importing import import_onnx
from reid_core.models.store import ModelStore
from reid_core.types import Embeddings, Kind, Tracklet, View

OLD = "old@1"
ROLE = "body-embedder"


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """With one network that is quick and knows nothing."""
    (tmp_path / "tiny.onnx").write_bytes(tiny_network())
    made = ModelStore(tmp_path / "models")
    import_onnx(made, tmp_path / "tiny.onnx", role=ROLE, name="tiny")
    return made


def picture(seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 256, (60, 30, 3)).astype(np.uint8)
    return images.encode_jpeg(noise)


def enrol(library: Library, name: str, seed: int) -> int:
    """Somebody with one template of the old model; returns the person."""
    row = np.eye(8, dtype=np.float32)[seed % 8]
    with library.transaction("made") as tx:
        person = people.add_person(tx, name)
        media = library.media.put(picture(seed))
        points = np.zeros((0, 2), np.float32)
        new = people.NewTemplate(Kind.BODY, media, 0.9, {}, points, "made", row, OLD)
        people.add_template(tx, person, new)
    return person


def film(library: Library, folder: Path, name: str, *, tracklets: int) -> None:
    """A video with so many tracklets of two views each, embedded by the old model."""
    path = folder / name
    path.write_bytes(name.encode())
    with library.transaction("made") as tx:
        video = footage.add_video(
            tx, str(path), content_hash=content_of(path), duration_s=9.0, settings={}
        )
        rows = [_tracklet(1000 * ord(name) + n) for n in range(tracklets)]
        footage.write_tracklets(tx, library.media, video, rows)


def _tracklet(seed: int) -> Tracklet:
    points, box = np.zeros((0, 2), np.float32), np.float32([0, 0, 30, 60])
    views = tuple(View(picture(7 * seed + i), points, box, 1.0 + i, 0.5) for i in range(2))
    known = Embeddings(np.eye(8, dtype=np.float32)[:2], np.float32([0.5, 0.5]), OLD)
    key = random_id()
    return Tracklet(key, Kind.BODY, np.array([1.0, 2.0]), np.stack([box, box]), views, known, key)


def counts(library: Library, model: str) -> tuple[int, ...]:
    """Vectors of templates, views and tracklets."""
    with library.read() as connection:
        return tuple(
            vectors.models_with_vectors(connection, owner, Kind.BODY).get(model, 0)
            for owner in ("template", "view", "tracklet")
        )


def used(library: Library) -> str | None:
    with library.read() as connection:
        return models_used.in_use(connection).get(ROLE)


def test_what_has_to_be_embedded_is_counted_first(library, store, tmp_path) -> None:
    enrol(library, "Ada", 1)
    film(library, tmp_path, "a", tracklets=3)
    manifest = store.manifest("tiny")
    assert pending(library, manifest) == Pending(1, 6, 3)
    assert use_model(library, store, "tiny") == 7
    assert pending(library, manifest) == Pending()
    assert counts(library, manifest.model_id) == counts(library, OLD) == (1, 6, 3)
    assert used(library) == "tiny"


def test_others_write_meanwhile_and_nothing_of_theirs_is_missed(library, store, tmp_path) -> None:
    """Somebody is enrolled, and footage comes in, from another thread between two batches."""
    film(library, tmp_path, "a", tracklets=40)
    library.wait_s = 0.5  # whoever is kept out for longer fails
    done: list[object] = []

    def others() -> None:
        done.append(enrol(library, "Bo", 5))
        film(library, tmp_path, "b", tracklets=LAST)

    def progress(share: float, _: str) -> None:
        if 0 < share < 1 and not done:
            one = threading.Thread(target=others)
            one.start()
            one.join()

    use_model(library, store, "tiny", progress=progress)
    model = store.manifest("tiny").model_id
    assert len(done) == 1
    assert counts(library, model) == counts(library, OLD) == (1, 80 + 2 * LAST, 40 + LAST)
    assert used(library) == "tiny"


def test_what_comes_in_at_the_last_moment_is_embedded_in_the_switch(
    library, store, tmp_path, monkeypatch
) -> None:
    film(library, tmp_path, "a", tracklets=2)
    fill: Callable[..., int] = switching.fill

    def and_one_more(*args: object, **how: object) -> int:
        made = fill(*args, **how)
        enrol(library, "Bo", 5)
        return made

    monkeypatch.setattr(switching, "fill", and_one_more)
    assert use_model(library, store, "tiny") == 5
    assert counts(library, store.manifest("tiny").model_id) == (1, 4, 2)


def test_much_that_comes_in_late_does_not_keep_the_others_waiting(
    library, store, tmp_path, monkeypatch
) -> None:
    """More than a few pictures are embedded in another round, without the library being held."""
    fill: Callable[..., int] = switching.fill
    made: list[int] = []

    def and_much_more(*args: object, **how: object) -> int:
        made.append(fill(*args, **how))
        if len(made) == 1:
            film(library, tmp_path, "b", tracklets=LAST)
        return made[-1]

    monkeypatch.setattr(switching, "fill", and_much_more)
    assert use_model(library, store, "tiny") == 2 * LAST
    assert made == [0, 2 * LAST]


def test_somebody_forgotten_meanwhile_does_not_come_back(library, store, tmp_path) -> None:
    film(library, tmp_path, "a", tracklets=40)
    person = enrol(library, "Ada Lovelace", 3)
    gone: list[erase.Erasure] = []

    def progress(share: float, _: str) -> None:
        if not gone:  # the list of what is to be embedded still names her template
            gone.append(erase.forget(library, person))

    use_model(library, store, "tiny", progress=progress)
    assert gone[0].proven
    assert counts(library, store.manifest("tiny").model_id) == (0, 80, 40)


def test_somebody_forgotten_while_she_is_embedded_does_not_come_back(
    library, store, monkeypatch
) -> None:
    person = enrol(library, "Ada Lovelace", 3)
    cut = switching.chip_of

    def and_forget(*args: object) -> object:
        chip = cut(*args)
        erase.forget(library, person)
        return chip

    monkeypatch.setattr(switching, "chip_of", and_forget)
    assert use_model(library, store, "tiny") == 0
    assert counts(library, store.manifest("tiny").model_id) == (0, 0, 0)


def test_stopping_keeps_what_was_made_and_does_not_switch(library, store, tmp_path) -> None:
    film(library, tmp_path, "a", tracklets=70)

    class Stop(Exception):
        pass

    def progress(share: float, _: str) -> None:
        if share > 0.5:
            raise Stop

    with pytest.raises(Stop):
        use_model(library, store, "tiny", progress=progress)
    model = store.manifest("tiny").model_id
    made = counts(library, model)[1]
    assert 0 < made < 140
    assert used(library) is None
    assert use_model(library, store, "tiny") == 140 - made
    assert counts(library, model) == (0, 140, 70)


CHILD = """
import os, signal, sys
from pathlib import Path
from reid_core.actions.use_model import use_model
from reid_core.library import Library
from reid_core.models.store import ModelStore
def progress(share, _):
    if share > 0.4:
        os.kill(os.getpid(), signal.SIGKILL)
use_model(Library.open(Path(sys.argv[1])), ModelStore(Path(sys.argv[2])), "tiny", progress=progress)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_kill_leaves_a_library_that_goes_on(library, store, tmp_path) -> None:
    film(library, tmp_path, "a", tracklets=70)
    command = [sys.executable, "-c", CHILD, str(library.folder), str(store.folder)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    model = store.manifest("tiny").model_id
    made = counts(library, model)[1]
    assert 0 < made < 140
    assert used(library) is None
    assert use_model(library, store, "tiny") == 140 - made
    assert counts(library, model) == (0, 140, 70)


def test_switching_back_embeds_nothing(library, store, tmp_path) -> None:
    shutil.copy(tmp_path / "tiny.onnx", tmp_path / "other.onnx")
    (tmp_path / "other.onnx").write_bytes(tiny_network(dim=16))
    import_onnx(store, tmp_path / "other.onnx", role=ROLE, name="other")
    film(library, tmp_path, "a", tracklets=3)
    assert use_model(library, store, "tiny") == 6
    assert use_model(library, store, "other") == 6
    assert use_model(library, store, "tiny") == 0
    assert used(library) == "tiny"


def test_a_picture_that_is_missing_is_told(library, store, tmp_path) -> None:
    from reid_core.errors import LibraryCorrupt

    enrol(library, "Ada", 1)
    for path in library.media.folder.rglob("*.jpg"):
        path.unlink()
    with pytest.raises(LibraryCorrupt, match="missing from the library"):
        use_model(library, store, "tiny")
    assert used(library) is None
