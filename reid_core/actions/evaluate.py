"""Measure models on labelled data: verification, re-identification, detection, tracking."""

from __future__ import annotations

from reid_core.actions.evaluate_people import (
    Reidentification,
    ReidRules,
    Verification,
    evaluate_reid,
    evaluate_verification,
)
from reid_core.actions.evaluate_video import (
    SCORE,
    DetectionReport,
    TrackletSource,
    TrackReport,
    evaluate_detect,
    evaluate_track,
    evaluate_tracklets,
    indexed_tracklets,
)

__all__ = [
    "SCORE",
    "DetectionReport",
    "ReidRules",
    "Reidentification",
    "TrackReport",
    "TrackletSource",
    "Verification",
    "evaluate_detect",
    "evaluate_reid",
    "evaluate_track",
    "evaluate_tracklets",
    "evaluate_verification",
    "indexed_tracklets",
]
