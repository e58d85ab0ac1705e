"""The trainer as a whole, on made-up people: learns, stops, resumes exactly, in two processes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from processes import run_together
from runs import TABLES, After, losses, told

from reid_core.errors import DataError, TrainingError
from reid_core.learn import checkpoint, config, trainer
from reid_core.learn.finished import load_run
from reid_core.learn.runlog import read_log


def test_it_learns_and_keeps_the_best(tmp_path: Path) -> None:
    done = trainer.train(told(tmp_path, optim={"epochs": 24, "lr": 3e-3, "ema": 0.5}))
    assert done.state == "done"
    assert done.metrics["mAP"] > done.untrained["mAP"] + 0.1
    assert losses(tmp_path)[-1] < 0.7 * losses(tmp_path)[0]
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["metrics"] == done.metrics
    best = load_run(tmp_path)
    assert best.step == done.best_step
    assert best.metrics == done.metrics


@pytest.mark.parametrize("optim", ["adamw", "sgd", "adam"])
def test_resuming_gives_the_same_run(tmp_path: Path, optim: str) -> None:
    how = {"optim": {"name": optim, "ema": 0.9}, "network": {"dropout": 0.2}}
    trainer.train(told(tmp_path / "whole", **how))
    stopped = trainer.train(told(tmp_path / "parts", **how), should_stop=After(13))
    assert stopped.state == "interrupted"
    assert stopped.steps == 13
    trainer.train(told(tmp_path / "parts", **how), resume=True)
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")
    whole, parts = (checkpoint.load(tmp_path / n / "last.pt") for n in ("whole", "parts"))
    assert whole["step"] == parts["step"] == 20
    for name, weight in whole["network"].items():
        assert torch.equal(weight, parts["network"][name]), name


def test_accumulated_batches_are_one_step(tmp_path: Path) -> None:
    done = trainer.train(told(tmp_path, optim={"accumulate": 3, "epochs": 2}))
    assert done.steps == 2


def test_half_precision_and_early_stop(tmp_path: Path) -> None:
    how = {"optim": {"amp": "bf16", "epochs": 60, "lr": 1e-8}, "run": {"patience": 2}}
    done = trainer.train(told(tmp_path, **how))
    assert done.state == "stopped early"
    assert done.steps < 60 * 5


def test_a_loss_that_is_no_number_is_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from reid_core.learn import parts

    real, calls = parts.apply_loss, []

    def broken(*arguments: Any) -> torch.Tensor:
        calls.append(1)
        return real(*arguments) * (float("nan") if len(calls) == 9 else 1.0)

    monkeypatch.setattr(trainer.parts, "apply_loss", broken)
    done = trainer.train(told(tmp_path))
    said = [r.getMessage() for r in caplog.records]
    assert any("back to the weights of step" in s for s in said)
    caplog.clear()
    assert done.steps == 20
    rows = [r for r in read_log(tmp_path / "log.csv") if "loss" in r]
    assert rows[8]["rewinds"] == 1
    assert rows[-2]["rate"] < 0.1
    weights = checkpoint.load(tmp_path / "last.pt")["network"]
    assert all(w.isfinite().all() for w in weights.values() if w.is_floating_point())


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    trainer.train(told(tmp_path), should_stop=After(1))
    with pytest.raises(TrainingError, match="holds a run already"):
        trainer.train(told(tmp_path))
    with pytest.raises(TrainingError, match=r"no last\.pt"):
        trainer.train(told(tmp_path / "new"), resume=True)
    with pytest.raises(TrainingError, match="other identities"):
        trainer.train(told(tmp_path, data={"train": "made:11x6"}), resume=True)
    for change, words in (
        ({"optim": {"amp": "fp8"}}, "expected off, bf16 or fp16"),
        ({"optim": {"name": "lion"}}, "expected adamw"),
        ({"network": {"name": "osnet"}}, "osnet-x"),
        ({"loss": {"parts": {"arcface": {}}}}, "arc-face"),
        ({"sampler": {"k": 3}}, "multiple"),
        ({"augment": {"erasing": 1}}, "erase"),
        ({"run": {"metric": "map"}}, "mAP"),
        ({"run": {"device": "tpu"}}, "expected auto, cpu or cuda"),
        ({"data": {"train": ""}}, "Nothing to train on"),
    ):
        with pytest.raises(TrainingError, match=words):
            trainer.train(told(tmp_path / words, **change))
    with pytest.raises(DataError, match="made:40x9"):
        trainer.train(told(tmp_path / "made", data={"train": "made:1"}))


def test_a_hostile_or_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    import pickle

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "owned",))

    (tmp_path / "a.pt").write_bytes(pickle.dumps(Evil()))
    torch.save({"format": 1, "evil": Evil()}, tmp_path / "b.pt")
    (tmp_path / "c.pt").write_bytes(b"PK\x03\x04 cut off")
    torch.save({"format": 99}, tmp_path / "d.pt")
    for name in "abcd":
        with pytest.raises(TrainingError, match=r"no checkpoint"):
            checkpoint.load(tmp_path / f"{name}.pt")
    assert not (tmp_path / "owned").exists()


def test_beginning_with_the_weights_of_another_run(tmp_path: Path) -> None:
    trainer.train(told(tmp_path / "a", optim={"epochs": 8, "lr": 3e-3}))
    first = {"weights": str(tmp_path / "a" / "best.pt")}
    frozen = {**first, "freeze": 3}
    done = trainer.train(told(tmp_path / "b", network=frozen), should_stop=After(3))
    a, b = (checkpoint.load(tmp_path / n)["network"] for n in ("a/best.pt", "b/last.pt"))
    same = [k for k in a if torch.equal(a[k], b[k])]
    assert any(k.startswith("backbone.stem") for k in same)
    assert not all(k in same for k in a)
    assert done.untrained["mAP"] > 0.2
    with pytest.raises(TrainingError, match="does not fit"):
        trainer.train(told(tmp_path / "c", network={**first, "dim": 8}))


# a network that does not blow rounding up: few layers, no batch statistics but the neck's
TOGETHER: dict[str, Any] = {
    "network": {"name": "vit-tiny", "stem_pool": None, "patch": 8},
    "optim": {"sync_bn": True, "name": "sgd", "lr": 0.01},
}


def _go_on(folder: str, changes: dict[str, Any], resume: bool) -> None:
    trainer.train(told(Path(folder), **changes), resume=resume)


def _go(folder: str, changes: dict[str, Any], steps: int) -> None:
    trainer.train(told(Path(folder), **changes), should_stop=After(steps))


def together(*, sharded: bool) -> dict[str, Any]:
    return {**TOGETHER, "loss": {**TABLES["loss"], "sharded": sharded}}


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "sharded"])
def alone(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in one process, with the class centres in one piece or as a single shard."""
    folder = tmp_path_factory.mktemp("alone")
    trainer.train(told(folder, **together(sharded=request.param)))
    return folder


def test_two_processes_go_on_where_one_stopped(tmp_path: Path, alone: Path) -> None:
    """The loss is that of one process, to rounding."""
    how = together(sharded=config.load(alone / "config.toml").loss.sharded)
    trainer.train(told(tmp_path / "two", **how), should_stop=After(10))
    run_together(_go_on, str(tmp_path / "two"), how, True)
    one, two = losses(alone), losses(tmp_path / "two")
    assert one[:10] == two[:10]
    assert len(one) == len(two) == 20
    assert two[10:] == pytest.approx(one[10:], rel=2e-3)
    a, b = (checkpoint.load(folder / "last.pt") for folder in (alone, tmp_path / "two"))
    for name, weight in a["loss"].items():
        torch.testing.assert_close(b["loss"][name], weight, rtol=1e-2, atol=2e-3)


def test_one_process_goes_on_where_two_stopped(tmp_path: Path, alone: Path) -> None:
    how = together(sharded=config.load(alone / "config.toml").loss.sharded)
    run_together(_go, str(tmp_path / "two"), how, 10)
    trainer.train(told(tmp_path / "two", **how), resume=True)
    one, two = losses(alone), losses(tmp_path / "two")
    assert two == pytest.approx(one, rel=2e-3)


def test_the_config_that_is_kept_is_the_whole_one(tmp_path: Path) -> None:
    given = told(tmp_path)
    trainer.train(given, should_stop=After(1))
    assert config.load(tmp_path / "config.toml") == given
    kept = replace(given.run, folder="elsewhere")
    assert kept != given.run
