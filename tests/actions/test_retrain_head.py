"""The last stage of a network learns from a gallery, goes into use, and out of it again."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import made_pictures
import numpy as np
import pytest
from made_gallery import answers, the_run

from reid_core.actions import own_networks, retrained, use_model
from reid_core.actions.loading import Models, load_embedder
from reid_core.actions.retrain import Wish, retrain, stock_of
from reid_core.actions.search import Searcher, query_person
from reid_core.actions.strengths import offers
from reid_core.actions.use_model import Pending, pending
from reid_core.adapter import identity
from reid_core.errors import LibraryReadOnly, ModelMismatch, RunNotFound, TrainingError
from reid_core.learn import head
from reid_core.library import (
    Library,
    adapters,
    erase,
    footage,
    networks,
    people,
    retrainings,
    vectors,
)
from reid_core.library.retrainings import ACCEPTED, BACK, Part
from reid_core.models.store import ModelStore
from reid_core.types import Kind

SOME = 8  # people who are searched for
ALL = (160, 80, 40)  # templates, views, tracklets


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library that was retrained once, and its models."""
    folder = tmp_path_factory.mktemp("head")
    store = made_pictures.store_in(folder / "store")
    with Library.open(folder / "library") as library:
        made_pictures.gallery(library, store)
        with pytest.MonkeyPatch.context() as patch:  # weights of chance have a long way to go
            patch.setattr(head, "Recipe", partial(head.Recipe, rate=3e-3, pull=0.0))
            retrain(library, Models.of(library, store), Kind.BODY, Wish("head"))
    return folder


@pytest.fixture
def store(learnt: Path, tmp_path: Path) -> ModelStore:
    shutil.copytree(learnt / "store", tmp_path / "store")
    return ModelStore(tmp_path / "store" / "models")


@pytest.fixture
def ready(learnt: Path, tmp_path: Path) -> Iterator[Library]:
    shutil.copytree(learnt / "library", tmp_path / "library")
    with Library.open(tmp_path / "library") as library:
        yield library


def accepted(library: Library, store: ModelStore, **how: object) -> retrained.Accepted:
    run = the_run(library).shown_id
    return retrained.accept(library, Models.of(library, store), run, override=True, **how)


def counts(library: Library, model: str) -> tuple[int, int, int]:
    with library.read() as connection:
        return tuple(
            vectors.models_with_vectors(connection, owner, Kind.BODY).get(model, 0)
            for owner in ("template", "view", "tracklet")
        )


def test_it_is_better_on_people_held_out(ready) -> None:
    run = the_run(ready)
    assert run.strength == "head"
    assert run.is_offered, run.verdict["sentence"]
    figures = {f["name"]: f for f in run.verdict["figures"]}
    assert figures["mAP"]["new"] > figures["mAP"]["old"] + 0.05


def test_the_network_that_is_kept_is_the_one_that_was_judged(ready, store) -> None:
    """Its first layers are those of the network it was made of, byte for byte; its last are not."""
    from reid_core.models import tail

    model = the_run(ready).model
    manifest = own_networks.install(ready, store, model)
    assert manifest.model_id == model
    assert manifest.name.startswith("small-own-")
    assert manifest.reference is None
    old, new = (tail.whole(store.path(n)).constants for n in ("small", manifest.name))
    assert {n for n in old if not np.array_equal(old[n], new[n])} <= {"c", "c0", "d", "d0"}
    assert not np.array_equal(old["d"], new["d"])


def test_everything_changes_over_and_back_to_the_byte(ready, store) -> None:
    before = answers(ready, store, some=SOME)
    stale = Models.of(ready, store)
    run = accepted(ready, store).run
    assert run.in_use
    assert run.state == ACCEPTED
    after = answers(ready, store, some=SOME)
    assert json.loads(after)[0]["model"] == run.model
    assert counts(ready, run.model) == counts(ready, run.base) == ALL
    old = Searcher(ready, stale).search(query_person(ready, stale, "Person 003", kind=Kind.BODY))
    assert old.model == run.base
    retrained.roll_back(ready, Models.of(ready, store), Kind.BODY)
    assert answers(ready, store, some=SOME) == before
    assert the_run(ready).state == BACK
    accepted(ready, store)
    assert answers(ready, store, some=SOME) == after


def test_searches_answer_from_the_old_space_while_pictures_are_embedded_again(ready, store) -> None:
    before, seen = answers(ready, store, some=2), []

    def look(share: float, what: str) -> None:
        with Library.open(ready.folder) as other:
            seen.append(answers(other, store, some=2) == before)

    accepted(ready, store, progress=look)
    assert len(seen) > 2
    assert all(seen)


def test_who_comes_while_it_is_in_use_is_there_after_going_back(ready, store) -> None:
    run = accepted(ready, store).run
    assert run.model is not None
    name = run.model.split("@")[0]
    made_pictures.enrol(ready, store, name, 77, 2)
    made_pictures.film(ready, store, name, range(77, 78), "late.mp4")
    retrained.roll_back(ready, Models.of(ready, store), Kind.BODY)
    assert pending(ready, store.manifest("small")) == Pending()
    models = Models.of(ready, store)
    found = Searcher(ready, models).search(
        query_person(ready, models, "Person 077", kind=Kind.BODY)
    )
    assert found.model == run.base
    assert counts(ready, run.base) == (162, 82, 41)


def test_stopped_it_goes_on_where_it_was(ready, store) -> None:
    def stop(share: float, what: str) -> None:
        if share > 0.2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        accepted(ready, store, progress=stop)
    run = the_run(ready)
    assert not run.in_use
    assert 0 < sum(counts(ready, run.model)) < sum(ALL)
    assert accepted(ready, store).run.in_use


def test_dropped_while_it_is_taken_into_use_nothing_of_it_stays(ready, store) -> None:
    run = the_run(ready)

    def drop(share: float, what: str) -> None:
        if share > 0.2:
            with Library.open(ready.folder) as other:
                retrained.drop(other, Models.of(other, store), run.shown_id)

    with pytest.raises(RunNotFound):
        accepted(ready, store, progress=drop)
    assert counts(ready, run.model) == (0, 0, 0)


def test_dropping_it_erases_its_vectors_and_its_file(ready, store, monkeypatch) -> None:
    before = answers(ready, store, some=2)
    run = accepted(ready, store).run
    monkeypatch.setattr(ready, "writable", False)
    with pytest.raises(LibraryReadOnly):
        retrained.drop(ready, Models.of(ready, store), run.shown_id)
    monkeypatch.setattr(ready, "writable", True)
    assert (store.folder / f"{run.model.split('@')[0]}.onnx").is_file()
    made_pictures.enrol(ready, store, run.model.split("@")[0], 77, 2)
    retrained.drop(ready, Models.of(ready, store), run.shown_id)
    assert answers(ready, store, some=2) == before
    assert counts(ready, run.model) == (0, 0, 0)
    assert counts(ready, run.base)[0] == 162
    assert not list(store.folder.glob("small-own*"))
    with ready.read() as connection:
        assert networks.models(connection) == []


def test_dropped_where_it_was_named_as_the_model_to_use_its_network_serves(ready, store) -> None:
    before, run = answers(ready, store, some=2), the_run(ready)
    own_networks.install(ready, store, run.model)
    use_model.use_model(ready, store, run.model.split("@")[0])
    assert the_run(ready).in_use
    retrained.drop(ready, Models.of(ready, store), run.shown_id)
    assert answers(ready, store, some=2) == before


def test_a_library_brings_its_network_to_another_machine(ready, store, tmp_path) -> None:
    accepted(ready, store)
    after = answers(ready, store, some=2)
    elsewhere = made_pictures.store_in(tmp_path / "elsewhere")
    assert answers(ready, elsewhere, some=2) == after


def test_an_adapter_stands_on_it_and_keeps_it_from_being_dropped(ready, store) -> None:
    head = accepted(ready, store).run
    above = retrain(ready, Models.of(ready, store), Kind.BODY)
    assert above.base == head.model
    with pytest.raises(TrainingError, match=above.shown_id):
        retrained.drop(ready, Models.of(ready, store), head.shown_id)


def test_forgetting_somebody_names_it(ready) -> None:
    with ready.read() as connection:
        everybody = [p.id for p in people.list_people(connection)]
    named = [erase.forget(ready, person).trained_on for person in everybody]
    assert (the_run(ready).model,) in named


def test_what_was_made_of_its_network_is_named_too(ready) -> None:
    """It has the person in its weights, whoever it learnt from itself."""
    below = the_run(ready).model
    with ready.transaction("made") as tx:
        adapters.put(tx, identity(below, made_pictures.DIM), Kind.BODY)
        (above,) = adapters.names(tx, below)
        run = retrainings.start(tx, Kind.BODY, "adapter", below, settings={}, data={}, parts=[])
        retrainings.finish(tx, run, above, {})
        everybody = [p.id for p in people.list_people(tx)]
    named = {erase.forget(ready, person).trained_on for person in everybody}
    assert named == {(), (below, above)}


def test_what_its_network_learnt_from_was_learnt_by_what_stands_on_it(ready) -> None:
    """None of it may tell how sure the model above is."""
    base, how = the_run(ready).base, {"settings": {}, "data": {}}
    with ready.transaction("made") as tx:
        person, other = (p.id for p in people.list_people(tx)[:2])
        seen = footage.tracklet_ids(tx, Kind.BODY)[:1].tolist()
        parts = [Part(1, "template", person, "train"), Part(2, "template", other, "open")]
        run = retrainings.start(tx, Kind.BODY, "head", base, parts=parts, tracklets=seen, **how)
        retrainings.finish(tx, run, "below", {})
        run = retrainings.start(tx, Kind.BODY, "adapter", "below", parts=[], **how)
        retrainings.finish(tx, run, "above", {})
        for model in ("below", "above"):
            assert retrainings.learnt_from(tx, model) == {person}
            assert retrainings.tracklets_of(tx, model) == seen
        assert not retrainings.learnt_from(tx, base)


def test_a_network_that_cannot_be_rebuilt_leaves_the_adapter_only(tmp_path) -> None:
    store = made_pictures.store_in(tmp_path / "store", operation="Softplus")
    with Library.open(tmp_path / "library") as library:
        made_pictures.gallery(library, store, count=12)
        models = Models.of(library, store)
        stock = stock_of(library, models, Kind.BODY)
        adapter, head, full = offers(library, models, Kind.BODY, stock)
        assert adapter.is_possible
        assert adapter.is_proposed
        assert not head.is_possible
        assert not full.is_possible
        assert "Softplus" in head.why
        with pytest.raises(ModelMismatch, match="Softplus"):
            retrain(library, models, Kind.BODY, Wish("head"))
        with library.read() as connection:
            assert networks.models(connection) == []


ACCEPTING = """
import os, signal, sys
from pathlib import Path
from reid_core.actions import retrained, use_model
from reid_core.actions.loading import Models
from reid_core.library import Library, retrainings
from reid_core.models.store import ModelStore
library, store = Library.open(Path(sys.argv[1])), ModelStore(Path(sys.argv[2]))
left = int(sys.argv[3])
use_model.BATCH = 16
store_rows = use_model._store

def stored(tx, *rest):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return store_rows(tx, *rest)

use_model._store = stored
with library.read() as connection:
    run = retrainings.list_runs(connection)[0]
retrained.accept(library, Models.of(library, store), run.shown_id, override=True)
"""


def test_killed_while_embedding_it_answers_as_before_and_goes_on(ready, store) -> None:
    before, run = answers(ready, store, some=2), the_run(ready)
    done = []
    for left in (0, 3, 7):
        command = [sys.executable, "-c", ACCEPTING]
        args = [str(ready.folder), str(store.folder), str(left)]
        assert subprocess.run([*command, *args], check=False).returncode == -signal.SIGKILL
        assert answers(ready, store, some=2) == before
        done.append(sum(counts(ready, run.model)))
    assert done == sorted(set(done))  # what was made stays, and more comes every time
    model = accepted(ready, store).run.model
    assert counts(ready, model) == ALL
    with ready.read() as connection:
        ids, rows = vectors.all_vectors(connection, "view", Kind.BODY, model)
    assert len(set(ids.tolist())) == 80
    assert load_embedder(store, Kind.BODY, model.split("@")[0]).dim == rows.shape[1]


ANY_MOMENT = """
import sys
from pathlib import Path
from reid_core.actions import retrained, use_model
from reid_core.actions.loading import Models
from reid_core.library import Library, retrainings
from reid_core.models.store import ModelStore
library, store = Library.open(Path(sys.argv[1])), ModelStore(Path(sys.argv[2]))
use_model.BATCH = 4  # many transactions
with library.read() as connection:
    run = retrainings.list_runs(connection)[0]
models = Models.of(library, store)
models.embedder(run.kind)
print("ready", flush=True)
sys.stdin.readline()
retrained.accept(library, models, run.shown_id, override=True)
sys.stdin.read()
"""


def killed(homes: list[Path], moments: list[float]) -> None:
    """In each of these folders a process that takes the network into use, and is killed then."""
    command = [sys.executable, "-c", ANY_MOMENT]
    children = [
        subprocess.Popen(
            [*command, str(home / "library"), str(home / "store" / "models")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for home in homes
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child, moment in zip(children, moments, strict=True):
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
        time.sleep(moment)
        child.send_signal(signal.SIGKILL)
        child.communicate()


def time_of_switching(learnt: Path, home: Path) -> float:
    """Seconds, and half as many again, since a new process has more to load."""
    shutil.copytree(learnt, home)
    with Library.open(home / "library") as library, pytest.MonkeyPatch.context() as patch:
        patch.setattr(use_model, "BATCH", 4)
        models, run = Models.of(library, ModelStore(home / "store" / "models")), the_run(library)
        models.embedder(run.kind)
        began = time.perf_counter()
        retrained.accept(library, models, run.shown_id, override=True)
        return 1.5 * (time.perf_counter() - began)


def test_killed_at_twenty_moments_it_is_one_or_the_other_and_goes_on(learnt, tmp_path) -> None:
    rng, states, made = random.Random(0), [], []
    answered: dict[bool, object] = {}
    longest = time_of_switching(learnt, tmp_path / "timed")
    for n in range(5):
        homes = [tmp_path / f"{n}-{k}" for k in range(4)]
        for home in homes:
            shutil.copytree(learnt, home)
        killed(homes, [rng.uniform(0, longest) for _ in homes])
        for home in homes:
            store = ModelStore(home / "store" / "models")
            with Library.open(home / "library") as library:
                run = the_run(library)
                assert (run.state == ACCEPTED) == run.in_use
                made.append(sum(counts(library, run.model)))
                found = answers(library, store, some=2)
                assert answered.setdefault(run.in_use, found) == found
                assert accepted(library, store).run.in_use
                assert counts(library, run.model) == ALL
                states.append(run.in_use)
    assert set(states) == {True, False}
    assert any(0 < n < sum(ALL) for n in made)  # some in the middle of it
    assert answered[True] != answered[False]
