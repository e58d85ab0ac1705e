"""`cameo train` and `export` as processes: the smoke recipe, Ctrl-C, kill -9, a model of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reid_core.actions.loading import load_embedder
from reid_core.learn.runlog import read_log
from reid_core.models.store import ModelStore
from reid_core.types import Kind

ROOT = Path(__file__).parents[2]
SMOKE = ROOT / "training" / "configs" / "body_smoke.toml"
SMALL = ["data.train=made:12x6", "data.held_out=4", "sampler.batch=8", "run.log_every=1"]


def cameo(*arguments: str, tmp_path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "reid_core.cli.main", *arguments],
        cwd=ROOT,
        env={**os.environ, "CAMEO_MODELS": str(tmp_path / "models"), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def train(folder: Path, *more: str, tmp_path: Path) -> subprocess.Popen[str]:
    return cameo("train", str(SMOKE), *SMALL, f"run.folder={folder}", *more, tmp_path=tmp_path)


def wait_for_step(folder: Path, step: int, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        if any(row["step"] >= step for row in read_log(folder / "log.csv")):
            return
        time.sleep(0.02)
    raise AssertionError(f"step {step} was not reached: {process.communicate()}")


def losses(folder: Path) -> list[float]:
    return [row["loss"] for row in read_log(folder / "log.csv") if "loss" in row]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    process = train(folder, "optim.epochs=6", tmp_path=folder.parent)
    out, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert "untrained" in out
    return folder


def test_ctrl_c_stops_after_the_step_and_goes_on_from_there(tmp_path: Path, whole: Path) -> None:
    folder = tmp_path / "run"
    process = train(folder, "optim.epochs=6", "run.save_every=100", tmp_path=tmp_path)
    wait_for_step(folder, 3, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "stopped" in said
    assert json.loads((folder / "status.json").read_text())["state"] == "stopped"
    again = train(folder, "optim.epochs=6", "--resume", tmp_path=tmp_path)
    _, said = again.communicate(timeout=120)
    assert again.returncode == 0, said
    assert losses(folder) == losses(whole)


def test_it_obeys_what_comes_on_standard_input(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "reid_core.cli.main", "train", "body_smoke", "--commands"]
    process = subprocess.Popen(
        [*command, *SMALL, f"run.folder={folder}", "optim.epochs=500", "optim.lr=1e-4"],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert process.stdin is not None
    wait_for_step(folder, 2, process)
    process.stdin.write("pause\n")
    status = wait_for_state(folder, "paused", process)
    assert (folder / "last.pt").is_file()
    assert (status["device"], status["identities"], status["left_out"]) == ("cpu", 8, 0)
    process.stdin.write("resume\n")
    wait_for_step(folder, status["step"] + 2, process)
    process.stdin.close()  # whoever started it is gone
    assert process.wait(timeout=30) == 130
    process.stdin = None
    process.communicate()
    assert json.loads((folder / "status.json").read_text())["state"] == "stopped"


def wait_for_state(folder: Path, state: str, process: subprocess.Popen[str]) -> dict[str, Any]:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        status: dict[str, Any] = json.loads((folder / "status.json").read_text())
        if status["state"] == state:
            return status
        time.sleep(0.02)
    raise AssertionError(f"it was never {state}")


def test_an_error_of_the_world_stands_in_the_status(tmp_path: Path) -> None:
    process = train(tmp_path / "run", "network.last_strid=1", tmp_path=tmp_path)
    _, said = process.communicate(timeout=60)
    status = json.loads((tmp_path / "run" / "status.json").read_text())
    assert status["state"] == "failed"
    assert status["message"] in said


def test_a_killed_run_goes_on_from_its_last_checkpoint(tmp_path: Path, whole: Path) -> None:
    folder = tmp_path / "run"
    process = train(folder, "optim.epochs=6", "run.save_every=0.5", tmp_path=tmp_path)
    wait_for_step(folder, 17, process)
    process.kill()
    process.communicate()
    again = train(folder, "optim.epochs=6", "--resume", tmp_path=tmp_path)
    _, said = again.communicate(timeout=120)
    assert again.returncode == 0, said
    assert losses(folder) == losses(whole)


def test_a_run_becomes_a_model_that_embeds_as_the_network_does(tmp_path: Path, whole: Path) -> None:
    arguments = ["export", str(whole), "--name", "mine", "--to", str(tmp_path / "out")]
    process = cameo(*arguments, "--data", "drawn people", "--install", tmp_path=tmp_path)
    out, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert "installed" in out
    assert "drawn people" in (tmp_path / "out" / "mine.md").read_text()
    embedder = load_embedder(ModelStore(tmp_path / "models"), Kind.BODY, "mine")
    import torch

    from reid_core.learn.finished import load_run
    from reid_core.learn.validate import embed

    done = load_run(whole)
    from reid_core.learn import parts

    val = parts.make_sets(done.told).val
    mean, std = tuple(done.told.data.mean), tuple(done.told.data.std)
    wanted = embed(done.network, val, device=torch.device("cpu"), mean=mean, std=std)
    rgb = [val.plain(i).numpy().transpose(1, 2, 0) for i in range(len(val))]
    chips = [np.ascontiguousarray(one[:, :, ::-1]) for one in rgb]
    cosines = (embedder.embed(chips) * wanted).sum(1)
    assert cosines.min() > 0.999


def test_what_is_wrong_is_one_line(tmp_path: Path) -> None:
    for arguments, words in (
        (["train", "nowhere.toml"], "cannot be read"),
        (["train", str(SMOKE), "optim.lrr=1"], "did you mean 'lr'"),
        (["export", str(tmp_path), "--name", "x"], "cannot be read"),
    ):
        process = cameo(*arguments, tmp_path=tmp_path)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 2
        assert words in said
        assert said.count("\n") == 1
