"""Retraining on real people: a network of another world learns two cameras of this one."""

from __future__ import annotations

import random
from collections import defaultdict
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from reid_core import images
from reid_core.actions import retrained
from reid_core.actions.loading import Models
from reid_core.actions.retrain import Wish, retrain
from reid_core.learn import head
from reid_core.library import Library, models_used, people
from reid_core.models.importing import import_onnx
from reid_core.models.store import ModelStore
from reid_core.types import Detections, Kind

CAMERAS = ("c3", "c6")
PEOPLE = 90
STEPS = 20  # of the last stage; fewer than usual, since this is a test
ROLE = "body-embedder"


def looks(market: Path) -> dict[str, list[Path]]:
    """The first and the last picture of each person in both cameras."""
    seen: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for path in sorted(market.rglob("*.jpg")):
        person, camera = path.name.split("_")[:2]
        seen[person, camera[:2]].append(path)
    found = {}
    for person in sorted({p for p, _ in seen}):
        both = [seen[person, camera] for camera in CAMERAS]
        if all(len(some) >= 2 for some in both):
            found[person] = [some[i] for some in both for i in (0, -1)]
    return dict(list(found.items())[:PEOPLE])


@pytest.fixture
def models(
    library: Library, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Models:
    """Of a library of these people, by an OSNet that learnt on MSMT17.

    Who is held out follows from ids, so they are the same each time.
    """
    monkeypatch.setattr("reid_core.library.ids.secrets.randbits", random.Random(0).getrandbits)
    store = ModelStore(tmp_path / "models")
    osnet = shared / "models" / "osnet_x0_25_msmt17.onnx"
    import_onnx(store, osnet, role=ROLE, name="osnet")
    with library.transaction("made") as tx:
        models_used.use(tx, ROLE, "osnet")
    models = Models.of(library, store)
    embedder = models.embedder(Kind.BODY)
    for person, paths in looks(shared / "data" / "reid" / "market1501").items():
        crops = [images.read_image(path) for path in paths]
        rows = embedder.embed(
            [chip for crop in crops for chip in embedder.chips(crop, whole(crop))]
        )
        with library.transaction("made") as tx:
            one = people.add_person(tx, person)
            for path, crop, row in zip(paths, crops, rows, strict=True):
                media, points = library.media.put(images.encode_jpeg(crop)), np.zeros((0, 2))
                new = people.NewTemplate(
                    Kind.BODY, media, 0.9, {}, points, path.name, row, embedder.model
                )
                people.add_template(tx, one, new)
    return models


@pytest.mark.real_data
def test_bodies_of_a_camera_pair_are_recognised_better(library: Library, models: Models) -> None:
    run = retrain(library, models, Kind.BODY)
    assert run.is_offered, run.verdict["sentence"]
    figures = {f["name"]: f for f in run.verdict["figures"]}
    unseen = figures["mAP, unseen people"]
    assert unseen["new"] > unseen["old"] + 0.02
    assert retrained.accept(library, models, run.shown_id).run.in_use


@pytest.mark.real_data
def test_the_last_stage_learns_a_camera_pair(
    library: Library, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head, "Recipe", partial(head.Recipe, steps=STEPS))
    run = retrain(library, models, Kind.BODY, Wish("head"))
    assert run.is_offered, run.verdict["sentence"]
    figures = {f["name"]: f for f in run.verdict["figures"]}
    assert figures["mAP"]["new"] > figures["mAP"]["old"] + 0.02


def whole(crop: np.ndarray) -> Detections:
    """All of a crop."""
    box = np.float32([[0, 0, crop.shape[1], crop.shape[0]]])
    return Detections(box, np.ones(1, np.float32), np.zeros((1, 0, 2), np.float32), Kind.BODY)
