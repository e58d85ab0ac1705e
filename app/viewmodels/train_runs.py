"""The folders of training runs: what stands in them, read in a thread and never trusted."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication

from app.viewmodels.train_curves import Curves, LogTail
from reid_core.errors import CameoError

if TYPE_CHECKING:
    from reid_core.learn.config import Config

MOST = 2000  # runs in a list
MAX_BYTES = 4_000_000  # of a file of JSON
ABOUT = "about.json"  # what the window knows of a run that it started
SAID = "said.txt"  # what the process wrote to its standard error
TAIL = 64_000  # bytes of it that are looked at
FRESH_S = 120.0  # a status this young is of a run that some process is doing
LIVE = ("starting", "training", "validating", "paused")
NOTE = re.compile(r"reid_core\.[\w.]+: (.{1,400})")
MADE = ("status.json", "log.csv")  # by which a run's folder is known


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the list.

    folder: also its key. recipe: a name, "" when not known. data: in words. started: ISO 8601.
    state: one of `LIVE`, elsewhere (another program does it), interrupted, stopped, early (it no
    longer became better), done or failed. best: of `metric`, None when nothing was measured.
    """

    folder: str
    name: str
    recipe: str = ""
    data: str = ""
    started: str = ""
    state: str = "interrupted"
    step: int = 0
    steps: int = 0
    metric: str = "mAP"
    best: float | None = None
    message: str = ""

    @property
    def share(self) -> float:
        """Done, in [0, 1]."""
        return min(self.step / self.steps, 1.0) if self.steps else 0.0

    @property
    def has_model(self) -> bool:
        """Whether there is something that can become a model."""
        return self.best is not None and not self.is_live

    @property
    def is_live(self) -> bool:
        """Whether a process is at it."""
        return self.state in LIVE or self.state == "elsewhere"

    @property
    def can_go_on(self) -> bool:
        """Whether it has an end that was not reached."""
        return self.state in ("interrupted", "stopped", "failed") and self.step > 0


@dataclass(frozen=True, slots=True)
class Status:
    """How a run stands. seconds_left: None while it is not known."""

    state: str = ""
    step: int = 0
    steps: int = 0
    seconds_left: float | None = None
    per_epoch: int = 0
    device: str = ""
    identities: int = 0
    pictures: int = 0
    left_out: int = 0
    message: str = ""

    @property
    def is_learning(self) -> bool:
        """Whether a step was made that is not on disk yet."""
        return self.state in LIVE and self.state != "starting" and self.step > 0

    @property
    def pace(self) -> float | None:
        """Steps a second, None while unknown."""
        left = self.seconds_left
        return (self.steps - self.step) / left if left and self.steps > self.step else None


@dataclass(frozen=True, slots=True, eq=False)
class Details:
    """What a run was told and what it came to. told: None when its configuration is unreadable."""

    told: Config | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    untrained: dict[str, float] = field(default_factory=dict)
    broken: tuple[tuple[str, str], ...] = ()
    identities: int = 0
    pictures: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()


def find_runs(roots: Iterable[Path], single: Iterable[Path] = ()) -> list[Path]:
    """The folders of runs directly below `roots`, and those of `single` that are still there."""
    found = [folder for root in roots if root.is_dir() for folder in sorted(root.iterdir())]
    every = dict.fromkeys([*found, *single])
    return [folder for folder in every if is_run(folder)][:MOST]


def is_run(folder: Path) -> bool:
    """Whether a folder looks like a run's. A config.toml alone may be anybody's."""
    if not folder.is_dir():
        return False
    return any((folder / name).is_file() for name in MADE) or read_config(folder) is not None


def read_row(folder: Path, *, ours: bool = False, curves: Curves | None = None) -> RunRow:
    """A line of the list. ours: our own process is at it. curves: of its log, if it was read."""
    about, status = read_json(folder / ABOUT), read_status(folder)
    told = read_config(folder)
    result = {} if status.state in LIVE else read_json(folder / "result.json")
    metric = told.run.metric if told else "mAP"
    return RunRow(
        folder=str(folder),
        name=text(about.get("name")) or folder.name,
        recipe=text(about.get("recipe")),
        data=text(about.get("data")) or _data_in_words(told),
        started=text(about.get("started")) or _when(folder),
        state=_state(folder, status, ours=ours),
        step=status.step or whole(result.get("steps")),
        steps=status.steps,
        metric=metric,
        best=_best(folder, result, metric, curves),
        message=status.message if status.state == "failed" else "",
    )


def read_status(folder: Path) -> Status:
    """What status.json says, as far as it makes sense."""
    raw = read_json(folder / "status.json")
    left = number(raw.get("seconds_left"))
    return Status(
        state=text(raw.get("state")),
        step=whole(raw.get("step")),
        steps=whole(raw.get("steps")),
        seconds_left=left if left is not None and left > 0 else None,
        per_epoch=whole(raw.get("per_epoch")),
        device=text(raw.get("device")),
        identities=whole(raw.get("identities")),
        pictures=whole(raw.get("pictures")),
        left_out=whole(raw.get("left_out")),
        message=text(raw.get("message")),
    )


def read_details(folder: Path) -> Details:
    """Everything that is said beside the curves."""
    result = read_json(folder / "result.json")
    broken = result.get("broken")
    listed = broken if isinstance(broken, list) else []
    pairs = [p for p in listed[:1000] if isinstance(p, list) and len(p) == 2]
    return Details(
        told=read_config(folder),
        metrics=numbers(result.get("metrics")),
        untrained=numbers(result.get("untrained")),
        broken=tuple((text(path), text(reason)) for path, reason in pairs),
        identities=whole(result.get("identities")),
        pictures=whole(result.get("pictures")),
        seconds=number(result.get("seconds")) or 0.0,
        notes=_notes(folder / SAID),
    )


def last_words(path: Path) -> str:
    """The last line that a process wrote to its standard error, without our own name."""
    lines = [line.strip() for line in tail(path).splitlines() if line.strip()]
    return lines[-1].removeprefix("cameo: ")[:600] if lines else ""


def read_json(path: Path) -> dict[str, Any]:
    """A file's object; empty for whatever is none."""
    try:
        with path.open("rb") as source:
            data = source.read(MAX_BYTES + 1)
        found = json.loads(data) if len(data) <= MAX_BYTES else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def text(value: object) -> str:
    """A text of an outsider, in bounds and on one line; "" for what is none."""
    return " ".join(value.split())[:600] if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """A finite number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int) and abs(value) > 1e15:
        return None
    return float(value) if math.isfinite(value) else None


def numbers(value: object) -> dict[str, float]:
    """The numbers of an object, by name."""
    if not isinstance(value, Mapping):
        return {}
    found = {text(k): number(v) for k, v in list(value.items())[:100]}
    return {k: v for k, v in found.items() if v is not None}


def whole(value: object) -> int:
    """A whole number from 0, else 0."""
    return max(int(number(value) or 0), 0)


def read_config(folder: Path) -> Config | None:
    """What a run was told; None when that is unreadable."""
    from reid_core.learn.config import load

    try:
        return load(folder / "config.toml")
    except (CameoError, ValueError, TypeError, RecursionError):
        return None


def _data_in_words(told: Config | None) -> str:
    if told is None:
        return ""
    every = [told.data.train] if isinstance(told.data.train, str) else told.data.train
    drawn = QCoreApplication.translate("Training", "Drawn people")
    return ", ".join(drawn if one.startswith("made:") else Path(one).name for one in every)


def _when(folder: Path) -> str:
    try:
        made = (folder / "config.toml").stat().st_mtime
    except OSError:
        return ""
    return datetime.fromtimestamp(made, UTC).isoformat(timespec="seconds")


def _state(folder: Path, status: Status, *, ours: bool) -> str:
    if ours:
        return status.state if status.state in LIVE else "starting"
    if status.state in LIVE:
        return "elsewhere" if _age_s(folder / "status.json") < FRESH_S else "interrupted"
    if status.state == "done":
        return "early" if status.message == "stopped early" else "done"
    return status.state if status.state in ("stopped", "failed") else "interrupted"


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return math.inf


def _best(folder: Path, result: dict[str, Any], metric: str, curves: Curves | None) -> float | None:
    if (reached := numbers(result.get("metrics")).get(metric)) is not None:
        return reached
    if curves is None:
        tail = LogTail(folder / "log.csv")
        tail.read()
        curves = tail.curves()
    best = curves.best(metric)
    return best[1] if best else None


def _notes(path: Path) -> tuple[str, ...]:
    found = [m[1] for line in tail(path).splitlines() if (m := NOTE.fullmatch(line.strip()))]
    return tuple(dict.fromkeys(found))[-50:]


def tail(path: Path) -> str:
    """The end of a file of text; "" when it cannot be read."""
    try:
        with path.open("rb") as source:
            source.seek(0, 2)
            source.seek(max(source.tell() - TAIL, 0))
            return source.read(TAIL).decode("utf-8", "replace")
    except OSError:
        return ""
