"""cameo retrain, as a process: look, learn, accept, search, go back, drop; and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import made_gallery
import numpy as np
import pytest
from command import Cameo
from made_gallery import World, enrol, opened

from reid_core.models.store import ModelStore

KIND = ("--kind", "body")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    return made_gallery.store_in(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory, store: ModelStore) -> Path:
    """A library of twenty people whom the network sees badly."""
    folder = tmp_path_factory.mktemp("people") / "library"
    library, model = opened(folder, store)
    with library:
        made_gallery.gallery(library, model, count=20)
    return folder


@pytest.fixture
def cameo(tmp_path: Path, people: Path, store: ModelStore) -> Cameo:
    shutil.copytree(people, tmp_path / "library")
    return Cameo(tmp_path, store.folder)


def test_from_looking_to_going_back(cameo: Cameo) -> None:
    stock = cameo.json("retrain", *KIND, "--dry-run")
    assert (stock["people"], stock["with_two"], stock["is_enough"]) == (20, 20, True)
    assert "20 people with 80 body pictures" in cameo("retrain", *KIND, "--dry-run")
    assert "Begin with: cameo retrain" in cameo("retrain", "list")

    def search() -> dict:
        found = cameo.json("search", "--person", "Person 003", *KIND)
        del found["elapsed_s"]
        return found

    before = search()
    run = cameo.json("retrain", *KIND)
    assert run["verdict"]["decision"] == "better"
    assert run["is_offered"]
    assert not run["in_use"]
    assert search() == before
    assert "mAP" in cameo("retrain", "show", run["id"])
    (listed,) = cameo.json("retrain", "list")
    assert listed["id"] == run["id"]
    assert len(listed["people"]) == 14
    assert run["model"] in cameo("retrain", "list")

    assert "is in use" in cameo("retrain", "accept", run["id"])
    assert search()["model"] == run["model"]
    assert "in use" in cameo("retrain", "list")
    assert "answer as before" in cameo("retrain", "rollback", *KIND)
    assert search() == before
    said = cameo("retrain", "rollback", *KIND, status=2)
    assert "nothing to go back from" in said
    assert "erased" in cameo("retrain", "drop", run["id"])
    assert cameo.json("retrain", "list") == []
    assert "There is no retraining" in cameo("retrain", "show", run["id"], status=2)


def test_learning_and_accepting_in_one_go_and_who_was_learnt_from(cameo: Cameo) -> None:
    said = cameo("retrain", *KIND, "--loss", "multi-similarity", "--accept")
    assert "is in use" in said
    (run,) = cameo.json("retrain", "list")
    assert run["settings"]["loss"] == "multi-similarity"
    names = {p["id"]: p["name"] for p in cameo.json("people", "list")}
    learnt = names[run["people"][0]]
    assert f"{run['model']} learnt from them" in cameo("people", "forget", learnt, "--yes")
    (after,) = cameo.json("retrain", "list")
    assert after["forgotten"] == 1
    assert "It was in use" in cameo("retrain", "drop", run["id"])
    assert "nothing to go back from" in cameo("retrain", "rollback", *KIND, status=2)


def test_a_loss_that_does_not_exist_is_told_before_anything_is_learnt(cameo: Cameo) -> None:
    assert "did you mean 'arc-face'?" in cameo("retrain", *KIND, "--loss", "arcface", status=2)
    assert cameo.json("retrain", "list") == []


def test_what_is_refused_is_said_in_a_sentence(tmp_path: Path, store: ModelStore) -> None:
    cameo = Cameo(tmp_path, store.folder)
    assert "There is no library" in cameo("retrain", *KIND, status=2)
    library, model = opened(tmp_path / "library", store)
    with library:
        world = World()
        for n in range(2):
            enrol(library, model, [world.look(n) for _ in range(4)], f"P{n}")
    assert "retraining needs 5" in cameo("retrain", *KIND, "--accept", status=2)
    stock = json.loads(cameo("retrain", *KIND, "--dry-run", "--json", "-"))
    assert not stock["is_enough"]
    said = cameo("retrain", *KIND, "--strength", "heads", status=2)
    assert "there is adapter, head, full" in said


def test_the_strengths_are_told_and_what_cannot_be_had_is_refused(cameo: Cameo) -> None:
    """The network of these tests has no stage that could learn by itself."""
    said = {s["strength"]: s for s in cameo.json("retrain", *KIND, "--dry-run")["strengths"]}
    assert list(said) == ["adapter", "head", "full"]
    assert said["adapter"]["is_proposed"]
    assert not said["head"]["is_possible"]
    assert "adapter (proposed): " in cameo("retrain", *KIND, "--dry-run")
    assert "stages" in cameo("retrain", *KIND, "--strength", "head", status=2)
    assert cameo.json("retrain", "list") == []


def test_a_full_training_is_prepared_and_waits(cameo: Cameo) -> None:
    run = cameo.json("retrain", *KIND, "--strength", "full")
    assert Path(run["config"]).is_file()
    assert "cameo retrain judge" in cameo("retrain", *KIND, "--strength", "full")
    assert "cameo train" in cameo("retrain", "judge", run["id"], status=2)
    assert "erased" in cameo("retrain", "drop", run["id"])
    assert not Path(run["config"]).exists()


def test_no_gain_is_said_and_cannot_be_accepted(tmp_path: Path, store: ModelStore) -> None:
    """People whom the network tells apart perfectly: nothing is left to learn."""
    cameo, rng = Cameo(tmp_path, store.folder), np.random.default_rng(0)
    library, model = opened(tmp_path / "library", store)
    with library:
        for n in range(20):
            middle = np.eye(made_gallery.DIM)[n]
            rows = [middle + 0.12 * rng.normal(size=made_gallery.DIM) for _ in range(4)]
            units = [(r / np.linalg.norm(r)).astype(np.float32) for r in rows]
            enrol(library, model, units, f"P{n}")
    run = cameo.json("retrain", *KIND)
    assert run["verdict"]["decision"] != "better"
    for flag in ("--accept",):
        assert "mprovement" in cameo("retrain", *KIND, flag, status=2)


def test_footage_and_the_hold_out_are_asked_for(cameo: Cameo) -> None:
    plain = cameo.json("retrain", *KIND, "--dry-run")
    assert (plain["footage"], plain["hold_out"]) == (0, "template")
    asked = cameo.json("retrain", *KIND, "--dry-run", "--footage", "--hold-out", "time")
    assert asked["footage"] > 0
    assert asked["hold_out"] == "time"
