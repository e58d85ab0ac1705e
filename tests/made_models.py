"""Tiny models in every format that Cameo reads, written by the formats' own rules."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper


def tiny_network(
    *, side: int | None = 16, dim: int = 8, domain: str = "", channels: int = 3
) -> bytes:
    """Average colour of a picture, times a matrix: the smallest embedder."""
    weights = helper.make_tensor(
        "w", TensorProto.FLOAT, (channels, dim), np.arange(float(channels * dim)) / 10
    )
    nodes = [
        helper.make_node("GlobalAveragePool", ["input"], ["a"]),
        helper.make_node("Flatten", ["a"], ["b"]),
        helper.make_node("MatMul", ["b", "w"], ["output"], domain=domain),
    ]
    sides = ["H", "W"] if side is None else [side, side]
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", channels, *sides])
    made = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", dim])
    graph = helper.make_graph(nodes, "tiny", [given], [made], [weights])
    opsets = [helper.make_opsetid("", 17)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def constant_network(
    outputs: dict[str, tuple[int, ...]], *, sides: tuple[int | str, int | str], batch: int = 1
) -> bytes:
    """A detector that sees nothing: outputs of these shapes, zeros whatever the picture."""
    nodes, made = [], []
    for name, shape in outputs.items():
        value = helper.make_tensor(f"{name}_value", TensorProto.FLOAT, [1], [0.0])
        sizes = helper.make_tensor(f"{name}_sizes", TensorProto.INT64, [len(shape)], shape)
        nodes.append(helper.make_node("Constant", [], [f"{name}_shape"], value=sizes))
        nodes.append(helper.make_node("ConstantOfShape", [f"{name}_shape"], [name], value=value))
        made.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, [batch, 3, *sides])
    graph = helper.make_graph(nodes, "constant", [given], made)
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def wheel(folder: Path, member: str, data: bytes) -> Path:
    """A wheel `carrier` 1.0 with one file in it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, data)
        archive.writestr(
            "carrier-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n"
        )
        archive.writestr(
            "carrier-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr("carrier-1.0.dist-info/RECORD", "")
    return path


# dlib's serialisation


def dlib_integer(value: int) -> bytes:
    size = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def dlib_real(value: float) -> bytes:
    mantissa, exponent = math.frexp(value)
    return dlib_integer(int(mantissa * 2**24)) + dlib_integer(exponent - 24)


def dlib_text(text: str) -> bytes:
    return dlib_integer(len(text)) + text.encode()


def dlib_tensor(values: np.ndarray) -> bytes:
    flat = np.asarray(values, "<f4").ravel()
    sizes = b"".join(dlib_integer(n) for n in ((flat.size, 1, 1, 1) if flat.size else (0,) * 4))
    return dlib_integer(2) + sizes + flat.tobytes()


def dlib_layer(tag: str, numbers: Sequence[int] = (), weights: np.ndarray | None = None) -> bytes:
    """One layer: its tag, its details in that tag's order, flags and three empty tensors."""
    whole = b"".join(map(dlib_integer, numbers))
    tensor = b"" if weights is None else dlib_tensor(weights)
    details = {
        "con_4": tensor + whole + dlib_integer(0) * 10 + dlib_real(1.0) * 4,
        "affine_": tensor + dlib_integer(0) * 11,
        "fc_2": whole + tensor + dlib_integer(0) * 11 + dlib_real(1.0) * 4,
    }.get(tag, whole)
    return dlib_text(tag) + details + b"\x00\x00\x00" + dlib_tensor(np.zeros(0)) * 3


def dlib_file(layers: Sequence[bytes], *, versions: int = 3) -> bytes:
    """A network file around layers in order from the input to the output."""
    head = dlib_integer(1) + dlib_text("loss_metric_2") + dlib_real(0.04) + dlib_real(0.6)
    head += dlib_integer(2) * versions + dlib_integer(3)
    head += dlib_text("input_rgb_image_sized") + dlib_real(122.782) * 3 + dlib_integer(150) * 2
    return head + layers[0] + dlib_integer(1) + b"".join(layers[1:])


# TensorFlow's frozen graph


def _varint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def tf_node(name: str, op: str, inputs: Sequence[str] = (), **attributes: bytes) -> bytes:
    body = _field(1, name.encode()) + _field(2, op.encode())
    body += b"".join(_field(3, i.encode()) for i in inputs)
    for key, value in attributes.items():
        body += _field(5, _field(1, key.encode()) + _field(2, value))
    return _field(1, body)


def tf_constant(name: str, values: np.ndarray) -> bytes:
    shape = b"".join(_field(2, _field(1, n)) for n in values.shape)
    tensor = _field(1, 1) + _field(2, shape) + _field(4, values.astype("<f4").tobytes())
    return tf_node(name, "Const", value=_field(8, tensor))


def tf_convolution(
    name: str, given: str, weights: np.ndarray, bias: np.ndarray, stride: int, padding: str
) -> bytes:
    strides = _field(1, _field(3, b"".join(map(_varint, (1, stride, stride, 1)))))
    return (
        tf_constant(f"{name}/weights", weights)
        + tf_constant(f"{name}/biases", bias)
        + tf_node(
            f"{name}/Conv2D",
            "Conv2D",
            [given, f"{name}/weights"],
            strides=strides,
            padding=_field(2, padding.encode()),
        )
        + tf_node(f"{name}/BiasAdd", "BiasAdd", [f"{name}/Conv2D", f"{name}/biases"])
    )


SSD_STRIDES = (16, 30, 60, 100, 150, 300)  # to maps of 19, 10, 5, 3, 2 and 1


def ssd_graph(
    *,
    code: Sequence[float] = (0, 0, 0, 0),
    padding: str = "SAME",
    stem: np.ndarray | None = None,
) -> bytes:
    """An SSD graph whose boxes all have one code and whose person score is the red channel's.

    stem: (3, 3, 3, 3) weights, rows, columns, in, out, of a first convolution with stride 2.
    """
    data, given, by = tf_node("Preprocessor/sub", "Placeholder"), "Preprocessor/sub", 1
    if stem is not None:
        data += tf_convolution("stem", given, stem, np.zeros(3), 2, padding)
        given, by = "stem/BiasAdd", 2
    for level, stride in enumerate(SSD_STRIDES):
        n = 3 if level == 0 else 6
        boxes, classes = np.zeros((1, 1, 3, 4 * n)), np.zeros((1, 1, 3, 2 * n))
        classes[0, 0, 0, 1::2] = 1
        bias = np.tile(np.asarray(code, float), n)
        for part, weights, shift in (
            ("BoxEncodingPredictor", boxes, bias),
            ("ClassPredictor", classes, np.zeros(2 * n)),
        ):
            name = f"BoxPredictor_{level}/{part}"
            data += tf_convolution(name, given, weights, shift, stride // by, padding)
    return data
