"""What the tests of learning share: torch is needed, and every test begins with the same numbers.

Without torch they are skipped, saying so; the gate makes that a failure.
"""

from __future__ import annotations

import copy
import hashlib
import importlib.util
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import onnx
    from torch import Tensor, nn

HAS_TORCH = importlib.util.find_spec("torch") is not None
if not HAS_TORCH and os.environ.get("CAMEO_REQUIRE_TORCH"):
    raise pytest.UsageError("torch is missing: pip install 'cameo-reid[train]'")
collect_ignore_glob = [] if HAS_TORCH else ["test_*.py"]


def pytest_report_header() -> str:
    return "" if HAS_TORCH else "tests/learn is skipped: pip install 'cameo-reid[train]'"


@pytest.fixture(autouse=True)
def _repeatable() -> None:
    """One thread: two take up to twenty times as long for networks this small where others work."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def written_graphs() -> dict[bytes, onnx.ModelProto]:
    """Those that torch has written, under what went into them."""
    return {}


@pytest.fixture
def graphs_once(
    monkeypatch: pytest.MonkeyPatch, written_graphs: dict[bytes, onnx.ModelProto]
) -> None:
    """torch takes seconds to write a graph: those of one network are written once."""
    from reid_core.learn import export as exporting

    real = exporting._graph

    def graph(network: nn.Module, two: Tensor, name: str) -> onnx.ModelProto:
        key = hashlib.sha256(type(network).__name__.encode())
        for value in network.state_dict().values():
            key.update(value.numpy().tobytes())
        if key.digest() not in written_graphs:
            written_graphs[key.digest()] = real(network, two, name)
        return copy.deepcopy(written_graphs[key.digest()])

    monkeypatch.setattr(exporting, "_graph", graph)


@pytest.fixture
def small() -> nn.Module:
    """A small network as after some training, in eval mode."""
    from made_exports import Small, lived

    return lived(Small())
