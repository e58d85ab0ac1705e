"""Embeddings: unit rows, whatever the batch; the same person nearer than another."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from reid_core import images
from reid_core.actions.demo import other_look, sample_photograph
from reid_core.actions.loading import load_detector, load_embedder
from reid_core.embed.stripes import ColourStripes
from reid_core.models.importing import import_onnx
from reid_core.models.store import ModelStore
from reid_core.types import Detections, Kind


def test_faces_of_the_sample_know_their_other_look(model_store: ModelStore) -> None:
    photograph = images.read_image(sample_photograph())
    detector = load_detector(model_store, Kind.FACE)
    embedder = load_embedder(model_store, Kind.FACE)
    found = detector.detect(photograph)
    chips = embedder.chips(photograph, found)
    assert [c.shape for c in chips] == [(150, 150, 3)] * 6
    rows = embedder.embed(chips)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(embedder.embed(chips[2:3]), rows[2:3], atol=1e-4)
    for i, box in enumerate(found.boxes):
        look = other_look(photograph, box)
        again = detector.detect(look)
        (vector,) = embedder.embed(embedder.chips(look, again[:1]))
        assert int(np.argmax(rows @ vector)) == i
        assert float(rows[i] @ vector) > 0.92


def test_a_mirrored_face_embeds_the_same_with_flips(model_store: ModelStore) -> None:
    embedder = load_embedder(model_store, Kind.FACE)
    chip = np.random.default_rng(0).integers(0, 256, (150, 150, 3)).astype(np.uint8)
    a, b = embedder.embed([chip, np.ascontiguousarray(chip[:, ::-1])])
    np.testing.assert_allclose(a, b, atol=1e-4)


def test_no_chips_no_rows(model_store: ModelStore) -> None:
    assert load_embedder(model_store, Kind.FACE).embed([]).shape == (0, 128)
    stripes = load_embedder(model_store, Kind.BODY)
    assert stripes.embed([]).shape == (0, stripes.dim)
    assert stripes.chips(np.zeros((9, 9, 3), np.uint8), Detections.empty(Kind.BODY)) == []


def dressed(top: tuple[int, ...], bottom: tuple[int, ...], light: float = 1.0) -> np.ndarray:
    """Somebody in two colours (BGR) before a grey wall."""
    image = np.full((200, 90, 3), 128, np.uint8)
    cv2.rectangle(image, (25, 10), (65, 100), top, -1)
    cv2.rectangle(image, (25, 100), (65, 195), bottom, -1)
    return (image * light).astype(np.uint8)


def test_stripes_tell_clothes_apart_and_where_they_are() -> None:
    red, blue, green = (30, 30, 200), (200, 60, 30), (40, 180, 60)
    looks = [
        dressed(red, blue),
        dressed(red, blue, 0.92),
        dressed(blue, red),
        dressed(red, green),
    ]
    stripes = ColourStripes(model="m")
    box, points = np.float32([[0, 0, 90, 200]]), np.zeros((1, 0, 2), np.float32)
    whole = Detections(box, np.ones(1, np.float32), points, Kind.BODY)
    rows = stripes.embed([stripes.chips(look, whole)[0] for look in looks])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    same, swapped, other = (rows @ rows[0])[1:]
    assert same > other > swapped


@pytest.mark.real_data
def test_an_imported_body_network_ranks_across_cameras(tmp_path: Path, shared: Path) -> None:
    """OSNet x0.25 on 12 people: rank-1 well above chance, and better than colour stripes."""
    from reid_core.actions.evaluate import evaluate_reid

    store = ModelStore(tmp_path / "models")
    network = shared / "models/osnet_x0_25_msmt17.onnx"
    import_onnx(store, network, role="body-embedder", name="osnet")
    crops = tmp_path / "crops"
    crops.mkdir()
    for folder in sorted((shared / "data/reid/market1501").iterdir())[:12]:
        for path in folder.iterdir():
            (crops / path.name).symlink_to(path)
    osnet = evaluate_reid(crops, load_embedder(store, Kind.BODY, "osnet"))
    stripes = evaluate_reid(crops, ColourStripes(model="m"))
    assert osnet.rank1 > 0.8
    assert osnet.mAP > stripes.mAP
    assert "cross-camera" in osnet.protocol
