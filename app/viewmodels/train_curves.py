"""The log of a training run as curves: read as it grows, and never trusted.

A log is a file that anybody may have changed. Lines that are no numbers are passed over, sizes are
limited, and a file that was written anew is read from its beginning.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

LINE = 10_000  # bytes that a line may have
CHUNK = 1 << 20
AT_ONCE = 16 << 20  # bytes that one reading may take; the next goes on from there
POINTS = 20_000  # of a curve; beyond it every other one is dropped
NAMES = 60  # curves of a log
VALIDATION = "val/"

Numbers = NDArray[np.float64]
Points = tuple[Numbers, Numbers]  # steps, values: (N,) each
NONE: Points = (np.zeros(0), np.zeros(0))


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """What was reported, by step. validation: by the metric's name."""

    loss: Points = NONE
    rate: Points = NONE
    validation: dict[str, Points] = field(default_factory=dict)

    def best(self, metric: str) -> tuple[int, float] | None:
        """The step and the value of the best validation after the first step."""
        steps, values = self.validation.get(metric, NONE)
        learnt = steps > 0
        if not learnt.any():
            return None
        place = int(np.argmax(values[learnt]))
        return int(steps[learnt][place]), float(values[learnt][place])


class LogTail:
    """Reads a log.csv from where it stopped the last time. For one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity: tuple[int, bytes] = (0, b"")
        self._offset = 0
        self._columns: list[str] = []
        self._series: dict[str, list[tuple[float, float]]] = {}

    def read(self) -> bool:
        """Take over what is new; whether there was any."""
        try:
            with self._path.open("rb") as source:
                return self._read(source)
        except OSError:  # not there yet, or just being replaced
            return False

    def curves(self) -> Curves:
        """Everything so far."""
        found = {name: _points(series) for name, series in self._series.items()}
        return Curves(
            found.get("loss", NONE),
            found.get("rate", NONE),
            {k[len(VALIDATION) :]: v for k, v in found.items() if k.startswith(VALIDATION)},
        )

    def _read(self, source: BinaryIO) -> bool:
        head = source.readline(LINE)
        about = os.fstat(source.fileno())
        if not head.endswith(b"\n"):
            return False
        if self._identity != (about.st_ino, head) or about.st_size < self._offset:
            self._identity = (about.st_ino, head)
            self._offset, self._series = len(head), {}
            self._columns = head.decode("utf-8", "replace").strip().split(",")[:NAMES]
        source.seek(self._offset)
        taken = 0
        while taken < AT_ONCE and (data := source.read(CHUNK)):
            used = data.rfind(b"\n") + 1
            if not used and len(data) < LINE:
                break  # a line that is still being written
            used = used or len(data)  # else no line of a log
            for line in data[:used].split(b"\n"):
                self._take(line)
            taken += used
            self._offset += used
            source.seek(self._offset)
        return taken > 0

    def _take(self, line: bytes) -> None:
        if not line or len(line) > LINE:
            return
        cells = line.decode("utf-8", "replace").strip().split(",")
        values = {
            name: number
            for name, cell in zip(self._columns, cells, strict=False)
            if cell and (number := _number(cell)) is not None
        }
        step = values.pop("step", None)
        if step is None or step < 0 or len(cells) > len(self._columns):
            return
        for name, value in values.items():
            series = self._series.setdefault(name, [])
            while series and series[-1][0] >= step:  # the run went on from an earlier step
                series.pop()
            series.append((step, value))
            if len(series) > POINTS:
                del series[1:-1:2]


def smoothed(points: Points) -> Points:
    """A running mean over about a twelfth of the curve, which begins at its first value."""
    steps, values = points
    if len(values) < 3:
        return points
    keep = 1 - 2 / (max(len(values) / 12, 4.0) + 1)
    out, weight, total = np.empty_like(values), 0.0, 0.0
    for i, value in enumerate(values):
        total, weight = keep * total + value, keep * weight + 1
        out[i] = total / weight
    return steps, out


def _points(series: list[tuple[float, float]]) -> Points:
    both = np.array(series, np.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) < 1e12 else None
