"""What is done to indexed videos as a whole: take one out, say where one is now."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from reid_core import images
from reid_core.errors import VideoNotFound
from reid_core.files import check_name, write_atomically
from reid_core.library import Library, erase, footage, listing
from reid_core.protocols import Progress, no_progress
from reid_core.video.file import frame_at
from reid_core.video.source import content_hash, is_video, open_source

POSTER_PX = 320  # the longer side
POSTER_BY_S = 60.0  # not further into a long video
AT_ONCE = 100  # pictures removed while others wait


def remove(library: Library, video: int, *, progress: Progress = no_progress) -> int:
    """Take a video out of the library with everything found in it; its file stays.

    Returns how many bytes of pictures went. The rows go at once; a `progress` that raises leaves
    pictures that nobody refers to. Raises VideoNotFound, LibraryLocked while it is indexed.
    """
    with library.read() as connection:
        one = footage.video_of(connection, video)
    with library.indexing(one.content_hash, "remove"):
        with library.transaction("remove video", video=video) as tx:
            orphans = footage.remove_video(tx, video)
        size = 0
        for start in range(0, len(orphans), AT_ONCE):
            progress(start / len(orphans), f"{start} of {len(orphans)}")
            size += _remove_pictures(library, orphans[start : start + AT_ONCE])
        erase.clear_caches(library)
    return size


def relink(library: Library, video: int, path: Path) -> None:
    """Say where a video's file is now. Raises VideoNotFound when it is another file."""
    check_name(path)
    with library.read() as connection:
        one = footage.video_of(connection, video)
    if content_hash(path) != one.content_hash:
        raise VideoNotFound(f"{path} is not {one.name}: its content is another. Index it instead.")
    with library.transaction("relink", video=video) as tx:
        footage.update_video(tx, video, path=str(path.absolute()), name=path.name)


def make_poster(library: Library, video: int) -> str:
    """Keep a frame of a video for lists, a tenth into it since beginnings are often black.

    Returns its name among `listing.posters`, "" for a recording or when it is there already.
    Raises SourceError, OSError.
    """
    with library.read() as connection:
        one = footage.video_of(connection, video)
    path, kept = Path(one.path), listing.posters(library).path(one.content_hash)
    if kept.exists() or not path.exists():
        return ""
    moment = min((one.duration_s or 0.0) / 10, POSTER_BY_S)
    if path.is_file() and is_video(path):
        image = frame_at(path, moment).image
    else:
        with closing(open_source(path)) as opened:
            first = next(iter(opened), None)
        if first is None:
            return ""
        image = first.image
    scale = POSTER_PX / max(image.shape[:2])
    if scale < 1:
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        image = np.asarray(small, np.uint8)
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(kept, images.encode_jpeg(image))
    return one.content_hash


def _remove_pictures(library: Library, names: list[str]) -> int:
    """Delete those that are still unused: somebody may have stored the same again meanwhile."""
    with library.writer("remove pictures"):
        with library.read() as connection:
            unused = footage.unused(connection, set(names))
        return sum(library.media.remove(name) for name in unused)
