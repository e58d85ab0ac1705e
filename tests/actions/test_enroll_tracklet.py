"""Saying who is in a tracklet, without any model being loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reid_core.actions.enroll_tracklet import enroll_tracklet
from reid_core.actions.loading import Models
from reid_core.errors import BadName, ModelMismatch, PoorQuality, TrackletNotFound
from reid_core.library import Library, footage, people, vectors
from reid_core.library.history import History
from reid_core.library.ids import format_id
from reid_core.models.store import ModelStore
from reid_core.types import Embeddings, Kind, Tracklet, View
from tests.made_footage import store_video, tracklet, unit

DIM = 128
SEEN = format_id(7)


@pytest.fixture
def models(model_store: ModelStore) -> Models:
    return Models(model_store)


def seen(models: Models, key: int, *qualities: float, model: str = "") -> Tracklet:
    """A face with views of these qualities, and vectors of the model in use."""
    jpegs = [tracklet(100 * key + i, 0.0).views[0].jpeg for i in range(len(qualities))]
    points = np.arange(10, dtype=np.float32).reshape(5, 2)
    box = np.float32([0, 0, 10, 10])
    views = tuple(
        View(jpeg, points + i, box, 1.0 + i, quality)
        for i, (jpeg, quality) in enumerate(zip(jpegs, qualities, strict=True))
    )
    rows = np.stack([unit(10 * key + i, DIM) for i in range(len(qualities))])
    known = Embeddings(rows, np.float32(qualities), model or models.model_id(Kind.FACE))
    path = np.float32([[0, 0, 10, 10]] * 2)
    return Tracklet(key, Kind.FACE, np.array([1.0, 5.0]), path, views, known, key)


def test_the_best_views_become_templates_and_it_is_confirmed(
    library: Library, models: Models
) -> None:
    store_video(library, "/v/a.mp4", seen(models, 7, 0.9, 0.3, 0.7, 0.1, 0.6))
    done = enroll_tracklet(library, models, "Ada", SEEN)
    assert (done.name, done.added) == ("Ada", 3)
    assert [o.quality for o in done.outcomes] == [0.9, 0.7, 0.6]
    assert Path(done.outcomes[1].source).name == "a.mp4@3.000"
    with library.read() as connection:
        kept = people.templates_of(connection, done.person)
        stored = footage.views_of(connection, [7])
        by_media = {v.media: v for v in stored}
        ids, rows = vectors.all_vectors(
            connection, "template", Kind.FACE, models.model_id(Kind.FACE)
        )
        assert footage.verdicts_of(connection, done.person) == {7: True}
    assert [t.quality for t in kept] == pytest.approx([0.9, 0.7, 0.6])
    of = dict(zip(ids.tolist(), rows, strict=True))
    for one in kept:
        view = by_media[one.media]
        np.testing.assert_array_equal(of[one.id], unit(70 + round(view.time_s - 1), DIM))


def test_twice_changes_nothing_more_and_other_people_are_noticed(
    library: Library, models: Models
) -> None:
    store_video(library, "/v/a.mp4", seen(models, 7, 0.9))
    enroll_tracklet(library, models, "Ada", SEEN)
    again = enroll_tracklet(library, models, "ada", SEEN)
    assert again.added == 0
    assert "already" in again.outcomes[0].problem
    assert again.likelier is None
    other = enroll_tracklet(library, models, "Grace", SEEN)
    assert other.outcomes[0].resembles == ("Ada", pytest.approx(1.0))
    assert other.likelier is not None
    assert (other.likelier.name, other.likelier.score) == ("Ada", pytest.approx(1.0))
    assert (other.likelier.chance, other.likelier.is_calibrated) == (None, False)


def test_whoever_looks_as_much_like_themselves_is_not_doubted(
    library: Library, models: Models
) -> None:
    store_video(library, "/v/a.mp4", seen(models, 7, 0.9), seen(models, 8, 0.9))
    enroll_tracklet(library, models, "Ada", SEEN)
    enroll_tracklet(library, models, "Grace", SEEN)  # a double, who has that look as well
    assert enroll_tracklet(library, models, "Grace", SEEN).likelier is None
    assert enroll_tracklet(library, models, "Cleo", format_id(8)).likelier is None, "unlike both"


@pytest.mark.parametrize(
    ("name", "shown_id", "error"),
    [
        (" ", SEEN, BadName),
        ("Ada", format_id(8), TrackletNotFound),
        ("Ada", "nonsense", TrackletNotFound),
        ("Ada", format_id(9), PoorQuality),
        ("Ada", format_id(10), ModelMismatch),
    ],
)
def test_what_cannot_be_enrolled_changes_nothing(
    library: Library, models: Models, name: str, shown_id: str, error: type[Exception]
) -> None:
    good, poor = seen(models, 7, 0.9), seen(models, 9, 0.15, 0.1)
    store_video(library, "/v/a.mp4", good, poor, seen(models, 10, 0.9, model="other@1"))
    with pytest.raises(error):
        enroll_tracklet(library, models, name, shown_id)
    with library.read() as connection:
        assert people.list_people(connection) == []


def test_it_can_be_undone(library: Library, models: Models) -> None:
    store_video(library, "/v/a.mp4", seen(models, 7, 0.9))
    history = History(library)
    with history.recording("this is Ada"):
        enroll_tracklet(library, models, "Ada", SEEN)
    history.undo()
    with library.read() as connection:
        assert people.list_people(connection) == []
    history.redo()
    with library.read() as connection:
        (ada,) = people.list_people(connection)
        assert footage.verdicts_of(connection, ada.id) == {7: True}
