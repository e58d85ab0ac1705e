"""Printing: JSON for scripts, tables and progress for people."""

from __future__ import annotations

import json
import sys
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from reid_core.search.decide import Threshold

JsonOption = Annotated[
    str | None,
    typer.Option(
        "--json", metavar="FILE|-", help="Write the result as JSON; - for standard output."
    ),
]


def write_json(value: object, target: str) -> None:
    """Write any of our values as JSON to a file, or to standard output for "-". Raises OSError."""
    from reid_core.files import write_atomically

    text = json.dumps(plain(value), ensure_ascii=False, indent=1)
    if target == "-":
        typer.echo(text)
    else:
        write_atomically(Path(target), f"{text}\n".encode("utf-8", "surrogateescape"))


def plain(value: object) -> Any:
    """Dataclasses, paths, numbers of numpy and the like as what JSON knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    return value


def with_meaning(threshold: Threshold) -> dict[str, Any]:
    """A threshold for JSON, with the sentence that belongs beside every score."""
    return {**plain(threshold), "means": threshold.describe()}


def tell_meaning(threshold: Threshold, probability: str = "") -> None:
    """What the scores that were printed say, on standard error.

    probability: the sentence of `search.probability` where some can have one.
    """
    typer.echo(threshold.describe(), err=True)
    if probability and threshold.origin == "calibrated":
        typer.echo(probability, err=True)


def table(rows: Sequence[Sequence[object]], headers: Sequence[str]) -> str:
    """Columns in line, also with wide characters; numbers to the right.

    What would move the cursor or colour the screen, as a name of a file may, is a space.
    """
    cells = [[_shown(str(c)) for c in row] for row in [headers, *rows]]
    widths = [max(_width(row[i]) for row in cells) for i in range(len(headers))]
    right = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(headers))]
    lines = []
    for row in cells:
        padded = [
            " " * (w - _width(c)) + c if r else c + " " * (w - _width(c))
            for c, w, r in zip(row, widths, right, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def percent(probability: float) -> str:
    """0.9996 -> > 99.9 %: never 100 %, which nothing measured can be, nor 0 %."""
    if probability > 0.999:
        return "> 99.9 %"
    return f"{probability:.1%}".replace("%", " %") if probability >= 0.001 else "< 0.1 %"


def clock(seconds: float) -> str:
    """3723.4 -> 1:02:03.4."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest // 10:02d}.{rest % 10}"


class Bar:
    """A progress line on stderr with the remaining time, when stderr is a terminal.

    for_program: a line of JSON each instead ({"share", "what"}), whatever stderr is.
    """

    def __init__(self, what: str, *, for_program: bool = False) -> None:
        self._what, self._for_program = what, for_program
        self._started = time.monotonic()
        self._shown = 0.0
        self._wide = 0
        self._on = sys.stderr.isatty() or for_program

    def tell(self, share: float, what: str) -> None:
        """A `Progress`: at most ten lines a second."""
        moment = time.monotonic()
        if not self._on or (moment - self._shown < 0.1 and share < 1):
            return
        self._shown = moment
        if self._for_program:
            sys.stderr.write(json.dumps({"share": round(share, 4), "what": what}) + "\n")
            sys.stderr.flush()
            return
        spent = moment - self._started
        left = f", {clock(spent / share - spent)[:-2]} left" if 0.01 < share < 1 else ""
        self._write(f"{self._what}: {share:4.0%} {what}{left}")

    def clear(self) -> None:
        """Take the line away."""
        if self._on and self._wide:
            self._write("")
            sys.stderr.write("\r")

    def _write(self, line: str) -> None:
        sys.stderr.write("\r" + line.ljust(self._wide))
        sys.stderr.flush()
        self._wide = len(line)


def _shown(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
