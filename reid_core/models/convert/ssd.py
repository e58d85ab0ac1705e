"""A one-class SSDLite MobileNetV2 from a frozen TensorFlow graph to ONNX, without TensorFlow.

The convolutions are traced back from the twelve predictors, batch normalisation folded into them.
Anchors and box decoding, which the original computes in hundreds of nodes, become constants and
five operations. Suppression of overlapping boxes stays outside. Anchors as in the TensorFlow
Object Detection API's SSD generator; box code of Liu et al., "SSD", ECCV 2016, eq. 2, with
variances 1/10 and 1/5.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from reid_core.errors import ModelCorrupt
from reid_core.models.convert.onnx_file import finished
from reid_core.models.convert.tf_graph import Node, read_graph
from reid_core.types import Floats

SIDE = 300
LEVELS = 6
SCALES = [0.2 + (0.95 - 0.2) * i / (LEVELS - 1) for i in range(LEVELS)] + [1.0]
RATIOS = (1.0, 2.0, 0.5, 3.0, 0.3333)
START = "Preprocessor/"
FOLDED = ("FusedBatchNorm", "BiasAdd")


def convert(data: bytes) -> bytes:
    """The .pb file's bytes -> an ONNX model's bytes, always the same for the same input.

    Input (N, 3, 300, 300) float32 RGB in [-1, 1]; outputs boxes (N, 1917, 4) xyxy as shares of
    the picture and scores (N, 1917) in 0..1. Raises ModelCorrupt.
    """
    try:
        return _Converter(read_graph(data)).model()
    except (LookupError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise ModelCorrupt("This is not the SSDLite graph that was expected.") from error


class _Converter:
    """Walks the graph backwards and writes ONNX nodes; `_side` follows each value's size."""

    def __init__(self, graph: dict[str, Node]) -> None:
        self._graph = graph
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._done: dict[str, str] = {}
        self._side: dict[str, int] = {"input": SIDE}

    def model(self) -> bytes:
        """The whole ONNX model."""
        codes, classes, anchors = [], [], []
        for level in range(LEVELS):
            box, side = self._predictor(f"BoxPredictor_{level}/BoxEncodingPredictor/BiasAdd", 4)
            score, _ = self._predictor(f"BoxPredictor_{level}/ClassPredictor/BiasAdd", 2)
            codes.append(box)
            classes.append(score)
            anchors.append(anchors_of(level, side))
        self._decode(self._add("Concat", *codes, axis=1), np.concatenate(anchors))
        logits = self._add("Concat", *classes, axis=1)
        person = self._add("Gather", logits, self._constant(np.array(1, np.int64)), axis=2)
        self._add("Sigmoid", person, to="scores")
        return finished(self._nodes, self._weights, "ssdlite", self._ends())

    def _predictor(self, name: str, columns: int) -> tuple[str, int]:
        """One level's output as (N, cells x anchors, columns), and the level's side."""
        value = self._value(name)
        rows = self._add("Transpose", value, perm=[0, 2, 3, 1])
        shape = self._constant(np.array([0, -1, columns], np.int64))
        return self._add("Reshape", rows, shape), self._side[value]

    def _decode(self, codes: str, anchors: Floats) -> None:
        """Codes (N, A, 4) as ty, tx, th, tw; anchors (A, 4) as cy, cx, h, w -> boxes xyxy."""
        scale = self._constant(np.array([0.1, 0.1, 0.2, 0.2], np.float32))
        split = self._constant(np.array([2, 2], np.int64))
        center, size = self._split(self._add("Mul", codes, scale), split)
        place, extent = self._constant(anchors[:, :2]), self._constant(anchors[:, 2:])
        center = self._add("Add", self._add("Mul", center, extent), place)
        half = self._add("Mul", self._add("Exp", size), self._constant(anchors[:, 2:] / 2))
        low, high = self._add("Sub", center, half), self._add("Add", center, half)
        order = self._constant(np.array([1, 0, 3, 2], np.int64))
        both = self._add("Concat", low, high, axis=2)
        self._add("Gather", both, order, axis=2, to="boxes")

    def _split(self, value: str, sizes: str) -> tuple[str, str]:
        first, second = (f"v{len(self._nodes)}{part}" for part in "ab")
        self._nodes.append(
            helper.make_node(
                "Split", [value, sizes], [first, second], axis=2, name=f"n{len(self._nodes)}"
            )
        )
        return first, second

    def _value(self, name: str) -> str:
        """The ONNX value of a TensorFlow node, made on first use."""
        if name not in self._done:
            self._done[name] = self._make(self._graph[name])
        return self._done[name]

    def _make(self, node: Node) -> str:
        if node.name.startswith(START):
            return "input"
        match node.op:
            case "Identity":
                return self._value(node.inputs[0])
            case "Relu6":
                before = self._value(node.inputs[0])
                low, high = (self._constant(np.array(v, np.float32)) for v in (0, 6))
                return self._same_size(before, self._add("Clip", before, low, high))
            case "Add":
                first, second = (self._value(i) for i in node.inputs)
                return self._same_size(first, self._add("Add", first, second))
            case "FusedBatchNorm" | "BiasAdd":
                return self._convolution(self._graph[node.inputs[0]], *self._affine(node))
        raise ModelCorrupt(f"The graph has an operation {node.op[:30]!r} that is not expected.")

    def _affine(self, node: Node) -> tuple[Floats, Floats]:
        """What comes after the convolution, as scale and shift per channel."""
        values = [self._tensor(i) for i in node.inputs[1:]]
        if node.op == "BiasAdd":
            return np.ones_like(values[0]), values[0]
        gamma, beta, mean, variance = values
        scale = gamma / np.sqrt(variance + np.float32(node.number("epsilon")))
        return scale, beta - mean * scale

    def _convolution(self, node: Node, scale: Floats, shift: Floats) -> str:
        given, weights = self._value(node.inputs[0]), self._tensor(node.inputs[1])
        depthwise = node.op == "DepthwiseConv2dNative"
        if depthwise:  # (h, w, channels, 1) -> (channels, 1, h, w)
            kernel, groups = weights.transpose(2, 3, 0, 1), weights.shape[2]
        else:  # (h, w, in, out) -> (out, in, h, w)
            kernel, groups = weights.transpose(3, 2, 0, 1), 1
        if node.text("padding") != "SAME":
            raise ModelCorrupt(f"The convolution {node.name} is not padded as expected.")
        stride, size, side = node.integers("strides")[1], weights.shape[0], self._side[given]
        out = math.ceil(side / stride)
        pad = max((out - 1) * stride + size - side, 0)
        before, after = pad // 2, pad - pad // 2  # TensorFlow's SAME puts the odd one behind
        value = self._add(
            "Conv",
            given,
            self._constant((kernel * scale[:, None, None, None]).astype(np.float32)),
            self._constant(shift.astype(np.float32)),
            group=groups,
            kernel_shape=[size, size],
            strides=[stride, stride],
            pads=[before, before, after, after],
        )
        self._side[value] = out
        return value

    def _tensor(self, name: str) -> Floats:
        node = self._graph[name]
        return self._tensor(node.inputs[0]) if node.op == "Identity" else node.tensor()

    def _same_size(self, before: str, after: str) -> str:
        self._side[after] = self._side[before]
        return after

    def _add(self, op: str, *inputs: str, to: str = "", **attributes: Any) -> str:
        n = len(self._nodes)
        output = to or f"v{n}"
        self._nodes.append(helper.make_node(op, list(inputs), [output], name=f"n{n}", **attributes))
        return output

    def _constant(self, value: np.ndarray) -> str:
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def _ends(self) -> tuple[onnx.ValueInfoProto, list[onnx.ValueInfoProto]]:
        """The declared input and outputs."""
        given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])
        boxes = helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["N", None, 4])
        scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", None])
        return given, [boxes, scores]


def anchors_of(level: int, side: int) -> Floats:
    """(side² x k, 4) anchors of one level as cy, cx, h, w, shares of the picture."""
    scale = SCALES[level]
    if level == 0:
        shapes = [(0.1, 1.0), (scale, 2.0), (scale, 0.5)]
    else:
        shapes = [(scale, r) for r in RATIOS] + [(math.sqrt(scale * SCALES[level + 1]), 1.0)]
    sizes = np.array([[s / math.sqrt(r), s * math.sqrt(r)] for s, r in shapes])
    steps = (np.arange(side) + 0.5) / side
    y, x = np.meshgrid(steps, steps, indexing="ij")
    centers = np.stack([y.ravel(), x.ravel()], axis=1)
    rows = np.concatenate(
        [np.repeat(centers, len(sizes), axis=0), np.tile(sizes, (len(centers), 1))], axis=1
    )
    return rows.astype(np.float32)
