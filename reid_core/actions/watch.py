"""Watch a live source: who comes, who it is, who goes."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reid_core import quality
from reid_core.actions.gallery import Gallery
from reid_core.actions.live_looks import LiveLook, look_of
from reid_core.actions.loading import Models
from reid_core.actions.strangers import Strangers
from reid_core.actions.thresholds import chance_of, known
from reid_core.actions.watch_types import Box, Event, Shown, Update
from reid_core.calibration import Calibration
from reid_core.library import Library
from reid_core.search.decide import Threshold
from reid_core.track.chooser import Chooser
from reid_core.types import Detections, Floats, Frame, Kind
from reid_core.video.link import faces_in_bodies
from reid_core.video.pipeline import Stage
from reid_core.video.scene import is_cut, layout
from reid_core.video.source import open_source
from reid_core.video.stages import stages_for

GONE_S = 1.5
LOOKS = 3  # embeddings averaged before somebody is named: one picture may mislead
EAGER = 10 * LOOKS  # looks at a stranger before they are looked at as rarely as somebody named
EVERY_S, RARELY_S = 0.15, 1.0  # between two looks at a stranger, and at somebody named
BEST, APART_S = 5, 0.5  # looks kept of each, to enrol them by
GONE_KEPT = 200  # people who left, whose looks are kept

Means = dict[Kind, tuple[Threshold, Calibration | None]]


@dataclass(slots=True, eq=False)
class _Seen:
    """Somebody in the picture now. pinned: somebody else says who it is, the user or the face
    in this body.
    """

    track: int
    kind: Kind
    last_s: float
    box: Box
    best: Chooser[LiveLook] = field(default_factory=lambda: Chooser(k=BEST, apart_s=APART_S))
    recent: deque[Floats] = field(default_factory=lambda: deque(maxlen=LOOKS))
    looks: int = 0
    looked_s: float = -1e9
    person: int | None = None
    name: str | None = None
    score: float | None = None
    probability: float | None = None
    evidence: Floats | None = None  # by which they were named
    stranger: int | None = None
    pinned: bool = False
    face: int | None = None  # bodies: the track of the face seen in it,
    face_seen: int = 0  # and in how many pictures so far

    def wants_look(self, now: float) -> bool:
        eager = self.name is None and self.looks < EAGER
        return now - self.looked_s >= (EVERY_S if eager else RARELY_S)

    def empty(self) -> None:
        """Nothing is known of them; another thread may be reading what there was."""
        self.best, self.recent = Chooser(k=BEST, apart_s=APART_S), deque(maxlen=LOOKS)
        self.looks, self.looked_s, self.pinned = 0, -1e9, False
        self.person = self.name = self.score = self.probability = None
        self.evidence = self.stranger = None

    @property
    def mean(self) -> Floats | None:
        """(D,) of the newest good looks; None before there are enough."""
        if len(self.recent) < LOOKS:
            return None
        mean = np.mean(np.stack(self.recent), axis=0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)


class Watcher:
    """Follows and names people from picture to picture.

    Feed it from one thread; `looks` may be asked from any. Making it loads the models. Raises
    ModelError, LibraryError.
    """

    def __init__(
        self, library: Library, models: Models, kinds: Sequence[Kind], *, per_second: float = 5.0
    ) -> None:
        self._library, self._models, self._per_second = library, models, per_second
        self._seen: dict[int, _Seen] = {}
        self._gone: OrderedDict[int, _Seen] = OrderedDict()
        self._strangers = Strangers()
        self._numbered: list[tuple[int, int]] = []
        self._lock = threading.Lock()  # of the looks
        self._next = 0
        self._now = 0.0
        self.use(kinds)

    def use(self, kinds: Sequence[Kind], models: Models | None = None) -> list[Event]:
        """Look for these kinds, with these models, from now on; everybody leaves first."""
        if models is not None and models is not self._models:
            self._models = models
            self._strangers.forget_vectors()
        pairs = {k: (self._models.detector(k), self._models.embedder(k)) for k in kinds}
        galleries = {k: Gallery.load(self._library, self._models, k) for k in kinds}
        events = self.end()
        self._galleries = galleries
        self._means = self._read_means(kinds)
        self._stages = stages_for(pairs, per_second=self._per_second)
        self._tracks: dict[tuple[Kind, int], int] = {}
        self._before: Floats | None = None
        return events

    def update(self, frame: Frame) -> Update:
        """Look at the next picture."""
        self._now = frame.time_s
        events: list[Event] = []
        thumb = layout(frame.image)
        if is_cut(self._before, thumb):  # a track must not carry a name into another scene
            events += self.end()
        self._before = thumb
        rows: dict[Kind, dict[int, int]] = {}  # by kind, the track of each row
        found: dict[Kind, Detections] = {}
        for stage in self._stages:
            kind = stage.detector.kind
            found[kind] = stage.detector.detect(frame.image)
            ids = stage.tracker.update(found[kind], self._now)
            rows[kind] = self._follow(kind, found[kind], ids, events)
            self._look(stage, frame, found[kind], rows[kind], events)
        if len(found) == 2:
            self._link(found, rows, events)
        events += self._leave(self._now - GONE_S)
        here = [track for some in rows.values() for track in some.values()]
        people = tuple(self._shown(self._seen[t]) for t in here if t in self._seen)
        numbered, self._numbered = tuple(self._numbered), []
        return Update(events, people, numbered)

    def reload(self) -> list[Event]:
        """People were enrolled, renamed or forgotten: name everybody in the picture anew."""
        self._galleries = {k: Gallery.load(self._library, self._models, k) for k in self._galleries}
        self._means = self._read_means(tuple(self._galleries))
        events: list[Event] = []
        for one in self._seen.values():
            names = self._galleries[one.kind].names
            if one.pinned and one.person in names:
                one.name = names[one.person]
                continue
            was, told = one.person, list[Event]()
            one.person = one.name = one.score = one.probability = None
            one.pinned = False
            self._decide(one, told)
            events += told if one.person != was else []  # who stays who they were is no news
        return events

    def _read_means(self, kinds: Sequence[Kind]) -> Means:
        with self._library.read() as connection:
            return {k: known(connection, self._models, k) for k in kinds}

    def pin(self, track: int, person: int) -> list[Event]:
        """The user says who somebody in the picture is. Reload first when the person is new."""
        one = self._seen.get(track)
        name = self._galleries[one.kind].names.get(person) if one else None
        if one is None or name is None:
            return []
        one.pinned, one.person, one.name, one.probability = True, person, name, None
        vector = one.mean
        if vector is not None:
            ranked = dict(self._galleries[one.kind].rank(vector))
            one.score = round(ranked.get(person, 0.0), 4)
        return [self._event("identified", one, self._now, box=one.box)]

    def forget(self, person: int) -> list[Event]:
        """Somebody was erased: keep neither their looks nor their vectors. Safe from any thread.

        Whoever is still in the picture is a stranger who has just come.
        """
        with self._lock:
            for one in (*self._seen.values(), *self._gone.values()):
                if one.person == person:
                    self._strangers.forget(one.kind, one.stranger)
                    one.empty()
        return []

    def looks(self, track: int) -> tuple[LiveLook, ...]:
        """The best looks at somebody, in the picture or gone lately, best first."""
        with self._lock:
            one = self._seen.get(track) or self._gone.get(track)
            return tuple(one.best.best_first()) if one else ()

    def person(self, track: int) -> int | None:
        """Who somebody in the picture is, if that is known."""
        one = self._seen.get(track)
        return one.person if one else None

    def end(self) -> list[Event]:
        """Everybody leaves: the source has ended, or the scene is another."""
        for stage in getattr(self, "_stages", ()):
            stage.tracker.reset()
        self._tracks = {}
        return self._leave(self._now + 1)

    def _follow(
        self, kind: Kind, found: Detections, ids: NDArray[np.int64], events: list[Event]
    ) -> dict[int, int]:
        """Bring those followed up to date; the track of each row that has one."""
        rows = {}
        for row in np.flatnonzero(ids >= 0):
            key = (kind, int(ids[row]))
            if key not in self._tracks or self._tracks[key] not in self._seen:
                self._tracks[key], self._next = self._next, self._next + 1
            track = rows[int(row)] = self._tracks[key]
            left, top, right, bottom = (round(float(v), 1) for v in found.boxes[row])
            box = (left, top, right, bottom)
            if track in self._seen:
                self._seen[track].last_s, self._seen[track].box = self._now, box
                continue
            with self._lock:
                self._seen[track] = one = _Seen(track, kind, self._now, box)
            events.append(self._event("enter", one, self._now, box=box))
        return rows

    def _look(
        self,
        stage: Stage,
        frame: Frame,
        found: Detections,
        rows: dict[int, int],
        events: list[Event],
    ) -> None:
        """Embed those whose turn it is, and decide who they are."""
        wanted = [r for r, track in rows.items() if self._seen[track].wants_look(self._now)]
        if not wanted:
            return
        some = found[wanted]
        vectors = stage.embedder.embed(stage.embedder.chips(frame.image, some))
        parts = quality.measure(frame.image, some)
        for i, row in enumerate(wanted):
            one = self._seen[rows[row]]
            one.looks, one.looked_s = one.looks + 1, self._now
            rated = quality.overall(parts[i])
            if rated >= quality.LEAST:
                one.recent.append(vectors[i])
            if one.best.wants(self._now, rated):
                look = look_of(
                    frame.image,
                    some[i : i + 1],
                    vectors[i],
                    stage.embedder.model,
                    parts[i],
                    self._now,
                )
                with self._lock:
                    one.best.add(look)
            self._decide(one, events)

    def _decide(self, one: _Seen, events: list[Event]) -> None:
        """Who it is by the newest looks. A name stays until somebody else's is likelier."""
        vector = one.mean
        if vector is None and one.looks >= LOOKS and one.name is None:
            self._number(one, None)  # too poor to be compared with anybody
        if vector is None or one.pinned:
            return
        gallery, (meant, calibration) = self._galleries[one.kind], self._means[one.kind]
        threshold = meant.value
        by = [v for v in (vector, one.evidence if one.name is None else None) if v is not None]
        for evidence in by:
            ranked = gallery.rank(evidence)
            if threshold is None or not ranked or ranked[0][1] < threshold:
                continue
            person, score = ranked[0]
            is_new, one.person, one.score = person != one.person, person, round(score, 4)
            one.probability = chance_of(calibration, ranked)
            one.name, one.evidence = gallery.names[person], evidence
            if is_new:
                event = self._event("identified", one, self._now, box=one.box)
                events.append(replace(event, probability=one.probability))
            return
        if one.name is None:
            self._number(one, vector)

    def _number(self, one: _Seen, vector: Floats | None) -> None:
        """A stranger gets the number they had before, or a new one."""
        if one.stranger is None:
            threshold = self._means[one.kind][0].value
            others = [s for s in self._seen.values() if s.kind is one.kind and s is not one]
            taken = {s.stranger for s in others if s.stranger is not None}
            one.stranger = self._strangers.number(
                one.kind, vector, threshold=threshold, taken=taken
            )
            self._numbered.append((one.track, one.stranger))
        if vector is not None:
            self._strangers.remember(one.kind, one.stranger, vector)

    def _link(
        self,
        found: dict[Kind, Detections],
        rows: dict[Kind, dict[int, int]],
        events: list[Event],
    ) -> None:
        """A body takes over who the face is that was seen in it a few times."""
        bodies = rows[Kind.BODY]
        for row, at in enumerate(faces_in_bodies(found[Kind.FACE], found[Kind.BODY])):
            track = rows[Kind.FACE].get(row)
            if track is None or int(at) not in bodies:
                continue
            body = self._seen[bodies[int(at)]]
            body.face_seen = body.face_seen + 1 if body.face == track else 1
            body.face = track
            if body.face_seen >= LOOKS:
                self._adopt(body, self._seen[track], events)

    def _adopt(self, body: _Seen, face: _Seen, events: list[Event]) -> None:
        if face.name is not None:
            is_new = body.person != face.person
            body.person, body.name, body.score = face.person, face.name, face.score
            body.pinned, body.probability = True, None
            if is_new:
                events.append(self._event("identified", body, self._now, box=body.box))
        elif body.name is None and face.stranger not in (None, body.stranger):
            body.stranger = face.stranger
            self._numbered.append((body.track, body.stranger or 0))

    def _leave(self, before_s: float) -> list[Event]:
        events = []
        for track in [t for t, one in self._seen.items() if one.last_s < before_s]:
            with self._lock:
                one = self._seen.pop(track)
                self._gone[track] = one
                while len(self._gone) > GONE_KEPT:
                    self._gone.popitem(last=False)
            events.append(self._event("leave", one, one.last_s, with_score=False))
        return events

    def _event(
        self,
        what: str,
        one: _Seen,
        time_s: float,
        *,
        box: Box | None = None,
        with_score: bool = True,
    ) -> Event:
        score = one.score if with_score else None
        return Event(
            what,
            round(time_s, 3),
            one.track,
            one.kind,
            one.name,
            score,
            box,
            calibrated=self._is_calibrated(one.kind),
        )

    def _shown(self, one: _Seen) -> Shown:
        return Shown(
            one.track,
            one.kind,
            one.box,
            one.person,
            one.name,
            one.score,
            one.stranger if one.name is None else None,
            one.probability,
            self._is_calibrated(one.kind),
        )

    def _is_calibrated(self, kind: Kind) -> bool:
        return self._means[kind][1] is not None


def watch(
    library: Library,
    models: Models,
    source: str,
    *,
    kind: Kind = Kind.FACE,
    per_second: float = 5.0,
    seconds: float | None = None,
) -> Iterator[Event]:
    """Events as they happen. Names follow from the mean of a few looks against the gallery."""
    watcher = Watcher(library, models, [kind], per_second=per_second)
    with closing(open_source(source, every_s=1 / per_second)) as frames:
        for frame in frames:
            if seconds is not None and frame.time_s > seconds:
                break
            yield from watcher.update(frame).events
    yield from watcher.end()
