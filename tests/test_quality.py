"""Quality falls when a picture is made worse in exactly one way."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from reid_core import quality
from reid_core.types import Detections, Kind

FRONTAL = np.float32([[60, 70], [100, 70], [80, 92], [65, 115], [95, 115]])


def face(points: np.ndarray = FRONTAL, score: float = 0.95) -> Detections:
    box = np.float32([[30, 30, 130, 150]])
    return Detections(box, np.float32([score]), points[None], Kind.FACE)


@pytest.fixture
def picture() -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 256, (45, 40, 3)).astype(np.uint8)
    return cv2.resize(noise, (160, 180), interpolation=cv2.INTER_CUBIC)


def test_every_part_and_the_whole_lie_between_0_and_1(picture: np.ndarray) -> None:
    (parts,) = quality.measure(picture, face())
    assert set(parts) == set(quality.WEIGHTS)
    assert all(0 <= value <= 1 for value in parts.values())
    assert 0.5 < quality.overall(parts) <= 1


@pytest.mark.parametrize(
    ("part", "spoil"),
    [
        ("sharpness", lambda image: cv2.GaussianBlur(image, (0, 0), 12)),
        (
            "exposure",
            lambda image: np.repeat(np.where(image[..., :1] > 90, 255, 0), 3, 2).astype("u1"),
        ),
        ("exposure", lambda image: (image // 16 + 100).astype(np.uint8)),
    ],
)
def test_a_spoilt_picture_loses_that_part(picture, part, spoil) -> None:
    (good,), (bad,) = quality.measure(picture, face()), quality.measure(spoil(picture), face())
    assert bad[part] < good[part] - 0.3
    assert quality.overall(bad) < quality.overall(good)


def test_turning_the_head_lowers_pose_and_tilting_it_does_not(picture: np.ndarray) -> None:
    turned = FRONTAL + np.float32([[0, 0], [0, 0], [18, 0], [0, 0], [0, 0]])
    c, s = np.cos(0.5), np.sin(0.5)
    tilted = ((FRONTAL - 90) @ np.float32([[c, s], [-s, c]]) + 90).astype(np.float32)
    pose = [quality.measure(picture, face(p))[0]["pose"] for p in (FRONTAL, turned, tilted)]
    assert pose[1] < 0.5 * pose[0]
    assert pose[2] == pytest.approx(pose[0], abs=1e-3)


def test_a_body_cut_off_by_the_edge_is_worse() -> None:
    image = np.random.default_rng(1).integers(0, 256, (300, 200, 3)).astype(np.uint8)
    two = np.float32([[50, 50, 110, 230], [50, 120, 110, 300]])
    bodies = Detections(two, np.float32([0.9, 0.9]), np.zeros((2, 0, 2), np.float32), Kind.BODY)
    whole, cut = quality.measure(image, bodies)
    assert cut["pose"] < whole["pose"]


def test_no_detections_no_measures() -> None:
    assert quality.measure(np.zeros((9, 9, 3), np.uint8), Detections.empty(Kind.FACE)) == []
