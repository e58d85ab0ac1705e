"""What a run writes while it goes on: a line of CSV a report, TensorBoard, and how it stands.

    log.csv        step, epoch, loss and its parts, rates, seconds a step; and the validation's
    status.json    the newest of it, the share done and the seconds left, for a window to read
    events.*       TensorBoard, where it is wanted

Only the first process writes.
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reid_core.files import write_atomically

Row = dict[str, float]


class RunLog:
    """The log of one run. steps: of the whole run. A run that goes on cuts off what lies behind."""

    def __init__(self, folder: Path, *, steps: int, start: int, tensorboard: bool) -> None:
        self.folder, self.steps, self.start = folder, steps, start
        self._rows = _rows_before(folder / "log.csv", start)
        self._columns = list(dict.fromkeys(k for row in self._rows for k in row))
        self._began = time.monotonic()
        self._write_all()
        self._writer: Any = None
        if tensorboard:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(folder), purge_step=start or None)

    def report(self, step: int, values: Mapping[str, float]) -> None:
        """A row of the log; the status file says the same with the time that is left."""
        row = {"step": float(step), **values}
        self._rows.append(row)
        new = [k for k in row if k not in self._columns]
        if new:
            self._columns += new
            self._write_all()
        else:
            self._append(row)
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)
        self.status("training", step, values)

    def status(self, state: str, step: int, values: Mapping[str, float], message: str = "") -> None:
        """Write how the run stands. state: training, stopped, done or failed."""
        record = {
            "state": state,
            "step": step,
            "steps": self.steps,
            "seconds_left": round(self.seconds_left(step), 1),
            "values": {k: round(float(v), 6) for k, v in values.items()},
            "message": message,
        }
        write_atomically(self.folder / "status.json", json.dumps(record).encode())

    def seconds_left(self, step: int) -> float:
        """By the speed since this process began; 0 while nothing is known."""
        done = step - self.start
        return (time.monotonic() - self._began) / done * (self.steps - step) if done > 0 else 0.0

    def close(self) -> None:
        """Finish the TensorBoard file."""
        if self._writer is not None:
            self._writer.close()

    def _append(self, row: Row) -> None:
        with (self.folder / "log.csv").open("a", newline="", encoding="utf-8") as out:
            csv.DictWriter(out, self._columns).writerow(_shown(row))

    def _write_all(self) -> None:
        with (self.folder / "log.csv").open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, self._columns)
            writer.writeheader()
            writer.writerows(_shown(row) for row in self._rows)


def _shown(row: Row) -> dict[str, str]:
    return {k: f"{v:g}" if k == "step" else f"{v:.6g}" for k, v in row.items()}


def read_log(path: Path) -> list[Row]:
    """The rows of a log.csv; a last line that was cut off is left out."""
    if not path.is_file():
        return []
    rows = []
    with path.open(newline="", encoding="utf-8") as source:
        for record in csv.DictReader(source):
            try:
                row = {k: float(v) for k, v in record.items() if k and v}
            except ValueError:
                continue
            if "step" in row:
                rows.append(row)
    return rows


def _rows_before(path: Path, step: int) -> list[Row]:
    return [row for row in read_log(path) if row["step"] <= step] if step else []
