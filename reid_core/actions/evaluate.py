"""Measure models on labelled data: verification, identification, re-identification, videos."""

from __future__ import annotations

from reid_core.actions.evaluate_conditions import CONDITIONS, SplitBy
from reid_core.actions.evaluate_identify import Identification, Splits, evaluate_identify
from reid_core.actions.evaluate_pairs import AllPairs, Wanted, evaluate_all_pairs
from reid_core.actions.evaluate_people import Verification, evaluate_verification
from reid_core.actions.evaluate_reid import Reidentification, ReidRules, evaluate_reid
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
    "CONDITIONS",
    "SCORE",
    "AllPairs",
    "DetectionReport",
    "Identification",
    "ReidRules",
    "Reidentification",
    "SplitBy",
    "Splits",
    "TrackReport",
    "TrackletSource",
    "Verification",
    "Wanted",
    "evaluate_all_pairs",
    "evaluate_detect",
    "evaluate_identify",
    "evaluate_reid",
    "evaluate_track",
    "evaluate_tracklets",
    "evaluate_verification",
    "indexed_tracklets",
]
