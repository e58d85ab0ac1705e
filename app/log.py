"""The program's log: a small rotating file, ids and numbers only, never names or pictures."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
OURS = ("app", "reid_core")  # others may write paths into theirs


def log_to(folder: Path) -> Path | None:
    """Write warnings and a few lines per session to `folder`/cameo.log; returns the file.

    Takes the place of the file of an earlier call. None, and no log, where nothing can be written.
    """
    stop()
    path = folder / "cameo.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=500_000, backupCount=2, encoding="utf-8")
    except OSError:
        return None
    handler.setFormatter(logging.Formatter(FORMAT))
    for name in OURS:
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).setLevel(logging.INFO)
    return path


def stop() -> None:
    """Close the file."""
    for name in OURS:
        logger = logging.getLogger(name)
        for handler in [h for h in logger.handlers if isinstance(h, RotatingFileHandler)]:
            logger.removeHandler(handler)
            handler.close()
