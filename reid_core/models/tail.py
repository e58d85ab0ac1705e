"""The end of a network's graph, from where one value alone carries all that is known.

A retraining leaves what is before such a place as it is and lets what is behind it learn. Where
that is needs no knowledge of the architecture: behind the last reduction of the maps' size, which
is what papers call the last stage; where hardly anything can learn there, one stage more. Of a
network whose maps are never made smaller, the last half of the weights.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnxruntime import InferenceSession

from reid_core.errors import ModelMismatch
from reid_core.models import graphs
from reid_core.models.session import RUNTIME_ERRORS, open_session

Array = NDArray[np.generic]
LEAST, MOST = 0.1, 0.9  # of the weights, that the end must have and may have
LEARNT = {  # which inputs of an operation are weights
    **{"Conv": (1, 2), "Gemm": (1, 2), "MatMul": (0, 1), "Add": (0, 1), "PRelu": (1,)},
    **{"BatchNormalization": (1, 2), "LayerNormalization": (1, 2)},
}


KNOWN = {  # that `learn.backbones.onnx_operations` has in torch; a test compares
    *("Abs", "Add", "AveragePool", "BatchNormalization", "Cast", "Clip", "Concat", "Conv"),
    *("Div", "Dropout", "Elu", "Erf", "Exp", "Flatten", "Gather", "Gelu", "Gemm"),
    *("GlobalAveragePool", "GlobalMaxPool", "HardSigmoid", "HardSwish", "Identity"),
    *("InstanceNormalization", "LayerNormalization", "LeakyRelu", "MatMul", "MaxPool"),
    *("Mul", "Neg", "PRelu", "Pad", "Pow", "ReduceMax", "ReduceMean", "ReduceSum", "Relu"),
    *("Reshape", "Shape", "Sigmoid", "Slice", "Softmax", "Split", "Sqrt", "Squeeze"),
    *("Sub", "Tanh", "Transpose", "Unsqueeze"),
}
FOLDED = ("Cast", "Constant", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze")


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """A graph, or its end. given: the value that goes in. made: the one that comes out.

    constants: by name, of which `learnt` are weights. shape: of `given` for one picture, without
    the batch; () for a whole graph.
    """

    given: str
    made: str
    nodes: tuple[NodeProto, ...]
    constants: Mapping[str, Array]
    learnt: tuple[str, ...]
    shape: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many numbers can learn."""
        return sum(self.constants[name].size for name in self.learnt)


def whole(file: Path) -> Tail:
    """All of a graph.

    Raises ModelCorrupt, and ModelMismatch when it is not of one piece, or has operations that are
    not known.
    """
    graph = _whole(graphs.read(file)[1], file.name)
    _check_known(graph, file.name)
    return graph


def last_stage(file: Path, *, height: int, width: int) -> Tail:
    """What is behind the last reduction of the maps' size; height, width: px of the pictures.

    Raises ModelCorrupt, and ModelMismatch when there is no such place, or operations behind it
    that are not known.
    """
    model = graphs.read(file)[1]
    graph = _whole(model, file.name)
    places = list(_narrow(graph))
    shapes = _shapes(model, graph, [v for _, v in places], (height, width), file.name)
    maps = [(i, v) for i, v in places if len(shapes[v]) == 4 and min(shapes[v][2:]) > 1]
    if not maps:
        raise ModelMismatch(f"{file.name} has no stages that could be told apart.")
    stage = graph
    for size in dict.fromkeys(shapes[v][2:] for _, v in reversed(maps)):
        at, value = next((i, v) for i, v in maps if shapes[v][2:] == size)
        stage = _behind(graph, at, value, shapes[value][1:])
        if stage.count >= LEAST * graph.count:
            break
    if stage.count > MOST * graph.count:  # a transformer has one size only
        later = (_behind(graph, i, v, shapes[v][1:]) for i, v in places if len(shapes[v]) > 2)
        stage = next((s for s in later if s.count <= graph.count / 2), stage)
    _check_known(stage, file.name)
    return stage


def front(file: Path, tail: Tail, *, threads: int = 1) -> InferenceSession:
    """The graph up to where the tail begins: pictures as the network wants them to `given`."""
    model = graphs.read(file)[1]
    del model.graph.output[:]
    model.graph.output.append(_value(tail.given))
    return _opened(_pruned(model, tail.given).SerializeToString(), threads)


def with_weights(file: Path, weights: Mapping[str, Array]) -> bytes:
    """The same graph with other weights; those stored as fp16 become fp32."""
    model = graphs.read(file)[1]
    kept = [n for n in model.graph.node if not set(n.output) & set(weights)]
    had = {w.name: w for w in model.graph.initializer}
    del model.graph.node[:]
    model.graph.node.extend(kept)
    used = {i for n in kept for i in n.input}
    for name in [n for n in had if n in weights or n not in used]:
        model.graph.initializer.remove(had[name])
    for name, value in weights.items():
        one = np.ascontiguousarray(value, np.float32)
        model.graph.initializer.append(numpy_helper.from_array(one, name))
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _check_known(graph: Tail, name: str) -> None:
    if strange := {node.op_type for node in graph.nodes} - KNOWN:
        listed = ", ".join(sorted(strange))
        raise ModelMismatch(f"{name} has operations that are not known: {listed}.")
    if not graph.learnt:
        raise ModelMismatch(f"{name} has no weights that could learn.")


def _whole(model: onnx.ModelProto, name: str) -> Tail:
    graph = model.graph
    constants: dict[str, Array] = {w.name: numpy_helper.to_array(w) for w in graph.initializer}
    inputs = [i.name for i in graph.input if i.name not in constants]
    inside = any(a.HasField("g") for n in graph.node for a in n.attribute)
    if len(inputs) != 1 or not graph.output or inside or model.functions:
        raise ModelMismatch(f"{name} is no plain row of operations on pictures.")
    nodes = []
    for node in graph.node:
        if all(not i or i in constants for i in node.input):
            if node.op_type not in FOLDED:  # others might make much of little
                raise ModelMismatch(f"{name} computes its weights by {node.op_type}.")
            constants.update(_folded(node, constants, model))
        else:
            nodes.append(node)
    made = graph.output[0].name
    return Tail(inputs[0], made, tuple(nodes), constants, _learnt(nodes, constants))


def _folded(
    node: NodeProto, constants: Mapping[str, Array], model: onnx.ModelProto
) -> dict[str, Array]:
    """What an operation on constants gives."""
    own = helper.make_graph(
        [node],
        "fold",
        [_value(i) for i in node.input if i],
        [_value(o) for o in node.output],
    )
    run = ReferenceEvaluator(
        helper.make_model(own, opset_imports=list(model.opset_import), ir_version=8)
    )
    found = run.run(None, {i: constants[i] for i in node.input if i})
    return dict(zip(node.output, map(np.asarray, found), strict=True))


def _value(name: str) -> onnx.ValueInfoProto:
    value = onnx.ValueInfoProto()
    value.name = name
    return value


def _learnt(
    nodes: list[NodeProto] | tuple[NodeProto, ...], constants: Mapping[str, Array]
) -> tuple[str, ...]:
    names = [
        node.input[i]
        for node in nodes
        for i in LEARNT.get(node.op_type, ())
        if i < len(node.input) and node.input[i] in constants
    ]
    floats = [n for n in dict.fromkeys(names) if constants[n].dtype == np.float32]
    return tuple(n for n in floats if constants[n].size > 1)


def _narrow(graph: Tail) -> Iterator[tuple[int, str]]:
    """(behind which node, value): places where one value is all that later nodes read."""
    last = {i: k for k, node in enumerate(graph.nodes) for i in node.input}
    last[graph.made] = len(graph.nodes)
    live = {graph.given}
    for k, node in enumerate(graph.nodes):
        live = {v for v in live | set(node.output) if last.get(v, -1) > k}
        if len(live) == 1:
            yield k, next(iter(live))


def _behind(graph: Tail, at: int, value: str, shape: tuple[int, ...]) -> Tail:
    nodes = graph.nodes[at + 1 :]
    used = {i for n in nodes for i in n.input}
    constants = {n: c for n, c in graph.constants.items() if n in used}
    learnt = _learnt(nodes, constants)
    return Tail(value, graph.made, nodes, constants, learnt, shape)


def _shapes(
    model: onnx.ModelProto, graph: Tail, values: list[str], size: tuple[int, int], name: str
) -> dict[str, tuple[int, ...]]:
    """Of these values, for one picture."""
    del model.graph.output[:]
    model.graph.output.extend(_value(v) for v in values)
    blob = np.zeros((1, 3, *size), np.float32)
    try:
        found = _opened(model.SerializeToString(), 1).run(values, {graph.given: blob})
    except RUNTIME_ERRORS as error:
        raise ModelMismatch(f"{name} does not run on a {size[1]}x{size[0]} picture.") from error
    return {v: tuple(x.shape) for v, x in zip(values, found, strict=True)}


def _opened(data: bytes, threads: int) -> InferenceSession:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "part.onnx"
        path.write_bytes(data)
        return open_session(path, threads=threads, provider="cpu")


def _pruned(model: onnx.ModelProto, made: str) -> onnx.ModelProto:
    """Without what the value does not need."""
    needed, nodes = {made}, []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            nodes.append(node)
            needed |= set(node.input)
    weights = [w for w in model.graph.initializer if w.name in needed]
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(reversed(nodes))
    model.graph.initializer.extend(weights)
    return model
