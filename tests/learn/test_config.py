"""Configurations: read, changed, refused, written and read again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from reid_core.errors import TrainingError
from reid_core.learn import config

RECIPES = sorted((Path(__file__).parents[2] / "training" / "configs").glob("*.toml"))


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_values_come_from_the_file_and_then_from_the_changes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", "[optim]\nlr = 1\nepochs = 3\n[data]\ntrain = 'x'\n")
    got = config.load(path, ["optim.lr=2e-3", "data.train=some folder", "sampler.k=8"])
    assert (got.optim.lr, got.optim.epochs, got.data.train) == (2e-3, 3.0, "some folder")
    assert got.sampler.options == {"k": 8}
    assert got.optim.weight_decay == config.Optim().weight_decay


def test_parts_of_a_loss_and_lists(tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", "[loss.parts.triplet]\nweight = 0.5\n[optim]\nlr=1e-3\n")
    got = config.load(path, ["loss.parts.softmax.smoothing=0.1", 'data.train=["a", "b"]'])
    assert got.loss.parts == {"triplet": {"weight": 0.5}, "softmax": {"smoothing": 0.1}}
    assert got.data.train == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("optim.epoch=3", "did you mean 'epochs'"),
        ("optin.lr=3", "did you mean 'optim'"),
        ("optim.lr=fast", "expected a number"),
        ("optim.accumulate=1.5", "expected a whole number"),
        ("optim.compile=1", "expected true or false"),
        ("data.mean=3", "list of numbers"),
        ("data.train=3", "a path"),
        ("optim=3", "not of the form"),
        ("nonsense", "not of the form"),
        ("optim.lr.deep=1", "lr is no table"),
        ("run.seed=true", "expected a whole number"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(
    tmp_path: Path, change: str, words: str
) -> None:
    path = write(tmp_path / "a.toml", "[optim]\nlr = 1\n")
    with pytest.raises(TrainingError, match=words):
        config.load(path, [change])


def test_files_that_are_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be read"):
        config.load(tmp_path / "none.toml")
    with pytest.raises(TrainingError, match="no TOML"):
        config.load(write(tmp_path / "a.toml", "[["))
    with pytest.raises(TrainingError, match="too large"):
        config.load(write(tmp_path / "b.toml", "#" * 1_000_001))
    with pytest.raises(TrainingError, match="is a table"):
        config.load(write(tmp_path / "c.toml", "optim = 3"))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda p: p.stem)
def test_recipes_survive_being_written_and_read(tmp_path: Path, recipe: Path) -> None:
    told = config.load(recipe, ['run.folder=a "b" \\c', "data.train=häuser"])
    again = config.load(write(tmp_path / "again.toml", config.to_toml(told)))
    assert again == told


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda p: p.stem)
def test_recipes_name_parts_that_exist(recipe: Path) -> None:
    """Every name and option in them is known: the parts are made, small."""
    from reid_core.learn import augment, parts, samplers
    from reid_core.learn.backbones import named as backbones

    told = config.load(recipe)
    augment.make(told.data.height, told.data.width, **told.augment.options)
    assert told.sampler.name in samplers.SAMPLERS
    known = backbones.options_of(told.network.name)
    assert set(told.network.options) <= set(known)
    parts.make_loss(dataclasses.replace(told), dim=8, classes=6)
