"""Who was seen and is not enrolled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reid_core.actions.unknowns import Unknowns, unknowns, write_pictures
from reid_core.actions.verdict import say
from reid_core.errors import NoThreshold
from reid_core.images import read_image
from reid_core.library import Library, footage, people
from reid_core.library.ids import format_id
from reid_core.search.decide import Threshold
from reid_core.types import Kind, Tracklet
from tests.made_footage import MODEL, store_video, tracklet, unit

ADA, BOB, EVE = 1000, 2000, 3000


class Models:
    """The parts of `Models` that need no network."""

    def __init__(self, threshold: float | None = 0.8) -> None:
        self._threshold = threshold

    def model_id(self, kind: Kind) -> str:
        return MODEL

    def threshold(self, kind: Kind) -> Threshold:
        return Threshold(self._threshold, "reference", "made")


def seen(who: int, key: int, start_s: float, *, quality: float = 0.6) -> Tracklet:
    """Somebody for a second, looking a little different each time."""
    one = tracklet(key, start_s)
    rows = np.stack([unit(who) + 0.2 * unit(key), unit(who) - 0.2 * unit(key)])
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    views = tuple(replace(v, quality=quality - i / 10) for i, v in enumerate(one.views))
    return replace(one, views=views, embeddings=replace(one.embeddings, vectors=rows))


@pytest.fixture
def filmed(library: Library) -> Library:
    """Ada three times in two videos, twice within a second; Bob twice; Eve once, badly."""
    store_video(library, "/v/a.mp4", seen(ADA, 11, 1.0), seen(ADA, 12, 2.5), seen(BOB, 21, 8.0))
    store_video(
        library,
        "/v/b.mp4",
        seen(ADA, 13, 5.0, quality=0.9),
        seen(BOB, 22, 9.0),
        seen(EVE, 31, 20.0, quality=0.05),
    )
    return library


def enrol(library: Library, who: int) -> int:
    with library.transaction("test") as tx:
        person = people.add_person(tx, f"Person {who}")
        points = np.zeros((5, 2), np.float32)
        look = people.NewTemplate(Kind.FACE, "0" * 32, 0.9, {}, points, "made", unit(who), MODEL)
        people.add_template(tx, person, look)
    return person


def ask(library: Library, **more: object) -> Unknowns:
    return unknowns(library, Models(), **more)  # type: ignore[arg-type]


def ids(found: Unknowns) -> list[set[str]]:
    return [{t for a in one.appearances for t in a.tracklets} for one in found.people]


def shown(*keys: int) -> set[str]:
    return {format_id(k) for k in keys}


def test_appearances_of_one_person_are_one_group(filmed: Library) -> None:
    found = ask(filmed)
    assert ids(found) == [shown(11, 12, 13), shown(21, 22)]
    ada = found.people[0]
    spans = [(a.video, a.start_s, a.end_s) for a in ada.appearances]
    assert spans == [("/v/a.mp4", 1.0, 3.5), ("/v/b.mp4", 5.0, 6.0)]
    assert (ada.number, ada.seconds) == (1, 3.5)
    assert (ada.tracklet, ada.video, ada.best_s) == (format_id(13), "/v/b.mp4", 5.0)
    assert (found.tracklets, found.known, found.unclear) == (6, 0, 1)


def test_whoever_is_enrolled_is_no_unknown(filmed: Library) -> None:
    enrol(filmed, ADA)
    found = ask(filmed)
    assert ids(found) == [shown(21, 22)]
    assert found.known == 3


def test_what_the_user_said_counts(filmed: Library) -> None:
    ada = enrol(filmed, ADA)
    say(filmed, ada, [format_id(11)], False)
    say(filmed, ada, [format_id(21)], True)
    assert ids(ask(filmed)) == [shown(11), shown(22)]


def test_nobody_is_in_two_places_at_once(library: Library) -> None:
    there, elsewhere = seen(ADA, 11, 1.0), seen(ADA, 12, 1.0)
    elsewhere = replace(elsewhere, boxes=elsewhere.boxes + 100)
    store_video(library, "/v/a.mp4", there, elsewhere, seen(ADA, 13, 9.0))
    groups = ids(ask(library))
    assert len(groups) == 2
    assert not any(shown(11, 12) <= one for one in groups)


def test_only_in_some_videos(filmed: Library) -> None:
    with filmed.read() as connection:
        video = footage.find_video(connection, "/v/b.mp4").id
    assert ids(ask(filmed, videos=[video])) == [shown(13), shown(22)]


def test_without_a_threshold_it_is_refused(filmed: Library) -> None:
    with pytest.raises(NoThreshold, match="cameo calibrate --kind face"):
        unknowns(filmed, Models(None))  # type: ignore[arg-type]


def test_nothing_indexed_is_nobody_seen(library: Library) -> None:
    found = ask(library)
    assert (found.people, found.tracklets) == ((), 0)


def test_a_picture_of_each(filmed: Library, tmp_path: Path) -> None:
    written = write_pictures(filmed, ask(filmed).people, tmp_path / "new")
    assert [p.name for p in written] == ["unknown-001.jpg", "unknown-002.jpg"]
    assert read_image(written[0]).shape == (24, 20, 3)
