"""Index footage: find everybody in a video once, so that it can be searched many times."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.engine import Connection

from reid_core.actions.loading import DETECTOR_ROLE, EMBEDDER_ROLE, Models
from reid_core.errors import (
    ModelMismatch,
    SourceBroken,
    SourceError,
    VideoNotFound,
)
from reid_core.files import check_name
from reid_core.library import Library, footage, models_used
from reid_core.library.ids import stable_id
from reid_core.library.store import now
from reid_core.protocols import FrameSource, Progress, no_progress
from reid_core.types import Floats, Frame, Kind
from reid_core.video import pipeline
from reid_core.video.folder import FolderSource
from reid_core.video.names import find_sources as find_sources
from reid_core.video.pipeline import Plan, Segment, Stage
from reid_core.video.source import content_hash, is_live, open_source, safe_name
from reid_core.video.stages import GAP_S, stages_for
from reid_core.video.trails import KeyOf

PER_SECOND = 5.0
BOTH = (Kind.FACE, Kind.BODY)
# a segment is minutes of work: it waits long for whoever writes, a switch of models say
PATIENCE_S = 600.0


@dataclass(frozen=True, slots=True)
class Indexed:
    """What indexing one source came to.

    state: "done", "broken" (the file ends early; what was read is kept) or "known" (nothing to
    do). frames: pictures looked at; decoded: pictures the decoder gave. seconds: thread time by
    stage, and "wall". moved_from: the path under which the same content was known. unreadable: a
    sentence for each picture of a folder that was left out.
    """

    video: int
    name: str
    state: str
    message: str
    until_s: float
    faces: int
    bodies: int
    frames: int = 0
    decoded: int = 0
    seconds: dict[str, float] | None = None
    moved_from: str | None = None
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides an index; another value of any means that the video is done again."""

    per_second: float
    models: dict[str, str]

    def as_json(self) -> str:
        """As it is stored with the video."""
        return json.dumps({"per_second": self.per_second, "models": self.models}, sort_keys=True)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What `index` was asked for."""

    source: str
    per_second: float
    kinds: tuple[Kind, ...]
    plan: Plan
    seconds: float | None
    is_enough: Callable[[], bool]
    progress: Progress
    opened: FrameSource | None = None


def _never() -> bool:
    return False


def index(
    library: Library,
    models: Models,
    source: str,
    *,
    per_second: float = PER_SECOND,
    kinds: Sequence[Kind] = BOTH,
    plan: Plan | None = None,
    seconds: float | None = None,
    is_enough: Callable[[], bool] = _never,
    progress: Progress = no_progress,
    opened: FrameSource | None = None,
) -> Indexed:
    """Index one source, or go on where an earlier run stopped.

    Commits segment by segment; a kill, or a `progress` that raises, loses at most the segment
    under way. Others may write to the library meanwhile. seconds, is_enough: end a live source
    after so long, or once that is true. opened: pictures that come from somebody who has the
    source open already; they are kept as a recording. Raises SourceUnavailable, ModelError,
    LibraryError
    (LibraryLocked when the same video is being indexed already).
    """
    if not 0 < per_second <= 100:
        raise ValueError(f"per_second is {per_second}, expected more than 0 and at most 100")
    if seconds is not None and not is_live(source):
        raise ValueError("seconds is for live sources; a file is read to its end")
    wish = _Wish(
        source, per_second, tuple(kinds), plan or Plan(), seconds, is_enough, progress, opened
    )
    settings = _settings(models, per_second, kinds)
    if opened is not None or is_live(source):
        video = _live(library, source, settings)
        with library.indexing(video.content_hash):
            return _run(library, models, video, wish)
    path = Path(source).absolute()
    check_name(path)
    progress(0.0, "reading")
    digest = content_hash(path)
    with library.indexing(digest):
        video, moved_from = _known_or_new(library, path, digest, settings)
        if video.state == "done":
            return _report(library, video, "known", moved_from=moved_from)
        if video.state == "broken":  # reading the same bytes again would come to the same
            return _report(library, video, "broken", message=video.message, moved_from=moved_from)
        return replace(_run(library, models, video, wish), moved_from=moved_from)


def _run(library: Library, models: Models, video: footage.Video, wish: _Wish) -> Indexed:
    try:
        return _index(library, models, video, wish)
    except SourceError:
        _forget_empty(library, video)
        raise


def _forget_empty(library: Library, video: footage.Video) -> None:
    """A source of which nothing could be read leaves no row behind."""
    with library.read() as connection:
        some = any(len(footage.tracklet_ids(connection, k, videos=[video.id])) for k in BOTH)
    if not some and video.indexed_until_s <= 0:
        with library.transaction("remove video", video=video.id) as tx:
            footage.remove_video(tx, video.id)


def _settings(models: Models, per_second: float, kinds: Sequence[Kind]) -> Settings:
    names = {}
    for kind in kinds:
        for role in (DETECTOR_ROLE[kind], EMBEDDER_ROLE[kind]):
            names[str(role)] = models.manifest(role).model_id
    return Settings(per_second, names)


def _known_or_new(
    library: Library, path: Path, digest: str, settings: Settings
) -> tuple[footage.Video, str | None]:
    """The video's row, made, resumed or reset as its content and the settings ask."""
    with library.read() as connection:
        known = footage.video_by_hash(connection, digest)
    if known is None:
        with closing(open_source(path)) as opened:
            duration = opened.duration_s
        with library.transaction("add video", content=digest) as tx:
            footage.add_video(tx, str(path), content_hash=digest, duration_s=duration, settings={})
            made = footage.video_by_hash(tx, digest)
            assert made is not None
            footage.update_video(tx, made.id, settings=settings.as_json())
        return made, None
    moved = known.path != str(path) and not Path(known.path).exists()  # else it is a copy
    moved_from = known.path if moved else None
    same = known.settings == settings.as_json()
    finished = known.state in ("done", "broken") and same
    from_s = known.indexed_until_s if same else 0.0
    with library.writer("resume video"):  # pictures go before somebody stores the same again
        with library.transaction("resume video", video=known.id) as tx:
            orphans = []
            if moved_from:
                footage.update_video(tx, known.id, path=str(path), name=path.name)
            if not finished:
                orphans = footage.drop_from(tx, known.id, from_s if same else -1.0)
                footage.update_video(
                    tx,
                    known.id,
                    state="indexing",
                    message="",
                    indexed_until_s=from_s,
                    settings=settings.as_json(),
                )
        for name in orphans:
            library.media.remove(name)
    state = known.state if finished else "indexing"
    return replace(known, state=state, indexed_until_s=from_s), moved_from


def _live(library: Library, source: str, settings: Settings) -> footage.Video:
    """A row for a recording that starts now; addresses are kept without credentials."""
    name = safe_name(source) if "://" in source else source
    digest = f"{stable_id('live', name, now()):032x}"
    with library.transaction("add video", content=digest) as tx:
        footage.add_video(tx, f"{name} {now()}", content_hash=digest, duration_s=None, settings={})
        made = footage.video_by_hash(tx, digest)
        assert made is not None
        footage.update_video(tx, made.id, settings=settings.as_json())
    return made


def _index(library: Library, models: Models, video: footage.Video, wish: _Wish) -> Indexed:
    started = time.perf_counter()
    with library.read() as connection:
        in_use = models_used.in_use(connection)
    pairs = {kind: (models.detector(kind), models.network(kind)) for kind in wish.kinds}
    stages = stages_for(pairs, per_second=wish.per_second)
    _remember(library, video, stages)
    every_s = 1 / wish.per_second
    opened = wish.opened or open_source(wish.source, every_s=every_s, start_s=video.indexed_until_s)
    segments = pipeline.run(
        _until(opened, wish),
        stages,
        key_of=_key_of(video),
        plan=wish.plan,
        on_frame=_teller(wish.progress, video.duration_s),
    )
    message, last = "", None
    # whatever comes of it, the threads end and the file is closed before the caller goes on
    with closing(opened), closing(segments):
        try:
            for segment in segments:
                _store(library, video, segment, in_use)
                last = segment
        except SourceBroken as error:
            message = str(error)
        decoded = opened.decoded_frames
        left_out = tuple(opened.unreadable) if isinstance(opened, FolderSource) else ()
    until = last.until_s if last else video.indexed_until_s
    state = "broken" if message else "done"
    with _patiently(library, "indexed", video.id, until) as tx:
        footage.update_video(
            tx,
            video.id,
            state=state,
            message=message,
            indexed_until_s=until,
            duration_s=video.duration_s or until,
        )
    spent = _spent(last)
    spent["wall"] = round(time.perf_counter() - started, 3)
    report = _report(library, video, state, until_s=until, message=message)
    frames = last.frames if last else 0
    return replace(report, frames=frames, decoded=decoded, seconds=spent, unreadable=left_out)


def _spent(last: Segment | None) -> dict[str, float]:
    """Seconds of thread time by stage, which each segment tells for all before it."""
    if last is None:
        return {}
    return {name: round(getattr(last.spent, name), 3) for name in ("detect", "track", "embed")}


def _remember(library: Library, video: footage.Video, stages: tuple[Stage, ...]) -> None:
    """Tell a resumed run who was there when the earlier one stopped."""
    if video.indexed_until_s <= 0:
        return
    from_s = video.indexed_until_s - GAP_S
    with library.read() as connection:
        for stage in stages:
            kind, model = stage.embedder.kind, stage.embedder.model
            stage.stitcher.remember(footage.ending_after(connection, video.id, kind, model, from_s))


def _store(
    library: Library, video: footage.Video, segment: Segment, in_use: dict[str, str]
) -> None:
    """One segment, one transaction: a kill leaves whole segments."""
    until_s = segment.until_s
    with _patiently(library, "index segment", video.id, until_s) as tx:
        if footage.video_by_hash(tx, video.content_hash) is None:
            raise VideoNotFound(f"{video.name} was removed while it was indexed.")
        if models_used.in_use(tx) != in_use:
            raise ModelMismatch(
                f"Another model was chosen while {video.name} was indexed. Index it again."
            )
        footage.write_tracklets(tx, library.media, video.id, segment.tracklets)
        footage.update_video(tx, video.id, state="indexing", indexed_until_s=until_s)


@contextmanager
def _patiently(library: Library, action: str, video: int, until_s: float) -> Iterator[Connection]:
    with (
        library.writer(action, wait_s=PATIENCE_S),
        library.transaction(action, video=video, until_s=round(until_s, 3)) as tx,
    ):
        yield tx


def _key_of(video: footage.Video) -> KeyOf:
    def key(kind: Kind, start_s: float, box: Floats) -> int:
        corners = [round(float(v), 1) for v in box]
        return stable_id("tracklet", video.content_hash, kind, round(start_s, 3), *corners)

    return key


def _teller(progress: Progress, duration_s: float | None) -> pipeline.OnFrame:
    def tell(frame: Frame) -> None:
        share = min(frame.time_s / duration_s, 1.0) if duration_s else 0.0
        progress(share, f"{frame.time_s:.0f} s")

    return tell


def _until(source: FrameSource, wish: _Wish) -> Iterator[Frame]:
    for frame in source:
        if wish.seconds is not None and frame.time_s > wish.seconds:
            return
        yield frame
        if wish.is_enough():
            return


def _report(
    library: Library,
    video: footage.Video,
    state: str,
    *,
    until_s: float | None = None,
    message: str = "",
    moved_from: str | None = None,
) -> Indexed:
    with library.read() as connection:
        counts = {k: len(footage.tracklet_ids(connection, k, videos=[video.id])) for k in BOTH}
    until = video.indexed_until_s if until_s is None else until_s
    return Indexed(
        video.id,
        video.name,
        state,
        message,
        until,
        counts[Kind.FACE],
        counts[Kind.BODY],
        moved_from=moved_from,
    )
