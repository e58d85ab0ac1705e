"""A graph in ONNX, or its end, as a network of torch that can learn.

What it computes is read from the graph, so no architecture has to be known; only its operations
have to be among those of `onnx_operations`. Batch normalisation keeps its statistics.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from onnx import NodeProto, helper
from torch import Tensor, nn

from reid_core.errors import ModelError, TrainingError
from reid_core.learn.backbones.onnx_operations import OPERATIONS, Given
from reid_core.models.session import RUNTIME_ERRORS, open_session
from reid_core.models.tail import Array, Tail, front, whole
from reid_core.types import Floats

TIMED, TIMES = 8, 4  # pictures, of which the quickest time counts
CLOSE = 1e-4  # between torch's values and ONNX Runtime's, as a share of the largest


class OnnxGraph(nn.Module):
    """What goes into the tail (N, ...) to what comes out of it (N, dim)."""

    def __init__(self, graph: Tail) -> None:
        super().__init__()
        self._given, self._made = graph.given, graph.made
        self._nodes = [(node, _attributes(node)) for node in graph.nodes]
        self._plain: dict[str, Given] = {}
        self.names: dict[str, str] = {}  # of parameters here, by those in the graph
        for number, (name, value) in enumerate(graph.constants.items()):
            if name in graph.learnt:
                self.names[name] = f"w{number}"
                self.register_parameter(f"w{number}", nn.Parameter(_tensor(value)))
            elif np.issubdtype(value.dtype, np.floating):
                self.names[name] = f"c{number}"
                self.register_buffer(f"c{number}", _tensor(value))
            else:
                self._plain[name] = value.tolist()
        self._learnt = graph.learnt

    def forward(self, given: Tensor) -> Tensor:
        """(N, ...) to (N, dim)."""
        values: dict[str, Given] = {**self._plain, self._given: given}
        values |= {name: getattr(self, own) for name, own in self.names.items()}
        for node, attributes in self._nodes:
            inputs = [values[i] if i else None for i in node.input]
            out = OPERATIONS[node.op_type](attributes, *inputs)
            several = out if isinstance(out, tuple) else (out,)
            values.update(zip(node.output, several, strict=False))
        made = values[self._made]
        assert isinstance(made, Tensor)
        return made.flatten(1)

    def weights(self) -> dict[str, Floats]:
        """What learns, by its names in the graph."""
        own = self.state_dict()
        return {n: own[self.names[n]].detach().cpu().numpy() for n in self._learnt}


def rebuilt(graph: Tail, file: Path, *, height: int, width: int) -> OnnxGraph:
    """The network of a file's graph, or of its end, shown to compute what ONNX Runtime does.

    Raises TrainingError when it does not, or cannot be rebuilt.
    """
    net = OnnxGraph(graph).eval()
    noise = np.random.default_rng(0).normal(size=(2, 3, height, width)).astype(np.float32)
    try:
        session = open_session(file, provider="cpu")
        images = session.get_inputs()[0].name
        given = front(file, graph).run([graph.given], {images: noise})[0] if graph.shape else noise
        wanted = session.run([graph.made], {images: noise})[0]
        with torch.inference_mode():
            found = net(torch.from_numpy(given)).numpy()
    except (*RUNTIME_ERRORS, TypeError, LookupError, AssertionError) as error:
        raise TrainingError(f"{file.name} cannot be rebuilt from its graph.") from error
    wanted = wanted.reshape(len(noise), -1)
    scale = float(np.abs(wanted).max())
    if found.shape != wanted.shape or not np.abs(found - wanted).max() <= CLOSE * scale:
        raise TrainingError(f"{file.name} cannot be rebuilt: torch computes something else.")
    return net


def seconds_a_picture(net: OnnxGraph, *, height: int, width: int) -> float:
    """Of learning, measured on this machine's CPU."""
    noise, took = torch.rand(TIMED, 3, height, width), []
    for _ in range(TIMES):
        began = time.perf_counter()
        net(noise).sum().backward()
        took.append(time.perf_counter() - began)
    return min(took) / TIMED


class OnnxBackbone(nn.Module):
    """Pictures (N, 3, H, W), RGB, to the vectors (N, channels) of a whole graph.

    bgr: the graph itself wants blue first.
    """

    def __init__(self, graph: Tail, channels: int, *, bgr: bool) -> None:
        super().__init__()
        self.graph, self.channels, self._bgr = OnnxGraph(graph), channels, bgr

    def forward(self, x: Tensor) -> Tensor:
        """Vectors of a batch of pictures."""
        made: Tensor = self.graph(x.flip(1) if self._bgr else x)
        return made


def from_onnx(
    file: str, *, channels: int, bgr: bool = False, weights: str | Path | None = None
) -> OnnxBackbone:
    """A network from its graph in an ONNX file, with the weights in it, which can learn on.

    channels: of its vectors. Raises TrainingError where the graph cannot be rebuilt.
    """
    if weights is not None:
        raise ValueError("the file has weights of its own")
    try:
        return OnnxBackbone(whole(Path(file)), channels, bgr=bgr)
    except ModelError as error:
        raise TrainingError(str(error)) from error


def _tensor(value: Array) -> Tensor:
    return torch.from_numpy(np.array(value, np.float32))


def _attributes(node: NodeProto) -> dict[str, Any]:
    """By name, as plain Python values."""
    found = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    return {n: v.decode() if isinstance(v, bytes) else v for n, v in found.items()}
