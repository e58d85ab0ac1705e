"""The converters against what the original runtimes said (tests/golden/make_golden.py)."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from reid_core.errors import ModelCorrupt
from reid_core.models.convert import dlib, ssd, yunet
from reid_core.models.session import open_session
from reid_core.models.store import ModelStore, catalog

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


@pytest.fixture(scope="module")
def golden() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_golden", GOLDEN / "make_golden.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_dlib_face_embeddings_equal_dlib(model_store: ModelStore, golden: ModuleType) -> None:
    expected = np.array(json.loads((GOLDEN / "dlib.json").read_text())["vectors"])
    spec = catalog()["dlib-resnet-v1"].manifest.input
    pictures = np.stack([golden.picture(s, 150, 150) for s in range(3)]).astype(np.float32)
    blob = ((pictures - np.float32(spec.mean)) / np.float32(spec.std)).transpose(0, 3, 1, 2)
    session = open_session(model_store.path("dlib-resnet-v1"))
    got = session.run(None, {"input": np.ascontiguousarray(blob)})[0]
    # float32 sums in another order over 29 layers: 4e-7 was seen
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_ssd_boxes_and_scores_equal_tensorflow(model_store: ModelStore, golden: ModuleType) -> None:
    session = open_session(model_store.path("ssdlite-pedestrian"))
    for seed, expected in enumerate(json.loads((GOLDEN / "ssd.json").read_text())["pictures"]):
        blob = (
            golden.picture(seed, 300, 300).astype(np.float32).transpose(2, 0, 1)[None] / 127.5 - 1
        )
        boxes, scores = session.run(["boxes", "scores"], {"input": np.ascontiguousarray(blob)})
        rows = expected["rows"]
        np.testing.assert_allclose(boxes[0][rows], expected["boxes"], atol=1e-5)
        np.testing.assert_allclose(scores[0][rows], expected["scores"], atol=1e-6)
        assert scores.sum() == pytest.approx(expected["sum"], rel=1e-4)


def test_every_machine_gets_the_same_file(model_store: ModelStore) -> None:
    """Vectors are stored under the file's checksum: it must not depend on who converted."""
    ids = {m.name: m.model_id for m in model_store.installed()}
    assert ids["yunet-2023mar"] == "yunet-2023mar@b1b3061b"
    assert ids["dlib-resnet-v1"] == "dlib-resnet-v1@38f0805e"
    assert ids["ssdlite-pedestrian"] == "ssdlite-pedestrian@02942971"


@pytest.mark.parametrize("convert", [dlib.convert, ssd.convert, yunet.convert])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01",
        b"words, no model" * 50,
        bytes(range(256)) * 40,
        b"\xff" * 5000,
        b"\x08\x88\xff" * 99,
    ],
)
def test_garbage_is_a_sentence(convert, data: bytes) -> None:
    with pytest.raises(ModelCorrupt):
        convert(data)


def test_a_batch_is_its_pictures_one_by_one(model_store: ModelStore, golden: ModuleType) -> None:
    for name, side in (("dlib-resnet-v1", 150), ("ssdlite-pedestrian", 300)):
        session = open_session(model_store.path(name))
        blob = np.stack([golden.picture(s, side, side) for s in range(3)]).transpose(0, 3, 1, 2)
        blob = np.ascontiguousarray(blob, np.float32) / 127.5 - 1
        together = session.run(None, {"input": blob})
        for i in range(3):
            alone = session.run(None, {"input": blob[i : i + 1]})
            for one, many in zip(alone, together, strict=True):
                np.testing.assert_allclose(one[0], many[i], atol=1e-5)


def test_yunet_takes_any_multiple_of_32(model_store: ModelStore, golden: ModuleType) -> None:
    session = open_session(model_store.path("yunet-2023mar"))
    for height, width in ((320, 320), (96, 640), (736, 1024)):
        blob = golden.picture(1, height, width).astype(np.float32).transpose(2, 0, 1)[None]
        got = dict(
            zip(
                [o.name for o in session.get_outputs()],
                session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(blob)}),
                strict=True,
            )
        )
        for stride in (8, 16, 32):
            cells = (height // stride) * (width // stride)
            assert got[f"cls_{stride}"].shape == (1, cells, 1)
            assert got[f"kps_{stride}"].shape == (1, cells, 10)


def test_manifests_say_where_the_file_came_from(model_store: ModelStore) -> None:
    for name in ("yunet-2023mar", "dlib-resnet-v1", "ssdlite-pedestrian"):
        one = model_store.manifest(name)
        assert one.origin_sha256 == catalog()[name].manifest.sha256
        assert one.sha256 != one.origin_sha256
        assert "package index" in one.source
