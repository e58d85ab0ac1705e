"""What a careless or unlucky user meets: each a sentence, and nothing lost."""

from __future__ import annotations

import csv
import math
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from runs import TABLES, After, told
from torch import nn

from reid_core.errors import DataError, Diverged, TrainingError
from reid_core.images import write_image
from reid_core.learn import backbones, checkpoint, config, parts, samplers, trainer, validate
from reid_core.learn.data import Pictures, check, read
from reid_core.learn.data.pictures import split_identities
from reid_core.learn.data.readers import read_csv
from reid_core.learn.distributed import pick_device, synchronise_batch_norm
from reid_core.learn.finished import export_run, load_run
from reid_core.learn.guard import Guard
from reid_core.learn.losses import named
from reid_core.learn.network import Features
from reid_core.learn.partial_fc import ShardedClasses
from reid_core.learn.release import Release

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("table", "values", "said"),
    [
        ("optim", {"lr": -1.0}, "optim.lr is -1.0, expected 0 to"),
        ("optim", {"lr": math.nan}, "optim.lr is nan"),
        ("optim", {"accumulate": 0}, "optim.accumulate is 0"),
        ("optim", {"amp": "fp8"}, "optim.amp is 'fp8', expected off, bf16 or fp16"),
        ("optim", {"schedule": "sine"}, "optim.schedule is 'sine'"),
        ("data", {"height": 0}, "data.height is 0"),
        ("data", {"std": [0.0, 1.0, 1.0]}, "three numbers above 0"),
        ("data", {"mean": [1.0]}, "three numbers, of red"),
        ("sampler", {"batch": 1}, "sampler.batch is 1"),
        ("run", {"metric": "rank2"}, "run.metric is 'rank2'"),
        ("run", {"folder": " "}, "expected a folder"),
        ("loss", {"parts": {"triplet": 3}}, "a table of tables"),
        ("loss", {"options": 3}, "loss.options is 3, expected a table"),
    ],
)
def test_values_from_which_nothing_could_come(
    table: str, values: dict[str, Any], said: str
) -> None:
    with pytest.raises(TrainingError, match=said.replace(".", r"\.")):
        config.from_tables({table: values})


@pytest.mark.parametrize(
    "make",
    [
        lambda: named.make("arc-face", dim=8, classes=4, scale="many"),
        lambda: named.make("arc-face", dim=8, classes=4, scale=-3.0),
        lambda: named.make("mag-face", dim=8, classes=4, lengths=(5.0, 1.0)),
        lambda: named.make_sum({"triplet": {"weight": "heavy"}}, partial(named.make, dim=8)),
        lambda: backbones.named.make("osnet-x0.25", stem_pool=3),
    ],
)
def test_options_of_another_kind_are_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"expected|above 0"):
        make()


def test_a_sampler_option_of_another_kind_is_refused(tmp_path: Path) -> None:
    pictures = parts.find_pictures(told(tmp_path / "run"))[0]
    with pytest.raises(ValueError, match="k of the sampler pk is 'two'"):
        samplers.make("pk", pictures, batch=8, seed=0, k="two")  # type: ignore[arg-type]


def test_two_losses_of_one_kind_in_a_sum() -> None:
    tables = {"triplet": {}, "far": {"name": "triplet", "margin": 0.9, "weight": 2.0}}
    made = named.make_sum(tables, partial(named.make, dim=8, classes=4))
    x, y = torch.randn(8, 8), torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
    near = named.make("triplet", dim=8, classes=4)(x, y)
    far = named.make("triplet", dim=8, classes=4, margin=0.9)(x, y)
    assert parts.apply_loss(made, Features(x, x), y).item() == pytest.approx(
        (near + 2 * far).item()
    )


def test_a_device_that_is_not_there_is_a_sentence() -> None:
    for wanted in ("cuda:99", "meta", "toaster"):
        with pytest.raises(TrainingError, match=r"expected auto, cpu or cuda|no GPU"):
            pick_device(wanted)


def test_a_norm_with_more_in_it_is_not_silently_replaced() -> None:
    class NormAct(nn.BatchNorm2d):
        pass

    with pytest.raises(ValueError, match="NormAct, cannot go with"):
        synchronise_batch_norm(nn.Sequential(NormAct(4)), CPU)


def test_centres_cannot_be_fewer_than_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reid_core.learn.partial_fc.world", lambda: 3)
    like = named.make("arc-face", dim=8, classes=2)
    with pytest.raises(ValueError, match="2 classes cannot be shared out among 3"):
        ShardedClasses(like, 2, sample=1.0)  # type: ignore[arg-type]


def test_a_resume_that_does_not_fit_is_refused_and_leaves_the_run(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    trainer.train(told(folder), should_stop=After(3))
    before = (folder / "config.toml").read_text()
    for changes in ({"optim": {"name": "sgd"}}, {"network": {"dim": 24}}):
        with pytest.raises(TrainingError, match="does not fit this configuration"):
            trainer.train(told(folder, **changes), resume=True)
        assert (folder / "config.toml").read_text() == before
    assert trainer.train(told(folder), resume=True).steps > 3


def test_a_resume_learns_at_the_rate_that_is_said_now(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    trainer.train(told(folder), should_stop=After(2))
    with_less = replace(told(folder), optim=replace(told(folder).optim, weight_decay=0.25))
    again = trainer.Trainer(with_less, CPU, resume=True)
    assert 0.25 in {group["weight_decay"] for group in again.optimiser.param_groups}


@pytest.mark.parametrize("damage", ["cut", "other", "keys", "step"])
def test_a_damaged_checkpoint_is_a_sentence(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "run"
    trainer.train(told(folder), should_stop=After(2))
    path = folder / "last.pt"
    state = torch.load(path, weights_only=True)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-200])
    elif damage == "other":
        torch.save([1, 2], path)
    elif damage == "keys":
        torch.save({"format": 1, "network": {}}, path)
    else:
        torch.save({**state, "step": -1}, path)
    with pytest.raises(TrainingError, match="checkpoint"):
        checkpoint.load(path)


def test_a_run_not_measured_yet_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    trainer.train(told(folder), should_stop=After(2))
    (folder / "best.pt").unlink(missing_ok=True)
    with pytest.raises(TrainingError, match="was not measured yet"):
        load_run(folder)


def test_a_model_name_that_none_can_have_is_a_sentence(tmp_path: Path) -> None:
    trainer.train(told(tmp_path / "run", optim={"epochs": 1}))
    with pytest.raises(TrainingError, match="may only have letters"):
        export_run(tmp_path / "run", tmp_path, Release("../evil"))
    with pytest.raises(TrainingError, match="precision is 'fp8'"):
        export_run(tmp_path / "run", tmp_path, Release("good", precision="fp8"))


def test_pictures_are_not_both_learnt_from_and_measured_on(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for who in ("a", "b"):
        for n in range(2):
            path = tmp_path / "set" / who / f"{n}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_image(rng.integers(0, 255, (48, 24, 3), np.uint8), path)
    same = str(tmp_path / "set")
    with pytest.raises(DataError, match="4 pictures are to be learnt from and measured on"):
        parts.find_pictures(told(tmp_path / "run", data={"train": same, "val": same}))


def test_names_that_are_not_utf8_do_not_stop_a_run(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/set"))
    for who in (b"a", b"b\xff", b"c"):
        own = Path(os.fsdecode(os.fsencode(folder) + b"/" + who))
        own.mkdir(parents=True)
        for n in range(2):
            write_image(np.full((48, 24, 3), 40 * n, np.uint8), own / f"{n}.png")
    bad = Path(os.fsdecode(os.fsencode(folder) + b"/b\xff/2.png"))
    bad.write_bytes(b"no picture")
    pictures: Pictures = read(folder, "folder")
    split_identities(pictures, count=1, seed=1)
    _, broken = check(pictures)
    assert len(broken) == 3  # each is named with what can be shown of its name
    for path, why in broken:
        assert path.encode("utf-8")
        assert "not UTF-8" in why


@pytest.mark.parametrize("camera", ["99999999999999999999", "1.5", "²"])
def test_a_camera_that_is_no_number_names_its_line(tmp_path: Path, camera: str) -> None:
    with (tmp_path / "list.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "identity", "camera"), ("a.jpg", "a", camera)])
    with pytest.raises(DataError, match="line 2: camera"):
        read_csv(tmp_path / "list.csv")


def test_a_path_too_long_for_any_file_is_one_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"path,identity\n{'x' * 5000}.jpg,a\n")
    with pytest.raises(DataError, match="1 pictures that are not there"):
        read_csv(tmp_path / "list.csv")


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot be written to"):
        trainer.train(told(tmp_path / "file" / "run"))


def test_more_batches_a_step_than_an_epoch_has(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"optim\.accumulate is 50, but an epoch has only"):
        trainer.train(told(tmp_path / "run", optim={"accumulate": 50}))


def test_nothing_left_to_learn_is_said(tmp_path: Path) -> None:
    whole = told(tmp_path / "run")
    net = nn.Linear(2, 2).requires_grad_(False)
    with pytest.raises(TrainingError, match="Nothing is left to learn"):
        parts.make_optimiser(whole, net, nn.Identity())  # type: ignore[arg-type]


def test_sgd_without_momentum(tmp_path: Path) -> None:
    whole = told(tmp_path / "run", optim={"name": "sgd", "momentum": 0.0})
    parts.make_optimiser(whole, nn.Linear(2, 2), nn.Identity())  # type: ignore[arg-type]


def test_a_network_that_gives_no_numbers_is_diverged(tmp_path: Path) -> None:
    whole = trainer.Trainer(told(tmp_path / "run"), CPU, resume=False)
    for weight in whole.network.parameters():
        weight.data.fill_(math.nan)
    with pytest.raises(Diverged, match="finite numbers"):
        whole.validate()


def test_a_patient_guard_looks_before_anything_is_written() -> None:
    kept = {"w": 1}
    put: list[dict[str, int]] = []
    guard = Guard(lambda: dict(kept), put.append, every=50, patient=True)
    guard.watch(1, torch.tensor(1.0))
    assert guard.watch(2, torch.tensor(math.nan)) == ""
    assert guard.settle(3)
    assert len(put) == 1
    assert guard.settle(4) == ""


def test_the_parts_of_a_sum_are_in_the_log(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    trainer.train(told(folder), should_stop=After(3))
    header = (folder / "log.csv").read_text().splitlines()[0].split(",")
    assert {f"loss/{name}" for name in TABLES["loss"]["parts"]} <= set(header)


def test_metrics_are_those_that_a_run_can_go_by() -> None:
    assert validate.METRICS is config.METRICS
