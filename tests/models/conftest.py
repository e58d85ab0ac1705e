"""What the tests of the model folder share: a folder, and a catalog with a tiny model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made_store import DATA, PLAIN, SHA256

from reid_core.models import sources, store
from reid_core.models.catalog import Entry
from reid_core.models.sources import LocalFile
from reid_core.models.store import ModelStore

Tiny = Callable[..., None]


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """Put a model `tiny` with the given sources into the catalog."""

    def put(*where: sources.Source, **changes: object) -> None:
        one = replace(PLAIN, **{"sha256": SHA256, "origin_sha256": SHA256, **changes})
        entry = Entry(one, where, "", len(DATA), False)
        monkeypatch.setattr(store, "catalog", lambda: {"tiny": entry})

    return put


@pytest.fixture
def models(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture
def good(tmp_path: Path) -> LocalFile:
    (tmp_path / "good.onnx").write_bytes(DATA)
    return LocalFile(tmp_path / "good.onnx")
