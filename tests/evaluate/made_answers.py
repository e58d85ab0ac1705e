"""Answers of evaluations, made up, a stand-in for what gives them, and the command that asks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from reid_core.actions import evaluate as actions
from reid_core.actions.judged_pairs import Side
from reid_core.cli.main import app
from reid_core.evaluate.compare import Changed, Difference, Turned
from reid_core.evaluate.conditions import Condition, Group
from reid_core.evaluate.curves import Curve, Histogram
from reid_core.evaluate.intervals import Share
from reid_core.evaluate.openset import Sweep
from reid_core.evaluate.verification import Rate

VERIFICATION = actions.Verification(
    pairs=6,
    failures=1,
    accuracy=0.9,
    accuracy_std=0.02,
    accuracy_error=0.01,
    auc=0.95,
    eer=0.1,
    tar={"1e-1": Rate(0.8, 0.7, 0.9, 0.5)},
    model="m@1",
    images_per_s=30.0,
    images=10,
    notes=("No TAR at 1e-3: too few.",),
)
CURVE = Curve(np.array([0.1, 0.5]), np.array([0.9, 0.1]), np.array([0.1, 0.4]))
BARS = Histogram(np.array([0.0, 0.5, 1.0]), np.array([0.2, 0.8]), np.array([0.9, 0.1]))
DIFFERENCE = Difference("TAR @ 1e-1", 0.8, 0.9, 0.1, 0.02, 0.2, "better")
CHANGED = Changed("by thresholds", 3, 1, (Turned(True, "a/1.jpg", "a/2.jpg", 0.1, 0.9, True),))
GROUP = Group("30 to 60 px", 12, 40, 900, Share(0.02, 0.01, 0.03), None, 9)
ALL_PAIRS = actions.AllPairs(
    pairs=940,
    genuine=40,
    impostors=900,
    identities=12,
    images=44,
    failures=1,
    auc=0.95,
    eer=0.1,
    tar={"1e-1": Rate(0.8, 0.7, 0.9, 0.5)},
    model="m@1",
    images_per_s=30.0,
    protocol="all pairs",
    det=CURVE,
    histogram=BARS,
    conditions=(
        Condition(
            "size",
            "the lower",
            0.5,
            0.1,
            (GROUP,),
            ("One threshold …",),
            {"fmr": 1.5, "fnmr": None},
        ),
    ),
    against=Side("n@2", 0.96, 0.09, {"1e-1": Rate(0.9, 0.8, 1.0, 0.6)}, CURVE, BARS),
    differences=(DIFFERENCE,),
    changed=CHANGED,
)
IDENTIFICATION = actions.Identification(
    mated=20,
    nonmated=30,
    gallery=10,
    identities=22,
    images=70,
    failures=0,
    rank1=0.9,
    rank1_low=0.8,
    rank1_high=0.95,
    fnir={"1e-1": Rate(0.25, 0.2, 0.3, 0.55)},
    model="m@1",
    images_per_s=30.0,
    protocol="open set",
    cmc=(0.9, 0.95),
    det=Sweep(np.array([0.5]), np.array([0.1]), np.array([0.25])),
)
DETECTION = actions.DetectionReport(0.7, 0.8, 0.6, 12.5, 10, 0.25, 0.02)
TRACKING = actions.TrackReport(0.4, 0.5, 0.6, 7, 3, 5.0)
REID = actions.Reidentification(4, 8, 0.5, 0.75, 0.4, 0.1, "cross-camera", "stripes")
ANSWERS = {
    "evaluate_verification": VERIFICATION,
    "evaluate_all_pairs": ALL_PAIRS,
    "evaluate_identify": IDENTIFICATION,
    "evaluate_reid": REID,
    "evaluate_detect": DETECTION,
    "evaluate_track": TRACKING,
}


class Asked:
    """Stands in for an action and for loading, and remembers how it was called."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.calls: list[tuple[tuple[object, ...], dict[str, object]]] = []

    def __call__(self, *args: object, **kwargs: object) -> object:
        self.calls.append((args, kwargs))
        return self.answer


def run(tmp_path: Path, *args: str) -> str:
    """What `cameo evaluate` prints with these arguments."""
    result = CliRunner().invoke(app, ["--models", str(tmp_path / "models"), "evaluate", *args])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output
