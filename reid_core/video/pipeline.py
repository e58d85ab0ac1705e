"""From pictures to tracklets: a plain generator.

Pictures are detected and measured by a pool of threads, several pictures at a time and each on
one thread, which uses the cores better than one picture on all of them. Tracking runs in
picture order in the caller's thread. Embedding runs in the same pool, once per track.

Results come in segments, each complete in itself: what a segment holds can be stored and the
work resumed behind it. Memory is bounded by the people in one segment, not by the video.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from reid_core import boxes, images, quality
from reid_core.errors import SourceError
from reid_core.protocols import Detector, Embedder
from reid_core.track.chooser import Candidate
from reid_core.types import Detections, Embeddings, Floats, Frame, Image, Kind, Tracklet, View
from reid_core.video.link import LinkVotes, faces_in_bodies
from reid_core.video.scene import is_cut, layout
from reid_core.video.trails import KeyOf, Trail, Trails, thin

CROWDED = 0.7  # how much of its quality a body loses when wholly covered by another

OnFrame = Callable[[Frame], None]
T = TypeVar("T")
R = TypeVar("R")


class ResettableTracker(Protocol):
    """A tracker that can be told that the scene has changed."""

    def update(self, detections: Detections, time_s: float) -> NDArray[np.int64]:
        """One id per detection; -1 where there is none."""
        ...

    def reset(self) -> None:
        """Forget everybody."""
        ...


class Stitcher(Protocol):
    """Finds out which tracklets of a segment continue earlier ones."""

    def chains(self, tracklets: list[Tracklet], *, size: tuple[int, int]) -> list[Tracklet]:
        """The same tracklets with `chain` set. size: the picture's width and height."""
        ...

    def remember(self, tracklets: list[Tracklet]) -> None:
        """Know these, stored by an earlier run, as what may be continued."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that handles one kind of detection."""

    detector: Detector
    tracker: ResettableTracker
    embedder: Embedder
    stitcher: Stitcher
    lone: float
    lost_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How the work is cut up. views: kept per tracklet. segment_s: see the module's text."""

    views: int = 5
    apart_s: float = 0.6
    segment_s: float = 60.0
    workers: int = 2


@dataclass(slots=True)
class Spent:
    """Seconds of thread time by stage, for reports."""

    detect: float = 0.0
    track: float = 0.0
    embed: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """The tracklets that ended up to `until_s`, chained; frames: pictures looked at so far."""

    until_s: float
    tracklets: list[Tracklet]
    frames: int
    spent: Spent


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """What the pool found in one picture."""

    frame: Frame
    found: tuple[Detections, ...]
    quality: tuple[Floats, ...]
    thumb: Floats
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class _Closed:
    """A trail that has ended, while its looks are embedded and compressed."""

    stage: int
    key: int
    kind: Kind
    times: NDArray[np.float64]
    path: Floats
    looks: Future[tuple[tuple[View, ...], Floats]]


def run(
    frames: Iterable[Frame],
    stages: tuple[Stage, ...],
    *,
    key_of: KeyOf,
    plan: Plan,
    on_frame: OnFrame | None = None,
) -> Generator[Segment, None, None]:
    """Tracklets of everybody in the pictures, segment by segment.

    frames: in order of time, at the rate to be looked at. on_frame: called in order, for
    progress. Errors of the source come through after the segment before them.
    """
    pool = ThreadPoolExecutor(plan.workers, thread_name_prefix="look")
    try:
        work = _Work(stages, key_of, plan, pool)
        try:
            for look in ordered_map(pool, work.look, frames, ahead=plan.workers + 2):
                if work.is_due(look.frame.time_s):
                    yield work.flush(ended=False)
                work.take(look)
                if on_frame:
                    on_frame(look.frame)
        except SourceError:
            yield work.flush(ended=True)
            raise
        yield work.flush(ended=True)
    finally:  # what was begun is finished, what waits in vain is dropped
        pool.shutdown(cancel_futures=True)


class _Work:
    """The state of one run."""

    def __init__(
        self, stages: tuple[Stage, ...], key_of: KeyOf, plan: Plan, pool: ThreadPoolExecutor
    ) -> None:
        self._stages, self._plan, self._pool = stages, plan, pool
        self._trails = [
            Trails(s.embedder, key_of, views=plan.views, apart_s=plan.apart_s, lone=s.lone)
            for s in stages
        ]
        self._closed: list[_Closed] = []
        self._votes = LinkVotes()
        self._next_flush: float | None = None
        self._last_thumb: Floats | None = None
        self._last_time = 0.0
        self._size = (1, 1)
        self._frames = 0
        self.spent = Spent()

    def look(self, frame: Frame) -> _Look:
        """The part of the work on one picture that needs no other picture."""
        start = time.perf_counter()
        found = tuple(stage.detector.detect(frame.image) for stage in self._stages)
        rated = tuple(_rate(frame.image, one) for one in found)
        return _Look(frame, found, rated, layout(frame.image), time.perf_counter() - start)

    def is_due(self, time_s: float) -> bool:
        """Whether the segment before this moment is full; boundaries lie on a fixed grid."""
        if self._next_flush is None:
            self._next_flush = (time_s // self._plan.segment_s + 1) * self._plan.segment_s
        return time_s >= self._next_flush

    def take(self, look: _Look) -> None:
        """Track one picture's people."""
        start = time.perf_counter()
        frame = look.frame
        if is_cut(self._last_thumb, look.thumb):
            self._close_everything()
        ids = []
        for i, stage in enumerate(self._stages):
            given = stage.tracker.update(look.found[i], frame.time_s)
            self._close(i, self._trails[i].add(frame, look.found[i], given, look.quality[i]))
            self._close(i, self._trails[i].close_unseen(frame.time_s - stage.lost_s))
            ids.append(given)
        self._vote(look, ids)
        self._last_thumb, self._last_time = look.thumb, frame.time_s
        self._size = (frame.image.shape[1], frame.image.shape[0])
        self._frames += 1
        self.spent.detect += look.seconds
        self.spent.track += time.perf_counter() - start

    def flush(self, *, ended: bool) -> Segment:
        """End every trail here and give out what was seen since the last time."""
        for i, trails in enumerate(self._trails):
            self._close(i, trails.close_all())
            # a resumed run begins a segment without memory, so every segment does
            self._stages[i].tracker.reset()
        until = self._last_time if ended or self._next_flush is None else self._next_flush
        closed, self._closed, self._next_flush = self._closed, [], None
        done = [
            [self._tracklet(one) for one in closed if one.stage == i]
            for i in range(len(self._stages))
        ]
        votes, self._votes = self._votes, LinkVotes()
        chained = [
            s.stitcher.chains(d, size=self._size) for s, d in zip(self._stages, done, strict=True)
        ]
        tracklets = _linked([t for some in chained for t in some], votes)
        return Segment(until, tracklets, self._frames, self.spent)

    def _close_everything(self) -> None:
        for i, stage in enumerate(self._stages):
            self._close(i, self._trails[i].close_all())
            stage.tracker.reset()

    def _close(self, stage: int, trails: list[Trail]) -> None:
        for trail in trails:
            looks = self._pool.submit(self._keep, stage, trail.chooser.best_first())
            times, path = thin(trail.times, trail.boxes)
            self._closed.append(_Closed(stage, trail.key, trail.kind, times, path, looks))

    def _keep(self, stage: int, looks: list[Candidate]) -> tuple[tuple[View, ...], Floats]:
        """Embed and compress a trail's looks, after which their pictures can go."""
        start = time.perf_counter()
        vectors = self._stages[stage].embedder.embed([c.chip for c in looks])
        views = tuple(
            View(images.encode_jpeg(c.crop), c.keypoints, c.box, c.time_s, c.quality) for c in looks
        )
        self.spent.embed += time.perf_counter() - start
        return views, vectors

    def _tracklet(self, closed: _Closed) -> Tracklet:
        views, vectors = closed.looks.result()
        rated = np.array([v.quality for v in views], np.float32)
        embeddings = Embeddings(vectors, rated, self._stages[closed.stage].embedder.model)
        key = closed.key
        return Tracklet(key, closed.kind, closed.times, closed.path, views, embeddings, key)

    def _vote(self, look: _Look, ids: list[NDArray[np.int64]]) -> None:
        """Note which face track was seen in which body track."""
        at = {stage.detector.kind: i for i, stage in enumerate(self._stages)}
        if len(at) < 2:
            return
        f, b = at[Kind.FACE], at[Kind.BODY]
        for row, body in enumerate(faces_in_bodies(look.found[f], look.found[b])):
            if body >= 0 and ids[f][row] >= 0 and ids[b][body] >= 0:
                face_key = self._trails[f].key(int(ids[f][row]))
                body_key = self._trails[b].key(int(ids[b][body]))
                if face_key is not None and body_key is not None:
                    self._votes.add(face_key, body_key)


def _rate(image: Image, found: Detections) -> Floats:
    """Quality of each detection; a body behind another is a worse look at it."""
    rated = quality.qualities(image, found)
    if found.kind is Kind.BODY and len(found) > 1:
        covered = boxes.coverage(found.boxes, found.boxes)
        np.fill_diagonal(covered, 0)
        rated = rated * (1 - CROWDED * covered.max(1))
    return np.asarray(rated, np.float32)


def _linked(tracklets: list[Tracklet], votes: LinkVotes) -> list[Tracklet]:
    """The same tracklets with faces and bodies pointing at each other."""
    bodies = {t.key for t in tracklets if t.kind is Kind.BODY}
    body_of = {t.key: votes.body_of(t.key) for t in tracklets if t.kind is Kind.FACE}
    face_of: dict[int, int] = {}
    for t in sorted(tracklets, key=lambda t: -len(t.times)):
        body = body_of.get(t.key)
        if body in bodies and body is not None:
            face_of.setdefault(body, t.key)
    links = {**{f: b for f, b in body_of.items() if b in bodies}, **face_of}
    return [replace(t, link=links.get(t.key)) for t in tracklets]


def ordered_map(
    pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T], *, ahead: int
) -> Iterator[R]:
    """`map` by a pool, in order, with at most `ahead` items under way.

    Unlike `pool.map` it takes items only as results are taken, so an endless source is fine.
    """
    waiting: deque[Future[R]] = deque()
    failed: SourceError | None = None
    try:
        source = iter(items)
        while True:
            try:
                waiting.append(pool.submit(work, next(source)))
            except StopIteration:
                break
            except SourceError as error:  # what came before it is good and is finished first
                failed = error
                break
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        if failed:
            raise failed
    finally:
        for future in waiting:
            future.cancel()
