"""Calibrating a library: what counts as evidence, what is kept, and what results say then."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import made_crowd
import made_gallery
import numpy as np
import pytest
import sqlalchemy as sa
from made_crowd import Walk, crowds
from made_gallery import World, enrol

from reid_core.actions import calibrate as calibrating
from reid_core.actions.calibrate import calibrate, forget_calibration
from reid_core.actions.evidence import collect
from reid_core.actions.loading import Models
from reid_core.actions.search import Searcher, query_person
from reid_core.actions.thresholds import known, threshold
from reid_core.errors import EvaluationError, LibraryCorrupt, TooFewPairs
from reid_core.evaluate.comparisons import ORIGINS
from reid_core.library import Library, calibrations, erase, events, footage, people, schema, vectors
from reid_core.library.history import History
from reid_core.models.store import ModelStore
from reid_core.types import Kind

PEOPLE = 60


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    return made_gallery.store_in(tmp_path_factory.mktemp("store"))


@pytest.fixture
def models(store: ModelStore) -> Models:
    return Models(store, {"body-embedder": "tiny"})


def model_of(models: Models) -> str:
    return models.model_id(Kind.BODY)


@pytest.fixture
def full(library: Library, models: Models) -> Library:
    """60 people with three templates each, who also walk by in crowds."""
    world = World(0, nuisance=0.2)
    for n in range(PEOPLE):
        enrol(library, model_of(models), [world.look(n) for _ in range(3)], f"Person {n:03d}")
    walks = crowds(30, rng=np.random.default_rng(0), people=PEOPLE)
    made_crowd.film(library, model_of(models), world, walks, "crowds.mp4")
    return library


def of(library: Library, models: Models, **more: object) -> calibrating.Calibrated:
    return calibrate(library, models, kind=Kind.BODY, fmr=1e-2, **more)  # type: ignore[arg-type]


def footage_only(library: Library, models: Models, walks: list[Walk]) -> set[tuple[int, ...]]:
    """Who is taken for two people in a film of these walks: pairs of places in the list."""
    ids = made_crowd.film(library, model_of(models), World(0), walks, "film.mp4")
    found = collect(library, model_of(models), Kind.BODY).comparisons
    place = {one: i for i, one in enumerate(ids)}
    chains = {w.chain: i for i, w in reversed(list(enumerate(walks))) if w.chain is not None}
    names = place | chains
    pairs = found[~found.same]
    both = zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    return {tuple(sorted((names[a], names[b]))) for a, b in both}


# ---- from evidence to a calibration


def test_everything_a_library_knows_is_counted_by_origin(full: Library, models: Models) -> None:
    with full.transaction("verdict") as tx:
        ids = footage.tracklet_ids(tx, Kind.BODY).tolist()
        person = people.find_person(tx, "Person 000").id
        footage.set_verdict(tx, person, ids[0], True)
        footage.set_verdict(tx, person, ids[1], False)
    done = of(full, models)
    origins = {o.name: o for o in done.calibration.origins}
    assert set(origins) == {"gallery", "verdicts", "footage"}
    assert origins["gallery"].people == PEOPLE
    assert origins["gallery"].genuine == 3 * PEOPLE
    assert origins["gallery"].impostor == 3 * PEOPLE * (PEOPLE - 1)
    assert origins["verdicts"].genuine == 1
    assert origins["verdicts"].impostor == (PEOPLE - 1) + 4  # everybody else; who was beside her
    assert 0 < origins["footage"].impostor <= 30 * 5 * 4
    assert origins["footage"].genuine == 0  # easier, and not needed
    assert any("superfluous" in n or "easier" in n for n in done.notes)
    assert done.rejected == 1


def test_it_is_kept_shown_and_taken_away(full: Library, models: Models) -> None:
    done = of(full, models)
    with full.read() as connection:
        meant = threshold(connection, models, Kind.BODY)
        assert calibrations.models(connection, Kind.BODY) == [model_of(models)]
    assert meant.origin == "calibrated"
    assert meant.value == done.calibration.threshold.value
    assert meant.fmr == 1e-2
    assert meant.low is not None
    assert meant.low <= meant.value <= (meant.high or 1)
    assert meant.describe().startswith("calibrated: ")
    assert forget_calibration(full, models, Kind.BODY)
    assert not forget_calibration(full, models, Kind.BODY)
    with full.read() as connection:
        assert threshold(connection, models, Kind.BODY).origin == "none"


def test_a_dry_run_keeps_nothing(full: Library, models: Models) -> None:
    with full.read() as connection:
        before = events.count(connection)
    assert not of(full, models, keep=False).kept
    with full.read() as connection:
        assert calibrations.models(connection, Kind.BODY) == []
        assert events.count(connection) == before


def test_another_model_and_another_kind_stay_uncalibrated(
    full: Library, models: Models, store: ModelStore
) -> None:
    of(full, models)
    other = Models(store, {"body-embedder": "colour-stripes"})
    with full.read() as connection:
        assert known(connection, other, Kind.BODY)[1] is None
        assert threshold(connection, other, Kind.BODY).describe().startswith("uncalibrated")
        assert calibrations.get(connection, model_of(models), Kind.FACE) is None


def test_the_same_library_gives_the_same_calibration(full: Library, models: Models) -> None:
    one, other = (of(full, models, keep=False).calibration for _ in range(2))
    assert one.threshold == other.threshold
    assert one.knots == other.knots


def test_what_was_stored_and_is_damaged_is_said(full: Library, models: Models) -> None:
    one = of(full, models).calibration
    with full.transaction("damage") as tx:
        tx.execute(schema.calibration.update().values(data="{}"))
    with full.read() as connection, pytest.raises(LibraryCorrupt, match=r"cameo .*--kind body$"):
        threshold(connection, models, Kind.BODY)
    with full.transaction("foreign") as tx:
        foreign = json.loads(one.to_json()) | {"model": "another"}
        tx.execute(schema.calibration.update().values(data=json.dumps(foreign)))
    with full.read() as connection, pytest.raises(LibraryCorrupt, match="another model"):
        threshold(connection, models, Kind.BODY)
    of(full, models)  # made anew, it is well again


# ---- refusals


def test_two_people_are_too_few(library: Library, models: Models) -> None:
    world = World(0)
    for n in range(2):
        enrol(library, model_of(models), [world.look(n) for _ in range(3)], f"Person {n}")
    with pytest.raises(TooFewPairs, match=r"1 pair.*2 people.*369 are needed"):
        of(library, models)
    with library.read() as connection:
        assert calibrations.models(connection, Kind.BODY) == []


def test_an_empty_library_is_refused(library: Library, models: Models) -> None:
    with pytest.raises(TooFewPairs, match="0 pairs"):
        of(library, models)


@pytest.mark.parametrize("fmr", [0.0, 1e-320, 1.0, 2.0, float("nan")])
def test_an_odd_rate_is_refused_at_once(library: Library, models: Models, fmr: float) -> None:
    with pytest.raises(EvaluationError, match="no false-match rate"):
        calibrate(library, models, kind=Kind.BODY, fmr=fmr)


def test_one_picture_for_everybody_is_refused(library: Library, models: Models) -> None:
    row = World(0).look(0)
    for n in range(40):
        enrol(library, model_of(models), [row, row], f"Person {n}", seed=n)
    with pytest.raises(TooFewPairs, match="seen more than once"):
        of(library, models)


# ---- who is two people


def test_only_who_is_seen_at_once_and_apart_is_two_people(library: Library, models: Models) -> None:
    walks = [
        Walk(0, 0, 10, 0),
        Walk(1, 0, 10, 1),
        Walk(2, 9.7, 20, 2),  # too short a time together with the first two
        Walk(3, 0, 10, 0.02),  # in the place of the first: found twice
        Walk(4, 100, 110, 0, chain=77),
        Walk(5, 101, 111, 1, chain=77),  # one chain, so taken for one person
        Walk(6, 200, 210, 0, link=5),
        Walk(7, 200, 210, 1, link=5),  # two bodies of one face
        Walk(8, 300, 310, 0, quality=0.05),  # too poor to speak for anything
        Walk(9, 300, 310, 1),
    ]
    assert footage_only(library, models, walks) == {(0, 1), (1, 3)}


def test_two_videos_may_show_one_person_at_once(library: Library, models: Models) -> None:
    world = World(0)
    for name in ("a.mp4", "b.mp4"):
        made_crowd.film(library, model_of(models), world, [Walk(0, 0, 10, 0)], name)
    found = collect(library, model_of(models), Kind.BODY).comparisons
    assert len(found[~found.same]) == 0
    assert len(found[found.same]) == 2


def test_who_was_recognised_twice_is_not_two_people(library: Library, models: Models) -> None:
    """A mirror: seen at once, apart, and the user said that both are her."""
    world = World(0)
    ids = made_crowd.film(
        library, model_of(models), world, [Walk(0, 0, 9, 0), Walk(0, 0, 9, 1)], "m.mp4"
    )
    her = enrol(library, model_of(models), [world.look(0)], "Ada")
    with library.transaction("verdict") as tx:
        for one in ids:
            footage.set_verdict(tx, her, one, True)
    found = collect(library, model_of(models), Kind.BODY).comparisons
    assert len(found[~found.same]) == 0
    assert set(found.first.tolist()) == {her}


def test_whoever_was_seen_beside_somebody_recognised_is_not_them(
    library: Library, models: Models
) -> None:
    """Also where a chain was recognised in one of its parts only."""
    world = World(0)
    walks = [Walk(0, 0, 9, 0, chain=5), Walk(1, 0, 9, 1), Walk(0, 5, 14, 2, chain=5)]
    ids = made_crowd.film(library, model_of(models), world, walks, "m.mp4")
    row = world.look(0)
    her = enrol(library, model_of(models), [row], "Ada")
    with library.transaction("verdict") as tx:
        footage.set_verdict(tx, her, ids[0], True)
        _, beside = vectors.vectors_of(tx, "tracklet", Kind.BODY, model_of(models), [ids[1]])
    found = collect(library, model_of(models), Kind.BODY).comparisons
    two = found[~found.same]
    mine = two[two.origin == ORIGINS.index("verdicts")]
    assert (mine.first.tolist(), mine.second.tolist()) == ([her], [ids[1]])
    assert mine.scores[0] == pytest.approx(float(row @ beside[0]), abs=1e-4)
    assert (her, 5) not in set(zip(two.first.tolist(), two.second.tolist(), strict=True))


def test_a_template_does_not_meet_the_appearance_it_was_taken_from(
    library: Library, models: Models
) -> None:
    world = World(0)
    (one,) = made_crowd.film(library, model_of(models), world, [Walk(0, 0, 9, 0)], "m.mp4")
    her = enrol(library, model_of(models), [world.look(0)], "Ada")
    with library.transaction("verdict") as tx:
        footage.set_verdict(tx, her, one, True)
    verdicts = ORIGINS.index("verdicts")
    found = collect(library, model_of(models), Kind.BODY).comparisons
    assert np.count_nonzero(found.origin == verdicts) == 1
    with library.transaction("taken from it") as tx:
        media = footage.views_of(tx, [one])[0].media
        tx.execute(schema.template.update().values(media=media))
    found = collect(library, model_of(models), Kind.BODY).comparisons
    assert np.count_nonzero(found.origin == verdicts) == 0


def test_five_people_in_an_office_stay_five_people(library: Library, models: Models) -> None:
    """Two hundred appearances of five people do not count as two hundred people."""
    world = World(0, nuisance=0.2)
    rng = np.random.default_rng(0)
    walks = crowds(40, size=5, rng=rng, people=5)
    made_crowd.film(library, model_of(models), world, walks, "office.mp4")
    found = collect(library, model_of(models), Kind.BODY).comparisons
    assert len(found[~found.same]) == 40 * 5 * 4
    assert len(np.unique(found.first)) <= 7
    with pytest.raises(TooFewPairs):
        of(library, models)


def test_who_an_adapted_model_learnt_from_says_nothing_of_it(full: Library, models: Models) -> None:
    r, p = schema.retraining, schema.retraining_part
    with full.transaction("made") as tx:
        owned = tx.execute(sa.select(schema.template.c.id, schema.template.c.person_id)).all()
        learnt = sorted({row.person_id for row in owned})[:20]
        nothing = dict.fromkeys(("before", "settings", "data", "verdict"), "{}")
        tx.execute(
            r.insert().values(
                id=1, kind="body", strength="x", state="accepted", base="b",
                model=model_of(models), forgotten=0, created="2026", **nothing,
            )
        )  # fmt: skip
        tx.execute(
            p.insert(),
            [
                {"run_id": 1, "owner_id": t, "owner": "template", "person_id": who, "part": "train"}
                for t, who in owned
                if who in learnt
            ],
        )
    found = collect(full, model_of(models), Kind.BODY)
    assert not set(learnt) & set(found.comparisons.first.tolist())
    assert any("learnt from them" in note for note in found.notes)


# ---- undoing, forgetting, dying


def test_it_can_be_undone_and_done_again(full: Library, models: Models) -> None:
    history = History(full)
    first = of(full, models).calibration
    with history.recording("Calibrate"):
        second = calibrate(full, models, kind=Kind.BODY, fmr=2e-2).calibration
    for step, wanted in ((history.undo, first), (history.redo, second), (history.undo, first)):
        assert step() == "Calibrate"
        with full.read() as connection:
            assert calibrations.get(connection, model_of(models), Kind.BODY) == wanted
    with history.recording("Remove"):
        forget_calibration(full, models, Kind.BODY)
    history.undo()
    with full.read() as connection:
        assert calibrations.get(connection, model_of(models), Kind.BODY) == first


def test_it_names_nobody_and_forgetting_leaves_nothing(full: Library, models: Models) -> None:
    of(full, models)
    with full.read() as connection:
        text = str(connection.execute(sa.select(schema.calibration)).all())
        said = [e for e in events.latest(connection, 5) if e.action == "calibrate"]
        person = people.find_person(connection, "Person 007")
    assert "Person" not in text + said[0].payload
    assert str(person.id) not in text + said[0].payload
    assert person.shown_id not in text
    assert erase.forget(full, person.id).proven


KILLED = """
import os, signal, sys
from pathlib import Path
from reid_core.calibration import Calibration
from reid_core.library import Library, calibrations
library = Library.open(Path(sys.argv[1]))
with library.transaction("calibrate") as tx:
    calibrations.put(tx, Calibration.from_json(sys.stdin.read()))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_while_it_is_stored_nothing_has_happened(full: Library, models: Models) -> None:
    first = of(full, models).calibration
    other = calibrate(full, models, kind=Kind.BODY, fmr=2e-2, keep=False).calibration
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(full.folder)],
        input=other.to_json(),
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    with full.read() as connection:
        assert calibrations.get(connection, model_of(models), Kind.BODY) == first


# ---- what results say


def test_a_search_says_probabilities_once_calibrated(full: Library, models: Models) -> None:
    searcher = Searcher(full, models)
    query = query_person(full, models, "Person 003", kind=Kind.BODY)
    before = searcher.search(query, top=60)
    assert {s.probability for s in before.sightings} == {None}
    assert not before.sure()
    of(full, models)
    after = searcher.search(query, top=60)
    assert after.threshold.origin == "calibrated"
    chances = [s.probability for s in after.sightings]
    assert None not in chances
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.9
    assert chances[-1] < 0.01
    assert after.sure()


def test_a_look_that_is_too_poor_claims_nothing(library: Library, models: Models) -> None:
    world = World(0, nuisance=0.2)
    for n in range(PEOPLE):
        enrol(library, model_of(models), [world.look(n) for _ in range(3)], f"Person {n:03d}")
    of(library, models)
    walks = [Walk(3, 0, 9, 0, quality=0.05), Walk(3, 50, 59, 0)]
    made_crowd.film(library, model_of(models), world, walks, "f.mp4")
    query = query_person(library, models, "Person 003", kind=Kind.BODY)
    found = Searcher(library, models).search(query)
    chances = {s.start_s: s.probability for s in found.sightings}
    assert chances[0] is None
    assert chances[50] is not None
