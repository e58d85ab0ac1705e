"""How fast models were measured to be on this machine; kept in the cache, so it may go any time."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from reid_core.files import write_atomically
from reid_core.library.store import Library

KEPT = "speeds.json"


@dataclass(frozen=True, slots=True)
class Speed:
    """A model's pace. ms: a picture, median of n; for detectors a whole photograph, for the
    others one person. threads: inside one call. provider: "" for the best there is.
    """

    model: str
    ms: float
    n: int
    threads: int
    provider: str = ""


def kept_speeds(library: Library) -> dict[str, Speed]:
    """What was measured, by model id; a file that cannot be read is none."""
    try:
        raw = json.loads((library.cache / KEPT).read_text("utf-8"))
        found = [Speed(**one) for one in raw]
    except (OSError, ValueError, TypeError):
        return {}
    return {one.model: one for one in found}


def keep_speed(library: Library, speed: Speed) -> None:
    """Note a measurement. Raises OSError when the folder cannot be written."""
    all_of_them = {**kept_speeds(library), speed.model: speed}
    library.cache.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(one) for one in all_of_them.values()])
    write_atomically(library.cache / KEPT, text.encode("utf-8"))
