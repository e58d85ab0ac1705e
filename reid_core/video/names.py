"""What the name of a source says of it. Imports nothing heavy: a window asks here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from reid_core.errors import SourceUnavailable

VIDEO_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("mp4", "m4v", "mov", "mkv", "webm", "avi", "mpg", "mpeg", "ts", "mts", "m2ts"),
        *("wmv", "flv", "3gp", "ogv", "mxf", "vob", "gif"),
    )
)
ALSO_PICTURES = frozenset({".gif"})  # an animated one among photos makes no folder of videos
STREAM = re.compile(r"(rtsps?|rtmps?|https?|udp|tcp|srt)://", re.IGNORECASE)
CAMERA = re.compile(r"camera:(\d+)")


def is_live(spec: str) -> bool:
    """Whether the source has no end of its own."""
    return bool(CAMERA.fullmatch(spec) or STREAM.match(spec))


def is_video(path: Path) -> bool:
    """Whether the name looks like a video's."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def safe_name(url: str) -> str:
    """The address without user name, password, query and fragment, fit for messages.

    Everything up to the last "@" goes, also where a password with "/", "?" or "#" in it was not
    encoded as it should be. An "@" further on costs a part of the name, never a secret.
    """
    scheme, _, rest = url.partition("://")
    return f"{scheme}://" + re.split(r"[?#]", rest.rpartition("@")[2], maxsplit=1)[0]


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
        videos = [
            p
            for p in videos
            if not p.name.startswith(".") and p.suffix.lower() not in ALSO_PICTURES
        ]
        result += [str(p) for p in videos] or [given]
    return result
