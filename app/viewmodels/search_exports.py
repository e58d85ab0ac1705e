"""Writing what a search found: a table, a page, clips."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from reid_core.errors import CameoError
from reid_core.library import Library
from reid_core.protocols import Progress

if TYPE_CHECKING:
    from reid_core.actions.search import Found


@dataclass(frozen=True, slots=True)
class Written:
    """Where it is now. problems: a sentence for each clip that could not be cut."""

    path: Path
    problems: tuple[str, ...] = ()


def write(library: Library, found: Found, form: str, target: Path, progress: Progress) -> Written:
    """Write "csv" or "html" to a file, or "clips" into a folder. Raises CameoError."""
    if form == "clips":
        return _clips(found, target, progress)
    try:
        if form == "csv":
            from reid_core.report.table import write_csv

            said = found.threshold.describe()
            write_csv(found.sightings, target, likely=found.sure(), means=said)
        else:
            from reid_core.actions.report import write_report

            write_report(library, found, target)
    except OSError as error:
        line = QCoreApplication.translate("Search", "{file} cannot be written: {reason}.")
        raise CameoError(line.format(file=target, reason=error.strerror)) from error
    return Written(target)


def suggested(found: Found, form: str) -> str:
    """A file name for it."""
    stem = re.sub(r"[^\w.-]+", "-", Path(found.query).stem).strip("-.") or "search"
    return f"{stem}.{form}" if form in ("csv", "html") else stem


def _clips(found: Found, folder: Path, progress: Progress) -> Written:
    from reid_core.report.clips import cut_clips

    _, problems = cut_clips(found.sightings, folder, progress=progress)
    return Written(folder, tuple(problems))
