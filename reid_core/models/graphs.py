"""What an ONNX file of unknown origin must be before it is run: one self-contained graph."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from reid_core.errors import ModelCorrupt, ModelMismatch
from reid_core.models.session import MAX_MODEL_BYTES

DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")


def read(file: Path) -> tuple[bytes, onnx.ModelProto]:
    """A file's bytes and the graph in them.

    Raises ModelCorrupt (unreadable, no ONNX, above 1 GiB) and ModelMismatch (operations of other
    makers, weights in other files).
    """
    try:
        if file.stat().st_size > MAX_MODEL_BYTES:
            raise ModelCorrupt(f"{file} is larger than 1 GiB and was not opened.")
        data = file.read_bytes()
        model = onnx.load_model_from_string(data)
    except OSError as error:
        raise ModelCorrupt(f"{file} cannot be read: {error.strerror}.") from error
    except (DecodeError, ValueError) as error:
        raise ModelCorrupt(f"{file} is not an ONNX model.") from error
    if not model.graph.node or not model.graph.input:
        raise ModelCorrupt(f"{file} is not an ONNX model.")
    _check(model, file.name)
    return data, model


def picture_size(model: onnx.ModelProto, name: str) -> tuple[int | None, int | None]:
    """(width, height) that the graph's one input (N, 3, height, width) takes; None where open.

    Raises ModelMismatch when it takes anything else.
    """
    weights = {w.name for w in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in weights]
    kind = inputs[0].type.tensor_type
    dims = [max(d.dim_value, 0) for d in kind.shape.dim]
    if len(inputs) != 1 or len(dims) != 4 or dims[1] not in (0, 3):
        raise ModelMismatch(
            f"{name} does not take pictures as (N, 3, height, width): "
            + ", ".join(f"{i.name} {_shape(i)}" for i in inputs[:4])
        )
    if kind.elem_type != onnx.TensorProto.FLOAT:
        raise ModelMismatch(f"{name} does not take float32 numbers; export it in float32.")
    return dims[3] or None, dims[2] or None


def _check(model: onnx.ModelProto, name: str) -> None:
    nodes = [n for graph in _graphs(model) for n in graph.node]
    nodes += [n for function in model.functions for n in function.node]
    own = {function.domain for function in model.functions}
    strange = {n.domain for n in nodes} - {*DOMAINS, *own}
    if strange:
        raise ModelMismatch(
            f"{name} needs operations of {', '.join(sorted(strange))}, which are not allowed."
        )
    if any(t.data_location == onnx.TensorProto.EXTERNAL for t in _tensors(model, nodes)):
        raise ModelMismatch(f"{name} keeps its weights in another file; save it as one file.")


def _graphs(model: onnx.ModelProto) -> Iterator[onnx.GraphProto]:
    """The graph and those inside its loops and conditions, also those of its functions."""
    waiting = [model.graph]
    waiting += [g for function in model.functions for g in _inside(function.node)]
    while waiting:
        graph = waiting.pop()
        yield graph
        waiting += _inside(graph.node)


def _inside(nodes: Iterator[onnx.NodeProto]) -> Iterator[onnx.GraphProto]:
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield attribute.g
            yield from attribute.graphs


def _tensors(model: onnx.ModelProto, nodes: list[onnx.NodeProto]) -> Iterator[onnx.TensorProto]:
    """Every constant: weights of all graphs and attributes of all nodes."""
    for graph in _graphs(model):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _shape(value: onnx.ValueInfoProto) -> str:
    dims = [d.dim_param or str(d.dim_value or "?") for d in value.type.tensor_type.shape.dim]
    return f"({', '.join(dims)})"
