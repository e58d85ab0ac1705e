"""A full training: the recipe, the training by it, the verdict, and the switch."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import made_pictures
import pytest
from made_gallery import ROLE, answers, the_run

from reid_core.actions import retrained
from reid_core.actions.loading import Models
from reid_core.actions.retrain import Wish, retrain
from reid_core.actions.retrain_folders import folder_of
from reid_core.actions.retrain_full import Prepared, _exported, judge_trained, recipe_for
from reid_core.actions.train import train
from reid_core.errors import TrainingError
from reid_core.learn.data import read
from reid_core.library import Library, erase, footage, people, retrainings
from reid_core.library.ids import format_id, parse_id
from reid_core.models.store import ModelStore
from reid_core.types import Kind

QUICK = ("optim.epochs=2", "data.workers=0", "optim.lr=1e-3", "run.tensorboard=false")


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return made_pictures.store_in(tmp_path / "store")


@pytest.fixture
def library(tmp_path: Path, store: ModelStore) -> Iterator[Library]:
    with Library.open(tmp_path / "library") as made:
        made_pictures.gallery(made, store, count=20)
        yield made


@pytest.fixture
def prepared(library: Library, store: ModelStore) -> Prepared:
    return recipe_for(library, Models.of(library, store), Kind.BODY)


def test_the_recipe_holds_out_what_the_run_does(library, prepared) -> None:
    with library.read() as connection:
        parts = retrainings.parts_of(connection, prepared.run.id)
    data = tomllib.loads(prepared.config.read_text("utf-8"))["data"]
    pictures = read(data["train"], data["form"])
    trained = {format_id(p.person) for p in parts if p.part == "train"}
    assert set(pictures.names) == trained
    assert len(pictures) == sum(p.part == "train" for p in parts)
    assert {p.part for p in parts} == {"train", "known", "open"}
    assert prepared.steps > 0
    assert prepared.seconds > 0


def test_a_loss_that_does_not_exist_is_told_before_the_recipe_is_written(library, store) -> None:
    with pytest.raises(TrainingError, match="nothing-like-it"):
        recipe_for(library, Models.of(library, store), Kind.BODY, Wish(loss="nothing-like-it"))
    with library.read() as connection:
        assert not retrainings.list_runs(connection)


def test_nothing_of_somebody_forgotten_is_learnt_from(library, prepared) -> None:
    with library.read() as connection:
        lineage = retrainings.people_of(connection, prepared.run.id)
    erase.forget(library, lineage[0])
    folder = prepared.config.parent
    found = read(folder / "retraining.json", "retraining")
    assert set(found.names) == {format_id(p) for p in lineage[1:]}
    assert {p.name for p in folder.iterdir()} == {"retraining.json", "recipe.toml", "base.onnx"}


def test_a_sighting_is_learnt_from_when_it_was_confirmed_and_not_when_rejected(library) -> None:
    with library.read() as connection:
        ids = footage.tracklet_ids(connection, Kind.BODY).tolist()
        person = people.list_people(connection)[0].id
        (template, *_) = people.templates_of(connection, person)
        views = footage.views_of(connection, ids)
    one, other = views[0], next(w for w in views if w.tracklet_id != views[0].tracklet_id)
    owned = [(template.id, "template"), (one.id, "view"), (other.id, "view")]
    with library.transaction("made") as tx:
        footage.set_verdict(tx, person, one.tracklet_id, True)
        footage.set_verdict(tx, person, other.tracklet_id, False)
        parts = [retrainings.Part(i, owner, person, "train") for i, owner in owned]
        run = retrainings.start(tx, Kind.BODY, "full", "small@1", settings={}, data={}, parts=parts)
        found = retrainings.crops_of(tx, run)
    assert [(who, media) for who, media, _ in found] == [
        (person, template.media),
        (person, one.media),
    ]


def test_what_was_trained_is_judged_taken_into_use_and_dropped(library, store, prepared) -> None:
    before = answers(library, store, some=3)
    models = Models.of(library, store)
    with pytest.raises(TrainingError, match="retrain judge"):
        retrained.accept(library, models, prepared.run.shown_id)
    with pytest.raises(TrainingError):
        judge_trained(library, models, prepared.run.shown_id)
    assert train(prepared.config, QUICK).steps > 0
    run = judge_trained(library, models, prepared.run.shown_id)
    assert run.verdict["figures"]
    assert run.model is not None
    assert "-own-" in run.model
    done = retrained.accept(library, models, run.shown_id, override=True)
    assert done.run.in_use
    assert json.loads(answers(library, store, some=3))[0]["model"] == run.model
    retrained.roll_back(library, Models.of(library, store), Kind.BODY)
    assert answers(library, store, some=3) == before
    folder = folder_of(library, run)
    assert (folder / "best.pt").is_file()
    retrained.drop(library, Models.of(library, store), run.shown_id)
    assert not folder.exists()


def test_of_a_folder_that_is_a_link_the_link_alone_is_erased(library, store, prepared) -> None:
    folder, elsewhere = folder_of(library, prepared.run), library.folder.parent / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    retrained.drop(library, Models.of(library, store), prepared.run.shown_id)
    assert not folder.is_symlink()
    assert any(elsewhere.iterdir())


def test_who_is_forgotten_makes_room_for_nobody_it_learnt_from(library, store, prepared) -> None:
    """The threshold comes from people by whom it was measured, and from them alone."""
    train(prepared.config, QUICK)
    folder = prepared.config.parent
    base = Models.of(library, store).manifest(ROLE)
    _, before = _exported(folder, base)
    assert len(before) > 1
    gone = min(before)
    erase.forget(library, parse_id(gone))
    _, after = _exported(folder, base)
    assert after == before - {gone}


def test_a_folder_without_a_run_is_taken_away_the_next_time(library, store, prepared) -> None:
    left = prepared.config.parent
    own = left.parent / "mine"
    own.mkdir()
    with library.transaction("made") as tx:  # as if it had been killed before the run was noted
        retrainings.delete(tx, [prepared.run.id])
    again = recipe_for(library, Models.of(library, store), Kind.BODY)
    assert not left.exists()
    assert again.config.is_file()
    assert own.is_dir()


def test_another_retraining_leaves_it_waiting(library, store, prepared) -> None:
    retrain(library, Models.of(library, store), Kind.BODY, Wish())
    with library.read() as connection:
        assert retrainings.find_run(connection, prepared.run.shown_id).state == "training"


def test_it_is_not_judged_twice_or_for_another_strength(library, store) -> None:
    retrain(library, Models.of(library, store), Kind.BODY, Wish())
    with pytest.raises(TrainingError, match="waits for a verdict"):
        judge_trained(library, Models.of(library, store), the_run(library).shown_id)
