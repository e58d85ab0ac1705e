"""A library that was retrained once, for the tests of retraining and of what follows it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import made_gallery
import pytest
from made_gallery import COUNT, opened

from reid_core.actions.loading import Models
from reid_core.actions.retrain import retrain
from reid_core.library import Library
from reid_core.models.store import ModelStore
from reid_core.types import Kind


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """With one body network that is quick and knows nothing."""
    return made_gallery.store_in(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny: ModelStore) -> Path:
    """A library of people whom the network sees badly, with a run that was judged."""
    folder = tmp_path_factory.mktemp("trained") / "library"
    library, model = opened(folder, tiny)
    with library:
        made_gallery.gallery(library, model, count=COUNT)
        retrain(library, Models.of(library, tiny), Kind.BODY)
    return folder


@pytest.fixture
def ready(trained: Path, tmp_path: Path) -> Iterator[Library]:
    """A copy of it of one's own."""
    shutil.copytree(trained, tmp_path / "copy")
    with Library.open(tmp_path / "copy") as library:
        yield library


@pytest.fixture
def fresh(tmp_path: Path, tiny: ModelStore) -> Iterator[tuple[Library, str]]:
    library, model = opened(tmp_path / "fresh", tiny)
    with library:
        yield library, model
