"""The last step of every converter: nodes and weights as the bytes of a checked ONNX file."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from onnx import helper

OPSET = 17
IR_VERSION = 8  # what ONNX Runtime 1.18 and newer all read


def finished(
    nodes: Sequence[onnx.NodeProto],
    weights: Sequence[onnx.TensorProto],
    name: str,
    ends: tuple[onnx.ValueInfoProto, list[onnx.ValueInfoProto]],
) -> bytes:
    """The model's bytes, the same on every machine: vectors are stored under their checksum.

    ends: the input and the outputs. Raises ValueError when the parts do not make a valid graph.
    """
    given, made = ends
    graph = helper.make_graph(list(nodes), name, [given], made, list(weights))
    model = helper.make_model(
        graph,
        producer_name="cameo",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ValueError("the graph is not valid") from error
    return bytes(model.SerializeToString(deterministic=True))
