"""dlib's face recognition ResNet v1 from its own file format to ONNX, without dlib.

King, "High Quality Face Recognition with Deep Metric Learning", dlib.net blog, 2017. The file is
dlib's C++ serialisation, facts of which matter here: an integer is one control byte (low four
bits: how many bytes follow; top bit: negative) and little-endian bytes; a floating number is two
such integers, mantissa and exponent of two; a tensor is a version, four sizes and raw float32.
Layers are nested from the loss inwards, so all their version numbers come first and then their
contents from the input to the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from reid_core.errors import ModelCorrupt
from reid_core.models.convert.onnx_file import finished
from reid_core.types import Floats

SIDE = 150
MAX_LAYERS = 400
MAX_EXPONENT = 900  # with 64 bits of mantissa this stays within a double


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer: its tag in the file, whole-number settings and parameters."""

    tag: str
    numbers: tuple[int, ...] = ()
    weights: Floats | None = None


class Reader:
    """A cursor over the file that never reads behind its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def at_end(self) -> bool:
        """Whether everything was read."""
        return self._at == len(self._data)

    def take(self, n: int) -> bytes:
        """The next n bytes; raises ModelCorrupt when there are fewer."""
        if n < 0 or self._at + n > len(self._data):
            raise ModelCorrupt("The dlib model file ends in the middle of a value.")
        self._at += n
        return self._data[self._at - n : self._at]

    def integer(self) -> int:
        """A variable-length integer."""
        control = self.take(1)[0]
        if control & 0x70 or not 1 <= control & 0x0F <= 8:
            raise ModelCorrupt(f"The dlib model file has no integer at byte {self._at - 1}.")
        value = int.from_bytes(self.take(control & 0x0F), "little")
        return -value if control & 0x80 else value

    def integers(self, n: int) -> tuple[int, ...]:
        """N integers in a row."""
        return tuple(self.integer() for _ in range(n))

    def real(self) -> float:
        """A floating number; raises ModelCorrupt for absurd exponents."""
        mantissa, exponent = self.integers(2)
        if abs(exponent) > MAX_EXPONENT:
            raise ModelCorrupt("The dlib model file has a number out of range.")
        return float(mantissa) * 2.0**exponent

    def text(self) -> str:
        """A length-prefixed string."""
        return self.take(self.integer()).decode("latin-1")

    def tensor(self) -> Floats:
        """A flat float32 tensor."""
        self.integer()  # version
        sizes = self.integers(4)
        n = int(np.prod([max(s, 0) for s in sizes], dtype=object))
        return np.frombuffer(self.take(4 * n), "<f4").astype(np.float32)


def read_layers(data: bytes) -> list[Layer]:
    """Every layer from the input to the output. Raises ModelCorrupt when the file is another."""
    reader = Reader(data)
    reader.integer()
    if reader.text() != "loss_metric_2":
        raise ModelCorrupt("This is not the dlib face recognition model: its loss is another.")
    reader.real(), reader.real()
    for _ in range(MAX_LAYERS):
        if reader.integer() == 3:  # the version of the innermost layer, beside the input
            break
    if reader.text() != "input_rgb_image_sized":
        raise ModelCorrupt("This is not the dlib face recognition model: its input is another.")
    [reader.real() for _ in range(3)]
    if reader.integers(2) != (SIDE, SIDE):
        raise ModelCorrupt(f"The dlib model does not take {SIDE}x{SIDE} pictures.")
    layers = [_read_layer(reader)]
    reader.integer()  # how many samples one picture becomes: 1
    while layers[-1].tag != "fc_2":
        if len(layers) > MAX_LAYERS:
            raise ModelCorrupt("The dlib model file has no end.")
        layers.append(_read_layer(reader))
    return layers


def _read_layer(reader: Reader) -> Layer:
    tag = reader.text()
    layer = _read_details(tag, reader)
    reader.take(3)  # three flags of training
    for _ in range(3):  # gradients and cached output, empty in a clean file
        reader.tensor()
    return layer


def _read_details(tag: str, reader: Reader) -> Layer:
    match tag:
        case "con_4":
            weights, numbers = reader.tensor(), reader.integers(7)
            reader.integers(10)  # how filters and biases share the tensor
            [reader.real() for _ in range(4)]  # learning rates
            return Layer(tag, numbers, weights)
        case "affine_":
            weights = reader.tensor()
            reader.integers(11)
            return Layer(tag, (), weights)
        case "max_pool_2" | "avg_pool_2":
            return Layer(tag, reader.integers(6))
        case "fc_2":
            numbers, weights = reader.integers(2), reader.tensor()
            reader.integers(11)
            [reader.real() for _ in range(4)]
            return Layer(tag, numbers, weights)
        case "relu_" | "add_prev_":
            return Layer(tag)
    raise ModelCorrupt(f"The dlib model file has a layer {tag[:20]!r} that is not expected.")


class Graph:
    """An ONNX graph under construction; remembers the shape (C, side) of its last value."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.channels, self.side, self.last = 3, SIDE, "input"

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Append a node; its output becomes the last value."""
        self.last = f"v{len(self.nodes)}"
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [self.last], name=name, **attributes))
        return self.last

    def constant(self, value: np.ndarray) -> str:
        """Store an array; returns its name."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name


def convert(data: bytes) -> bytes:
    """The .dat file's bytes -> an ONNX model's bytes, always the same for the same input.

    Input (N, 3, 150, 150) float32, normalised RGB; output (N, 128). Raises ModelCorrupt.
    """
    graph, layers = Graph(), read_layers(data)
    block = (graph.last, graph.channels, graph.side)
    try:
        for i, layer in enumerate(layers):
            if layer.tag == "con_4":
                _convolution(graph, layer, layers[i + 1])
            elif layer.tag == "relu_":
                graph.add("Relu", graph.last)
                if i > 0 and layers[i - 1].tag == "add_prev_":
                    block = (graph.last, graph.channels, graph.side)
            elif layer.tag == "max_pool_2":
                _max_pool(graph, layer)
                block = (graph.last, graph.channels, graph.side)
            elif layer.tag == "add_prev_":
                _add(graph, block, pooled=layers[i - 1].tag == "avg_pool_2")
            elif layer.tag == "fc_2":
                _head(graph, layer)
        return finished(graph.nodes, graph.weights, "dlib-resnet-v1", _ends(graph))
    except (ValueError, IndexError, ArithmeticError) as error:
        raise ModelCorrupt("The layers of the dlib model file do not fit together.") from error


def _convolution(graph: Graph, layer: Layer, affine: Layer) -> None:
    """A convolution with the affine layer behind it folded in."""
    filters, rows, columns, stride, _, pad, _ = layer.numbers
    if layer.weights is None or affine.weights is None or affine.tag != "affine_":
        raise ValueError("a convolution without its affine layer")
    kernel = layer.weights[:-filters].reshape(filters, graph.channels, rows, columns)
    gamma, beta = affine.weights[:filters], affine.weights[filters:]
    weight = kernel * gamma[:, None, None, None]
    bias = layer.weights[-filters:] * gamma + beta
    graph.add(
        "Conv",
        graph.last,
        graph.constant(weight.astype(np.float32)),
        graph.constant(bias.astype(np.float32)),
        kernel_shape=[rows, columns],
        strides=[stride, stride],
        pads=[pad] * 4,
    )
    graph.channels, graph.side = filters, (graph.side + 2 * pad - rows) // stride + 1


def _max_pool(graph: Graph, layer: Layer) -> None:
    rows, _, stride, _, pad, _ = layer.numbers
    graph.add(
        "MaxPool", graph.last, kernel_shape=[rows, rows], strides=[stride, stride], pads=[pad] * 4
    )
    graph.side = (graph.side + 2 * pad - rows) // stride + 1


def _add(graph: Graph, block: tuple[str, int, int], *, pooled: bool) -> None:
    """The sum of a block's branch and its input; the smaller is padded with zeros."""
    branch, channels, side = graph.last, graph.channels, graph.side
    skip, skip_channels, skip_side = block
    if pooled:
        skip = graph.add("AveragePool", skip, kernel_shape=[2, 2], strides=[2, 2])
        skip_side = skip_side // 2
    most, largest = max(channels, skip_channels), max(side, skip_side)
    branch = _pad(graph, branch, most - channels, largest - side)
    skip = _pad(graph, skip, most - skip_channels, largest - skip_side)
    graph.add("Add", branch, skip)
    graph.channels, graph.side = most, largest


def _pad(graph: Graph, value: str, channels: int, side: int) -> str:
    """Zeros behind the channels and to the right and bottom."""
    if channels == side == 0:
        return value
    pads = graph.constant(np.array([0, 0, 0, 0, 0, channels, side, side], np.int64))
    return graph.add("Pad", value, pads)


def _head(graph: Graph, layer: Layer) -> None:
    outputs, inputs = layer.numbers
    if layer.weights is None:
        raise ValueError("a head without weights")
    graph.add("GlobalAveragePool", graph.last)
    graph.add("Flatten", graph.last, axis=1)
    graph.add("MatMul", graph.last, graph.constant(layer.weights.reshape(inputs, outputs)))
    graph.channels = outputs


def _ends(graph: Graph) -> tuple[onnx.ValueInfoProto, list[onnx.ValueInfoProto]]:
    """The declared input and outputs; the last node becomes the output."""
    graph.nodes[-1].output[0] = "output"
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])
    made = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", graph.channels])
    return given, [made]
