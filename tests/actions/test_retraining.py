"""Retraining a library: what is learnt from, the verdict, the switch, the way back, forgetting."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import made_gallery
import numpy as np
import pytest
from made_gallery import COUNT, World, answers, enrol, the_run

from reid_core.actions import retrain as retrain_module
from reid_core.actions import retrained
from reid_core.actions.loading import Models
from reid_core.actions.retrain import retrain, stock_of
from reid_core.actions.retrain_data import Samples, Stock, _agreement
from reid_core.errors import DataError, LibraryLocked, TrainingError
from reid_core.evaluate.holdout import split
from reid_core.evaluate.verdict import Verdict
from reid_core.library import (
    Library,
    erase,
    people,
    retrainings,
    vectors,
)
from reid_core.library.history import History
from reid_core.library.ids import format_id
from reid_core.library.verdicts import put_verdicts
from reid_core.types import Kind


def test_a_gallery_that_the_network_sees_badly_is_learnt_and_offered(ready) -> None:
    run = the_run(ready)
    assert run.is_offered
    assert not run.in_use
    main = next(f for f in run.verdict["figures"] if f["name"] == "mAP")
    assert main["low"] > 0.2
    unseen = next(f for f in run.verdict["figures"] if f["name"] == "mAP, unseen people")
    assert unseen["low"] > 0
    assert run.verdict["better"]
    assert 0 < run.verdict["strength"] <= 1
    assert run.data["held_people"] == 9


def test_nothing_of_the_hold_out_is_learnt_from(ready) -> None:
    with ready.read() as connection:
        parts = retrainings.parts_of(connection, the_run(ready).id)
        lineage = set(retrainings.people_of(connection, the_run(ready).id))
    by_part = {name: {p.owner_id for p in parts if p.part == name} for name in ("train", "open")}
    assert len(parts) == 4 * COUNT
    assert not by_part["train"] & by_part["open"]
    assert not {p.person for p in parts if p.part == "open"} & lineage
    assert len(lineage) == COUNT - 9


def test_forgetting_somebody_names_the_models_that_learnt_from_them(ready, tiny) -> None:
    run = the_run(ready)
    with ready.read() as connection:
        learnt = retrainings.people_of(connection, run.id)
        parts = retrainings.parts_of(connection, run.id)
    held = next(p.person for p in parts if p.part == "open")
    theirs = {format_id(p.owner_id) for p in parts if p.person in (held, learnt[0])}
    assert erase.forget(ready, held).trained_on == ()
    gone = erase.forget(ready, learnt[0])
    assert gone.trained_on == (run.model,)
    assert gone.proven
    after = the_run(ready)
    assert after.forgotten == 1
    with ready.read() as connection:
        assert learnt[0] not in retrainings.people_of(connection, run.id)
    for change in (*after.verdict["better"], *after.verdict["worse"]):
        assert not {change["row"], change["wrong"]} & theirs


def test_when_one_became_two_again_both_are_known(ready) -> None:
    """Forgetting one leaves what says that the other was learnt from."""
    run, history = the_run(ready), History(ready)
    with ready.read() as connection:
        one, other = retrainings.people_of(connection, run.id)[:2]
    with history.recording("merge"), ready.transaction("merge") as tx:
        people.merge(tx, into=one, gone=other)
    history.undo()
    for person in (one, other):
        assert erase.forget(ready, person).trained_on == (run.model,)
    assert the_run(ready).forgotten == 2
    with ready.read() as connection:
        left = retrainings.people_of(connection, run.id)
    assert not {one, other} & set(left)
    assert len(left) == run.data["people"] - run.data["held_people"] - 2


def test_who_is_forgotten_while_it_learns_is_not_in_its_verdict(ready, tiny, monkeypatch) -> None:
    """Their pictures are named by nothing, whenever they went."""
    gone: list[str] = []

    def judged(samples: Samples, *rest: object) -> Verdict:
        verdict = judge(samples, *rest)
        person = int(samples.people[verdict.better[0].row])
        gone.extend(format_id(int(i)) for i in samples.ids[samples.people == person])
        assert erase.forget(ready, person).proven
        return verdict

    judge = retrain_module.judged
    monkeypatch.setattr(retrain_module, "judged", judged)
    run = retrain(ready, Models.of(ready, tiny), Kind.BODY)
    assert gone
    assert run.verdict["better"]
    assert not [one for one in gone if one in json.dumps(run.verdict)]


def test_who_was_learnt_from_stays_known_when_two_become_one(ready) -> None:
    run = the_run(ready)
    with ready.transaction("merge") as tx:
        one, two = retrainings.people_of(tx, run.id)[:2]
        people.merge(tx, into=one, gone=two)
    assert erase.forget(ready, one).trained_on == (run.model,)
    with ready.read() as connection:
        assert len(retrainings.people_of(connection, run.id)) == COUNT - 11


# ---- too little


def shuffled(library: Library, model: str) -> None:
    world, rng = World(), np.random.default_rng(1)
    looks = [world.look(n) for n in range(40) for _ in range(4)]
    order = rng.permutation(len(looks))
    for n in range(40):
        enrol(library, model, [looks[i] for i in order[4 * n : 4 * n + 4]], f"P{n}")


def two_people(library: Library, model: str) -> None:
    world = World()
    for n in range(2):
        enrol(library, model, [world.look(n) for _ in range(20)], f"P{n}")


def one_template_each(library: Library, model: str) -> None:
    world = World()
    for n in range(50):
        enrol(library, model, [world.look(n)], f"P{n}")


def duplicates(library: Library, model: str) -> None:
    world, rng = World(), np.random.default_rng(0)
    for n in range(50):
        row = world.look(n)
        rows = [row + 0.002 * rng.normal(size=row.shape) for _ in range(4)]
        units = [(r / np.linalg.norm(r)).astype(np.float32) for r in rows]
        enrol(library, model, units, f"P{n}")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (shuffled, "The names do not fit the pictures"),
        (two_people, "2 of 2 people have two different body pictures; retraining needs 5"),
        (one_template_each, "0 of 50 people have two different body pictures"),
        (duplicates, "in one look only"),
    ],
)
def test_what_nothing_can_be_learnt_from_is_refused_in_words(fresh, tiny, make, words) -> None:
    library, model = fresh
    make(library, model)
    models = Models.of(library, tiny)
    assert not stock_of(library, models, Kind.BODY).is_enough
    with pytest.raises(DataError, match=words):
        retrain(library, models, Kind.BODY)
    with library.read() as connection:
        assert retrainings.list_runs(connection) == []


def test_an_empty_library_is_too_little(fresh, tiny) -> None:
    stock = stock_of(fresh[0], Models.of(fresh[0], tiny), Kind.BODY)
    assert stock.people == 0
    assert "0 of 0 people" in stock.problems[0]


@pytest.mark.parametrize("seed", range(10))
def test_names_by_chance_never_pass_for_names(seed: int) -> None:
    """Also where some pictures are under the right name by chance."""
    world, rng = World(seed), np.random.default_rng(seed)
    rows = np.stack([world.look(n) for n in range(40) for _ in range(4)])
    people, n = rng.permutation(np.repeat(np.arange(40), 4)), np.arange(160)
    s = split(people, n, n)
    found, limit = _agreement(Samples(rows, people, n, n, (), n, s, Stock(Kind.BODY)))
    assert found < limit
    right, least = _agreement(Samples(rows, n // 4, n, n, (), n, s, Stock(Kind.BODY)))
    assert right > least


# ---- what the user said of sightings


def test_confirmed_sightings_count_and_rejected_ones_are_strangers(fresh, tiny) -> None:
    library, model = fresh
    made_gallery.gallery(library, model, count=12, looks=3)
    with library.transaction("made") as tx:
        everybody = {p.name: p.id for p in people.list_people(tx)}
        ids = vectors.all_vectors(tx, "tracklet", Kind.BODY, model)[0].tolist()
        for n, name in enumerate(sorted(everybody)):
            put_verdicts(tx, everybody[name], [ids[n]], n % 2 == 0)
    stock = stock_of(library, Models.of(library, tiny), Kind.BODY)
    assert (stock.confirmed, stock.rejected) == (6, 6)
    assert stock.pictures == 12 * 3 + 6 * 2  # the two views of a sighting are two pictures
    assert stock.looks == 12 * 3 + 6  # but one look


# ---- stopping


def test_stopping_leaves_nothing_and_a_second_run_at_once_is_refused(fresh, tiny) -> None:
    library, model = fresh
    made_gallery.gallery(library, model, count=12, looks=3)
    models, refused = Models.of(library, tiny), []

    def stop(share: float, _: str) -> None:
        with library.read() as connection:
            assert len(retrainings.unfinished(connection, Kind.BODY)) == 1
        try:
            retrain(library, models, Kind.BODY)
        except LibraryLocked as error:
            refused.append(str(error))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retrain(library, models, Kind.BODY, progress=stop)
    assert "retrained by process" in refused[0]
    with library.read() as connection:
        assert retrainings.list_runs(connection) == []


LEARNING = """
import sys
from pathlib import Path
from reid_core.actions.loading import Models
from reid_core.actions.retrain import retrain
from reid_core.library import Library
from reid_core.models.store import ModelStore
from reid_core.types import Kind
library, store = Library.open(Path(sys.argv[1])), ModelStore(Path(sys.argv[2]))
retrain(library, Models.of(library, store), Kind.BODY, progress=lambda *_: print("go", flush=True))
"""


def test_killed_while_it_learns_it_changed_nothing_and_can_be_done_again(fresh, tiny) -> None:
    library, model = fresh
    made_gallery.gallery(library, model, count=12, looks=3)
    before = answers(library, tiny)
    for steps in (1, 40):
        command = [sys.executable, "-c", LEARNING, str(library.folder), str(tiny.folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for _ in range(steps):
                assert child.stdout.readline() == "go\n"
            child.send_signal(signal.SIGKILL)
        left = the_run(library)  # the one before is gone: there is never more than one
        assert (left.state, left.model) == (retrainings.TRAINING, None)
        with pytest.raises(TrainingError, match="not finished"):
            retrained.accept(library, Models.of(library, tiny), left.shown_id)
        assert answers(library, tiny) == before
    assert retrain(library, Models.of(library, tiny), Kind.BODY).state == retrainings.JUDGED
    with library.read() as connection:
        assert len(retrainings.list_runs(connection)) == 1
