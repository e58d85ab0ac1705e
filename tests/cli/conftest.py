"""What the command line's tests share: a command of its own, the sample film, a portrait."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command import Cameo

from reid_core import images
from reid_core.actions.demo import FILM, other_look, sample_photograph
from reid_core.models.store import ModelStore

FAR_RIGHT = np.float32([1126, 273, 1221, 397])


@pytest.fixture
def cameo(tmp_path: Path, model_store: ModelStore) -> Cameo:
    return Cameo(tmp_path, model_store.folder)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    FILM.write(images.read_image(sample_photograph()), path)
    return path


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    photograph = images.read_image(sample_photograph())
    images.write_image(other_look(photograph, FAR_RIGHT), tmp_path / "portrait.jpg")
    return tmp_path / "portrait.jpg"
