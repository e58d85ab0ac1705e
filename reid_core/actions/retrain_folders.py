"""The folders of full trainings, which belong to a library and go with their runs."""

from __future__ import annotations

import shutil
from pathlib import Path

from reid_core.library import Library, retrainings
from reid_core.library.retrainings import FULL, Run

RUNS = "runs"  # of the library: where the window looks for trainings
NOTE = "retraining.json"  # in a folder: which run it belongs to


def folder_of(library: Library, run: Run) -> Path:
    """Where a full training has its recipe, and what comes of it."""
    return library.folder / RUNS / run.shown_id


def erase(library: Library, run: Run) -> None:
    """Take away the folder of a training that was dropped."""
    folder = folder_of(library, run)
    if run.strength == FULL and folder.is_symlink():
        folder.unlink()  # what lies behind it is somebody else's
    elif run.strength == FULL:
        shutil.rmtree(folder, ignore_errors=True)


def tidy(library: Library) -> None:
    """Take away folders whose runs are no more: of preparations that were killed."""
    with library.read() as connection:
        known = {run.shown_id for run in retrainings.list_runs(connection)}
    for note in (library.folder / RUNS).glob(f"*/{NOTE}"):
        if note.parent.name not in known:
            shutil.rmtree(note.parent, ignore_errors=True)
