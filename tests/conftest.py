"""What every test shares: isolation from the user's folders, real models, real data, quiet."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from reid_core.library import Library
from reid_core.models.store import ModelStore, catalog

SHARED = Path(__file__).resolve().parents[2] / "shared"
DEFAULTS = ("yunet-2023mar", "dlib-resnet-v1", "ssdlite-pedestrian", "cameo-body-v1")

settings.register_profile("untimed", deadline=None)  # no test fails because the machine is busy
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the user's library, models or home, and its processes are modest."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home" / "data"))
    monkeypatch.setenv("CAMEO_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    # for processes: threads of products this small wait for one another where others work as well
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """An unexpected warning in the log fails the test."""
    yield
    loud = [r for r in caplog.get_records("call") if r.levelno >= logging.WARNING]
    assert not loud, [r.getMessage() for r in loud]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without the research data its tests are skipped, saying so; the gate makes that a failure."""
    if (SHARED / "data").is_dir():
        return
    if os.environ.get("CAMEO_REQUIRE_SHARED"):
        raise pytest.UsageError(f"the research data is missing: {SHARED / 'data'}")
    missing = pytest.mark.skip(reason="the research data beside the checkout is not there")
    for item in items:
        if item.get_closest_marker("real_data"):
            item.add_marker(missing)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with research data and models."""
    return SHARED


@pytest.fixture(scope="session")
def data(shared: Path) -> Path:
    """The research data."""
    return shared / "data"


@pytest.fixture(scope="session")
def model_store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """The default models, fetched once; a missing model is a failure, never a skip."""
    given = os.environ.get("CAMEO_TEST_MODELS")
    cache = (
        Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "cameo-tests" / "models"
    )
    store = ModelStore(Path(given) if given else cache)
    for name in DEFAULTS:
        assert name in catalog()
        store.ensure(name)
    return store


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library."""
    with Library.open(tmp_path / "library") as opened:
        yield opened
