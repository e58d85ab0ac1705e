"""What a library holds: people, footage, verdicts and models in use."""

from __future__ import annotations

import numpy as np
import pytest
import sqlalchemy as sa
from made_library import MODEL, enrol, film, new_template, tracklet, unit

from reid_core.errors import (
    BadName,
    NameTaken,
    PersonNotFound,
    TrackletNotFound,
    VideoNotFound,
)
from reid_core.library import Library, footage, models_used, people, schema, vectors
from reid_core.library.ids import format_id
from reid_core.library.store import generation
from reid_core.types import Kind

# ---- people


def test_people_are_found_by_name_in_any_case_and_by_id(library: Library) -> None:
    person = enrol(library, "  Ådå   Lovelace ", 1, 2)
    with library.read() as connection:
        for wanted in ("ådå lovelace", "ÅDÅ LOVELACE", format_id(person)):
            found = people.find_person(connection, wanted)
            assert (found.id, found.name, found.faces, found.bodies) == (
                person,
                "Ådå Lovelace",
                2,
                0,
            )
        with pytest.raises(PersonNotFound, match="Did you mean Ådå Lovelace"):
            people.find_person(connection, "Ada Lovelac")


def test_a_name_belongs_to_one(library: Library) -> None:
    ada = enrol(library, "Ada", 1)
    bob = enrol(library, "Bob", 2)
    for clash in (
        lambda tx: people.add_person(tx, "ADA"),
        lambda tx: people.rename(tx, bob, "ada"),
    ):
        with pytest.raises(NameTaken), library.transaction("x") as tx:
            clash(tx)
    with library.transaction("x") as tx:
        people.rename(tx, ada, "ADA")
    with pytest.raises(BadName), library.transaction("x") as tx:
        people.add_person(tx, " \n\t ")


def test_the_same_picture_is_one_template(library: Library) -> None:
    person = enrol(library, "Ada", 1)
    with library.transaction("x") as tx:
        assert people.add_template(tx, person, new_template(library, 1)) is None
        assert people.add_template(tx, person, new_template(library, 2)) is not None


def test_merging_and_splitting_move_templates(library: Library) -> None:
    ada, other = enrol(library, "Ada", 1, 2), enrol(library, "A. L.", 3)
    with library.transaction("x") as tx:
        people.merge(tx, into=ada, gone=other)
    with library.read() as connection:
        assert [(p.name, p.faces) for p in people.list_people(connection)] == [("Ada", 3)]
        third = [t for t in people.templates_of(connection, ada) if t.where_from == "3.jpg"]
    with library.transaction("x") as tx:
        people.split(tx, [third[0].id], "Byron")
    with library.read() as connection:
        assert [(p.name, p.faces) for p in people.list_people(connection)] == [
            ("Ada", 2),
            ("Byron", 1),
        ]
        ids, rows = vectors.all_vectors(connection, "template", Kind.FACE, MODEL)
        owners = people.template_owners(connection, ids.tolist())
        assert sorted(np.unique(owners, return_counts=True)[1].tolist()) == [1, 2]
    assert rows.shape == (3, 16)


# ---- footage


def test_tracklets_come_back_as_they_were(library: Library) -> None:
    one = tracklet(11, 3.0, seed=5)
    video = film(library, one, tracklet(12, 9.0, seed=8))
    with library.read() as connection:
        back = footage.find_tracklet(connection, format_id(11))
        times, boxes = back.unpacked()
        np.testing.assert_array_equal(times, one.times)
        np.testing.assert_array_equal(boxes, one.boxes)
        assert (back.video_id, back.start_s, back.end_s, back.kind) == (video, 3.0, 4.0, Kind.FACE)
        views = footage.views_of(connection, [11])
        assert [v.rank for v in views] == [0, 1]
        _, rows = vectors.vectors_of(connection, "tracklet", Kind.FACE, MODEL, [11])
        mean = 0.5 * unit(5) + 0.6 * unit(6)
        np.testing.assert_allclose(rows[0], mean / np.linalg.norm(mean), atol=1e-6)
        with pytest.raises(TrackletNotFound):
            footage.find_tracklet(connection, format_id(99))
    assert library.media.get(views[0].media).startswith(b"\xff\xd8")


def test_filters(library: Library) -> None:
    a = film(library, tracklet(1, 0.0), tracklet(2, 10.0), tracklet(3, 20.0))
    film(library, tracklet(4, 10.0, kind=Kind.BODY), tracklet(5, 10.5), name="b.mp4")
    with library.read() as connection:
        got = lambda **f: sorted(footage.tracklet_ids(connection, Kind.FACE, **f).tolist())  # noqa: E731
        assert got() == [1, 2, 3, 5]
        assert got(videos=[a]) == [1, 2, 3]
        assert got(from_s=10.5) == [2, 3, 5]
        assert got(to_s=10.0) == [1, 2]
        assert got(videos=[]) == []


def test_resuming_drops_what_starts_behind_the_boundary(library: Library) -> None:
    video = film(library, tracklet(1, 58.9), tracklet(2, 60.0), tracklet(3, 61.0))
    with library.transaction("resume") as tx:
        orphans = footage.drop_from(tx, video, 60.0)
    with library.read() as connection:
        assert footage.tracklet_ids(connection, Kind.FACE).tolist() == [1]
    assert orphans == []  # all three share their pictures, which are still used


def test_removing_a_video_leaves_nothing_of_it(library: Library) -> None:
    video = film(library, tracklet(1, 0.0, seed=1), tracklet(2, 5.0, seed=50))
    keep = film(library, tracklet(3, 0.0, seed=1), name="b.mp4")
    with library.transaction("remove") as tx:
        orphans = footage.remove_video(tx, video)
    for name in orphans:
        library.media.remove(name)
    assert len(orphans) == 2  # those of seed 1 belong to the other video too
    with library.read() as connection:
        assert [v.id for v in footage.list_videos(connection)] == [keep]
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.vector)) == 3
        for view in footage.views_of(connection, [3]):
            library.media.get(view.media)


def test_videos_are_found_by_name_path_and_id(library: Library) -> None:
    video = film(library, name="a.mp4")
    with library.read() as connection:
        for wanted in ("a.mp4", "/v/a.mp4", format_id(video)):
            assert footage.find_video(connection, wanted).id == video
        with pytest.raises(VideoNotFound, match="videos list"):
            footage.find_video(connection, "b.mp4")


def test_changes_of_vectors_change_the_generation(library: Library) -> None:
    def now() -> tuple[int, int]:
        with library.read() as connection:
            return generation(connection, "people"), generation(connection, "footage")

    first = now()
    enrol(library, "Ada", 1)
    second = now()
    film(library, tracklet(1, 0.0))
    assert second[0] > first[0]
    assert second[1] == first[1] < now()[1]


def test_verdicts_and_models(library: Library) -> None:
    person = enrol(library, "Ada", 1)
    film(library, tracklet(1, 0.0))
    with library.transaction("x") as tx:
        footage.set_verdict(tx, person, 1, True)
        footage.set_verdict(tx, person, 1, False)
        models_used.use(tx, "face-embedder", "sface")
    with library.read() as connection:
        assert footage.verdicts_of(connection, person) == {1: False}
        assert models_used.in_use(connection) == {"face-embedder": "sface"}
