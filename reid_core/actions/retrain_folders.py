"""The folders of full trainings, which belong to a library and go with their runs."""

from __future__ import annotations

import shutil
from pathlib import Path

from reid_core.library import Library
from reid_core.library.retrainings import FULL, Run

RUNS = "runs"  # of the library: where the window looks for trainings


def folder_of(library: Library, run: Run) -> Path:
    """Where a full training has its recipe, and what comes of it."""
    return library.folder / RUNS / run.shown_id


def erase(library: Library, run: Run) -> None:
    """Take away the folder of a training that was dropped."""
    if run.strength == FULL:
        shutil.rmtree(folder_of(library, run), ignore_errors=True)
