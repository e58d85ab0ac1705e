"""The end of a graph: where it begins, and the same graph with other weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from made_models import tiny_network
from made_pictures import HEIGHT, WIDTH, conv_network
from onnx import TensorProto, helper, numpy_helper

from reid_core.errors import ModelMismatch
from reid_core.models import tail


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.onnx"
    path.write_bytes(conv_network())
    return path


def run(data: bytes | Path, blob: np.ndarray) -> np.ndarray:
    given = str(data) if isinstance(data, Path) else data
    return onnxruntime.InferenceSession(given).run(None, {"input": blob})[0]


def blob(n: int = 3) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 3, HEIGHT, WIDTH)).astype(np.float32)


def test_it_begins_behind_the_last_reduction_of_the_maps(file) -> None:
    stage = tail.last_stage(file, height=HEIGHT, width=WIDTH)
    assert stage.given == "3"  # of the second convolution, from (16, 8, 4) to (32, 4, 2)
    assert stage.shape == (32, 4, 2)
    assert set(stage.learnt) == {"c", "c0", "d", "d0"}
    front = tail.front(file, stage)
    assert front.run(None, {"input": blob()})[0].shape == (3, 32, 4, 2)
    assert set(tail.whole(file).learnt) == {f"{n}{k}" for n in "abcd" for k in ("", "0")}


def test_other_weights_make_another_network_and_the_same_the_same(file) -> None:
    stage = tail.last_stage(file, height=HEIGHT, width=WIDTH)
    own = {n: stage.constants[n] for n in stage.learnt}
    np.testing.assert_array_equal(run(tail.with_weights(file, own), blob()), run(file, blob()))
    doubled = {**own, "d": own["d"] * 2}
    found = run(tail.with_weights(file, doubled), blob())
    np.testing.assert_allclose(found, 2 * run(file, blob()), rtol=1e-5)


def test_weights_that_are_stored_as_fp16_are_found_and_replaced(file) -> None:
    model = onnx.load(file)
    (weight,) = [w for w in model.graph.initializer if w.name == "d"]
    half = numpy_helper.to_array(weight).astype(np.float16)
    weight.CopyFrom(numpy_helper.from_array(half, "d_half"))
    cast = helper.make_node("Cast", ["d_half"], ["d"], to=TensorProto.FLOAT)
    model.graph.node.insert(0, cast)
    onnx.save(model, file)
    stage = tail.last_stage(file, height=HEIGHT, width=WIDTH)
    assert "d" in stage.learnt
    wanted = half.astype(np.float32) + 1
    found = tail.with_weights(file, {"d": wanted})
    file.write_bytes(found)
    np.testing.assert_array_equal(tail.whole(file).constants["d"], wanted)
    assert [n.op_type for n in onnx.load(file).graph.node].count("Cast") == 0


def test_a_network_without_maps_has_no_stage(tmp_path) -> None:
    (tmp_path / "tiny.onnx").write_bytes(tiny_network())
    with pytest.raises(ModelMismatch, match="stages"):
        tail.last_stage(tmp_path / "tiny.onnx", height=16, width=16)


def test_weights_that_are_computed_in_a_strange_way_are_refused(file) -> None:
    """A few bytes could ask for gigabytes."""
    model = onnx.load(file)
    sizes = numpy_helper.from_array(np.array([1 << 20, 1 << 20], np.int64), "sizes")
    model.graph.initializer.append(sizes)
    model.graph.node.insert(0, helper.make_node("ConstantOfShape", ["sizes"], ["huge"]))
    onnx.save(model, file)
    with pytest.raises(ModelMismatch, match="ConstantOfShape"):
        tail.whole(file)
