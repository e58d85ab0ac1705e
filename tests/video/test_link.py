"""Faces find their bodies, and stay alone when it is not clear."""

from __future__ import annotations

import numpy as np

from reid_core.types import Detections, Kind
from reid_core.video.link import LinkVotes, faces_in_bodies


def some(kind: Kind, *boxes: list[float]) -> Detections:
    n = len(boxes)
    return Detections(
        np.array(boxes, np.float32).reshape(n, 4),
        np.ones(n, np.float32),
        np.zeros((n, kind.n_keypoints, 2), np.float32),
        kind,
    )


def test_a_face_at_the_head_of_a_body_is_linked() -> None:
    faces = some(Kind.FACE, [40, 15, 60, 40], [240, 110, 262, 140])
    bodies = some(Kind.BODY, [200, 100, 300, 400], [10, 10, 90, 250])
    assert faces_in_bodies(faces, bodies).tolist() == [1, 0]


def test_a_face_at_the_belt_or_beside_is_not() -> None:
    bodies = some(Kind.BODY, [10, 10, 90, 250])
    faces = some(Kind.FACE, [40, 130, 60, 155], [100, 20, 120, 45])
    assert faces_in_bodies(faces, bodies).tolist() == [-1, -1]


def test_two_bodies_that_fit_leave_the_face_alone() -> None:
    bodies = some(Kind.BODY, [10, 10, 90, 250], [14, 12, 95, 260])
    assert faces_in_bodies(some(Kind.FACE, [40, 15, 60, 40]), bodies).tolist() == [-1]


def test_nobody_at_all() -> None:
    assert (
        faces_in_bodies(Detections.empty(Kind.FACE), some(Kind.BODY, [0, 0, 9, 9])).tolist() == []
    )
    assert faces_in_bodies(some(Kind.FACE, [0, 0, 9, 9]), Detections.empty(Kind.BODY)).tolist() == [
        -1
    ]


def test_the_majority_of_pictures_decides() -> None:
    votes = LinkVotes()
    for body in (7, 7, 8, 7):
        votes.add(1, body)
    for body in (7, 8):
        votes.add(2, body)
    assert votes.body_of(1) == 7
    assert votes.body_of(2) is None
    assert votes.body_of(3) is None
