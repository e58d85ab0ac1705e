"""Graphs in ONNX as networks of torch: every operation, and whole networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from made_pictures import HEIGHT, WIDTH, conv_network
from onnx import TensorProto, helper, numpy_helper

from reid_core.errors import TrainingError
from reid_core.learn.backbones import onnx_graph
from reid_core.learn.backbones.onnx_graph import OnnxGraph, rebuilt
from reid_core.learn.backbones.onnx_operations import OPERATIONS
from reid_core.models import tail

RNG = np.random.default_rng(0)
CASES: list[tuple[str, dict[str, object], list[np.ndarray]]] = [
    ("Conv", {"pads": [1, 0, 2, 1], "strides": [2, 1]}, [RNG.normal(size=(5, 4, 3, 3))]),
    ("Conv", {"group": 2, "dilations": [2, 2]}, [RNG.normal(size=(6, 2, 2, 2))]),
    ("MaxPool", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}, []),
    ("MaxPool", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 0, 1, 1]}, []),
    ("MaxPool", {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}, []),
    ("AveragePool", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1] * 4}, []),
    ("AveragePool", {"kernel_shape": [2, 2], "count_include_pad": 1, "pads": [1] * 4}, []),
    ("BatchNormalization", {"epsilon": 1e-3}, [*RNG.normal(size=(3, 4)), RNG.random(4) + 0.5]),
    ("InstanceNormalization", {}, [*RNG.normal(size=(2, 4))]),
    ("LayerNormalization", {"axis": -1}, [*RNG.normal(size=(2, 7))]),
    ("PRelu", {}, [RNG.random((4, 1, 1))]),
    ("LeakyRelu", {"alpha": 0.2}, []),
    ("Elu", {}, []),
    ("Gelu", {}, []),
    ("HardSigmoid", {}, []),
    ("HardSwish", {}, []),
    ("Clip", {}, [np.float32(-0.5), np.float32(0.7)]),
    ("Softmax", {"axis": 1}, []),
    ("ReduceMean", {"keepdims": 0}, [np.array([2, 3])]),
    ("ReduceSum", {}, [np.array([1])]),
    ("ReduceMax", {}, []),
    ("GlobalAveragePool", {}, []),
    ("GlobalMaxPool", {}, []),
    ("Slice", {}, [np.array([1, 2]), np.array([3, 2**31]), np.array([1, -1]), np.array([1, 2])]),
    ("Gather", {"axis": 1}, [np.array([2, 0])]),
    ("Gather", {"axis": 3}, [np.array(1)]),
    ("Transpose", {"perm": [0, 2, 3, 1]}, []),
    ("Pad", {}, [np.array([0, 0, 1, 2, 0, 3, 0, 1]), np.float32(0.5)]),
    ("Reshape", {}, [np.array([0, 2, -1])]),
    ("Flatten", {}, []),
    ("Unsqueeze", {}, [np.array([1])]),
    ("Add", {}, [RNG.normal(size=(4, 1, 1))]),
    ("Pow", {}, [np.float32(2)]),
    ("MatMul", {}, [RNG.normal(size=(7, 3))]),
    *((name, {}, []) for name in ("Relu", "Sigmoid", "Tanh", "Exp", "Erf", "Abs", "Neg")),
]


def graph_of(nodes: list[object], constants: dict[str, np.ndarray]) -> bytes:
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 4, 6, 7])
    made = helper.make_empty_tensor_value_info("output")
    kept = [numpy_helper.from_array(c, n) for n, c in constants.items()]
    graph = helper.make_graph(nodes, "one", [given], [made], kept)
    opsets = [helper.make_opsetid("", 20)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()


def typed(value: np.ndarray) -> np.ndarray:
    return value if value.dtype == np.int64 else np.asarray(value, np.float32)


@pytest.mark.parametrize(("name", "attributes", "constants"), CASES, ids=[c[0] for c in CASES])
def test_an_operation_computes_what_onnx_runtime_does(
    name: str, attributes: dict[str, object], constants: list[np.ndarray], tmp_path: Path
) -> None:
    named = {f"c{i}": typed(np.asarray(c)) for i, c in enumerate(constants)}
    data = graph_of([helper.make_node(name, ["input", *named], ["output"], **attributes)], named)
    (tmp_path / "one.onnx").write_bytes(data)
    x = np.random.default_rng(1).normal(size=(2, 4, 6, 7)).astype(np.float32)
    wanted = onnxruntime.InferenceSession(data).run(None, {"input": x})[0]
    graph = tail._whole(*_read(tmp_path / "one.onnx"))
    found = OnnxGraph(graph)(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(found.reshape(wanted.shape), wanted, atol=1e-5)


def _read(file: Path) -> tuple[object, str]:
    return tail.graphs.read(file)[1], file.name


def test_a_shape_that_is_computed_is_followed(tmp_path) -> None:
    """As torch.onnx writes x.view(x.size(0), -1)."""
    nodes = [
        helper.make_node("Shape", ["input"], ["shape"]),
        helper.make_node("Gather", ["shape", "zero"], ["n"], axis=0),
        helper.make_node("Unsqueeze", ["n", "axes"], ["n1"]),
        helper.make_node("Concat", ["n1", "rest"], ["sizes"], axis=0),
        helper.make_node("Reshape", ["input", "sizes"], ["output"]),
    ]
    constants = {"zero": np.array(0), "axes": np.array([0]), "rest": np.array([-1])}
    (tmp_path / "one.onnx").write_bytes(graph_of(nodes, constants))
    graph = tail._whole(*_read(tmp_path / "one.onnx"))
    assert OnnxGraph(graph)(torch.zeros(5, 4, 6, 7)).shape == (5, 168)


def test_the_names_of_the_operations_are_known_without_torch() -> None:
    assert set(OPERATIONS) == tail.KNOWN


def test_a_network_is_rebuilt_and_learns(tmp_path) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(conv_network())
    for graph in (tail.whole(file), tail.last_stage(file, height=HEIGHT, width=WIDTH)):
        net = rebuilt(graph, file, height=HEIGHT, width=WIDTH)
        np.testing.assert_array_equal(net.weights()["d"], graph.constants["d"])
        assert all(p.requires_grad for p in net.parameters())
        net(torch.randn(2, *(graph.shape or (3, HEIGHT, WIDTH)))).sum().backward()
        assert all(p.grad is not None for p in net.parameters())


def test_what_computes_something_else_is_refused(tmp_path, monkeypatch) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(conv_network())
    graph = tail.whole(file)
    monkeypatch.setitem(OPERATIONS, "Relu", lambda given, x: x * 1.01)
    with pytest.raises(TrainingError, match="something else"):
        onnx_graph.rebuilt(graph, file, height=HEIGHT, width=WIDTH)
