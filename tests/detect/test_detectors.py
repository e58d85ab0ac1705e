"""Detectors on real pictures, and decoders against independent ones."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from reid_core import boxes, images
from reid_core.actions.demo import sample_photograph
from reid_core.actions.loading import load_detector
from reid_core.detect.scrfd import Scrfd
from reid_core.detect.yolox import YoloX
from reid_core.errors import ModelMismatch
from reid_core.evaluate.detection import average_precision
from reid_core.evaluate.lists import read_mot
from reid_core.models.importing import import_onnx
from reid_core.models.session import open_session
from reid_core.models.store import ModelStore
from reid_core.types import Kind
from reid_core.video.source import open_source


@pytest.mark.parametrize("scale", [0.25, 0.5, 1.0, 3.0])
def test_six_faces_of_the_sample_at_any_size(model_store: ModelStore, scale: float) -> None:
    photograph = images.read_image(sample_photograph())
    size = (int(photograph.shape[1] * scale), int(photograph.shape[0] * scale))
    import cv2

    found = load_detector(model_store, Kind.FACE).detect(cv2.resize(photograph, size))
    assert len(found) == 6
    at_full_size = load_detector(model_store, Kind.FACE).detect(photograph)
    overlap = boxes.iou(found.boxes / np.float32(scale), at_full_size.boxes)
    assert (overlap.max(1) > 0.7).all()
    # each face's points lie inside its box, eyes above mouth, left before right
    points = found.keypoints
    assert (points[:, 0, 0] < points[:, 1, 0]).all()
    assert (points[:, :2, 1].max(1) < points[:, 3:, 1].min(1)).all()
    assert ((points > found.boxes[:, None, :2]) & (points < found.boxes[:, None, 2:])).all()


def test_a_face_larger_than_the_network_knows(model_store: ModelStore) -> None:
    """One face that fills a picture of 1280 px: only the small copy shows it."""
    import cv2

    photograph = images.read_image(sample_photograph())
    close = cv2.resize(photograph[230:450, 430:640], (1220, 1280), interpolation=cv2.INTER_CUBIC)
    found = load_detector(model_store, Kind.FACE).detect(close)
    assert len(found) == 1
    assert found.boxes[0][2] - found.boxes[0][0] > 400


@pytest.mark.parametrize("kind", [Kind.FACE, Kind.BODY])
@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (400, 3), (33, 31), (480, 640)])
def test_nothing_is_found_in_nothing(model_store: ModelStore, kind: Kind, shape) -> None:
    empty = np.full((*shape, 3), 127, np.uint8)
    assert len(load_detector(model_store, kind).detect(empty)) == 0


@pytest.mark.real_data
def test_people_in_a_street_by_both_detectors(
    model_store, data: Path, shared: Path, tmp_path
) -> None:
    """The default and an imported YOLOX find most of TUD-Campus; every 10th frame of it."""
    yolox = ModelStore(tmp_path)
    name = import_onnx(
        yolox, shared / "models/yolox_nano.onnx", role="person-detector", architecture="yolox"
    ).name
    truth = read_mot(data / "video/tud_campus.gt.txt")
    with closing(open_source(data / "video/tud_campus.mp4")) as source:
        frames = [f for f in source if f.index % 10 == 0]
    true = [truth.boxes[truth.frames == f.index] for f in frames]
    for store, model, least in ((model_store, None, 0.75), (yolox, name, 0.6)):
        detector = load_detector(store, Kind.BODY, model, score=0.02)
        found = [detector.detect(f.image) for f in frames]
        assert average_precision([(d.boxes, d.scores) for d in found], true).ap50 > least


class FakeSession:
    """A session that answers with given arrays."""

    def __init__(self, outputs: list[np.ndarray], shape: tuple[int, ...]) -> None:
        self._outputs = outputs
        self._shape = shape

    def get_inputs(self):
        return [type("Input", (), {"name": "input", "shape": self._shape})]

    def get_outputs(self):
        return [type("Output", (), {"name": f"o{i}"}) for i in range(len(self._outputs))]

    def run(self, names, feed):
        (blob,) = feed.values()
        assert blob.dtype == np.float32
        return self._outputs


def test_scrfd_decodes_like_a_loop_over_cells() -> None:
    """Random network outputs, decoded by a slow loop written from the paper's description."""
    rng = np.random.default_rng(3)
    outputs: dict[str, list[np.ndarray]] = {"scores": [], "sides": [], "points": []}
    expected = []
    for stride in (8, 16, 32):
        n = 640 // stride
        scores = (rng.random((2 * n * n, 1)) ** 40).astype(np.float32)
        sides = (1 + 3 * rng.random((2 * n * n, 4))).astype(np.float32)
        points = rng.normal(size=(2 * n * n, 10)).astype(np.float32)
        for part, values in zip(outputs.values(), (scores, sides, points), strict=True):
            part.append(values)
        for row in range(n):
            for column in range(n):
                for anchor in range(2):
                    k = (row * n + column) * 2 + anchor
                    if scores[k, 0] >= 0.5:
                        x, y = column * stride, row * stride
                        left, top, right, bottom = sides[k] * stride
                        box = [x - left, y - top, x + right, y + bottom]
                        marks = points[k].reshape(5, 2) * stride + [x, y]
                        expected.append((scores[k, 0], box, marks))
    session = FakeSession([p for some in outputs.values() for p in some], (1, 3, 640, 640))
    found = Scrfd(session, score=0.5, iou_above=1.0).detect(np.zeros((640, 640, 3), np.uint8))
    expected.sort(key=lambda one: -one[0])
    assert len(found) == len(expected) > 20
    np.testing.assert_allclose(found.scores, [s for s, _, _ in expected])
    np.testing.assert_allclose(found.boxes, [b for _, b, _ in expected], atol=1e-3)
    np.testing.assert_allclose(found.keypoints, [m for _, _, m in expected], atol=1e-3)


def test_yolox_decodes_a_cell_by_hand() -> None:
    """One person: stride 16, row 3, column 5 of a 416 px input; the picture is twice as large."""
    rows = 52 * 52 + 26 * 26 + 13 * 13
    raw = np.zeros((1, rows, 85), np.float32)
    raw[0, 52 * 52 + 3 * 26 + 5, :6] = [0.5, 0.25, np.log(2), np.log(4), 0.9, 0.8]
    found = YoloX(FakeSession([raw], (1, 3, 416, 416))).detect(np.zeros((832, 832, 3), np.uint8))
    cx, cy, w, h = 2 * 5.5 * 16, 2 * 3.25 * 16, 2 * 32, 2 * 64
    np.testing.assert_allclose(
        found.boxes, [[cx - w / 2, max(cy - h / 2, 0), cx + w / 2, cy + h / 2]]
    )
    assert found.scores[0] == pytest.approx(0.72)


def test_a_model_of_another_role_is_refused(model_store: ModelStore) -> None:
    with pytest.raises(ModelMismatch, match="face-detector"):
        load_detector(model_store, Kind.BODY, "yunet-2023mar")
    assert open_session(model_store.path("yunet-2023mar"))
