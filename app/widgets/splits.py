"""Splitters: a list beside what is chosen in it, and how they were left, in the settings."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QSplitter, QWidget

from app.session import Session
from app.settings import form_of

NARROWEST, LIST, REST = 200, 250, 900  # px


def put_beside(split: QSplitter, listed: QWidget, chosen: QWidget) -> None:
    """A list at the left, and at the right what is chosen in it, which takes the room there is."""
    listed.setMinimumWidth(NARROWEST)
    split.addWidget(listed)
    split.addWidget(chosen)
    split.setStretchFactor(1, 1)
    split.setCollapsible(1, False)
    split.setSizes([LIST, REST])


def keep_splits(session: Session, splits: Mapping[str, QSplitter]) -> None:
    """Remember how they are divided."""
    window = dict(session.settings.window)
    for name, one in splits.items():
        window[name] = base64.b64encode(one.saveState().data()).decode("ascii")
    session.settings = replace(session.settings, window=window)


def restore_splits(session: Session, splits: Mapping[str, QSplitter]) -> None:
    """Divide them as they were; one that is not remembered stays as it is."""
    for name, one in splits.items():
        if kept := form_of(session.settings, name):
            one.restoreState(QByteArray(kept))
