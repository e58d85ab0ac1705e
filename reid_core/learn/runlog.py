"""What a run writes while it goes on: a line of CSV a report, TensorBoard, and how it stands.

    log.csv        step, epoch, loss and its parts, rates, seconds a step; and the validation's
    status.json    the newest of it, the share done and the seconds left, for a window to read
    events.*       TensorBoard, where it is wanted

Only the first process writes.
"""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reid_core.errors import CameoError, TrainingError
from reid_core.files import write_atomically

Row = dict[str, float]
BEAT_S = 1.0  # status.json is at most this old while steps are made
LOOK_S = 0.1  # between two looks whether a pause is over
TRIES, AGAIN_S = 40, 0.05  # Windows refuses to replace a file that a window is reading


def claim_folder(folder: Path, config: str, *, resume: bool) -> None:
    """Make a run's folder and begin it; never write over another run's. Raises TrainingError."""
    there = (folder / "last.pt").is_file()
    if resume and not there:
        raise TrainingError(f"{folder} has no last.pt to go on from.")
    if there and not resume:
        raise TrainingError(
            f"{folder} holds a run already. Go on with it: --resume; or begin another "
            "one: run.folder=…"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(".*.part"):  # by a run that was killed while it wrote
            left.unlink()
        if not resume:  # which must fit first
            write_atomically(folder / "config.toml", config.encode())
    except OSError as error:
        raise TrainingError(f"{folder} cannot be written to: {error.strerror}.") from error
    before = read_status(folder) if resume else {"step": 0, "steps": 0}
    write_status(folder, {**before, "state": "starting", "message": ""})


@contextmanager
def telling_failure(folder: Path) -> Iterator[None]:
    """Have status.json say why a run ended that ends by an error of the world."""
    try:
        yield
    except CameoError as error:
        write_status(folder, {**read_status(folder), "state": "failed", "message": str(error)})
        raise


def read_status(folder: Path) -> dict[str, Any]:
    """What status.json says; empty when it is not there or no status."""
    try:
        found = json.loads((folder / "status.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def write_status(folder: Path, record: Mapping[str, Any]) -> None:
    """Replace status.json."""
    _put(folder / "status.json", json.dumps(record).encode())


def _put(path: Path, data: bytes) -> None:
    for left in range(TRIES, 0, -1):
        try:
            write_atomically(path, data)
        except PermissionError:
            if left == 1:
                raise
            time.sleep(AGAIN_S)
        else:
            return


class RunLog:
    """The log of one run. A run that goes on cuts off what lies behind.

    steps: of the whole run. about: said with every status, like the device.
    """

    def __init__(
        self,
        folder: Path,
        *,
        steps: int,
        start: int,
        tensorboard: bool,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder, self.steps, self.start = folder, steps, start
        self._about = dict(about or {})
        self._values: Mapping[str, float] = {}
        self._told = 0.0
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

    def beat(self, step: int) -> None:
        """Say how far it is between two reports, once a second."""
        if time.monotonic() - self._told >= BEAT_S:
            self.status("training", step, self._values)

    @contextmanager
    def away(self, state: str, step: int) -> Iterator[None]:
        """Say that no steps are made for as long as the block lasts; its time does not count
        for the time that is left. state: validating or paused.
        """
        self.status(state, step, self._values)
        began = time.monotonic()
        try:
            yield
        finally:
            self._began += time.monotonic() - began
        self.status("training", step, self._values)

    def hold(
        self, step: int, is_paused: Callable[[], bool], should_stop: Callable[[], bool]
    ) -> None:
        """Wait until the pause is over."""
        with self.away("paused", step):
            while is_paused() and not should_stop():
                time.sleep(LOOK_S)

    def status(self, state: str, step: int, values: Mapping[str, float], message: str = "") -> None:
        """Write how the run stands. state: training, validating, paused, stopped or done."""
        self._values, self._told = values, time.monotonic()
        record = {
            **self._about,
            "state": state,
            "step": step,
            "steps": self.steps,
            "seconds_left": round(self.seconds_left(step), 1),
            "values": {k: round(float(v), 6) for k, v in values.items()},
            "message": message,
        }
        write_status(self.folder, record)

    def seconds_left(self, step: int) -> float:
        """By the speed since this process began; 0 while nothing is known."""
        done = step - self.start
        return (time.monotonic() - self._began) / done * (self.steps - step) if done > 0 else 0.0

    def finish(self, result: Mapping[str, Any], step: int) -> None:
        """Write what the run came to, and close."""
        write_atomically(self.folder / "result.json", json.dumps(result, indent=1).encode())
        ended = "stopped" if result["state"] == "interrupted" else "done"
        self.status(ended, step, result["metrics"], str(result["state"]))
        if self._writer is not None:
            self._writer.close()

    def _append(self, row: Row) -> None:
        with (self.folder / "log.csv").open("a", newline="", encoding="utf-8") as out:
            csv.DictWriter(out, self._columns).writerow(_shown(row))

    def _write_all(self) -> None:
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, self._columns)
        writer.writeheader()
        writer.writerows(_shown(row) for row in self._rows)
        _put(self.folder / "log.csv", out.getvalue().encode())


def _shown(row: Row) -> dict[str, str]:
    return {k: f"{v:.0f}" if k == "step" else f"{v:.6g}" for k, v in row.items()}


def read_log(path: Path) -> list[Row]:
    """The rows of a log.csv; a last line that was cut off is left out."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as source:
        return list(rows_of(csv.DictReader(source)))


def rows_of(records: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Those of a log's records that are numbers."""
    for record in records:
        try:
            row = {k: float(v) for k, v in record.items() if k and v}
        except (TypeError, ValueError):  # cut off, or with more cells than columns
            continue
        if "step" in row:
            yield row


def _rows_before(path: Path, step: int) -> list[Row]:
    return [row for row in read_log(path) if row["step"] <= step] if step else []
