"""What the user says of tracklets, and what follows from it."""

from __future__ import annotations

import pytest

from reid_core.actions.verdict import say
from reid_core.errors import PersonNotFound, TrackletNotFound
from reid_core.library import Library, footage, people
from reid_core.library.history import History
from reid_core.library.ids import format_id
from reid_core.library.moments import moments_of
from reid_core.library.verdicts import confirmed_people, refused_people
from tests.made_footage import store_video, tracklet

ONE, TWO = format_id(11), format_id(12)


@pytest.fixture
def person(library: Library) -> int:
    """Ada, in a library with two tracklets."""
    store_video(library, "/v/a.mp4", tracklet(11, 1.0), tracklet(12, 8.0))
    with library.transaction("test") as tx:
        return people.add_person(tx, "Ada")


def said(library: Library, person: int) -> dict[int, bool]:
    with library.read() as connection:
        return footage.verdicts_of(connection, person)


def test_a_verdict_is_kept_changed_and_taken_back(library: Library, person: int) -> None:
    say(library, person, [ONE, TWO], True)
    assert said(library, person) == {11: True, 12: True}
    say(library, person, [TWO], False)
    assert said(library, person) == {11: True, 12: False}
    with library.read() as connection:
        assert confirmed_people(connection, [11, 12]) == {11: person}
        assert refused_people(connection, [11, 12]) == {(12, person)}
        assert confirmed_people(connection, [12]) == {}
    say(library, person, [ONE, TWO], None)
    assert said(library, person) == {}


def test_it_can_be_undone(library: Library, person: int) -> None:
    history = History(library)
    with history.recording("Confirm"):
        say(library, person, [ONE], True)
    history.undo()
    assert said(library, person) == {}
    history.redo()
    assert said(library, person) == {11: True}


def test_what_is_not_there_changes_nothing(library: Library, person: int) -> None:
    with pytest.raises(TrackletNotFound, match=format_id(99)):
        say(library, person, [ONE, format_id(99)], True)
    with pytest.raises(PersonNotFound):
        say(library, person + 1, [ONE], True)
    assert said(library, person) == {}


def test_the_pictures_of_a_video_by_time(library: Library, person: int) -> None:
    with library.read() as connection:
        video = footage.list_videos(connection)[0].id
        moments = moments_of(connection, video)
        views = footage.views_of(connection, [11, 12])
    assert moments == [(v.time_s, v.media) for v in views if v.rank == 0]
    assert [at for at, _ in moments] == [1.0, 8.0]
