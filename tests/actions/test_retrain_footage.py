"""Footage without names as data: what is taken, what is left out, and that it goes when it goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from made_gallery import COUNT, World, enrol, film, opened, store_in

from reid_core.actions import evidence_footage, retrain_footage, videos
from reid_core.actions.loading import Models
from reid_core.actions.retrain import Wish, retrain, stock_of
from reid_core.actions.retrain_data import gather
from reid_core.errors import TrainingError
from reid_core.evaluate.comparisons import Looks
from reid_core.library import Library, footage, people, retrainings, schema
from reid_core.models.store import ModelStore
from reid_core.protocols import no_progress
from reid_core.types import Kind

ALL = Wish(footage=True)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    return store_in(tmp_path_factory.mktemp("store"))


@pytest.fixture(params=[0.8])
def made(
    tmp_path: Path, tiny: ModelStore, request: pytest.FixtureRequest
) -> Iterator[tuple[Library, str, World]]:
    library, model = opened(tmp_path / "library", tiny)
    with library:
        world = World(nuisance=request.param)
        for n in range(COUNT):
            enrol(library, model, [world.look(n) for _ in range(4)], f"Person {n:03d}")
        film(library, model, world, range(100, 180), "strangers.mp4")
        yield library, model, world


def taken(library: Library, model: str) -> retrain_footage.Footage:
    with library.read() as connection:
        samples = gather(connection, Kind.BODY, model)
        return retrain_footage.gather_footage(connection, Kind.BODY, model, samples)


def tracklets(library: Library) -> list[int]:
    with library.read() as connection:
        return footage.tracklet_ids(connection, Kind.BODY).tolist()


def together(library: Library, pairs: list[tuple[int, int]]) -> None:
    """Two tracklets at the same time, side by side."""
    t = schema.tracklet
    with library.transaction("made") as tx:
        for one, two in pairs:
            start, end = tx.execute(sa.select(t.c.start_s, t.c.end_s).where(t.c.id == one)).one()
            times, boxes = np.array([start, end]), np.float32([[50, 0, 56, 8]] * 2)
            path = footage.path_to_bytes(times, boxes)
            tx.execute(t.update().where(t.c.id == two).values(start_s=start, end_s=end, path=path))


def test_appearances_with_two_looks_are_taken_and_who_was_seen_at_once_is_two(made) -> None:
    library, model, _ = made
    before = set(taken(library, model).tracklets)
    one, two = sorted(before)[:2]
    together(library, [(one, two)])
    found = taken(library, model)
    assert found.count == len(before) > 10
    assert np.bincount(found.whose).min() >= 2
    names = np.unique(sorted(found.tracklets))  # chains are named by their only tracklet here
    assert [sorted(names[p].tolist()) for p in found.apart] == [[one, two]]


def test_who_was_spoken_of_or_enrolled_is_left_out(made) -> None:
    library, model, _ = made
    said, refused, enrolled, *_ = taken(library, model).tracklets
    with library.transaction("made") as tx:
        person = people.list_people(tx)[0].id
        footage.set_verdict(tx, person, said, same=True)
        footage.set_verdict(tx, person, refused, same=False)
        media = footage.views_of(tx, [enrolled])[0].media
        template = sa.select(schema.template.c.id).where(schema.template.c.person_id == person)
        tx.execute(
            schema.template.update()
            .where(schema.template.c.id == tx.scalars(template).first())
            .values(media=media)
        )
    assert not {said, refused, enrolled} & set(taken(library, model).tracklets)


@pytest.mark.parametrize("made", [0.1], indirect=True)  # a network that knows everybody
def test_who_looks_like_somebody_held_out_is_not_learnt_from(made) -> None:
    library, model, world = made
    with library.read() as connection:
        samples = gather(connection, Kind.BODY, model)
        number = {p.id: int(p.name.split()[1]) for p in people.list_people(connection)}
    unseen = [number[p] for p in np.unique(samples.people[samples.split.unseen]).tolist()]
    video = film(library, model, world, unseen, "unseen.mp4")
    with library.read() as connection:
        theirs = set(footage.tracklet_ids(connection, Kind.BODY, videos=[video]).tolist())
    kept = theirs & set(taken(library, model).tracklets)
    assert theirs
    assert not kept


def test_no_more_than_the_limit_and_from_all_videos_alike(
    made, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, model, world = made
    film(library, model, world, range(180, 340), "long.mp4")
    monkeypatch.setattr(retrain_footage, "MOST", 20)
    monkeypatch.setattr(retrain_footage, "LOOKED_AT", 10)
    monkeypatch.setattr(retrain_footage, "RUN", 2)
    found = taken(library, model)
    assert found.count == 20
    assert "from all videos alike (240 there are)" in found.sentence
    with library.read() as connection:
        rows = footage.tracklets_of(connection, found.tracklets).values()
        share = np.unique([t.video_id for t in rows], return_counts=True)[1]
    assert share.min() >= 5


def evidence_tracklets(library: Library, model: str, monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The tracklets that a calibration of a model looks at."""
    seen: set[int] = set()
    shown = evidence_footage._shown

    def noted(connection, name, kind, every, rows):
        seen.update(every.ids.tolist())
        return shown(connection, name, kind, every, rows)

    monkeypatch.setattr(evidence_footage, "_shown", noted)
    none = Looks(np.zeros((0, 64), np.float32), np.zeros(0, np.int64))
    with library.read() as connection:
        evidence_footage.footage_comparisons(
            connection,
            model,
            Kind.BODY,
            {},
            none,
            rng=np.random.default_rng(0),
            progress=no_progress,
        )
    assert seen
    return seen


def test_a_run_says_what_it_learnt_from_and_forgets_what_is_erased(
    made, tiny: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, model, _ = made
    models = Models.of(library, tiny)
    assert stock_of(library, models, Kind.BODY).footage == 0
    stock = stock_of(library, models, Kind.BODY, ALL)
    assert stock.footage > 10
    assert any("Footage that nobody labelled" in note for note in stock.notes)
    run = retrain(library, models, Kind.BODY, ALL)
    assert run.data["footage"] == stock.footage
    assert any(one["way"]["footage"] for one in run.verdict["tried"])
    with library.read() as connection:
        learnt = retrainings.tracklets_of(connection, str(run.model))
        assert set(learnt) == set(taken(library, model).tracklets)
        assert not set(learnt) & {p.owner_id for p in retrainings.parts_of(connection, run.id)}
        (video,) = footage.list_videos(connection)
    assert not evidence_tracklets(library, str(run.model), monkeypatch) & set(learnt)
    videos.remove(library, video.id)
    with library.read() as connection:
        assert retrainings.tracklets_of(connection, str(run.model)) == []
        rows = schema.retraining_footage
        assert connection.scalar(sa.select(sa.func.count()).select_from(rows)) == 0


def test_only_an_adapter_learns_from_it(made, tiny: ModelStore) -> None:
    library, _, _ = made
    with pytest.raises(TrainingError, match="Only an adapter"):
        stock_of(library, Models.of(library, tiny), Kind.BODY, Wish("head", footage=True))


@pytest.mark.parametrize("made", [0.1], indirect=True)  # a network that knows everybody
def test_what_the_doctor_would_have_looked_at_first_is_said(made, tiny: ModelStore) -> None:
    library, model, world = made
    models = Models.of(library, tiny)
    assert stock_of(library, models, Kind.BODY).doubts == 0
    enrol(library, model, [world.look(0) for _ in range(4)], "Person 000 again")
    stock = stock_of(library, models, Kind.BODY)
    assert stock.doubts == 1
    assert any("cameo people check" in note for note in stock.notes)


def test_known_people_seen_in_footage_are_judged_by_their_latest_looks(made) -> None:
    library, model, world = made
    for k in range(4):
        video = film(library, model, world, range(COUNT), f"day-{k}.mp4")
        with library.transaction("made") as tx:
            created = f"2026-01-0{k + 1}T00:00:00+00:00"
            footage.update_video(tx, video, created=created)
            for person in people.list_people(tx):
                n = int(person.name.split()[1])
                own = footage.tracklet_ids(tx, Kind.BODY, videos=[video])
                starts = {t.start_s: t.id for t in footage.tracklets_of(tx, own.tolist()).values()}
                footage.set_verdict(tx, person.id, starts[5.0 * n], same=True)
    with library.read() as connection:
        samples = gather(connection, Kind.BODY, model)
        assert samples.stock.hold_out == "time"
        held = samples.ids[samples.split.known].tolist()
        of = {v.id: v.tracklet_id for v in footage.views_of(connection, tracklets(library))}
        rows = footage.tracklets_of(connection, [of[i] for i in held]).values()
        days = {v.id: v.name for v in footage.list_videos(connection)}
        assert {days[t.video_id] for t in rows} == {"day-2.mp4", "day-3.mp4"}
        chance = gather(connection, Kind.BODY, model, hold_out="template")
    assert chance.stock.hold_out == "template"
    assert set(chance.ids[chance.split.known].tolist()) != set(held)
