"""`cameo evaluate`: the JSON contracts, the readable form and the messages."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_answers import DETECTION, IDENTIFICATION, REID, TRACKING, VERIFICATION, Asked, run
from typer.testing import CliRunner

from reid_core import images
from reid_core.actions import evaluate as actions
from reid_core.cli.main import app
from reid_core.errors import BadList
from reid_core.models.store import ModelStore

COMMANDS = {
    "verification": (
        ["--images", "faces", "--pairs", "pairs.txt"],
        "evaluate_verification",
        VERIFICATION,
        "pairs failures accuracy accuracy_std auc eer tar model images_per_s",
    ),
    "identify": (
        ["--images", "faces"],
        "evaluate_identify",
        IDENTIFICATION,
        "mated nonmated gallery rank1 fnir model protocol",
    ),
    "reid": (
        ["--images", "market"],
        "evaluate_reid",
        REID,
        "queries gallery rank1 rank5 mAP mINP protocol model",
    ),
    "detect": (
        ["--video", "v.mp4", "--truth", "gt.txt"],
        "evaluate_detect",
        DETECTION,
        "ap50 precision recall ms_per_frame",
    ),
    "track": (
        ["--video", "v.mp4", "--truth", "gt.txt"],
        "evaluate_track",
        TRACKING,
        "hota idf1 mota id_switches",
    ),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_json_has_what_scripts_rely_on(
    command: str, tmp_path: Path, loaded: dict[str, Asked]
) -> None:
    args, _, answer, keys = COMMANDS[command]
    report = json.loads(run(tmp_path, command, *args, "--json", "-"))
    for key in keys.split():
        if key not in ("tar", "fnir"):
            assert report[key] == getattr(answer, key)
    if command == "verification":
        assert report["tar"]["1e-1"].items() >= {"value": 0.8, "low": 0.7, "high": 0.9}.items()
    target = tmp_path / "out.json"
    assert run(tmp_path, command, *args, "--json", str(target)) == ""
    assert json.loads(target.read_text("utf-8")) == report


@pytest.mark.parametrize("command", COMMANDS)
def test_readable_form_has_every_number(
    command: str, tmp_path: Path, loaded: dict[str, Asked]
) -> None:
    args, _, answer, keys = COMMANDS[command]
    text = run(tmp_path, command, *args)
    for key in keys.split():
        if key not in ("tar", "fnir"):
            row = next(line for line in text.splitlines() if line.split()[0] == key)
            assert row.endswith(str(getattr(answer, key)))
    if command == "verification":
        assert "TAR @ 1e-1      0.8000  (0.7000 to 0.9000)" in text
        assert "note: No TAR at 1e-3: too few." in text
    if command == "identify":
        assert "FNIR @ 1e-1     0.2500  (0.2000 to 0.3000)" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str, tmp_path: Path) -> None:
    text = " ".join(run(tmp_path, command, "--help").split())
    assert f"Example: cameo evaluate {command} --" in text


def test_the_named_model_is_loaded(tmp_path: Path, loaded: dict[str, Asked]) -> None:
    run(tmp_path, "verification", *COMMANDS["verification"][0], "--model", "mine")
    assert loaded["load_embedder"].calls[-1][0][2] == "mine"
    run(tmp_path, "detect", *COMMANDS["detect"][0], "--model", "mine", "--score", "0.4")
    args, options = loaded["load_detector"].calls[-1]
    assert args[2] == "mine"
    # low enough that the area sees nearly every candidate
    assert isinstance(options["score"], float)
    assert options["score"] <= 0.05
    assert loaded["evaluate_detect"].calls[-1][1]["score"] == 0.4


@pytest.mark.parametrize("command", ["reid", "track"])
def test_the_fallback_is_named_as_one(
    command: str, tmp_path: Path, loaded: dict[str, Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ModelStore, "default_for", lambda store, role: "colour-stripes")
    args = COMMANDS[command][0]
    assert "note: Fallback" in run(tmp_path, command, *args)
    report = json.loads(run(tmp_path, command, *args, "--json", "-"))
    assert report["notes"][-1].startswith("Fallback")


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        ([], actions.ReidRules()),
        (["--keep-same-camera"], actions.ReidRules(same_camera_junk=False)),
        (["--same-camera-junk", "--rerank"], actions.ReidRules(rerank=True)),
        (
            ["--keep-same-camera", "--time-gap", "50", "--expand", "4"],
            actions.ReidRules(same_camera_junk=False, time_gap=50, expand=4),
        ),
    ],
)
def test_reid_hands_its_options_on(
    options: list[str], rules: actions.ReidRules, tmp_path: Path, loaded: dict[str, Asked]
) -> None:
    run(tmp_path, "reid", *COMMANDS["reid"][0], *options)
    assert loaded["evaluate_reid"].calls[-1][1]["rules"] == rules


def test_recall_has_lines_of_its_own(
    tmp_path: Path, loaded: dict[str, Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = replace(REID, recall_at={"1": 0.25, "8": 0.75})
    monkeypatch.setattr(actions, "evaluate_reid", Asked(done))
    text = run(tmp_path, "reid", *COMMANDS["reid"][0])
    assert "recall @ 1      0.25\nrecall @ 8      0.75\n" in text
    report = json.loads(run(tmp_path, "reid", *COMMANDS["reid"][0], "--json", "-"))
    assert report["recall_at"] == {"1": 0.25, "8": 0.75}


def test_reid_from_files_to_json(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for person in (1, 2, 3):
        coat = rng.integers(0, 255, 3)
        for camera in (1, 2):
            for i in (1, 2):
                crop = np.clip(coat + rng.integers(-8, 8, (96, 32, 3)), 0, 255).astype(np.uint8)
                name = f"000{person}_c{camera}_s1f{i}n1.jpg"
                images.write_image(crop, tmp_path / name)
    text = run(
        tmp_path, "reid", "--images", str(tmp_path), "--model", "colour-stripes", "--json", "-"
    )
    report = json.loads(text)
    assert (report["queries"], report["gallery"], report["rank1"]) == (6, 6, 1.0)
    assert report["model"] == "colour-stripes"


def test_a_bad_list_is_an_error_for_the_user(tmp_path: Path) -> None:
    with pytest.raises(BadList, match="is no folder"):
        run(tmp_path, "reid", "--images", str(tmp_path / "none"), "--model", "colour-stripes")


@pytest.mark.parametrize(
    "args",
    [
        ["track", "--video", "v", "--truth", "t", "--rate", "0"],
        ["detect", "--video", "v", "--truth", "t", "--score", "2"],
        ["detect", "--video", "v"],
        ["reid", "--images", "i", "--rerank", "--expand", "3"],
        ["reid", "--images", "i", "--time-gap", "-1"],
        ["reid", "--images", "i", "--expand", "-1"],
        ["verification", "--images", "i", "--fmr", "0"],
        ["verification", "--images", "i", "--fmr", "one"],
        ["verification", "--images", "i", "--by", "mood"],
        ["verification", "--images", "i", "--kind", "hand"],
        ["identify", "--images", "i", "--enrolled", "1"],
        ["identify", "--images", "i", "--templates", "0"],
        ["identify"],
        ["identify", "--images", "i", "--pictures"],
        ["verification", "--images", "i", "--report", "none/r.html"],
        ["reid", "--images", "i", "--report", "."],
    ],
)
def test_values_out_of_range_are_refused(args: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", *args])
    assert result.exit_code == 2
