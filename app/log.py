"""The program's log: a small rotating file, ids and numbers only, never names or pictures."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_to(folder: Path) -> Path:
    """Write warnings and a few lines per session to `folder`/cameo.log; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cameo.log"
    handler = RotatingFileHandler(path, maxBytes=500_000, backupCount=2, encoding="utf-8")
    handler.setFormatter(logging.Formatter(FORMAT))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    return path
