"""Going back when the loss is no number, schedules, and the run's log."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from reid_core.errors import Diverged
from reid_core.learn.guard import Guard
from reid_core.learn.runlog import RunLog, read_log
from reid_core.learn.schedule import schedule


class Box:
    """A state that the guard looks after."""

    def __init__(self) -> None:
        self.value = torch.zeros(1)

    def state(self) -> dict[str, torch.Tensor]:
        return {"value": self.value}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        self.value = state["value"]


def test_it_goes_back_to_the_last_look_and_slows_down() -> None:
    box = Box()
    guard = Guard(box.state, box.restore, every=10)
    for step in range(25):
        assert guard.watch(step, torch.tensor(1.0)) == ""
        box.value += 1
    said = guard.watch(25, torch.tensor(math.nan))
    assert "step 20" in said or "step 19" in said
    assert box.value in (19.0, 20.0)
    assert guard.factor == 0.5
    assert guard.watch(26, torch.tensor(1.0)) == ""


def test_what_it_keeps_is_not_changed_by_training() -> None:
    box = Box()
    guard = Guard(box.state, box.restore, every=10)
    guard.watch(0, torch.tensor(1.0))
    box.value += 5
    guard.watch(1, torch.tensor(math.inf))
    assert box.value == 0
    box.value += 7
    guard.watch(2, torch.tensor(math.inf))
    assert box.value == 0


def test_it_gives_up_in_the_end() -> None:
    box = Box()
    guard = Guard(box.state, box.restore, most=3)
    guard.watch(0, torch.tensor(1.0))
    for step in range(3):
        assert guard.watch(step, torch.tensor(math.nan))
    with pytest.raises(Diverged, match=r"Lower optim\.lr"):
        guard.watch(4, torch.tensor(math.nan))


def test_schedules() -> None:
    cosine = schedule("cosine", steps=100, warmup=10)
    assert cosine(0) == pytest.approx(0.1)
    assert cosine(9) == cosine(10) == pytest.approx(1.0)
    assert cosine(55) == pytest.approx(0.5)
    assert cosine(100) == pytest.approx(0.0)
    steps = schedule("step", steps=100, milestones=(0.5, 0.75), decay=0.1)
    assert [steps(s) for s in (0, 49, 50, 74, 75)] == pytest.approx([1, 1, 0.1, 0.1, 0.01])
    assert schedule("constant", steps=5)(4) == 1
    with pytest.raises(ValueError, match="expected one of"):
        schedule("linear", steps=5)


def test_a_log_that_goes_on_forgets_what_lies_behind(tmp_path: Path) -> None:
    log = RunLog(tmp_path, steps=100, start=0, tensorboard=False)
    for step in (10, 20, 30):
        log.report(step, {"loss": 1 / step})
    log.report(30, {"val/mAP": 0.5})
    with (tmp_path / "log.csv").open("a") as cut_off:
        cut_off.write("40,garb")
    again = RunLog(tmp_path, steps=100, start=20, tensorboard=False)
    again._began -= 10  # as if the five steps had taken ten seconds
    again.report(25, {"loss": 0.5})
    assert [row["step"] for row in read_log(tmp_path / "log.csv")] == [10, 20, 25]
    status = json.loads((tmp_path / "status.json").read_text())
    assert (status["state"], status["step"], status["steps"]) == ("training", 25, 100)
    assert status["seconds_left"] == pytest.approx(150, abs=1)


def test_times_away_do_not_count_for_the_time_that_is_left(tmp_path: Path) -> None:
    log = RunLog(tmp_path, steps=100, start=0, tensorboard=False, about={"device": "cpu"})
    log._began -= 10
    with log.away("validating", 50):
        during = json.loads((tmp_path / "status.json").read_text())
    assert (during["state"], during["step"], during["device"]) == ("validating", 50, "cpu")
    after = json.loads((tmp_path / "status.json").read_text())
    assert after["state"] == "training"
    assert after["seconds_left"] == pytest.approx(10, abs=0.5)
    log._told -= 2
    log.beat(60)
    assert json.loads((tmp_path / "status.json").read_text())["step"] == 60
    log.beat(61)
    assert json.loads((tmp_path / "status.json").read_text())["step"] == 60, "once a second"
