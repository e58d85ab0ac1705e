"""The sample in a library, the speed of a model, and trying a network before it is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_models import constant_network, tiny_network

from reid_core import images
from reid_core.actions.demo import sample_photograph
from reid_core.actions.enroll import enroll
from reid_core.actions.loading import Models, Runtime
from reid_core.actions.measure import measure
from reid_core.actions.sample import enrol_sample, index_sample, make_sample, remove_sample
from reid_core.actions.search import Searcher, query_person
from reid_core.actions.try_model import Verdict, Wish, judge, separation, try_onnx
from reid_core.errors import ModelCorrupt, ModelMismatch, NoFace
from reid_core.library import Library, footage, people
from reid_core.library.sample import has_sample, sample_folder
from reid_core.library.speeds import Speed, keep_speed, kept_speeds
from reid_core.models.store import ModelStore

DLIB = {  # what dlib's face network wants
    "mean": (122.782, 117.001, 104.298),
    "std": (256.0, 256.0, 256.0),
    "template": (
        (47.54, 44.10),
        (100.86, 44.13),
        (73.94, 76.30),
        (51.33, 102.40),
        (96.90, 102.35),
    ),
    "flip": True,
}


@pytest.fixture(scope="module")
def models(model_store: ModelStore) -> Models:
    return Models(model_store)


def test_making_it_can_be_stopped_in_the_middle_of_the_film(
    library: Library, models: Models
) -> None:
    shares: list[float] = []

    def told(share: float, _: str) -> None:
        shares.append(share)
        if share > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        make_sample(library, models, progress=told)
    assert 0.5 < shares[-1] < 0.52, "it is told for each picture of the film"
    assert not list(sample_folder(library).glob("*.mp4")), "no film is left half made"


def test_the_sample_is_found_and_goes_without_a_trace(
    library: Library, models: Models, tmp_path: Path
) -> None:
    assert not has_sample(library)
    sample = make_sample(library, models)
    names = enrol_sample(library, models, sample)
    index_sample(library, models, sample)
    assert has_sample(library)
    assert Searcher(library, models).search(query_person(library, models, names[0])).sure()

    again = make_sample(library, models)  # harmless
    assert enrol_sample(library, models, again) == names
    with library.read() as connection:
        assert len(people.list_people(connection)) == 2
        kept = people.find_person(connection, names[1])
    portrait = tmp_path / "own.jpg"
    images.write_image(images.read_image(sample.portraits[names[1]])[:, ::-1], portrait)
    enroll(library, models, names[1], [str(portrait)])

    remove_sample(library)
    with library.read() as connection:
        left = people.list_people(connection)
        assert [p.id for p in left] == [kept.id], "who has other pictures stays"
        assert footage.list_videos(connection) == []
    assert not sample_folder(library).exists()
    assert not has_sample(library)


def test_a_measurement_is_kept_for_a_library(library: Library, model_store: ModelStore) -> None:
    speed = measure(model_store, "cameo-body-v1", runtime=Runtime(threads=1), seconds=0.05)
    assert 0.05 < speed.ms < 1000
    assert speed.n >= 5
    keep_speed(library, speed)
    keep_speed(library, Speed("other@1", 3.0, 5, 2))
    assert kept_speeds(library)[speed.model] == speed
    assert len(kept_speeds(library)) == 2
    (library.cache / "speeds.json").write_text("[3]")
    assert kept_speeds(library) == {}


def test_progress_of_a_measurement_may_stop_it(model_store: ModelStore) -> None:
    class Stop(Exception):
        pass

    def progress(share: float, _: str) -> None:
        if share > 0:
            raise Stop

    with pytest.raises(Stop):
        measure(model_store, "colour-stripes", progress=progress)


def test_the_right_settings_tell_people_apart_and_wrong_ones_do_not(models: Models) -> None:
    file = models.store.path("dlib-resnet-v1")
    good = try_onnx(models, Wish(file, "face-embedder", name="mine", **DLIB))
    assert good.verdict is Verdict.GOOD
    assert good.matched == len(good.same) == 6
    assert good.separation == pytest.approx(good.usual)
    bad = try_onnx(
        models, Wish(file, "face-embedder", name="mine", mean=(0.0,) * 3, std=(1.0,) * 3)
    )
    assert bad.verdict in (Verdict.WEAK, Verdict.USELESS)
    assert bad.separation < good.separation / 2


def test_a_network_that_knows_nothing_is_said_to_be_useless(models: Models, tmp_path) -> None:
    (tmp_path / "tiny.onnx").write_bytes(tiny_network())
    trial = try_onnx(models, Wish(tmp_path / "tiny.onnx", "body-embedder"))
    assert trial.verdict is Verdict.USELESS
    assert trial.manifest.dim == 8
    assert any("16, 16" in shape for shape in trial.shapes)


def test_two_own_pictures_are_compared(models: Models, tmp_path: Path) -> None:
    file = models.store.path("dlib-resnet-v1")
    photo = sample_photograph()
    wish = Wish(file, "face-embedder", name="mine", **DLIB)
    assert try_onnx(models, wish, pictures=[photo, photo]).given == pytest.approx(1.0, abs=1e-3)
    images.write_image(np.zeros((80, 80, 3), np.uint8), tmp_path / "black.jpg")
    with pytest.raises(NoFace, match=r"black\.jpg"):
        try_onnx(models, wish, pictures=[photo, tmp_path / "black.jpg"])


def test_detectors_are_compared_with_the_one_in_use(models: Models, tmp_path: Path) -> None:
    file = models.store.path("yunet-2023mar")
    trial = try_onnx(models, Wish(file, "face-detector", name="mine", architecture="yunet"))
    assert (trial.verdict, trial.found, trial.wanted) == (Verdict.GOOD, 6, 6)
    cells = sum((64 // s) ** 2 for s in (8, 16, 32))
    blind = constant_network({"out": (1, cells, 6)}, sides=(64, 64))
    (tmp_path / "blind.onnx").write_bytes(blind)
    seen = try_onnx(models, Wish(tmp_path / "blind.onnx", "person-detector", architecture="yolox"))
    assert (seen.verdict, seen.found) == (Verdict.USELESS, 0)


def test_what_cannot_be_used_says_why(models: Models, tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"no network")
    with pytest.raises(ModelCorrupt, match="not an ONNX model"):
        try_onnx(models, Wish(tmp_path / "no.onnx", "face-embedder"))
    (tmp_path / "tiny.onnx").write_bytes(tiny_network(dim=4))
    with pytest.raises(ModelMismatch, match="one vector per picture"):
        try_onnx(models, Wish(tmp_path / "tiny.onnx", "face-embedder"))


def test_the_verdict_follows_the_pairs() -> None:
    clear = np.float32([[0.9, 0.1, 0.2], [0.1, 0.85, 0.1], [0.2, 0.15, 0.95]])
    assert judge(clear) is Verdict.GOOD
    assert separation(clear) > 5
    assert judge(np.full((3, 3), 0.99, np.float32)) is Verdict.USELESS
    mixed = clear.copy()
    mixed[0, 0], mixed[0, 1] = 0.3, 0.8  # one is more like somebody else
    assert judge(mixed) is Verdict.WEAK
    assert judge(np.ones((1, 1), np.float32)) is Verdict.UNTRIED
