"""`cameo evaluate verification | identify | reid`: options handed on, tables, reports."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made_answers import Asked, run

from reid_core import images
from reid_core.actions import evaluate as actions
from reid_core.actions import evaluation_report


def test_all_pairs_are_measured_without_a_list(tmp_path: Path, loaded: dict[str, Asked]) -> None:
    text = run(tmp_path, "verification", "--images", "faces")
    args, options = loaded["evaluate_all_pairs"].calls[-1]
    assert args == (Path("faces"), "load_detector", ["load_embedder"])
    wanted = options["wanted"]
    assert isinstance(wanted, actions.Wanted)
    assert (wanted.far, wanted.split) == ("1e-3", actions.SplitBy())
    assert "genuine         40" in text
    assert not loaded["evaluate_verification"].calls


def test_conditions_and_a_second_model_are_told(tmp_path: Path, loaded: dict[str, Asked]) -> None:
    options = ["--by", "size", "--by", "size", "--by", "pose", "--labels", "l.csv", "--fmr", "0.05"]
    text = run(tmp_path, "verification", "--images", "faces", "--against", "other", *options)
    args, given = loaded["evaluate_all_pairs"].calls[-1]
    assert args[2] == ["load_embedder", "load_embedder"]
    wanted = given["wanted"]
    assert isinstance(wanted, actions.Wanted)
    assert wanted.split == actions.SplitBy(("size", "pose"), Path("l.csv"))
    assert wanted.far == "0.05"
    assert [c[0][2] for c in loaded["load_embedder"].calls] == [None, "other"]
    assert "30 to 60 px      12       40        900  0.02 (0.01 to 0.03)  -" in text
    assert "highest over lowest: FMR 1.5-fold\nwarning: One threshold" in text
    assert "n@2 against m@1, on the same pictures:" in text
    assert "+0.1000 (+0.0200 to +0.2000)  better" in text
    assert "turned: 3 now right, 1 now wrong (by thresholds)" in text
    assert "histogram" not in text


def test_crops_need_no_detector(tmp_path: Path, loaded: dict[str, Asked]) -> None:
    for command, action in (
        ("verification", "evaluate_all_pairs"),
        ("identify", "evaluate_identify"),
    ):
        run(tmp_path, command, "--images", "crops", "--kind", "body")
        assert loaded[action].calls[-1][0][1] is None
    assert not loaded["load_detector"].calls


def test_identify_hands_its_options_on(tmp_path: Path, loaded: dict[str, Asked]) -> None:
    options = ["--templates", "2", "--enrolled", "0.3", "--splits", "4"]
    options += ["--least", "3", "--seed", "7"]
    run(tmp_path, "identify", "--images", "faces", *options)
    how = loaded["evaluate_identify"].calls[-1][1]["how"]
    assert how == actions.Splits(2, 0.3, 4, 3, seed=7)


@pytest.mark.parametrize(
    ("command", "writer"),
    [
        ("verification", "report_pairs"),
        ("identify", "report_identify"),
        ("reid", "report_reid"),
    ],
)
def test_a_report_is_written_beside_the_figures(
    command: str,
    writer: str,
    tmp_path: Path,
    loaded: dict[str, Asked],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrote = Asked(None)
    monkeypatch.setattr(evaluation_report, writer, wrote)
    run(tmp_path, command, "--images", "i", "--report", "r.html", "--pictures", "--json", "-")
    (_, path, options), _ = wrote.calls[-1]
    assert path == Path("r.html")
    assert options == evaluation_report.Options(Path("i"), pictures=True)


def test_json_has_the_whole_comparison(tmp_path: Path, loaded: dict[str, Asked]) -> None:
    report = json.loads(run(tmp_path, "verification", "--images", "faces", "--json", "-"))
    assert report["differences"][0]["verdict"] == "better"
    assert report["conditions"][0]["groups"][0]["fmr"] == {"value": 0.02, "low": 0.01, "high": 0.03}
    assert report["det"]["fmr"] == [0.9, 0.1]
    assert report["histogram"]["genuine"] == [0.2, 0.8]
    assert report["against"]["model"] == "n@2"
    assert report["changed"]["examples"][0]["now_right"] is True


def test_all_pairs_from_files_to_a_page(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for person in range(6):
        coat = rng.integers(0, 255, 3)
        for i in range(3):
            crop = np.clip(coat + rng.integers(-30, 30, (96, 32, 3)), 0, 255).astype(np.uint8)
            path = tmp_path / "crops" / f"P{person}" / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            images.write_image(crop, path)
    page = tmp_path / "r.html"
    options = ["--kind", "body", "--model", "colour-stripes", "--by", "quality", "--fmr", "0.1"]
    text = run(
        tmp_path,
        "verification",
        "--images",
        str(tmp_path / "crops"),
        *options,
        "--report",
        str(page),
    )
    assert "impostors       135" in text
    assert "by quality at" in text
    assert "note: Fallback" in text
    assert "<svg" in page.read_text("utf-8")
