"""The operations of ONNX graphs (github.com/onnx/onnx, docs/Operators.md), by torch's.

Shapes and indices are plain lists of whole numbers, so that a graph can be exported again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

Attributes = Mapping[str, Any]
Given = Any  # a tensor, a whole number or a list of them, or None where an input is left out


def _pads(given: Attributes, rank: int) -> tuple[list[int], list[int]]:
    """In front and behind, for each axis of a map."""
    if given.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise ValueError("the padding depends on the size")
    pads = given.get("pads") or [0] * 2 * rank
    return list(pads[:rank]), list(pads[rank:])


def _padded(x: Tensor, given: Attributes, rank: int, value: float) -> tuple[Tensor, list[int]]:
    """With uneven padding put around it, and the even one that is left to the operation."""
    front, behind = _pads(given, rank)
    if front == behind:
        return x, front
    order = [n for pair in zip(reversed(front), reversed(behind), strict=True) for n in pair]
    return F.pad(x, order, value=value), [0] * rank


def convolution(given: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Conv, of maps."""
    x, padding = _padded(x, given, 2, 0.0)
    stride, dilation = given.get("strides", [1, 1]), given.get("dilations", [1, 1])
    return F.conv2d(x, weight, bias, stride, padding, dilation, given.get("group", 1))


def max_pool(given: Attributes, x: Tensor) -> Tensor:
    """MaxPool, without the places."""
    x, padding = _padded(x, given, 2, -torch.inf)
    return F.max_pool2d(
        x,
        given["kernel_shape"],
        given.get("strides", [1, 1]),
        padding,
        given.get("dilations", [1, 1]),
        ceil_mode=bool(given.get("ceil_mode", 0)),
    )


def average_pool(given: Attributes, x: Tensor) -> Tensor:
    """AveragePool with even padding."""
    front, behind = _pads(given, 2)
    if front != behind:
        raise ValueError("the padding is uneven")
    return F.avg_pool2d(
        x,
        given["kernel_shape"],
        given.get("strides", [1, 1]),
        front,
        bool(given.get("ceil_mode", 0)),
        bool(given.get("count_include_pad", 0)),
    )


def gemm(given: Attributes, a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
    """Gemm."""
    a, b = (a.T if given.get("transA") else a), (b.T if given.get("transB") else b)
    out: Tensor = given.get("alpha", 1.0) * (a @ b)
    return out if c is None else out + given.get("beta", 1.0) * c


def batch_norm(
    given: Attributes, x: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, var: Tensor
) -> Tensor:
    """BatchNormalization with the statistics that are kept."""
    return F.batch_norm(x, mean, var, scale, shift, eps=given.get("epsilon", 1e-5))


def instance_norm(given: Attributes, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """InstanceNormalization."""
    return F.instance_norm(x, weight=scale, bias=shift, eps=given.get("epsilon", 1e-5))


def layer_norm(given: Attributes, x: Tensor, scale: Tensor, shift: Tensor | None = None) -> Tensor:
    """LayerNormalization of the last axes."""
    axis = given.get("axis", -1) % x.ndim
    return F.layer_norm(x, x.shape[axis:], scale, shift, given.get("epsilon", 1e-5))


def prelu(given: Attributes, x: Tensor, slope: Tensor) -> Tensor:
    """PRelu."""
    return torch.clamp(x, min=0) + slope * torch.clamp(x, max=0)


def clip(given: Attributes, x: Tensor, least: Given = None, most: Given = None) -> Tensor:
    """Clip."""
    least, most = given.get("min", least), given.get("max", most)
    return x if least is None and most is None else torch.clamp(x, least, most)


def reduced(by: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """ReduceMean and the like."""

    def operation(given: Attributes, x: Tensor, axes: Sequence[int] | None = None) -> Tensor:
        over = given.get("axes", axes)
        over = list(range(x.ndim)) if over is None else list(over)
        return by(x, over, keepdim=bool(given.get("keepdims", 1)))

    return operation


def reshape(given: Attributes, x: Tensor, shape: Sequence[int]) -> Tensor:
    """Reshape; 0 keeps a size."""
    return x.reshape([x.shape[i] if n == 0 else n for i, n in enumerate(shape)])


def flatten(given: Attributes, x: Tensor) -> Tensor:
    """Flatten behind the batch."""
    if given.get("axis", 1) != 1:
        raise ValueError("it flattens the batch")
    return x.flatten(1)


def sliced(
    given: Attributes,
    x: Given,
    starts: Sequence[int],
    ends: Sequence[int],
    axes: Sequence[int] | None = None,
    steps: Sequence[int] | None = None,
) -> Given:
    """Slice, forwards."""
    over = range(len(starts)) if axes is None else axes
    for axis, start, end, step in zip(over, starts, ends, steps or [1] * len(starts), strict=True):
        if isinstance(x, list):
            x = x[start:end:step]
        else:
            x = x[(slice(None),) * (axis % x.ndim) + (slice(start, end, step),)]
    return x


def gather(given: Attributes, x: Given, where: Given) -> Given:
    """Gather, of a shape by numbers, or one or several layers of a tensor."""
    if isinstance(x, list):
        return [x[i] for i in where] if isinstance(where, list) else x[where]
    axis = given.get("axis", 0)
    if isinstance(where, list):
        return torch.index_select(x, axis, torch.tensor(where, device=x.device))
    return x.select(axis, where)


def concat(given: Attributes, *parts: Given) -> Given:
    """Concat, also of shapes."""
    if all(isinstance(p, list) for p in parts):
        return [n for p in parts for n in p]
    return torch.cat(parts, given["axis"])


def split(given: Attributes, x: Tensor, sizes: Sequence[int] | None = None) -> tuple[Tensor, ...]:
    """Split."""
    axis = given.get("axis", 0)
    sizes = given.get("split", sizes)
    if sizes is None:
        sizes = [x.shape[axis] // given["num_outputs"]] * given["num_outputs"]
    return torch.split(x, list(sizes), axis)


def squeeze(given: Attributes, x: Tensor, axes: Sequence[int] | None = None) -> Tensor:
    """Squeeze."""
    return x.squeeze(tuple(given.get("axes", axes)))


def unsqueeze(given: Attributes, x: Given, axes: Sequence[int] | None = None) -> Given:
    """Unsqueeze, also of a number."""
    over = sorted(given.get("axes", axes))
    if not isinstance(x, Tensor):
        return [x]
    for axis in over:
        x = x.unsqueeze(axis)
    return x


def pad(
    given: Attributes,
    x: Tensor,
    pads: Sequence[int],
    value: Given = None,
    axes: Sequence[int] | None = None,
) -> Tensor:
    """Pad with a number."""
    if given.get("mode", "constant") != "constant" or axes is not None:
        raise ValueError("the padding is no number")
    n = len(pads) // 2
    order = [p for i in reversed(range(n)) for p in (pads[i], pads[n + i])]
    return F.pad(x, order, value=0.0 if value is None else float(value))


def transpose(given: Attributes, x: Tensor) -> Tensor:
    """Transpose."""
    return x.permute(given.get("perm") or list(reversed(range(x.ndim))))


def cast(given: Attributes, x: Given) -> Given:
    """Cast of what is float or a shape already."""
    return x


def plain(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """An operation without attributes."""
    return lambda given, *inputs: function(*inputs)


OPERATIONS: dict[str, Callable[..., Given]] = {
    **{"Conv": convolution, "MaxPool": max_pool, "AveragePool": average_pool, "Gemm": gemm},
    **{"BatchNormalization": batch_norm, "InstanceNormalization": instance_norm},
    **{"LayerNormalization": layer_norm, "PRelu": prelu, "Clip": clip},
    **{"Reshape": reshape, "Flatten": flatten, "Slice": sliced, "Gather": gather},
    **{"Concat": concat, "Split": split, "Squeeze": squeeze, "Unsqueeze": unsqueeze},
    **{"Pad": pad, "Transpose": transpose, "Cast": cast},
    "ReduceMean": reduced(torch.mean),
    "ReduceSum": reduced(torch.sum),
    "ReduceMax": reduced(torch.amax),
    "GlobalAveragePool": lambda given, x: x.mean((2, 3), keepdim=True),
    "GlobalMaxPool": lambda given, x: x.amax((2, 3), keepdim=True),
    "Shape": lambda given, x: list(x.shape),
    "Softmax": lambda given, x: torch.softmax(x, given.get("axis", -1)),
    "LeakyRelu": lambda given, x: F.leaky_relu(x, given.get("alpha", 0.01)),
    "Elu": lambda given, x: F.elu(x, given.get("alpha", 1.0)),
    "Gelu": lambda given, x: F.gelu(x, approximate=given.get("approximate", "none")),
    "HardSigmoid": lambda given, x: torch.clamp(
        given.get("alpha", 0.2) * x + given.get("beta", 0.5), 0, 1
    ),
    "HardSwish": plain(F.hardswish),
    "Dropout": lambda given, x, *rest: x,
    "Identity": plain(lambda x: x),
    **{"Relu": plain(torch.relu), "Sigmoid": plain(torch.sigmoid), "Tanh": plain(torch.tanh)},
    **{"Add": plain(torch.add), "Sub": plain(torch.sub), "Mul": plain(torch.mul)},
    **{"Div": plain(torch.div), "MatMul": plain(torch.matmul), "Pow": plain(torch.pow)},
    **{"Sqrt": plain(torch.sqrt), "Erf": plain(torch.erf), "Exp": plain(torch.exp)},
    **{"Neg": plain(torch.neg), "Abs": plain(torch.abs)},
}
