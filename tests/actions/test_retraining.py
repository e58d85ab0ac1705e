"""Retraining a library: what is learnt from, the verdict, the switch, the way back, forgetting."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import made_gallery
import numpy as np
import pytest
from made_gallery import World, enrol, film

from reid_core.actions import retrained
from reid_core.actions.loading import Models
from reid_core.actions.retrain import Wish, retrain, stock_of
from reid_core.actions.retrain_data import Samples, Stock, _agreement
from reid_core.actions.search import Searcher, query_person
from reid_core.cli.output import plain
from reid_core.errors import DataError, LibraryLocked, ModelMismatch, NotBetter, TrainingError
from reid_core.evaluate.holdout import split
from reid_core.library import Library, adapters, erase, models_used, people, retrainings, vectors
from reid_core.library.ids import format_id
from reid_core.library.retrainings import ACCEPTED, BACK, Run
from reid_core.library.verdicts import put_verdicts
from reid_core.models.store import ModelStore
from reid_core.types import Kind

ROLE = "body-embedder"
COUNT = 30


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    return made_gallery.store_in(tmp_path_factory.mktemp("store"))


def opened(folder: Path, store: ModelStore) -> tuple[Library, str]:
    """A library that works with the tiny network, and the network's id."""
    library, model = Library.open(folder), store.manifest("tiny").model_id
    with library.transaction("made") as tx:
        models_used.use(tx, ROLE, "tiny")
    return library, model


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, store: ModelStore) -> Path:
    """A library of people whom the network sees badly, with a run that was judged."""
    folder = tmp_path_factory.mktemp("trained") / "library"
    library, model = opened(folder, store)
    with library:
        made_gallery.gallery(library, model, count=COUNT)
        retrain(library, Models.of(library, store), Kind.BODY)
    return folder


@pytest.fixture
def ready(trained: Path, tmp_path: Path) -> Iterator[Library]:
    """A copy of it of one's own."""
    shutil.copytree(trained, tmp_path / "copy")
    with Library.open(tmp_path / "copy") as library:
        yield library


@pytest.fixture
def fresh(tmp_path: Path, store: ModelStore) -> Iterator[tuple[Library, str]]:
    library, model = opened(tmp_path / "fresh", store)
    with library:
        yield library, model


def the_run(library: Library) -> Run:
    with library.read() as connection:
        (run,) = retrainings.list_runs(connection)
    return run


def answers(library: Library, store: ModelStore) -> str:
    """What searching for everybody gives, as the command line would write it, without its time."""
    models = Models.of(library, store)
    searcher, found = Searcher(library, models), []
    with library.read() as connection:
        names = [p.name for p in people.list_people(connection)]
    for name in names:
        record = plain(searcher.search(query_person(library, models, name, kind=Kind.BODY)))
        del record["elapsed_s"]
        found.append(record)
    return json.dumps(found)


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


def test_accepting_changes_every_answer_at_once_and_going_back_restores_them(ready, store) -> None:
    before = answers(ready, store)
    stale = Models.of(ready, store)  # of a process that has the library open
    run = retrained.accept(ready, Models.of(ready, store), the_run(ready).shown_id)
    assert run.in_use
    assert run.state == ACCEPTED
    after = answers(ready, store)
    assert json.loads(after)[0]["model"] == run.model
    assert json.loads(after)[0]["threshold"]["value"] is None
    best = [r["sightings"][0]["score"] for r in json.loads(after)]
    assert len(best) == COUNT
    old = Searcher(ready, stale).search(query_person(ready, stale, "Person 003", kind=Kind.BODY))
    assert plain(old.sightings) == json.loads(before)[3]["sightings"]
    retrained.roll_back(ready, Kind.BODY)
    assert answers(ready, store) == before
    assert the_run(ready).state == BACK
    again = retrained.accept(ready, Models.of(ready, store), run.shown_id)
    assert again.in_use
    assert answers(ready, store) == after


def test_a_better_model_finds_people_that_the_network_did_not(ready, store) -> None:
    def right(text: str) -> int:
        """How many people's best sighting is their own walk: the n-th walks at 5 n seconds."""
        records = json.loads(text)
        return sum(r["sightings"][0]["start_s"] == 5.0 * n for n, r in enumerate(records))

    before = right(answers(ready, store))
    retrained.accept(ready, Models.of(ready, store), the_run(ready).shown_id)
    assert right(answers(ready, store)) > before + 5


def test_a_query_of_the_network_does_not_meet_adapted_vectors(ready, store) -> None:
    old = Models.of(ready, store)
    query = query_person(ready, old, "Person 000", kind=Kind.BODY)
    retrained.accept(ready, old, the_run(ready).shown_id)
    searcher = Searcher(ready, Models.of(ready, store))
    searcher.warm(Kind.BODY)
    index = searcher._held[Kind.BODY][1]
    with pytest.raises(ModelMismatch):
        index.search(query.vectors, k=1, model=query.model)


def test_who_is_enrolled_and_filmed_meanwhile_is_there_in_both(ready, store) -> None:
    run = retrained.accept(ready, Models.of(ready, store), the_run(ready).shown_id)
    assert run.model is not None
    world = World(seed=5)
    rows = np.stack([world.look(0), world.look(0)])
    with ready.read() as connection:
        adapter = adapters.get(connection, run.model)
    enrol(ready, run.model, adapter.apply(rows), "Newcomer")  # as the adapted embedder gives them
    film(ready, run.base, world, [0], "late.mp4")  # as indexing does
    model = Models.of(ready, store)
    found = Searcher(ready, model).search(query_person(ready, model, "Newcomer", kind=Kind.BODY))
    assert found.sightings[0].video == "/v/late.mp4"
    retrained.roll_back(ready, Kind.BODY)
    with ready.read() as connection:
        person = people.find_person(connection, "Newcomer").id
        ids = [t.id for t in people.templates_of(connection, person)]
        _, kept = vectors.vectors_of(connection, "template", Kind.BODY, run.base, ids)
    assert (kept @ rows.T).max(1).min() > 0.9999


def test_an_uncertain_model_needs_an_override(ready, store) -> None:
    run = the_run(ready)
    with ready.transaction("made") as tx:
        doubt = {**run.verdict, "decision": "uncertain", "sentence": "Not sure."}
        retrainings.finish(tx, run.id, run.model, doubt)
    models = Models.of(ready, store)
    with pytest.raises(NotBetter, match="--override"):
        retrained.accept(ready, models, run.shown_id)
    assert not the_run(ready).in_use
    assert retrained.accept(ready, models, run.shown_id, override=True).in_use


def test_it_goes_into_use_on_its_own_network_only(ready, store) -> None:
    with ready.transaction("made") as tx:
        models_used.use(tx, ROLE, "colour-stripes")
    with pytest.raises(ModelMismatch, match="tiny"):
        retrained.accept(ready, Models.of(ready, store), the_run(ready).shown_id)


def test_there_is_nothing_to_go_back_from(ready) -> None:
    with pytest.raises(TrainingError, match="nothing to go back"):
        retrained.roll_back(ready, Kind.BODY)


def test_a_second_model_is_judged_against_the_first_and_leads_back_to_it(ready, store) -> None:
    first = retrained.accept(ready, Models.of(ready, store), the_run(ready).shown_id)
    second = retrain(ready, Models.of(ready, store), Kind.BODY, Wish(loss="multi-similarity"))
    main = next((f for f in second.verdict["figures"] if f["name"] == "mAP"), None)
    assert main is not None
    assert main["old"] > 0.8  # not the network's: it is the adapted model that is in use
    retrained.accept(ready, Models.of(ready, store), second.shown_id, override=True)
    retrained.roll_back(ready, Kind.BODY)
    assert Models.of(ready, store).model_id(Kind.BODY) == first.model
    retrained.roll_back(ready, Kind.BODY)
    assert Models.of(ready, store).model_id(Kind.BODY) == first.base


def test_dropping_the_model_in_use_leaves_the_network(ready, store) -> None:
    before = answers(ready, store)
    run = retrained.accept(ready, Models.of(ready, store), the_run(ready).shown_id)
    retrained.drop(ready, run.shown_id)
    assert answers(ready, store) == before
    with ready.read() as connection:
        assert retrainings.list_runs(connection) == []
        assert adapters.names(connection, run.base) == []


def test_forgetting_somebody_names_the_models_that_learnt_from_them(ready, store) -> None:
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
def test_what_nothing_can_be_learnt_from_is_refused_in_words(fresh, store, make, words) -> None:
    library, model = fresh
    make(library, model)
    models = Models.of(library, store)
    assert not stock_of(library, models, Kind.BODY).is_enough
    with pytest.raises(DataError, match=words):
        retrain(library, models, Kind.BODY)
    with library.read() as connection:
        assert retrainings.list_runs(connection) == []


def test_an_empty_library_is_too_little(fresh, store) -> None:
    stock = stock_of(fresh[0], Models.of(fresh[0], store), Kind.BODY)
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


def test_confirmed_sightings_count_and_rejected_ones_are_strangers(fresh, store) -> None:
    library, model = fresh
    made_gallery.gallery(library, model, count=12, looks=3)
    with library.transaction("made") as tx:
        everybody = {p.name: p.id for p in people.list_people(tx)}
        ids = vectors.all_vectors(tx, "tracklet", Kind.BODY, model)[0].tolist()
        for n, name in enumerate(sorted(everybody)):
            put_verdicts(tx, everybody[name], [ids[n]], n % 2 == 0)
    stock = stock_of(library, Models.of(library, store), Kind.BODY)
    assert (stock.confirmed, stock.rejected) == (6, 6)
    assert stock.pictures == 12 * 3 + 6 * 2  # the two views of a sighting are two pictures
    assert stock.looks == 12 * 3 + 6  # but one look


# ---- stopping


def test_stopping_leaves_nothing_and_a_second_run_at_once_is_refused(fresh, store) -> None:
    library, model = fresh
    made_gallery.gallery(library, model, count=12, looks=3)
    models, refused = Models.of(library, store), []

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


SWITCHING = """
import sys
from pathlib import Path
from reid_core.actions import retrained
from reid_core.actions.loading import Models
from reid_core.library import Library, retrainings
from reid_core.models.store import ModelStore
from reid_core.types import Kind
library, store = Library.open(Path(sys.argv[1])), ModelStore(Path(sys.argv[2]))
with library.read() as connection:
    run = retrainings.list_runs(connection)[0]
print("go", flush=True)
while True:
    if not run.in_use:
        run = retrained.accept(library, Models.of(library, store), run.shown_id)
    retrained.roll_back(library, Kind.BODY)
    with library.read() as connection:
        run = retrainings.list_runs(connection)[0]
"""


def test_killed_at_any_moment_of_the_switch_it_is_one_or_the_other(ready, store) -> None:
    old = answers(ready, store)
    retrained.accept(ready, Models.of(ready, store), the_run(ready).shown_id)
    new = answers(ready, store)
    rng, states = random.Random(0), set()
    for _ in range(20):
        command = [sys.executable, "-c", SWITCHING, str(ready.folder), str(store.folder)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "go\n"
        time.sleep(rng.uniform(0, 0.1))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        run = the_run(ready)
        assert (run.state == ACCEPTED) == run.in_use
        assert answers(ready, store) == (new if run.in_use else old)
        states.add(run.in_use)
    assert states == {True, False}
