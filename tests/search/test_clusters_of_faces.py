"""Real faces: groups are people, and better ones than density-based clustering finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.cluster import DBSCAN

from reid_core import images
from reid_core.actions.loading import Models
from reid_core.actions.looking import central
from reid_core.models.store import ModelStore
from reid_core.search import clusters
from reid_core.types import Kind

PEOPLE = 120  # of LFW, those with the most pictures
PICTURES = 4  # of each at most


def b_cubed(labels: np.ndarray, ids: np.ndarray) -> float:
    """F, face by face: of those in its group its own people, and of its own people those there."""
    own, mates = ids[:, None] == ids, labels[:, None] == labels
    both = (own & mates).sum(1)
    precision, recall = np.mean(both / mates.sum(1)), np.mean(both / own.sum(1))
    return float(2 * precision * recall / (precision + recall))


@pytest.fixture(scope="module")
def faces(data: Path, model_store: ModelStore) -> tuple[np.ndarray, np.ndarray, float]:
    """Vectors, whose each is, and the model's threshold."""
    models = Models(model_store)
    detector, embedder = models.detector(Kind.FACE), models.embedder(Kind.FACE)
    folders = sorted((data / "faces" / "lfw").iterdir(), key=lambda f: (-len(list(f.iterdir())), f))
    rows, ids = [], []
    for number, folder in enumerate(folders[:PEOPLE]):
        for path in sorted(folder.iterdir())[:PICTURES]:
            image = images.read_image(path)
            found = detector.detect(image)
            one = central(image, found)
            rows.append(embedder.embed(embedder.chips(image, found[one : one + 1]))[0])
            ids.append(number)
    value = models.threshold(Kind.FACE).value
    assert value is not None
    return np.stack(rows), np.array(ids), value


@pytest.mark.real_data
def test_groups_are_people(faces: tuple[np.ndarray, np.ndarray, float]) -> None:
    rows, ids, threshold = faces
    found = clusters.group(rows, at_least=threshold)
    assert b_cubed(found, ids) >= 0.95


@pytest.mark.real_data
def test_no_threshold_makes_density_better(faces: tuple[np.ndarray, np.ndarray, float]) -> None:
    rows, ids, threshold = faces
    ours = b_cubed(clusters.group(rows, at_least=threshold), ids)
    for at_least in np.arange(0.90, 0.98, 0.005):
        labels = DBSCAN(eps=1 - at_least, min_samples=2, metric="cosine").fit_predict(rows)
        alone = labels < 0
        labels[alone] = labels.max() + 1 + np.arange(alone.sum())
        assert ours > b_cubed(labels, ids), at_least
