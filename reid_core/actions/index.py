"""Index footage: find everybody in a video once, so that it can be searched many times."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from reid_core.actions.loading import DETECTOR_ROLE, EMBEDDER_ROLE, Models
from reid_core.errors import SourceBroken, SourceError, SourceUnavailable
from reid_core.files import check_name
from reid_core.images import is_image
from reid_core.library import Library, footage
from reid_core.library.ids import stable_id
from reid_core.library.store import now
from reid_core.protocols import FrameSource, Progress, no_progress
from reid_core.types import Floats, Frame, Kind
from reid_core.video import pipeline
from reid_core.video.folder import FolderSource
from reid_core.video.pipeline import Plan, Segment, Stage
from reid_core.video.source import content_hash, is_live, is_video, open_source, safe_name
from reid_core.video.stages import GAP_S, stages_for
from reid_core.video.trails import KeyOf

PER_SECOND = 5.0
BOTH = (Kind.FACE, Kind.BODY)


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


def find_sources(paths: Sequence[str]) -> list[str]:
    """Files, cameras and streams as given; folders as the videos in them, or as pictures.

    Raises SourceUnavailable for an empty name.
    """
    result: list[str] = []
    for given in paths:
        if not given.strip():
            raise SourceUnavailable("An empty name is no source; for this folder write a dot.")
        path = Path(given)
        if is_live(given) or not path.is_dir():
            result.append(given)
            continue
        videos = sorted(p for p in path.rglob("*") if is_video(p) and p.is_file())
        # an animated picture among photos does not make them a folder of videos
        videos = [p for p in videos if not p.name.startswith(".") and not is_image(p)]
        result += [str(p) for p in videos] or [given]
    return result


def index(
    library: Library,
    models: Models,
    source: str,
    *,
    per_second: float = PER_SECOND,
    kinds: Sequence[Kind] = BOTH,
    plan: Plan | None = None,
    seconds: float | None = None,
    progress: Progress = no_progress,
) -> Indexed:
    """Index one source, or go on where an earlier run stopped.

    Commits segment by segment; a kill loses at most the segment under way. seconds: stop a live
    source after so long. Raises SourceUnavailable, ModelError, LibraryError.
    """
    if not 0 < per_second <= 100:
        raise ValueError(f"per_second is {per_second}, expected more than 0 and at most 100")
    if seconds is not None and not is_live(source):
        raise ValueError("seconds is for live sources; a file is read to its end")
    settings = _settings(models, per_second, kinds)
    with library.writer("index"):
        if is_live(source):
            return _run(
                library,
                models,
                _live(library, source, settings),
                source,
                kinds,
                plan,
                per_second,
                progress,
                seconds,
            )
        progress(0.0, "reading")
        video, moved_from = _known_or_new(library, source, settings)
        if video.state == "done":
            return _report(library, video, "known", moved_from=moved_from)
        if video.state == "broken":  # reading the same bytes again would come to the same
            return _report(library, video, "broken", message=video.message, moved_from=moved_from)
        try:
            done = _run(library, models, video, source, kinds, plan, per_second, progress, None)
        except SourceError:
            _forget_empty(library, video)
            raise
        return replace(done, moved_from=moved_from)


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
    library: Library, source: str, settings: Settings
) -> tuple[footage.Video, str | None]:
    """The video's row, made, resumed or reset as its content and the settings ask."""
    path = Path(source).absolute()
    check_name(path)
    digest = content_hash(path)
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
    with library.transaction("resume video", video=known.id) as tx:
        if moved_from:
            footage.update_video(tx, known.id, path=str(path), name=path.name)
        from_s = known.indexed_until_s if same else 0.0
        if not finished:
            orphans = footage.drop_from(tx, known.id, from_s if same else -1.0)
            footage.update_video(
                tx, known.id, state="indexing", indexed_until_s=from_s, settings=settings.as_json()
            )
        else:
            orphans = []
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


def _run(
    library: Library,
    models: Models,
    video: footage.Video,
    source: str,
    kinds: Sequence[Kind],
    plan: Plan | None,
    per_second: float,
    progress: Progress,
    seconds: float | None,
) -> Indexed:
    started = time.perf_counter()
    pairs = {kind: (models.detector(kind), models.embedder(kind)) for kind in kinds}
    stages = stages_for(pairs, per_second=per_second)
    _remember(library, video, stages)
    opened = open_source(source, every_s=1 / per_second, start_s=video.indexed_until_s)
    message, frames, last = "", 0, None
    with closing(opened):
        segments = pipeline.run(
            _until(opened, seconds),
            stages,
            key_of=_key_of(video),
            plan=plan or Plan(),
            on_frame=_teller(progress, video.duration_s),
        )
        try:
            for segment in segments:
                _store(library, video, segment)
                frames, last = segment.frames, segment
        except SourceBroken as error:
            message = str(error)
        decoded = opened.decoded_frames
        left_out = tuple(opened.unreadable) if isinstance(opened, FolderSource) else ()
    until = last.until_s if last else video.indexed_until_s
    with library.transaction("indexed", video=video.id, until_s=round(until, 3)) as tx:
        state = "broken" if message else "done"
        footage.update_video(
            tx,
            video.id,
            state=state,
            message=message,
            indexed_until_s=until,
            duration_s=video.duration_s or until,
        )
    spent = (
        {}
        if last is None
        else {name: round(getattr(last.spent, name), 3) for name in ("detect", "track", "embed")}
    )
    spent["wall"] = round(time.perf_counter() - started, 3)
    report = _report(library, video, state, until_s=until, message=message)
    return replace(report, frames=frames, decoded=decoded, seconds=spent, unreadable=left_out)


def _remember(library: Library, video: footage.Video, stages: tuple[Stage, ...]) -> None:
    """Tell a resumed run who was there when the earlier one stopped."""
    if video.indexed_until_s <= 0:
        return
    from_s = video.indexed_until_s - GAP_S
    with library.read() as connection:
        for stage in stages:
            kind, model = stage.embedder.kind, stage.embedder.model
            stage.stitcher.remember(footage.ending_after(connection, video.id, kind, model, from_s))


def _store(library: Library, video: footage.Video, segment: Segment) -> None:
    """One segment, one transaction: a kill leaves whole segments."""
    with library.transaction(
        "index segment", video=video.id, until_s=round(segment.until_s, 3)
    ) as tx:
        footage.write_tracklets(tx, library.media, video.id, segment.tracklets)
        footage.update_video(tx, video.id, state="indexing", indexed_until_s=segment.until_s)


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


def _until(source: FrameSource, seconds: float | None) -> Iterator[Frame]:
    for frame in source:
        if seconds is not None and frame.time_s > seconds:
            return
        yield frame


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
