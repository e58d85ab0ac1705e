"""The pipeline with made-up stages: cuts, segments, links, order, broken sources."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from reid_core.embed.stripes import ColourStripes
from reid_core.errors import SourceBroken
from reid_core.library.ids import stable_id
from reid_core.track.stitch import Stitcher
from reid_core.track.tracker import ByteTrack
from reid_core.types import Detections, Frame, Image, Kind, Tracklet
from reid_core.video import pipeline
from reid_core.video.pipeline import Plan, Stage

RNG = np.random.default_rng(1)
SCENES = [
    RNG.integers(0, 256, (12, 16, 3)).repeat(20, 0).repeat(20, 1).astype(np.uint8) for _ in range(2)
]


class Finder:
    """Finds whatever the picture's first pixels say: how many people, and where the first is."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def detect(self, image: Image) -> Detections:
        n, x = int(image[0, 0, 0]), float(image[0, 1, 0])
        rows = [[x + 90 * i, 30, x + 90 * i + 40, 150] for i in range(n)]
        if self.kind is Kind.FACE:  # the head of each body
            rows = [[a + 12, b + 4, c - 12, b + 24] for a, b, c, _ in rows]
        points = np.zeros((n, self.kind.n_keypoints, 2), np.float32)
        boxes = np.array(rows, np.float32).reshape(n, 4)
        return Detections(boxes, np.full(n, 0.95, np.float32), points, self.kind)


class Embedder(ColourStripes):
    """Colour stripes for either kind."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(model="m")
        self.kind = kind


def stage(kind: Kind) -> Stage:
    tracker = ByteTrack(per_second=5, lost_s=0.5, sure=0.5, start=0.6, iou_at_least=0.2)
    return Stage(Finder(kind), tracker, Embedder(kind), Stitcher(gap_s=3), lone=0.8, lost_s=0.6)


def frames(rows: list[tuple[int, int, int]]) -> Iterator[Frame]:
    """(scene, people, x) five times a second."""
    for i, (scene, n, x) in enumerate(rows):
        image = SCENES[scene].copy()
        image[0, 0, 0], image[0, 1, 0] = n, x
        yield Frame(image, i, i / 5, "made")


def key_of(kind: Kind, start_s: float, box: np.ndarray) -> int:
    return stable_id(kind, round(start_s, 3), *box.tolist())


def run(rows, kinds=(Kind.BODY,), **plan) -> list[Tracklet]:
    stages = tuple(stage(k) for k in kinds)
    segments = pipeline.run(frames(rows), stages, key_of=key_of, plan=Plan(**plan))
    return sorted((t for s in segments for t in s.tracklets), key=lambda t: t.start_s)


def test_one_person_walking_is_one_tracklet_with_spread_views() -> None:
    (one,) = run([(0, 1, 10 + i) for i in range(25)])
    assert (one.start_s, one.end_s) == (0.0, 4.8)
    assert len(one.views) == 5
    assert one.embeddings.vectors.shape == (5, ColourStripes.dim)
    assert one.chain == one.key == key_of(Kind.BODY, 0.0, np.float32([10, 30, 50, 150]))


def test_a_cut_ends_a_tracklet_although_somebody_stands_in_the_same_place() -> None:
    rows = [(0, 1, 10)] * 10 + [(1, 1, 10)] * 10
    first, second = run(rows)
    assert (first.end_s, second.start_s) == (1.8, 2.0)


def test_a_segment_ends_tracklets_and_the_chain_goes_on() -> None:
    rows = [(0, 1, 10)] * 30
    parts = run(rows, segment_s=2.0)
    assert [(p.start_s, p.end_s) for p in parts] == [(0.0, 1.8), (2.0, 3.8), (4.0, 5.8)]
    assert len({p.chain for p in parts}) == 1


def test_faces_and_bodies_know_each_other() -> None:
    found = run([(0, 2, 10)] * 10, kinds=(Kind.FACE, Kind.BODY))
    by_key = {t.key: t for t in found}
    assert len(found) == 4
    for t in found:
        assert t.link is not None
        other = by_key[t.link]
        assert other.kind is not t.kind
        assert other.link == t.key
        assert abs(other.boxes[0][0] - t.boxes[0][0]) < 20


def test_nobody_and_no_pictures() -> None:
    assert run([(0, 0, 0)] * 5) == []
    assert run([]) == []


def test_a_source_that_breaks_loses_nothing_that_was_seen() -> None:
    def breaking() -> Iterator[Frame]:
        yield from frames([(0, 1, 10)] * 8)
        raise SourceBroken("at 1.4 s")

    got = []
    segments = pipeline.run(breaking(), (stage(Kind.BODY),), key_of=key_of, plan=Plan())

    def collect() -> None:
        for segment in segments:
            got.extend(segment.tracklets)

    with pytest.raises(SourceBroken, match=r"1\.4"):
        collect()
    assert [(t.start_s, t.end_s) for t in got] == [(0.0, 1.4)]
