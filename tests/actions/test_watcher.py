"""Following and naming people before a camera: made-up ones, then those of a real film."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from reid_core.actions.enroll import enroll
from reid_core.actions.gallery import Gallery
from reid_core.actions.live_looks import LiveLook, enroll_looks
from reid_core.actions.loading import Models
from reid_core.actions.strangers import KEPT, Strangers
from reid_core.actions.watch import EVERY_S, GONE_S, LOOKS, Watcher, watch
from reid_core.actions.watch_types import Event
from reid_core.cli.output import plain
from reid_core.errors import BadName, PoorQuality
from reid_core.library import Library, erase, people
from reid_core.library.history import History
from reid_core.models.store import ModelStore
from reid_core.search.decide import Threshold
from reid_core.types import Detections, Floats, Frame, Image, Kind
from reid_core.video.source import open_source

STEP_S = EVERY_S + 0.05
THRESHOLD = 0.8
DIM = 16
Spot = tuple[str, int]  # who, and where from the left in px

RNG = np.random.default_rng(3)
COARSE = RNG.integers(60, 190, (6, 16, 1)).repeat(40, 0).repeat(40, 1)
WALL = np.clip(COARSE + RNG.integers(-60, 60, (240, 640, 3)), 0, 255).astype(np.uint8)
FLAT = (
    (120 + 4 * (np.arange(640) > 320))[None, :, None].repeat(240, 0).repeat(3, 2).astype(np.uint8)
)


def likeness(who: str) -> Floats:
    """Everybody's own direction, at right angles to the others'."""
    vector = np.zeros(DIM, np.float32)
    vector["abcdefgh".index(who)] = 1
    return vector


class Scene:
    """Who stands where in the picture of this moment; shared by the fakes."""

    def __init__(self) -> None:
        self.spots: list[Spot] = []
        self.are_turned = False  # away from the camera


class FakeDetector:
    def __init__(self, scene: Scene, kind: Kind) -> None:
        self.scene, self.kind = scene, kind

    def detect(self, image: Image) -> Detections:
        lefts = np.array([x for _, x in self.scene.spots], np.float32).reshape(-1, 1)
        n = len(lefts)
        if self.kind is Kind.FACE:
            box, points = (20, 20, 80, 90), [(40, 50), (60, 50), (50, 60), (43, 72), (57, 72)]
        else:
            box, points = (0, 10, 100, 230), []
        keypoints = np.array(points, np.float32).reshape(1, -1, 2).repeat(n, 0)
        keypoints[:, 2:3, 0] += 60 * self.scene.are_turned
        keypoints[:, :, 0] += lefts
        boxes = np.array([box], np.float32).repeat(n, 0)
        boxes[:, [0, 2]] += lefts
        return Detections(boxes, np.full(n, 0.95, np.float32), keypoints, self.kind)


class FakeEmbedder:
    dim = DIM

    def __init__(self, scene: Scene, kind: Kind) -> None:
        self.scene, self.kind, self.model = scene, kind, f"fake-{kind}"

    def chips(self, image: Image, detections: Detections) -> list[Image]:
        """The chip tells by its height where somebody stood."""
        return [np.zeros((int(b[0]) + 1, 1, 3), np.uint8) for b in detections.boxes]

    def embed(self, chips: Sequence[Image]) -> Floats:
        offset = 20 if self.kind is Kind.FACE else 0
        who = {x + offset: w for w, x in self.scene.spots}
        # bodies are all alike here: only faces tell people apart
        names = [who[len(c) - 1] if self.kind is Kind.FACE else "h" for c in chips]
        return np.stack([likeness(n) for n in names])


class FakeModels:
    def __init__(self) -> None:
        self.scene = Scene()
        self.limit: float | None = THRESHOLD

    def detector(self, kind: Kind) -> FakeDetector:
        return FakeDetector(self.scene, kind)

    def embedder(self, kind: Kind) -> FakeEmbedder:
        return FakeEmbedder(self.scene, kind)

    def model_id(self, kind: Kind) -> str:
        return f"fake-{kind}"

    def threshold(self, kind: Kind) -> Threshold:
        return Threshold(self.limit if kind is Kind.FACE else None, "reference", "")


class Play:
    """Feeds a watcher."""

    def __init__(self, library: Library, *kinds: Kind) -> None:
        self.models, self.library = FakeModels(), library
        self.watcher = Watcher(library, self.models, kinds or (Kind.FACE,))  # type: ignore[arg-type]
        self.now, self.wall = 0.0, WALL
        self.events: list[Event] = []
        self.numbered: list[tuple[int, int]] = []
        self.people: dict[int, tuple[str | None, int | None]] = {}

    def show(self, *spots: Spot, times: int = 1) -> list[Event]:
        """So many pictures with these people; the events of them."""
        self.models.scene.spots = list(spots)
        new: list[Event] = []
        for _ in range(times):
            self.now += STEP_S
            update = self.watcher.update(Frame(self.wall, 0, self.now, "made"))
            new += update.events
            self.numbered += update.numbered
            self.people = {p.track: (p.name, p.stranger) for p in update.people}
        self.events += new
        return new

    def leave(self) -> None:
        """Nobody, for long enough."""
        self.show(times=int(GONE_S / STEP_S) + 3)

    def enrol(self, track: int, name: str) -> None:
        enroll_looks(self.library, name, self.watcher.looks(track), where_from="made")
        self.events += self.watcher.reload()


@pytest.fixture
def play(library: Library) -> Play:
    return Play(library)


def test_a_stranger_has_a_number_after_a_few_looks(play: Play) -> None:
    play.show(("a", 50), times=LOOKS)  # the tracker gives an id with the second detection
    assert play.people == {0: (None, None)}
    play.show(("a", 50))
    assert play.people == {0: (None, 1)}
    assert play.numbered == [(0, 1)]


def test_who_comes_again_keeps_the_number_and_others_get_another(play: Play) -> None:
    play.show(("a", 50), times=6)
    play.leave()
    play.show(("b", 50), times=6)
    play.leave()
    play.show(("a", 300), times=6)
    assert [n for _, n in play.numbered] == [1, 2, 1]
    assert [e.track for e in play.events if e.event == "enter"] == [0, 1, 2]


def test_two_in_one_picture_never_share_a_number(play: Play) -> None:
    play.show(("a", 50), ("a", 300), times=6)  # twins, or a mirror
    assert sorted(n for _, n in play.numbered) == [1, 2]


def test_without_a_threshold_everybody_is_new(play: Play) -> None:
    play.models.limit = None
    play.watcher.use([Kind.FACE])
    play.show(("a", 50), times=6)
    play.leave()
    play.show(("a", 50), times=6)
    assert [n for _, n in play.numbered] == [1, 2]


def test_an_enrolled_stranger_has_their_name_at_once(play: Play) -> None:
    play.show(("a", 50), ("b", 300), times=8)
    play.enrol(0, "Ada")
    assert [(e.event, e.track, e.name) for e in play.events[-1:]] == [("identified", 0, "Ada")]
    assert play.events[-1].score == pytest.approx(1)
    play.show(("a", 50), ("b", 300))
    assert play.people == {0: ("Ada", None), 1: (None, 2)}
    play.leave()
    play.show(("a", 200), times=6)
    assert [e.name for e in play.events if e.event == "identified"] == ["Ada", "Ada"]


def test_enrolling_one_is_no_news_of_another(play: Play) -> None:
    play.show(("a", 50), ("b", 300), times=8)
    play.enrol(0, "Ada")
    play.enrol(1, "Bob")
    assert [e.name for e in play.events if e.event == "identified"] == ["Ada", "Bob"]
    play.show(("a", 50), ("b", 300))
    assert play.people == {0: ("Ada", None), 1: ("Bob", None)}


def test_a_number_given_between_pictures_is_told_with_the_next(
    play: Play, library: Library
) -> None:
    play.show(("a", 50), times=8)
    play.enrol(0, "Ada")
    play.leave()
    play.show(("a", 300), times=8)  # known from the beginning, so without a number
    assert [n for _, n in play.numbered] == [1]
    with library.read() as connection:
        ada = people.find_person(connection, "Ada").id
    erase.forget(library, ada)
    play.watcher.reload()
    play.show(("a", 300))
    assert play.people == {1: (None, 1)}
    assert play.numbered[1:] == [(1, 1)]


def test_an_enrolment_taken_back_makes_a_stranger_again(play: Play, library: Library) -> None:
    history = History(library)
    play.show(("a", 50), times=8)
    with history.recording("enrol"):
        play.enrol(0, "Ada")
    history.undo()
    assert play.watcher.reload() == []
    play.show(("a", 50))
    assert play.people == {0: (None, 1)}


def test_a_rename_reaches_whoever_is_in_the_picture(play: Play, library: Library) -> None:
    play.show(("a", 50), times=8)
    play.enrol(0, "Ada")
    with library.transaction("rename") as tx:
        people.rename(tx, people.find_person(tx, "Ada").id, "Ida")
    play.watcher.reload()
    play.show(("a", 50))
    assert play.people == {0: ("Ida", None)}


def test_the_user_is_believed_whatever_the_similarity_says(play: Play, library: Library) -> None:
    play.show(("a", 50), times=8)
    play.enrol(0, "Ada")
    play.show(("a", 50), ("b", 300), times=8)
    with library.read() as connection:
        ada = people.find_person(connection, "Ada").id
    (event,) = play.watcher.pin(1, ada)
    assert (event.event, event.track, event.name, event.score) == ("identified", 1, "Ada", 0.0)
    play.show(("a", 50), ("b", 300), times=8)
    assert play.people[1] == ("Ada", None)
    assert play.watcher.pin(1, 12345) == []
    assert play.watcher.pin(77, ada) == []


def test_a_name_is_not_carried_over_a_cut(play: Play) -> None:
    play.show(("a", 50), times=8)
    play.enrol(0, "Ada")
    play.show(("a", 50))
    play.wall = 255 - WALL  # another scene, in which somebody stands at the same place
    cut = play.show(("b", 50), times=8)
    assert [(e.event, e.track, e.name) for e in cut] == [("leave", 0, "Ada"), ("enter", 1, None)]
    assert play.people == {1: (None, 1)} or play.people == {1: (None, 2)}


def test_poor_looks_name_nobody(play: Play) -> None:
    play.show(("a", 50), times=8)
    play.enrol(0, "Ada")
    play.leave()
    play.wall, play.models.scene.are_turned = FLAT, True
    play.show(("a", 50), times=12)
    assert [e.event for e in play.events if e.track == 1] == ["enter"]
    assert play.people == {1: (None, 2)}


def test_poor_looks_are_not_enrolled(library: Library) -> None:
    play = Play(library)
    play.wall, play.models.scene.are_turned = FLAT, True
    play.show(("a", 50), times=8)
    with pytest.raises(PoorQuality, match=r"quality of 0\.\d\d, below the limit of 0\.20"):
        play.enrol(0, "Ada")
    with library.read() as connection:
        assert people.list_people(connection) == []


def test_a_name_that_nobody_can_have_changes_nothing(play: Play, library: Library) -> None:
    play.show(("a", 50), times=8)
    with pytest.raises(BadName):
        play.enrol(0, "  ")
    with library.read() as connection:
        assert people.list_people(connection) == []


def test_a_body_takes_the_name_of_the_face_in_it(library: Library) -> None:
    play = Play(library, Kind.FACE, Kind.BODY)
    play.show(("a", 50), times=8)
    face, body = (next(e.track for e in play.events if e.kind is k) for k in (Kind.FACE, Kind.BODY))
    assert play.people[body] == play.people[face] == (None, 1)
    play.enrol(face, "Ada")
    play.show(("a", 50), times=2)
    assert play.people == {face: ("Ada", None), body: ("Ada", None)}
    named = [(e.kind, e.name) for e in play.events if e.event == "identified"]
    assert named == [(Kind.FACE, "Ada"), (Kind.BODY, "Ada")]


def test_another_kind_ends_whoever_is_there_and_tracks_are_counted_on(play: Play) -> None:
    play.show(("a", 50), times=6)
    (left,) = play.watcher.use([Kind.BODY])
    assert (left.event, left.track) == ("leave", 0)
    play.show(("a", 50), times=6)
    entered = [(e.track, e.kind) for e in play.events if e.event == "enter"]
    assert entered == [(0, Kind.FACE), (1, Kind.BODY)]


def test_the_looks_of_somebody_gone_are_kept_and_enrol_them(play: Play, library: Library) -> None:
    play.show(("a", 50), times=20)
    play.leave()
    looks = play.watcher.looks(0)
    assert 1 < len(looks) <= 5
    assert [look.quality for look in looks] == sorted((k.quality for k in looks), reverse=True)
    gaps = np.diff(sorted(look.time_s for look in looks))
    assert (gaps >= 0.5 - 1e-6).all()
    play.enrol(0, "Ada")
    gallery = Gallery.load(library, play.models, Kind.FACE)  # type: ignore[arg-type]
    assert len(gallery.vectors) == len({look.jpeg for look in looks})
    assert play.watcher.looks(99) == ()


def test_of_somebody_forgotten_nothing_is_kept(play: Play, library: Library) -> None:
    play.show(("a", 50), times=8)
    play.enrol(0, "Ada")
    play.leave()
    play.show(("a", 50), ("b", 300), times=8)
    ada = play.watcher.person(1)
    assert ada is not None
    erase.forget(library, ada)
    play.watcher.forget(ada)
    play.watcher.reload()
    assert [play.watcher.looks(track) for track in (0, 1)] == [(), ()]  # gone, and still there
    assert play.watcher.looks(2)
    play.show(("a", 50), ("b", 300), times=8)
    assert play.people == {1: (None, 3), 2: (None, 2)}  # the number 1 is not known again


def test_strangers_are_forgotten_in_the_end() -> None:
    strangers = Strangers()
    first = likeness("a")
    assert strangers.number(Kind.FACE, first, threshold=0.9, taken=()) == 1
    strangers.remember(Kind.FACE, 1, first)
    assert strangers.number(Kind.FACE, first, threshold=0.9, taken=()) == 1
    assert strangers.number(Kind.BODY, first, threshold=0.9, taken=()) == 2
    for n in range(KEPT):
        strangers.remember(Kind.FACE, 100 + n, likeness("b"))
    assert strangers.number(Kind.FACE, first, threshold=0.9, taken=()) == 3


# ---- real material


@pytest.mark.real_data
def test_the_film_is_watched_and_an_unknown_is_enrolled(
    library: Library, model_store: ModelStore, data: Path
) -> None:
    film = str(data / "video" / "faces_whitehouse_clip.mp4")
    models = Models(model_store)
    watcher = Watcher(library, models, [Kind.FACE])
    events: list[Event] = []
    looks: dict[int, tuple[LiveLook, ...]] = {}
    for frame in open_source(film, every_s=0.1):
        update = watcher.update(frame)
        events += update.events
        looks |= {p.track: watcher.looks(p.track) for p in update.people}
    events += watcher.end()
    assert {e.event for e in events} == {"enter", "leave"}
    best = max(looks, key=lambda t: (len(looks[t]), looks[t][0].quality))
    enroll_looks(library, "Ada", looks[best], where_from="film")
    again = list(watch(library, models, film, per_second=10))
    assert {e.name for e in again if e.event == "identified"} == {"Ada"}
    for track in {e.track for e in again}:
        order = [e.event for e in again if e.track == track]
        assert order in (["enter", "leave"], ["enter", "identified", "leave"])


@pytest.mark.real_data
def test_the_lines_of_the_command_line_are_as_they_were(
    library: Library, model_store: ModelStore, data: Path
) -> None:
    film = str(data / "video" / "faces_whitehouse_clip.mp4")
    models = Models(model_store)
    enroll(library, models, "Ada", [f"{film}@1.0"])
    events = list(watch(library, models, film, seconds=3))
    first = json.loads(json.dumps(plain(events[0])))
    fields = ["event", "time_s", "track", "kind", "name", "score", "box", "probability"]
    assert list(first) == [*fields, "calibrated"]
    assert first["calibrated"] is False
    assert first["event"] == "enter"
    assert first["track"] == 0
    assert len(first["box"]) == 4
    known = next(e for e in events if e.event == "identified")
    assert known.name == "Ada"
    assert known.score is not None
    assert all(e.box is None and e.score is None for e in events if e.event == "leave")
