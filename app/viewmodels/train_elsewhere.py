"""Runs outside the library that the window remembers, among its settings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from app.session import Session

KEPT_AS = "train_elsewhere"
MOST = 50


def elsewhere(session: Session) -> list[Path]:
    """The folders, the one added last first."""
    try:
        kept = json.loads(session.settings.window.get(KEPT_AS, "[]"))
    except (ValueError, RecursionError):
        return []
    return [Path(one) for one in kept if isinstance(one, str)] if isinstance(kept, list) else []


def remember(session: Session, folder: Path) -> None:
    """Keep another one; those that were added long ago fall out."""
    known = [str(f) for f in elsewhere(session) if f != folder]
    window = dict(session.settings.window)
    window[KEPT_AS] = json.dumps([str(folder), *known][:MOST])
    session.settings = replace(session.settings, window=window)
