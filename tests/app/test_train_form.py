"""What the form proposes, refuses and writes; without a window and without torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.session import Session
from app.viewmodels.train_form import DRAWN, TRIAL, TrainForm
from app.viewmodels.train_plan import (
    Checked,
    check_data,
    lines_of,
    new_folder,
    problem_of,
    proposed,
    resolved,
)
from reid_core import images
from reid_core.errors import DataError
from reid_core.learn import config, recipes
from reid_core.protocols import no_progress


def people(root: Path, n: int, each: int = 2) -> Path:
    noise = np.random.default_rng(0)
    for person in range(n):
        folder = root / f"person {person}"
        folder.mkdir(parents=True)
        for i in range(each):
            images.write_image(noise.integers(0, 255, (32, 16, 3), np.uint8), folder / f"{i}.png")
    return root


def recipe(name: str) -> config.Config:
    return config.load(recipes.folder() / f"{name}.toml")


def test_a_folder_is_counted_and_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    root = people(tmp_path / "data", 6)
    (root / "person 0" / "1.png").write_bytes(b"no picture")
    (root / "person 5" / "1.png").unlink()
    shares: list[float] = []
    found = check_data(str(root), "auto", lambda share, what: shares.append(share))
    assert (found.identities, found.pictures, found.single, found.looked) == (6, 10, 2, 11)
    assert [Path(path).name for path, _ in found.broken] == ["1.png"]
    assert shares == sorted(shares)
    assert len(shares) == 11


def test_too_few_people_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Identities .*: 3\. At least 4 are needed"):
        check_data(str(people(tmp_path / "data", 3)), "auto", no_progress)
    with pytest.raises(DataError, match="no training data"):
        check_data(str(tmp_path / "gone"), "auto", no_progress)


def test_the_proposal_fits_the_data() -> None:
    few = Checked("x", "auto", identities=12, pictures=60)
    plan = proposed(recipe("body_cameo"), few, "body_cameo")  # wants 100 held out, 16 x 4 a batch
    assert plan.held_out == 2
    assert plan.batch == 40
    many = Checked("x", "auto", identities=1000, pictures=20_000)
    plan = proposed(recipe("body_cameo"), many, "body_cameo")
    assert (plan.held_out, plan.batch) == (100, 64)
    plan = proposed(recipe("face_arcface"), few, "face_arcface")
    assert plan.batch == 50, "of the pictures that are not held out"
    assert proposed(recipe("retrieval"), many, "retrieval").held_out == 150


def test_the_plan_becomes_a_configuration_that_can_be_read_again(tmp_path: Path) -> None:
    from dataclasses import replace

    told = recipe("body_circle")
    data = Checked("/data/people", "auto", identities=100, pictures=1000)
    plan = replace(proposed(told, data, "body_circle"), loss="arc-face", epochs=3.0, device="cpu")
    got = resolved(told, plan, tmp_path / "run", processors=2)
    (tmp_path / "c.toml").write_text(config.to_toml(got))
    assert config.load(tmp_path / "c.toml") == got
    assert (got.loss.name, got.loss.parts) == ("arc-face", {})
    assert (got.data.train, got.data.held_out, got.data.workers) == ("/data/people", 10.0, 1)
    assert got.run.evaluate_every == 0.5
    assert not got.optim.compile
    assert got.network == told.network
    bag = recipe("body_bot")
    assert bag.network.options
    other = resolved(bag, replace(plan, network="osnet-x0.5"), tmp_path, processors=2)
    assert (other.network.name, other.network.options) == ("osnet-x0.5", {})
    same = resolved(bag, replace(plan, network="resnet50", loss=""), tmp_path, processors=2)
    assert (same.network, same.loss) == (bag.network, bag.loss)


def test_free_lines() -> None:
    told = recipe(TRIAL)
    assert lines_of("# remark\n\n optim.lr = 3 \n") == ("optim.lr=3",)
    assert problem_of(told, ("optim.lr=0.3", "augment.erase=0.1")) == ""
    assert "did you mean 'lr'" in problem_of(told, ("optim.lrr=3",))
    assert "config.toml" not in problem_of(told, ("optim.lrr=3",))
    assert "table.key=value" in problem_of(told, ("nonsense",))


def test_folders_are_never_taken_twice(tmp_path: Path) -> None:
    first = new_folder(tmp_path, "Näme: / of ../run")
    assert first.parent == tmp_path
    first.mkdir()
    second = new_folder(tmp_path, "Näme: / of ../run")
    assert second.name == f"{first.name}-2"
    assert new_folder(tmp_path, "///").name.endswith("-run")


def test_the_form_proposes_once_data_and_recipe_are_there(session: Session, qtbot: QtBot) -> None:
    form = TrainForm(session)
    with qtbot.waitSignal(form.recipes_changed):
        pass
    assert {"body_bot", "face_small", "retrieval"} <= {r.name for r in form.recipes}
    assert "leaderboard" not in {r.name for r in form.recipes}
    assert form.proposal is None
    with qtbot.waitSignal(form.data_changed, check_params_cb=None):
        form.check(DRAWN)
    qtbot.waitUntil(lambda: form.data is not None)
    form.choose_recipe(TRIAL)
    assert form.proposal is not None
    assert form.proposal.recipe == TRIAL
    assert (form.proposal.batch, form.proposal.held_out) == (32, 10)
    form.validate(("optim.lrr=1",))
    qtbot.waitUntil(lambda: "did you mean" in form.problem)
    form.validate(())
    qtbot.waitUntil(lambda: form.problem == "")
    form.forget_data()
    assert form.proposal is None


def test_an_empty_gallery_is_a_sentence(session: Session, qtbot: QtBot) -> None:
    form = TrainForm(session)
    form.check_gallery("face")
    assert form.is_checking
    qtbot.waitUntil(lambda: bool(form.data_problem))
    assert "no pictures" in form.data_problem
    assert not form.is_checking


def test_a_newer_question_wins(session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    form = TrainForm(session)
    form.check(str(people(tmp_path / "data", 8)))
    form.check(DRAWN)
    qtbot.waitUntil(lambda: form.data is not None)
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert form.data is not None
    assert form.data.source == DRAWN
