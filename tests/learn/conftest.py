"""What the tests of learning share: torch is needed, and every test begins with the same numbers.

Without torch they are skipped, saying so; the gate makes that a failure.
"""

from __future__ import annotations

import importlib.util
import os

import pytest

HAS_TORCH = importlib.util.find_spec("torch") is not None
if not HAS_TORCH and os.environ.get("CAMEO_REQUIRE_TORCH"):
    raise pytest.UsageError("torch is missing: pip install 'cameo-reid[train]'")
collect_ignore_glob = [] if HAS_TORCH else ["test_*.py"]


def pytest_report_header() -> str:
    return "" if HAS_TORCH else "tests/learn is skipped: pip install 'cameo-reid[train]'"


@pytest.fixture(autouse=True)
def _repeatable() -> None:
    import torch

    torch.manual_seed(0)
