"""Dressing widgets before they are shown: the style sheet takes its time with each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

AT_ONCE = 5  # widgets, between two turns of the event loop


def polish_soon(widget: QWidget) -> None:
    """Dress it and all in it, a few at a time, so that showing it first holds nothing up."""
    QTimer.singleShot(0, widget, partial(_polish, widget, iter(widget.findChildren(QWidget))))


def _polish(widget: QWidget, left: Iterator[QWidget]) -> None:
    for _ in range(AT_ONCE):
        if (one := next(left, None)) is None:
            return
        one.ensurePolished()
    QTimer.singleShot(0, widget, partial(_polish, widget, left))
