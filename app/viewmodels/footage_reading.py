"""What the page of footage reads in a thread: the library's videos, and how much disk they use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.viewmodels.footage_rows import RECORDING, Listing, listing_of
from reid_core.errors import ModelError
from reid_core.library import Library
from reid_core.library import listing as lists
from reid_core.models.manifest import Role
from reid_core.models.store import ModelStore
from reid_core.protocols import Progress

if TYPE_CHECKING:
    from reid_core.library.footage import Video

TELL_EVERY = 200  # files between two looks whether the answer is still wanted


@dataclass(frozen=True, slots=True)
class Totals:
    """Of the whole library. disk_bytes: everything in its folder, None until known."""

    videos: int = 0
    seconds: float = 0.0
    faces: int = 0
    bodies: int = 0
    disk_bytes: int | None = None

    @property
    def counts(self) -> tuple[int, float, int, int]:
        """Everything but the disk."""
        return self.videos, self.seconds, self.faces, self.bodies


def read_listing(
    library: Library, store: ModelStore, missing: frozenset[int | None] | None, _: Progress
) -> Listing:
    """The rows of everything indexed. missing: videos without a file; None: look for them."""
    from reid_core.library import footage, models_used

    with library.read() as connection:
        videos = footage.list_videos(connection)
        covers = lists.covers(connection)
        in_use = models_used.in_use(connection)
    return listing_of(
        videos,
        covers=covers,
        posters=frozenset(v.content_hash for v in videos if lists.has_poster(library, v)),
        missing=frozenset(v.id for v in videos if _is_missing(v, missing)),
        models=_models(store, in_use),
    )


def disk_bytes(folder: Path, progress: Progress) -> int:
    """How much a folder takes; `progress` may stop it."""
    total = 0
    for n, size in enumerate(lists.file_sizes(folder)):
        if n % TELL_EVERY == 0:
            progress(0.0, "")
        total += size
    return total


def view_bytes(library: Library, video: int, progress: Progress) -> int:
    """How much the stored pictures of a video take."""
    with library.read() as connection:
        names = lists.pictures_of(connection, video)
    total = 0
    for n, name in enumerate(names):
        if n % TELL_EVERY == 0:
            progress(n / len(names), "")
        try:
            total += library.media.path(name).stat().st_size
        except OSError:  # removed while we looked
            continue
    return total


def _is_missing(video: Video, known: frozenset[int | None] | None) -> bool:
    if known is not None:
        return video.id in known
    return not RECORDING.fullmatch(video.path) and not Path(video.path).exists()


def _models(store: ModelStore, in_use: dict[str, str]) -> dict[str, str]:
    """The models in use by role, as videos note them; nothing is fetched."""
    found = {}
    for role in Role:
        try:
            found[str(role)] = store.manifest(in_use.get(role) or store.default_for(role)).model_id
        except ModelError:  # not installed: nothing to compare with
            continue
    return found
