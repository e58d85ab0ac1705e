"""Opening whatever pictures come from: one function, and what it needs to know before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from reid_core import images
from reid_core.errors import SourceUnavailable
from reid_core.protocols import FrameSource
from reid_core.video.names import CAMERA as CAMERA
from reid_core.video.names import STREAM as STREAM
from reid_core.video.names import VIDEO_SUFFIXES as VIDEO_SUFFIXES
from reid_core.video.names import is_live as is_live
from reid_core.video.names import is_video as is_video
from reid_core.video.names import safe_name as safe_name

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a file says of itself. duration_s, fps: None when unknown."""

    width: int
    height: int
    duration_s: float | None
    fps: float | None
    codec: str


def open_source(
    spec: str | Path, *, every_s: float | None = None, start_s: float = 0.0
) -> FrameSource:
    """A video, a picture, a folder of pictures, "camera:0" or a stream's address.

    every_s: seconds between the pictures wanted; None for all. start_s: files only, where to
    begin; the pictures are the same as those of a full run from there on. Raises
    SourceUnavailable.
    """
    text = str(spec)
    if camera := CAMERA.fullmatch(text):
        from reid_core.video.live import open_camera

        return open_camera(int(camera[1]), every_s=every_s)
    if STREAM.match(text):
        from reid_core.video.live import open_stream

        return open_stream(text, every_s=every_s)
    path = Path(spec)
    if path.is_dir():
        if path.suffix.lower() in VIDEO_SUFFIXES:
            raise SourceUnavailable(f"{path} is a folder, although it is named like a video.")
        from reid_core.video.folder import FolderSource

        return FolderSource(path, start_s=start_s)
    if images.is_image(path) and not is_video(path):
        from reid_core.video.folder import PictureSource

        return PictureSource(path)
    from reid_core.video.file import FileSource

    return FileSource(path, every_s=every_s, start_s=start_s)


def content_hash(path: Path) -> str:
    """32 hex digits that identify a file, or a folder of pictures, by content.

    A folder's are those of its pictures' contents and paths within it. Raises SourceUnavailable.
    """
    digest = hashlib.blake2b(digest_size=16)
    if path.is_dir():
        for one in images.list_images(path):
            digest.update(
                f"{one.relative_to(path)}\0{content_hash(one)}\n".encode("utf-8", "surrogateescape")
            )
        return digest.hexdigest()
    if path.exists() and not path.is_file():  # a pipe or device could be endless
        raise SourceUnavailable(f"{path} is not an ordinary file.")
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise SourceUnavailable(f"{path} cannot be read: {error.strerror}.") from error
    return digest.hexdigest()
