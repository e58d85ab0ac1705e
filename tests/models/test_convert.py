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


@pytest.mark.parametrize("cut", [1, 2, 40, 300, 1000])
def test_a_dlib_file_cut_anywhere_is_corrupt(cut: int) -> None:
    header = (
        b"\x01\x01\x01\x0dloss_metric_2\x03\x0a\xd7\xa3\x81\x1c\x03\x9a\x99\x99\x81\x18"
        + b"\x01\x02" * 600
    )
    with pytest.raises(ModelCorrupt):
        dlib.convert(header[:cut])


def test_reading_numbers_as_dlib_writes_them() -> None:
    reader = dlib.Reader(b"\x01\x05\x81\x1c\x02\x00\x01\x03\x0a\xd7\xa3\x81\x1c")
    assert [reader.integer() for _ in range(3)] == [5, -28, 256]
    assert reader.real() == pytest.approx(0.04, abs=1e-8)
    assert reader.at_end
