"""The stages of indexing with the values that were measured to work (docs/benchmarks.md)."""

from __future__ import annotations

from reid_core.protocols import Detector, Embedder
from reid_core.track.stitch import Stitcher
from reid_core.track.tracker import ByteTrack
from reid_core.types import Kind
from reid_core.video.pipeline import Stage

GAP_S = 8.0  # the longest disappearance that stitching bridges


def face_stage(detector: Detector, embedder: Embedder, *, per_second: float) -> Stage:
    """Faces: fast relative to their size, so little overlap is asked for; short memory, since
    a face that turns away is found again by its embedding.
    """
    tracker = ByteTrack(per_second=per_second, lost_s=0.8, sure=0.6, start=0.6, iou_at_least=0.1)
    return Stage(detector, tracker, embedder, Stitcher(gap_s=GAP_S), lone=0.75, lost_s=0.9)


def body_stage(detector: Detector, embedder: Embedder, *, per_second: float) -> Stage:
    """Bodies: slow relative to their size, often hidden behind one another. Tracking by motion
    gives up soon, since stitching by appearance finds them again with fewer mix-ups.
    """
    tracker = ByteTrack(per_second=per_second, lost_s=0.5, sure=0.5, start=0.6, iou_at_least=0.3)
    return Stage(detector, tracker, embedder, Stitcher(gap_s=GAP_S), lone=0.8, lost_s=0.6)


def stages_for(
    kinds: dict[Kind, tuple[Detector, Embedder]], *, per_second: float
) -> tuple[Stage, ...]:
    """One stage per kind, each with fresh tracking state: one video, one set of stages."""
    make = {Kind.FACE: face_stage, Kind.BODY: body_stage}
    return tuple(
        make[kind](detector, embedder, per_second=per_second)
        for kind, (detector, embedder) in kinds.items()
    )
