"""Once the user has said who somebody is, or is not: what is found, how likely, and what counts."""

from __future__ import annotations

import made_crowd
import made_gallery
import pytest
from made_crowd import Walk
from made_gallery import World, enrol, film

from reid_core.actions.calibrate import calibrate
from reid_core.actions.evidence import collect
from reid_core.actions.loading import Models
from reid_core.actions.search import Filter, Searcher, query_person, query_tracklet
from reid_core.evaluate.comparisons import ORIGINS
from reid_core.library import Library, footage, people
from reid_core.library.ids import format_id
from reid_core.models.store import ModelStore
from reid_core.types import Kind, Sighting

PEOPLE = 60
NAME = "Person 000"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    return made_gallery.store_in(tmp_path_factory.mktemp("store"))


@pytest.fixture
def models(store: ModelStore) -> Models:
    return Models(store, {"body-embedder": "tiny"})


@pytest.fixture
def walked(library: Library, models: Models) -> Library:
    """60 people with three templates each, and a film in which each walks by three times."""
    model, world = models.model_id(Kind.BODY), World(0, nuisance=0.2)
    for n in range(PEOPLE):
        enrol(library, model, [world.look(n) for _ in range(3)], f"Person {n:03d}")
    film(library, model, world, [*range(PEOPLE)] * 3, "walk.mp4")
    calibrate(library, models, kind=Kind.BODY, fmr=1e-2)
    return library


def say(library: Library, tracklets: list[str], *, same: bool) -> None:
    with library.transaction("say") as tx:
        person = people.find_person(tx, NAME).id
        for one in tracklets:
            footage.set_verdict(tx, person, footage.find_tracklet(tx, one).id, same)


def found(library: Library, models: Models, **more: object) -> dict[str, Sighting]:
    query = query_person(library, models, NAME, kind=Kind.BODY)
    answer = Searcher(library, models).search(query, **more)  # type: ignore[arg-type]
    return {s.tracklets[0]: s for s in answer.sightings}


def test_who_was_confirmed_has_their_own_similarity_however_many_are_more_alike(
    walked: Library, models: Models
) -> None:
    """One long sighting of more parts than are looked at, and a poor one that was confirmed."""
    parts = [Walk(0, 0.1 * k, 0.1 * k + 0.1, 0, chain=7) for k in range(80)]
    model, world = models.model_id(Kind.BODY), World(0, nuisance=0.2)
    made_crowd.film(walked, model, world, parts, "long.mp4")
    every = found(walked, models, top=300)
    last = min(every, key=lambda one: every[one].score)
    assert last not in found(walked, models, top=8)
    say(walked, [last], same=True)
    shown = found(walked, models, top=8)[last]
    assert shown.verdict == "same"
    assert shown.score == every[last].score
    assert shown.probability == pytest.approx(0, abs=0.01)


def test_a_filter_holds_for_who_was_confirmed(walked: Library, models: Models) -> None:
    other = film(walked, models.model_id(Kind.BODY), World(1), [0, 1], "other.mp4")
    say(walked, [next(iter(found(walked, models)))], same=True)
    here = found(walked, models, where=Filter(videos=(other,)))
    assert {s.video for s in here.values()} == {"/v/other.mp4"}


def test_who_was_rejected_makes_nobody_else_likelier(walked: Library, models: Models) -> None:
    every = found(walked, models)
    own = [one for one, s in every.items() if (s.probability or 0) > 0.5]
    assert len(own) == 3
    say(walked, own[:2], same=False)
    left = found(walked, models, rejected=True)
    assert left[own[2]].probability < every[own[2]].probability  # type: ignore[operator]


def test_an_appearance_does_not_vouch_for_itself(walked: Library, models: Models) -> None:
    own = next(iter(found(walked, models)))
    query, chain = query_tracklet(walked, models, own)
    searcher = Searcher(walked, models)
    with_it = searcher.search(query).sightings
    without = searcher.search(query, without_chain=chain).sightings
    assert with_it[0].tracklets == (own,)
    assert format_id(chain) == own
    assert with_it[1].tracklets == without[0].tracklets
    assert without[0].probability < with_it[1].probability  # type: ignore[operator]


@pytest.mark.parametrize(("quality", "n"), [(0.8, 1), (0.05, 0)])
def test_a_confirmed_look_that_is_too_poor_is_no_evidence(
    library: Library, models: Models, quality: float, n: int
) -> None:
    model, world = models.model_id(Kind.BODY), World(0)
    enrol(library, model, [world.look(0)], NAME)
    enrol(library, model, [world.look(1)], "Somebody else")
    walks = [Walk(0, 0, 9, 0, quality=quality)]
    (one,) = made_crowd.film(library, model, world, walks, "film.mp4")
    say(library, [format_id(one)], same=True)
    seen = collect(library, model, Kind.BODY).comparisons
    of_verdicts = seen[seen.origin == ORIGINS.index("verdicts")]
    assert int(of_verdicts.same.sum()) == int((~of_verdicts.same).sum()) == n
