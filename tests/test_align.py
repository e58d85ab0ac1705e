"""Alignment against scikit-image and against pictures drawn for the purpose."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.transform import SimilarityTransform

from reid_core import align

TEMPLATE = np.float32([[38, 52], [74, 52], [56, 72], [42, 92], [71, 92]])


@given(
    st.floats(-3, 3),
    st.floats(0.1, 8),
    st.floats(-500, 500),
    st.floats(-500, 500),
    st.integers(0, 99),
)
def test_similarity_equals_scikit_image(angle, scale, x, y, seed) -> None:
    noise = np.random.default_rng(seed).normal(0, 1, (5, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    src = (TEMPLATE @ turn.T) * scale + (x, y) + noise
    ours = align.similarity_transform(src.astype(np.float64), TEMPLATE)
    theirs = SimilarityTransform.from_estimate(src, TEMPLATE).params[:2]
    np.testing.assert_allclose(ours, theirs, atol=1e-6 * (1 + abs(x) + abs(y)))


def test_coinciding_points_are_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        align.similarity_transform(np.ones((5, 2), np.float32), TEMPLATE)


@pytest.mark.parametrize("scale", [0.6, 1.0, 3.0, 9.0])
def test_points_of_a_drawn_face_land_on_the_template(scale: float) -> None:
    points = TEMPLATE * scale + np.float32([40, 25])
    image = np.zeros((int(170 * scale) + 40, int(150 * scale) + 60, 3), np.uint8)
    for x, y in points:
        cv2.circle(
            image, (round(float(x)), round(float(y))), max(2, int(4 * scale)), (255,) * 3, -1
        )
    chip = align.align_face(image, points, template=TEMPLATE, size=(112, 112))
    assert chip.shape == (112, 112, 3)
    for x, y in TEMPLATE:
        patch = chip[int(y) - 6 : int(y) + 7, int(x) - 6 : int(x) + 7, 0].astype(float)
        rows, columns = np.mgrid[-6:7, -6:7]
        assert abs((patch * rows).sum() / patch.sum()) < 1.0
        assert abs((patch * columns).sum() / patch.sum()) < 1.0


def test_cut_stays_inside_the_picture_and_is_never_empty() -> None:
    image = np.arange(20 * 30 * 3, dtype=np.uint32).reshape(20, 30, 3).astype(np.uint8)
    part, origin = align.cut(image, np.float32([-50, -50, 5, 6]))
    assert part.shape == (6, 5, 3)
    assert origin == (0, 0)
    part, origin = align.cut(image, np.float32([100, 100, 120, 120]))
    assert part.shape == (1, 1, 3)
    assert origin == (29, 19)


def test_fit_within_never_enlarges() -> None:
    image = np.zeros((50, 100, 3), np.uint8)
    assert align.fit_within(image, side=200)[1] == 1.0
    small, scale = align.fit_within(image, side=20)
    assert small.shape == (10, 20, 3)
    assert scale == 0.2
