"""Small runs on made-up people, and what came of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reid_core.learn import config
from reid_core.learn.config import Config
from reid_core.learn.runlog import read_log

TABLES: dict[str, Any] = {
    "data": {"train": "made:10x6", "held_out": 3, "height": 48, "width": 24, "workers": 0},
    "network": {"name": "osnet-x0.25", "dim": 16, "stem_pool": False},
    "loss": {"parts": {"arc-face": {"scale": 16.0}, "triplet": {"soft": True}}},
    "sampler": {"batch": 8, "k": 2},
    "augment": {"erase": 0.3, "colour": 0.5},
    "optim": {"epochs": 4, "lr": 1e-3, "warmup": 4},
    "run": {"log_every": 1, "tensorboard": False, "evaluate_every": 2, "device": "cpu"},
}


def told(folder: Path, **changes: dict[str, Any]) -> Config:
    tables = {k: {**v, **changes.get(k, {})} for k, v in TABLES.items()}
    tables = {k: {n: x for n, x in v.items() if x is not None} for k, v in tables.items()}
    tables["run"]["folder"] = str(folder)
    return config.from_tables(tables)


def losses(folder: Path) -> list[float]:
    return [row["loss"] for row in read_log(folder / "log.csv") if "loss" in row]


class After:
    """Asks to stop after so many steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def __call__(self) -> bool:
        self.left -= 1
        return self.left <= 0
