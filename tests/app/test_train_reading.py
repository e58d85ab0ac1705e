"""Reading what runs write: as it grows, and whatever somebody put there."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
from train_fakes import HEAD, write_run, write_status

from app.viewmodels.train_curves import POINTS, LogTail, smoothed
from app.viewmodels.train_runs import find_runs, last_words, read_details, read_row, read_status
from reid_core.learn.runlog import RunLog


def points(tail: LogTail, name: str = "loss") -> list[tuple[float, float]]:
    curves = tail.curves()
    steps, values = curves.loss if name == "loss" else curves.validation[name]
    return list(zip(steps.tolist(), values.tolist(), strict=True))


def test_a_log_is_read_from_where_it_was_left(tmp_path: Path) -> None:
    log = RunLog(tmp_path, steps=100, start=0, tensorboard=False)
    tail = LogTail(tmp_path / "log.csv")
    log.report(0, {"val/mAP": 0.25})
    assert tail.read()
    log.report(5, {"loss": 4.0, "rate": 0.5})  # new columns: the file is written anew
    log.report(10, {"loss": 3.0, "rate": 1.0})
    assert tail.read()
    assert points(tail) == [(5, 4), (10, 3)]
    assert points(tail, "mAP") == [(0, 0.25)]
    assert not tail.read()
    with (tmp_path / "log.csv").open("a") as out:
        out.write("15,,2.5")
    assert not tail.read(), "a line that is still being written waits"
    with (tmp_path / "log.csv").open("a") as out:
        out.write(",1\n")
    assert tail.read()
    assert len(points(tail)) in (2, 3)


def test_a_run_that_goes_on_cuts_off_what_lies_behind(tmp_path: Path) -> None:
    log = RunLog(tmp_path, steps=100, start=0, tensorboard=False)
    for step in (5, 10, 15):
        log.report(step, {"loss": float(step)})
    tail = LogTail(tmp_path / "log.csv")
    tail.read()
    again = RunLog(tmp_path, steps=100, start=5, tensorboard=False)
    again.report(10, {"loss": 1.0})
    tail.read()
    assert points(tail) == [(5, 5), (10, 1)]
    with (tmp_path / "log.csv").open("a") as out:
        out.write("15,3\n10,2\n")  # by somebody who does not cut it off
    tail.read()
    assert points(tail) == [(5, 5), (10, 2)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no csv at all",
        "step,loss\n1,2,3,4\nx,y\n5\n,,,\nnan,nan\n-3,1\n1e999,2\n7,1e400\n",
        "step,loss\n" + "9" * 20_000 + "\n",
        'step,"loss\n1,2\n',
        "\x00\x00\n\x00\n",
        "loss\n3\n",
    ],
)
def test_nonsense_in_a_log_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "log.csv").write_text(text)
    tail = LogTail(tmp_path / "log.csv")
    for _ in range(3):
        tail.read()
    assert len(points(tail)) == 0
    (tmp_path / "log.csv").write_bytes(b"step,loss\n\xff\xfe,\xff\n3,4\n")
    fresh = LogTail(tmp_path / "log.csv")
    fresh.read()
    assert points(fresh) == [(3, 4)]


def test_a_very_long_log_stays_small(tmp_path: Path) -> None:
    lines = ["step,loss", *(f"{n},{n % 7}" for n in range(3 * POINTS))]
    (tmp_path / "log.csv").write_text("\n".join(lines) + "\n")
    tail = LogTail(tmp_path / "log.csv")
    while tail.read():
        pass
    steps = tail.curves().loss[0]
    assert POINTS / 3 < len(steps) <= POINTS
    assert steps[0] == 0
    assert steps[-1] == 3 * POINTS - 1
    assert (np.diff(steps) > 0).all()


def test_the_trend_is_a_mean_that_begins_with_the_curve() -> None:
    steps = np.arange(200.0)
    values = np.where(steps % 2 == 0, 1.0, 3.0)
    _, trend = smoothed((steps, values))
    assert trend[0] == 1.0
    assert np.abs(trend[50:] - 2.0).max() < 0.2


def test_the_best_validation_counts_from_the_first_step(tmp_path: Path) -> None:
    tail = LogTail(write_run(tmp_path / "a", best=0.1) / "log.csv")
    tail.read()
    assert tail.curves().best("mAP") == (100, pytest.approx(0.1))
    assert tail.curves().best("mINP") is None


def test_a_row_says_what_a_run_was_and_how_it_stands(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "runs" / "a")
    (folder / "about.json").write_text(json.dumps({"name": "Mine", "data": "people", "x": 1}))
    row = read_row(folder)
    assert (row.name, row.data, row.state, row.best) == ("Mine", "people", "done", 0.8)
    assert (row.step, row.steps, row.metric) == (100, 100, "mAP")
    assert row.has_model
    assert not row.can_go_on
    details = read_details(folder)
    assert details.told is not None
    assert details.told.optim.epochs == 10
    assert details.untrained["rank1"] == 0.3


def test_a_run_whose_process_is_gone_can_go_on(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", state="training", step=50)
    assert read_row(folder).state == "elsewhere", "its status is fresh: somebody is at it"
    old = time.time() - 3600
    os.utime(folder / "status.json", (old, old))
    row = read_row(folder)
    assert row.state == "interrupted"
    assert row.can_go_on
    assert row.best == pytest.approx(0.8), "from the log, since there is no result"
    assert read_row(folder, ours=True).state == "training"
    assert read_row(folder, ours=True).data == "Drawn people"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1, 2]",
        "null",
        '{"state": 5, "step": "x", "steps": -3, "seconds_left": NaN, "device": {}}',
        '{"step": 1e400, "steps": 99999999999999999999999999, "message": "\\u0000"}',
        "[" * 100_000,
        '{"metrics": {"mAP": "high"}, "broken": [1, [2], ["a", 3]], "untrained": []}',
    ],
)
def test_nonsense_in_json_is_as_if_it_were_not_there(tmp_path: Path, text: str) -> None:
    folder = write_run(tmp_path / "a")
    for name in ("status.json", "result.json", "about.json"):
        (folder / name).write_text(text)
    row = read_row(folder)
    assert row.name == "a"
    assert row.state == "interrupted"
    assert (row.best, row.steps) == (0.8, 0), "the log still says it"
    read_details(folder)
    status = read_status(folder)
    assert status.seconds_left is None
    assert status.device == ""
    (folder / "config.toml").write_text("[optim]\nlr = 'high'")
    assert read_details(folder).told is None


def test_files_that_are_too_large_are_not_read(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a")
    (folder / "result.json").write_text(
        '{"metrics": {"mAP": 0.99}, "x": "' + "y" * 5_000_000 + '"}'
    )
    assert read_row(folder).best == 0.8


def test_runs_are_found_below_a_folder_and_alone(tmp_path: Path) -> None:
    inside = write_run(tmp_path / "runs" / "a")
    alone = write_run(tmp_path / "elsewhere" / "b")
    (tmp_path / "runs" / "holiday").mkdir()
    (tmp_path / "runs" / "note.txt").write_text("x")
    found = find_runs([tmp_path / "runs", tmp_path / "gone"], [alone, tmp_path / "lost", inside])
    assert found == [inside, alone]


def test_pace_and_words(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a")
    write_status(folder, "training", step=40, seconds_left=30.0)
    assert read_status(folder).pace == pytest.approx(2.0)
    (folder / "said.txt").write_text(
        "reid_core.learn.trainer: Loss is nan at step 7.\nnoise\ncameo: it is so.\n\n"
    )
    assert read_details(folder).notes == ("Loss is nan at step 7.",)
    assert last_words(folder / "said.txt") == "it is so."
    assert HEAD.startswith("step")
