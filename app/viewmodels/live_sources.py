"""What can be watched: cameras, streams and files, and which were watched lately."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from app.settings import Settings
from reid_core.video.names import STREAM, safe_name

KEPT = 8  # of each sort
FILES = "live_files"  # among the window's settings
SECRET = re.compile(r"(pass|pwd|user|login|auth|token|key|secret|sig)", re.IGNORECASE)
CAMERAS = 4  # numbers that are offered


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to watch. source: fit for opening. label: fit for showing, without credentials.

    sort: camera, stream or file.
    """

    source: str
    label: str
    sort: str


def choice_of(source: str) -> Choice:
    """A source as it is shown."""
    if STREAM.match(source):
        return Choice(source, safe_name(source), "stream")
    if source.startswith("camera:"):
        return Choice(source, source, "camera")
    return Choice(source, Path(source).name, "file")


def is_address(text: str) -> bool:
    """Whether what was typed is a stream's address."""
    text = text.strip()
    found = STREAM.match(text)
    return found is not None and len(text) > found.end() and " " not in text


def recent(settings: Settings) -> tuple[Choice, ...]:
    """What was watched lately: cameras and streams, then files that are still there."""
    files = [f for f in _files(settings.window) if Path(f).exists()]
    return tuple(choice_of(one) for one in (*settings.cameras, *files))


def remember(settings: Settings, source: str) -> Settings:
    """The same settings with a source as the one watched last."""
    if choice_of(source).sort == "file":
        files = _first(str(Path(source).absolute()), _files(settings.window))
        return replace(settings, window={**settings.window, FILES: json.dumps(files)})
    kept = without_secrets(source) if STREAM.match(source) else source
    return replace(settings, cameras=tuple(_first(kept, list(settings.cameras))))


def without_secrets(url: str) -> str:
    """The address without user name and password; its query stays unless it may hold some."""
    scheme, _, rest = url.partition("://")
    address, mark, query = rest.rpartition("@")[2].partition("?")
    return f"{scheme}://{address}" + ("" if SECRET.search(query) else mark + query)


def name_of_recording(source: str) -> str:
    """What a recording is kept under: no credentials; a file's begins with file://, no spaces."""
    from urllib.parse import quote

    one = choice_of(source)
    return f"file://{quote(one.label)}" if one.sort == "file" else one.label


def _first(one: str, others: list[str]) -> list[str]:
    return [one, *(o for o in others if o != one)][:KEPT]


def _files(window: Mapping[str, str]) -> list[str]:
    try:
        found = json.loads(window.get(FILES, "[]"))
    except ValueError:
        return []
    return [str(f) for f in found] if isinstance(found, list) else []
