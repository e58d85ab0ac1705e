"""The converters on small made-up files, against slow arithmetic; and on damaged ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from made_models import (
    dlib_file,
    dlib_integer,
    dlib_layer,
    dlib_real,
    dlib_text,
    ssd_graph,
    tiny_network,
)

from reid_core.errors import ModelCorrupt
from reid_core.models.convert import dlib, ssd, yunet

RNG = np.random.default_rng(5)


def run(data: bytes, *inputs: np.ndarray) -> list[np.ndarray]:
    session = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: np.stack(inputs).astype(np.float32)})


# dlib: two blocks, the second of which halves the map, adds channels and pools its skip


def convolution(filters: int, channels: int, size: int, stride: int, pad: int):
    weights = RNG.normal(size=(filters, channels, size, size)) / size
    bias, gamma, beta = RNG.normal(size=(3, filters))
    layers = [
        dlib_layer(
            "con_4", (filters, size, size, stride, stride, pad, pad), np.append(weights, bias)
        ),
        dlib_layer("affine_", (), np.append(gamma, beta)),
    ]
    return layers, (weights, bias, gamma, beta, stride, pad)


def slow_convolution(x, parts) -> np.ndarray:
    weights, bias, gamma, beta, stride, pad = parts
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    size = weights.shape[-1]
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    out = np.einsum("cyxij,fcij->fyx", windows[:, ::stride, ::stride], weights)
    return (out + bias[:, None, None]) * gamma[:, None, None] + beta[:, None, None]


def slow_pool(x, size: int, stride: int, how) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    return how(windows[:, ::stride, ::stride], axis=(-1, -2))


def slow_sum(a, b) -> np.ndarray:
    out = np.zeros(np.maximum(a.shape, b.shape))
    for one in (a, b):
        out[tuple(slice(n) for n in one.shape)] += one
    return out


@pytest.fixture(scope="module")
def dlib_made():
    """A file, and the same network as slow arithmetic."""
    stem, s = convolution(2, 3, 7, 2, 0)
    first, f = convolution(2, 2, 3, 1, 1)
    down, d = convolution(4, 2, 3, 2, 0)
    again, a = convolution(4, 4, 3, 1, 1)
    head = RNG.normal(size=(4, 8))
    relu, add = dlib_layer("relu_"), dlib_layer("add_prev_")
    layers = [*stem, relu, dlib_layer("max_pool_2", (3, 3, 2, 2, 0, 0))]
    layers += [*first, add, relu]
    layers += [*down, relu, *again, dlib_layer("avg_pool_2", (2, 2, 2, 2, 0, 0)), add, relu]
    layers += [dlib_layer("avg_pool_2", (0, 0, 1, 1, 0, 0)), dlib_layer("fc_2", (8, 4), head)]

    def slow(x: np.ndarray) -> np.ndarray:
        x = slow_pool(np.maximum(slow_convolution(x, s), 0), 3, 2, np.max)
        x = np.maximum(slow_sum(slow_convolution(x, f), x), 0)
        branch = slow_convolution(np.maximum(slow_convolution(x, d), 0), a)
        x = np.maximum(slow_sum(branch, slow_pool(x, 2, 2, np.mean)), 0)
        return x.mean(axis=(1, 2)) @ head

    return dlib_file(layers), slow


def test_a_dlib_network_computes_what_its_layers_say(dlib_made) -> None:
    data, slow = dlib_made
    pictures = RNG.normal(size=(2, 3, 150, 150)).astype(np.float32)
    got = run(dlib.convert(data), *pictures)[0]
    # float32 sums of up to 5,000 terms
    np.testing.assert_allclose(got, [slow(p) for p in pictures], rtol=1e-4, atol=1e-4)


def test_conversions_give_the_same_bytes_again(dlib_made) -> None:
    assert dlib.convert(dlib_made[0]) == dlib.convert(dlib_made[0])
    assert ssd.convert(ssd_graph()) == ssd.convert(ssd_graph())


def test_a_dlib_file_cut_anywhere_is_corrupt(dlib_made) -> None:
    data = dlib_made[0]
    for cut in [*range(200), *RNG.integers(200, len(data), 100)]:
        with pytest.raises(ModelCorrupt):
            dlib.convert(data[:cut])


def test_a_damaged_dlib_file_never_escapes(dlib_made) -> None:
    """Whatever a byte becomes: a network or a sentence, nothing else."""
    refused = 0
    for at in RNG.integers(0, len(dlib_made[0]), 150):
        data = bytearray(dlib_made[0])
        data[at] ^= 1 << int(RNG.integers(8))
        with np.errstate(all="ignore"):
            try:
                onnx.load_model_from_string(dlib.convert(bytes(data)))
            except ModelCorrupt:
                refused += 1
    assert refused > 10


CONVOLUTION = dlib_layer("con_4", (2, 7, 7, 2, 2, 0, 0), np.zeros(296))
AFFINE = dlib_layer("affine_", (), np.ones(4))
HEAD = dlib_layer("fc_2", (8, 2), np.ones(16))


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ([dlib_layer("sig_")], "sig_"),
        ([CONVOLUTION, dlib_layer("relu_"), HEAD], "fit together"),  # no affine layer behind it
        ([dlib_layer("con_4", (2, 7, 7, 2, 2, 0, 0), np.zeros(9)), AFFINE, HEAD], "fit together"),
        ([dlib_layer("con_4", (2, 7, 7, 0, 0, 0, 0), np.zeros(296)), AFFINE, HEAD], "fit together"),
        (
            [
                dlib_layer("max_pool_2", (3, 3, 0, 0, 0, 0)),
                dlib_layer("fc_2", (8, 3), np.zeros(24)),
            ],
            "fit together",
        ),
        ([dlib_layer("relu_")] * 500, "no end"),
    ],
)
def test_other_dlib_networks_are_refused(layers, says) -> None:
    with pytest.raises(ModelCorrupt, match=says):
        dlib.convert(dlib_file(layers))


def test_dlib_numbers() -> None:
    for value in (0, 1, -1, 255, 256, -28, 2**40, -(2**63)):
        assert dlib.Reader(dlib_integer(value)).integer() == value
    for number in (0.0, 0.04, -3.5, 122.78125, 2.0**-30):
        assert dlib.Reader(dlib_real(number)).real() == pytest.approx(number, rel=1e-6, abs=1e-12)
    assert dlib.Reader(dlib_text("con_4")).text() == "con_4"
    for bad in (b"\x00\x01", b"\x09" + b"\x01" * 9, b"\x41\x01", b"\x02\x01"):
        with pytest.raises(ModelCorrupt):
            dlib.Reader(bad).integer()
    with pytest.raises(ModelCorrupt, match="range"):
        dlib.Reader(dlib_integer(1) + dlib_integer(5000)).real()


# SSD


def test_ssd_anchors_and_scores() -> None:
    """All codes are zero, so the boxes are the anchors; the score is the picture's red."""
    picture = np.zeros((3, 300, 300))
    picture[0] = 0.5
    boxes, scores = run(ssd.convert(ssd_graph()), picture, -picture)
    assert boxes.shape == (2, 1917, 4)
    np.testing.assert_allclose(scores[0], 1 / (1 + np.exp(-0.5)), atol=1e-6)
    np.testing.assert_allclose(scores[1], 1 / (1 + np.exp(0.5)), atol=1e-6)
    center = (boxes[0, :, :2] + boxes[0, :, 2:]) / 2
    size = boxes[0, :, 2:] - boxes[0, :, :2]
    # the first map has 19 x 19 cells of three anchors: 0.1 square, then 0.2 wide and tall
    np.testing.assert_allclose(center[:3], 0.5 / 19, atol=1e-6)
    np.testing.assert_allclose(center[3 * 18], [18.5 / 19, 0.5 / 19], atol=1e-6)
    root = 2**0.5
    wanted = [[0.1, 0.1], [0.2 * root, 0.2 / root], [0.2 / root, 0.2 * root]]
    np.testing.assert_allclose(size[:3], wanted, atol=1e-6)
    # the last map is one cell of six anchors around the middle; the last is between two scales
    np.testing.assert_allclose(center[-6:], 0.5, atol=1e-6)
    np.testing.assert_allclose(size[-1], (0.95 * 1.0) ** 0.5, atol=1e-6)
    areas = size[-6:-1].prod(axis=1)
    np.testing.assert_allclose(areas, 0.95**2, rtol=1e-6)


def test_ssd_codes_shift_and_scale() -> None:
    """ty, tx in tenths of the anchor, th, tw in fifths of a logarithm."""
    flat = np.zeros((3, 300, 300))
    plain = run(ssd.convert(ssd_graph()), flat)[0][0].astype(float)
    moved = run(ssd.convert(ssd_graph(code=(1, -2, 5 * np.log(2), 0))), flat)[0][0]
    sides = plain[:, 2:] - plain[:, :2]
    np.testing.assert_allclose(
        (moved[:, :2] + moved[:, 2:] - plain[:, :2] - plain[:, 2:]) / 2,
        sides * [-0.2, 0.1],
        atol=1e-6,
    )
    np.testing.assert_allclose(moved[:, 2:] - moved[:, :2], sides * [1, 2], rtol=1e-5)


def test_ssd_padding_is_tensorflows() -> None:
    """300 px at stride 2 with 3x3 need one row and column of zeros, which come last."""
    picture, stem = RNG.normal(size=(3, 300, 300)), RNG.normal(size=(3, 3, 3, 3))
    scores = run(ssd.convert(ssd_graph(stem=stem)), picture)[1][0]
    row = 8 * np.arange(19) * 2  # the predictor looks at every eighth place of the stem's map
    padded = np.pad(picture, ((0, 0), (0, 3), (0, 3)))
    for y, x in ((0, 0), (0, 18), (18, 18), (7, 3)):
        seen = padded[:, row[y] : row[y] + 3, row[x] : row[x] + 3]
        red = np.einsum("cij,ijc->", seen, stem[..., 0])
        assert scores[3 * (19 * y + x)] == pytest.approx(1 / (1 + np.exp(-red)), abs=1e-5)


def test_damaged_graphs_are_a_sentence() -> None:
    data = ssd_graph()
    cuts = [*range(60), *RNG.integers(60, len(data) - 1, 60)]
    for cut in cuts:
        with pytest.raises(ModelCorrupt):
            ssd.convert(data[:cut])
    with pytest.raises(ModelCorrupt, match="padded"):
        ssd.convert(ssd_graph(padding="VALID"))
    with pytest.raises(ModelCorrupt, match="SSDLite"):
        ssd.convert(data.replace(b"BoxPredictor_5", b"BoxPredictor_9"))
    circle = data.replace(b"Placeholder", b"Relu6______").replace(b"Preprocessor", b"Prekrocessor")
    with pytest.raises(ModelCorrupt):
        ssd.convert(circle)


# YuNet


def test_yunet_conversion_frees_the_sides_and_nothing_else(tmp_path: Path) -> None:
    model = onnx.load_model_from_string(yunet.convert(tiny_network(side=64)))
    given = model.graph.input[0].type.tensor_type.shape.dim
    assert [d.dim_param or d.dim_value for d in given] == ["N", 3, "height", "width"]
    picture = RNG.normal(size=(3, 32, 96))
    expected = picture.mean(axis=(1, 2)) @ (np.arange(24.0) / 10).reshape(3, 8)
    np.testing.assert_allclose(run(model.SerializeToString(), picture)[0][0], expected, atol=1e-5)
