"""A retrained model goes into use and out of it: all at once, and as it was before."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from made_gallery import COUNT, ROLE, World, answers, enrol, film, the_run, the_run_in_use

from reid_core.actions import retrained, thresholds
from reid_core.actions.loading import Models
from reid_core.actions.retrain import USUAL_FMR, Wish, rate_of, retrain
from reid_core.actions.search import Searcher, query_person
from reid_core.calibration import Calibration, Interval, Origin
from reid_core.cli.output import plain
from reid_core.errors import ModelMismatch, NotBetter, TrainingError
from reid_core.library import (
    Library,
    adapters,
    calibrations,
    models_used,
    people,
    retrainings,
    vectors,
)
from reid_core.library.retrainings import ACCEPTED, BACK
from reid_core.models.store import ModelStore
from reid_core.types import Kind


def calibrated(model: str, threshold: float) -> Calibration:
    """As if it had been measured at 1 in 50."""
    at, rate = Interval(threshold, threshold - 0.1, threshold + 0.1), Interval(0.02, 0.01, 0.03)
    return Calibration(
        model,
        Kind.BODY,
        0.02,
        at,
        rate,
        Interval(0.1, 0.05, 0.2),
        "logistic",
        {"logistic": 0.1, "isotonic": 0.1},
        ((-1.0, -5.0), (1.0, 5.0)),
        40,
        9000,
        8000.0,
        60,
        (Origin("gallery", 60, 9000, 40, 0.1, 0.02),),
        (),
        "2026-01-01T00:00:00+00:00",
    )


def test_accepting_changes_every_answer_at_once_and_going_back_restores_them(ready, tiny) -> None:
    before = answers(ready, tiny)
    stale = Models.of(ready, tiny)  # of a process that has the library open
    run = retrained.accept(ready, Models.of(ready, tiny), the_run(ready).shown_id).run
    assert run.in_use
    assert run.state == ACCEPTED
    after = answers(ready, tiny)
    assert json.loads(after)[0]["model"] == run.model
    assert json.loads(after)[0]["threshold"]["value"] is None
    best = [r["sightings"][0]["score"] for r in json.loads(after)]
    assert len(best) == COUNT
    old = Searcher(ready, stale).search(query_person(ready, stale, "Person 003", kind=Kind.BODY))
    assert plain(old.sightings) == json.loads(before)[3]["sightings"]
    retrained.roll_back(ready, Models.of(ready, tiny), Kind.BODY)
    assert answers(ready, tiny) == before
    assert the_run(ready).state == BACK
    again = retrained.accept(ready, Models.of(ready, tiny), run.shown_id).run
    assert again.in_use
    assert answers(ready, tiny) == after


def test_a_better_model_finds_people_that_the_network_did_not(ready, tiny) -> None:
    def right(text: str) -> int:
        """How many people's best sighting is their own walk: the n-th walks at 5 n seconds."""
        records = json.loads(text)
        return sum(r["sightings"][0]["start_s"] == 5.0 * n for n, r in enumerate(records))

    before = right(answers(ready, tiny))
    retrained.accept(ready, Models.of(ready, tiny), the_run(ready).shown_id)
    assert right(answers(ready, tiny)) > before + 5


def test_a_query_of_the_network_does_not_meet_adapted_vectors(ready, tiny) -> None:
    old = Models.of(ready, tiny)
    query = query_person(ready, old, "Person 000", kind=Kind.BODY)
    retrained.accept(ready, old, the_run(ready).shown_id)
    searcher = Searcher(ready, Models.of(ready, tiny))
    searcher.warm(Kind.BODY)
    index = searcher._held[Kind.BODY][1]
    with pytest.raises(ModelMismatch):
        index.search(query.vectors, k=1, model=query.model)


def test_who_is_enrolled_and_filmed_meanwhile_is_there_in_both(ready, tiny) -> None:
    run = retrained.accept(ready, Models.of(ready, tiny), the_run(ready).shown_id).run
    assert run.model is not None
    world = World(seed=5)
    rows = np.stack([world.look(0), world.look(0)])
    with ready.read() as connection:
        adapter = adapters.get(connection, run.model)
    enrol(ready, run.model, adapter.apply(rows), "Newcomer")  # as the adapted embedder gives them
    film(ready, run.base, world, [0], "late.mp4")  # as indexing does
    model = Models.of(ready, tiny)
    found = Searcher(ready, model).search(query_person(ready, model, "Newcomer", kind=Kind.BODY))
    assert found.sightings[0].video == "/v/late.mp4"
    retrained.roll_back(ready, Models.of(ready, tiny), Kind.BODY)
    with ready.read() as connection:
        person = people.find_person(connection, "Newcomer").id
        ids = [t.id for t in people.templates_of(connection, person)]
        _, kept = vectors.vectors_of(connection, "template", Kind.BODY, run.base, ids)
    assert (kept @ rows.T).max(1).min() > 0.9999


def test_an_uncertain_model_needs_an_override(ready, tiny) -> None:
    run = the_run(ready)
    with ready.transaction("made") as tx:
        doubt = {**run.verdict, "decision": "uncertain", "sentence": "Not sure."}
        retrainings.finish(tx, run.id, run.model, doubt)
    models = Models.of(ready, tiny)
    with pytest.raises(NotBetter, match="--override"):
        retrained.accept(ready, models, run.shown_id)
    assert not the_run(ready).in_use
    assert retrained.accept(ready, models, run.shown_id, override=True).run.in_use


def test_it_goes_into_use_on_its_own_network_only(ready, tiny) -> None:
    with ready.transaction("made") as tx:
        models_used.use(tx, ROLE, "colour-stripes")
    with pytest.raises(ModelMismatch, match="tiny"):
        retrained.accept(ready, Models.of(ready, tiny), the_run(ready).shown_id)


def test_the_new_space_is_calibrated_in_the_switch_and_the_old_one_comes_back(
    ready, tiny, monkeypatch
) -> None:
    base = Models.of(ready, tiny).model_id(Kind.BODY)
    with ready.transaction("made") as tx:
        calibrations.put(tx, calibrated(base, 0.61))
    asked = []

    def measure(library: Library, models: Models, **given: object) -> SimpleNamespace:
        asked.append((models.model_id(Kind.BODY), given["fmr"], given["keep"]))
        return SimpleNamespace(calibration=calibrated(models.model_id(Kind.BODY), 0.37))

    monkeypatch.setattr(retrained, "calibrate", measure)

    def used() -> float | None:
        with ready.read() as connection:
            return thresholds.threshold(connection, Models.of(ready, tiny), Kind.BODY).value

    assert used() == 0.61
    done = retrained.accept(ready, Models.of(ready, tiny), the_run(ready).shown_id)
    assert asked == [(done.run.model, 0.02, False)]  # as strict as the one in use
    assert used() == 0.37
    retrained.roll_back(ready, Models.of(ready, tiny), Kind.BODY)
    assert used() == 0.61
    retrained.accept(ready, Models.of(ready, tiny), the_run(ready).shown_id)
    assert len(asked) == 1  # it is known
    retrained.drop(ready, Models.of(ready, tiny), the_run_in_use(ready).shown_id)
    assert used() == 0.61
    with ready.read() as connection:
        assert calibrations.models(connection, Kind.BODY) == [base]


def test_the_verdict_looks_at_the_rate_of_the_calibration_in_use(ready, tiny) -> None:
    models = Models.of(ready, tiny)
    assert rate_of(ready, models, Kind.BODY, Wish()) == USUAL_FMR
    with ready.transaction("made") as tx:
        calibrations.put(tx, calibrated(models.model_id(Kind.BODY), 0.61))
    assert rate_of(ready, models, Kind.BODY, Wish()) == 0.02
    assert rate_of(ready, models, Kind.FACE, Wish()) == USUAL_FMR
    assert rate_of(ready, models, Kind.BODY, Wish(fmr=0.1)) == 0.1
    run = retrain(ready, models, Kind.BODY)
    assert run.settings["fmr"] == 0.02


def test_what_cannot_be_calibrated_says_so_and_has_no_threshold(ready, tiny) -> None:
    with ready.transaction("made") as tx:
        calibrations.put(tx, calibrated(Models.of(ready, tiny).model_id(Kind.BODY), 0.61))
    done = retrained.accept(ready, Models.of(ready, tiny), the_run(ready).shown_id)
    assert done.calibration is None
    assert "not calibrated" in done.note
    with ready.read() as connection:
        assert thresholds.threshold(connection, Models.of(ready, tiny), Kind.BODY).value is None


def test_there_is_nothing_to_go_back_from(ready, tiny) -> None:
    with pytest.raises(TrainingError, match="nothing to go back"):
        retrained.roll_back(ready, Models.of(ready, tiny), Kind.BODY)


def test_a_second_model_is_judged_against_the_first_and_leads_back_to_it(ready, tiny) -> None:
    first = retrained.accept(ready, Models.of(ready, tiny), the_run(ready).shown_id).run
    second = retrain(ready, Models.of(ready, tiny), Kind.BODY, Wish(loss="multi-similarity"))
    main = next((f for f in second.verdict["figures"] if f["name"] == "mAP"), None)
    assert main is not None
    assert main["old"] > 0.8  # not the network's: it is the adapted model that is in use
    retrained.accept(ready, Models.of(ready, tiny), second.shown_id, override=True)
    retrained.roll_back(ready, Models.of(ready, tiny), Kind.BODY)
    assert Models.of(ready, tiny).model_id(Kind.BODY) == first.model
    retrained.roll_back(ready, Models.of(ready, tiny), Kind.BODY)
    assert Models.of(ready, tiny).model_id(Kind.BODY) == first.base


def test_dropping_the_model_in_use_leaves_the_network(ready, tiny) -> None:
    before = answers(ready, tiny)
    run = retrained.accept(ready, Models.of(ready, tiny), the_run(ready).shown_id).run
    retrained.drop(ready, Models.of(ready, tiny), run.shown_id)
    assert answers(ready, tiny) == before
    with ready.read() as connection:
        assert retrainings.list_runs(connection) == []
        assert adapters.names(connection, run.base) == []


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
        run = retrained.accept(library, Models.of(library, store), run.shown_id).run
    run = retrained.roll_back(library, Models.of(library, store), Kind.BODY)
    with library.read() as connection:
        run = retrainings.list_runs(connection)[0]
"""


def test_killed_at_any_moment_of_the_switch_it_is_one_or_the_other(ready, tiny, tmp_path) -> None:
    model = the_run(ready).model
    assert model is not None
    with ready.transaction("made") as tx:  # so that all the time goes into switching
        calibrations.put(tx, calibrated(model, 0.37))
    old = answers(ready, tiny, some=5)
    retrained.accept(ready, Models.of(ready, tiny), the_run(ready).shown_id)
    new = answers(ready, tiny, some=5)
    rng, states = random.Random(0), []
    for n in range(5):
        copies = [tmp_path / f"{n}-{k}" for k in range(4)]
        for copy in copies:
            shutil.copytree(ready.folder, copy)
        for copy in _killed(copies, tiny, rng):
            with Library.open(copy) as library:
                run = the_run(library)
                assert (run.state == ACCEPTED) == run.in_use
                assert answers(library, tiny, some=5) == (new if run.in_use else old)
                states.append(run.in_use)
    assert set(states) == {True, False}


def _killed(copies: list[Path], store: ModelStore, rng: random.Random) -> list[Path]:
    """The libraries after a process that switches each of them to and fro was killed."""
    command = [sys.executable, "-c", SWITCHING]
    children = [
        subprocess.Popen([*command, str(c), str(store.folder)], stdout=subprocess.PIPE, text=True)
        for c in copies
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "go\n"
        time.sleep(rng.uniform(0, 0.1))
        child.send_signal(signal.SIGKILL)
        child.communicate()
    return copies


def test_each_way_back_leads_to_what_was_in_use_before_it(ready, tiny) -> None:
    """Also when a model was taken into use, another, and then the first again."""
    first = the_run(ready)
    other = retrain(ready, Models.of(ready, tiny), Kind.BODY, Wish(seed=1, loss="multi-similarity"))
    assert first.model != other.model
    found = [answers(ready, tiny, some=2)]
    for run in (first, other, first):
        retrained.accept(ready, Models.of(ready, tiny), run.shown_id, override=True)
        found.append(answers(ready, tiny, some=2))
    assert len(set(found)) == 3
    for before in reversed(found[:-1]):
        retrained.roll_back(ready, Models.of(ready, tiny), Kind.BODY)
        assert answers(ready, tiny, some=2) == before
    with pytest.raises(TrainingError, match="nothing to go back from"):
        retrained.roll_back(ready, Models.of(ready, tiny), Kind.BODY)


def test_learning_the_same_again_leaves_the_way_back(ready, tiny) -> None:
    first, before = the_run(ready), answers(ready, tiny, some=2)
    retrained.accept(ready, Models.of(ready, tiny), first.shown_id)
    again = retrain(ready, Models.of(ready, tiny), Kind.BODY)
    assert again.model == first.model
    assert not again.in_use
    assert the_run_in_use(ready).id == first.id
    retrained.accept(ready, Models.of(ready, tiny), again.shown_id, override=True)
    assert the_run_in_use(ready).id == first.id
    assert retrained.roll_back(ready, Models.of(ready, tiny), Kind.BODY).id == first.id
    assert answers(ready, tiny, some=2) == before
