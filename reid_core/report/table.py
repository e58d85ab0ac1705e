"""Sightings as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from pathlib import Path

from reid_core.files import write_atomically
from reid_core.types import Sighting

COLUMNS = (
    "video",
    "kind",
    "start_s",
    "end_s",
    "best_s",
    "score",
    "probability",
    "likely",
    "verdict",
    "tracklet",
    "x0",
    "y0",
    "x1",
    "y1",
    "means",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(
    sightings: Sequence[Sighting], path: Path, *, likely: Collection[Sighting], means: str
) -> None:
    """One row per sighting, UTF-8, times in seconds, the box in pixels at best_s. Atomic.

    likely: those that are held for the person. means: what a score says, which stands in every
    row, since rows are copied out of tables.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for s in sightings:
        probability = "" if s.probability is None else s.probability
        writer.writerow(
            (
                _safe(s.video),
                s.kind,
                s.start_s,
                s.end_s,
                s.best_s,
                s.score,
                probability,
                "yes" if s in likely else "",
                s.verdict or "",
                s.tracklet,
                *s.box,
                means,
            )
        )
    write_atomically(path, file.getvalue().encode("utf-8"))


def _safe(text: str) -> str:
    """A file may be named like a formula; spreadsheets would run it."""
    return f"'{text}" if text.startswith(FORMULA) else text
