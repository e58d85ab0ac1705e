"""A made-up process that trains when the test says so, and runs written as it would."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.training_run import Order

HEAD = "step,epoch,loss,rate,gradient,val/mAP,val/rank1"


class FakeProcess(QObject):
    """told: what it was told, in order. `end` ends it."""

    ended = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.order: Order | None = None

    def start(self, order: Order) -> None:
        assert self.order is None, "one at a time"
        self.order = order
        self.told.append("start")

    def tell(self, word: str) -> None:
        self.told.append(word)

    def kill(self) -> None:
        self.told.append("kill")

    def close(self) -> None:
        self.told.append("close")

    def end(self, status: int) -> None:
        self.order = None
        self.ended.emit(status)


def write_status(folder: Path, state: str, **more: object) -> None:
    record = {"state": state, "step": 0, "steps": 100, "per_epoch": 10, "device": "cpu", **more}
    (folder / "status.json").write_text(json.dumps(record))


def write_run(folder: Path, *, state: str = "done", best: float = 0.8, step: int = 100) -> Path:
    """A run of 100 steps, validated twice."""
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[data]\ntrain = "made:40x9"\n[optim]\nepochs = 10.0\n')
    rows = [HEAD, "0,,,,,0.2,0.3"]
    rows += [f"{n},{n / 10},{5 - n / 50},1,2,," for n in range(10, step + 1, 10)]
    rows += [f"{step},,,,,{best},{best + 0.1}"]
    (folder / "log.csv").write_text("\n".join(rows) + "\n")
    write_status(folder, state, step=step)
    result = {"state": state, "steps": step, "metrics": {"mAP": best, "rank1": best + 0.1}}
    result |= {"untrained": {"mAP": 0.2, "rank1": 0.3}, "broken": [], "seconds": 61.0}
    if state in ("done", "stopped"):
        (folder / "result.json").write_text(json.dumps(result))
        (folder / "last.pt").write_bytes(b"x")
    return folder
