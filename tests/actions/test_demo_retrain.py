"""The sample retrained: it runs, says what it came to, and leaves every search as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from reid_core import images
from reid_core.actions.demo import FILM, sample_photograph
from reid_core.actions.demo_retrain import LOOKS, NAMES, demo_retraining
from reid_core.actions.loading import Models
from reid_core.library import Library, people, retrainings
from reid_core.models.store import ModelStore


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    FILM.write(images.read_image(sample_photograph()), path)
    return path


def test_the_sample_is_retrained_judged_used_and_taken_back(
    film: Path, tmp_path: Path, model_store: ModelStore
) -> None:
    done = demo_retraining(tmp_path / "retraining", film, Models(model_store))
    assert 2 * len(NAMES) <= done.pictures < LOOKS * len(NAMES)  # some are too poor, as in life
    assert "95 % confidence, 6 people held out" in done.run.verdict["sentence"]
    assert done.accepted
    assert done.overridden is not done.run.is_offered
    assert done.is_back
    with Library.open(tmp_path / "retraining" / "library") as library, library.read() as connection:
        assert {p.name for p in people.list_people(connection)} == set(NAMES)
        (run,) = retrainings.list_runs(connection)
        assert (run.state, run.in_use) == (retrainings.BACK, False)
