"""What the window writes into the folder of a run, and takes away. For threads."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.viewmodels.train_runs import (
    ABOUT,
    LIVE,
    SAID,
    RunRow,
    is_run,
    last_words,
    read_config,
    read_json,
    read_row,
)
from reid_core.errors import TrainingError
from reid_core.files import write_atomically

WRITTEN = (  # by a run into its folder
    *("config.toml", "status.json", "log.csv", "result.json", "last.pt", "best.pt", SAID),
    "events.out.tfevents.*",
)
INTERRUPTED = 130  # exit status: stopped, with what was learnt kept


def begin(folder: Path, config: str, about: dict[str, str], *, instead_of: str = "") -> None:
    """Make the folder of a new run. instead_of: one that never made a step, erased now.

    Raises TrainingError when it cannot be written.
    """
    if instead_of and not (Path(instead_of) / "last.pt").exists():
        erase(Path(instead_of))
    record = {**about, "started": datetime.now(UTC).isoformat(timespec="seconds")}
    try:
        folder.mkdir(parents=True)
        write_atomically(folder / "config.toml", config.encode("utf-8"))
        write_atomically(folder / ABOUT, json.dumps(record).encode("utf-8"))
    except OSError as error:
        line = QCoreApplication.translate("Training", "{folder} cannot be made: {reason}.")
        raise TrainingError(line.format(folder=folder, reason=error.strerror or error)) from error


def erase(folder: Path) -> None:
    """Delete a run's folder with all that is in it; of one that the window did not make, only
    what a run writes: it may be somebody's project, which has a config.toml as well.

    Raises TrainingError.
    """
    if folder.is_symlink() or not is_run(folder):
        return
    try:
        if (folder / ABOUT).is_file():
            shutil.rmtree(folder)
        else:
            _erase_written(folder)
    except OSError as error:
        line = QCoreApplication.translate("Training", "{folder} cannot be deleted: {reason}.")
        told = line.format(folder=error.filename or folder, reason=error.strerror or error)
        raise TrainingError(told) from error


def _erase_written(folder: Path) -> None:
    strange = () if read_config(folder) is not None else ("config.toml",)
    for pattern in WRITTEN:
        for path in folder.glob(pattern) if pattern not in strange else ():
            path.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()


def settle(folder: Path, status: int, *, killed: bool) -> RunRow:
    """Have the status of a run say how its process ended, where that could not.

    status: the exit status, below 0 when the system ended it. killed: we wanted it to end.
    """
    record = read_json(folder / "status.json")
    if status not in (0, INTERRUPTED) and record.get("state") != "failed":
        state, message = ("stopped", "") if killed else ("failed", _why(folder, status))
        record |= {"state": state, "message": message}
        try:
            write_atomically(folder / "status.json", json.dumps(record).encode("utf-8"))
        except OSError as error:
            raise TrainingError(f"{folder}: {error.strerror or error}.") from error
    row = read_row(folder)
    return replace(row, state="stopped") if row.state in (*LIVE, "elsewhere") else row


def _why(folder: Path, status: int) -> str:
    if status < 0:
        return QCoreApplication.translate(
            "Training",
            "The system ended the process that trains (signal {}), most likely because memory ran "
            "out. A smaller batch or smaller pictures need less.",
        ).format(-status)
    said = last_words(folder / SAID)
    if status == 2 and said:
        return said
    return QCoreApplication.translate("Training", "Training failed: {}").format(said or status)
