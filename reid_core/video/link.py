"""Which face sits in which body."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from reid_core import boxes
from reid_core.types import Detections

INSIDE = 0.7  # share of the face that must lie in the body's box
HEAD_SHARE = 0.35  # the face's centre must be in this upper share of the body
MOST_OF_BODY = 0.8  # a "face" wider than this share of the body is somebody else, closer


def faces_in_bodies(faces: Detections, bodies: Detections) -> NDArray[np.int64]:
    """(N,) the row of the body that each face belongs to, -1 where none or more than one fits.

    An ambiguous face is left unbound: a wrong link would put one person's name on another.
    """
    fits = np.zeros((len(faces), len(bodies)), bool)
    if fits.size:
        x, y = boxes.centers(faces.boxes).T
        left, top, right, bottom = bodies.boxes.T
        inside = boxes.coverage(faces.boxes, bodies.boxes) >= INSIDE
        high = y[:, None] <= top + HEAD_SHARE * (bottom - top)
        central = np.abs(x[:, None] - (left + right) / 2) <= 0.35 * (right - left)
        width = (faces.boxes[:, 2] - faces.boxes[:, 0])[:, None]
        fits = inside & high & central & (width <= MOST_OF_BODY * (right - left))
    result = np.full(len(faces), -1, np.int64)
    unique = fits.sum(1) == 1
    claimed_once = fits.sum(0) == 1
    for row in np.flatnonzero(unique):
        body = int(np.flatnonzero(fits[row])[0])
        if claimed_once[body]:
            result[row] = body
    return result


class LinkVotes:
    """Counts over time which body track a face track was seen in."""

    def __init__(self) -> None:
        self._votes: dict[int, Counter[int]] = {}

    def add(self, face: int, body: int) -> None:
        """One picture's evidence: this face track in this body track."""
        self._votes.setdefault(face, Counter())[body] += 1

    def body_of(self, face: int) -> int | None:
        """The body with more than half of the face's votes, if any."""
        votes = self._votes.get(face)
        if not votes:
            return None
        body, n = votes.most_common(1)[0]
        return body if n > votes.total() / 2 else None
