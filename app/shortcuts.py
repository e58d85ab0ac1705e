"""Every keyboard shortcut of the window in one list, as the settings show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP


@dataclass(frozen=True, slots=True)
class Shortcut:
    """keys: in Qt's portable words, several where any of them does. what: translatable in the
    context "Shortcuts". page: where it works, a page's key or "" for everywhere.
    """

    page: str
    keys: tuple[str, ...]
    what: Any


def _all(page: str, *rows: tuple[str, Any]) -> tuple[Shortcut, ...]:
    return tuple(Shortcut(page, tuple(keys.split(" ")), what) for keys, what in rows)


SHORTCUTS: tuple[Shortcut, ...] = (
    *_all(
        "",
        ("Ctrl+1", QT_TRANSLATE_NOOP("Shortcuts", "People")),
        ("Ctrl+2", QT_TRANSLATE_NOOP("Shortcuts", "Footage")),
        ("Ctrl+3", QT_TRANSLATE_NOOP("Shortcuts", "Search")),
        ("Ctrl+4", QT_TRANSLATE_NOOP("Shortcuts", "Live")),
        ("Ctrl+5", QT_TRANSLATE_NOOP("Shortcuts", "Train")),
        ("Ctrl+6", QT_TRANSLATE_NOOP("Shortcuts", "Models")),
        ("Ctrl+7", QT_TRANSLATE_NOOP("Shortcuts", "Settings")),
        ("Ctrl+Z", QT_TRANSLATE_NOOP("Shortcuts", "Undo")),
        ("Ctrl+Shift+Z", QT_TRANSLATE_NOOP("Shortcuts", "Do again")),
        ("Ctrl+Q", QT_TRANSLATE_NOOP("Shortcuts", "Close Cameo")),
    ),
    *_all(
        "people",
        ("Ctrl+F", QT_TRANSLATE_NOOP("Shortcuts", "Find somebody")),
        ("Ctrl+O", QT_TRANSLATE_NOOP("Shortcuts", "Enrol from photos")),
        ("F2", QT_TRANSLATE_NOOP("Shortcuts", "Rename")),
        ("Return", QT_TRANSLATE_NOOP("Shortcuts", "Show the chosen person")),
        ("Del", QT_TRANSLATE_NOOP("Shortcuts", "Delete the chosen templates")),
    ),
    *_all(
        "footage",
        ("Ctrl+O", QT_TRANSLATE_NOOP("Shortcuts", "Add files")),
        ("Ctrl+F", QT_TRANSLATE_NOOP("Shortcuts", "Look for a video")),
        ("Return", QT_TRANSLATE_NOOP("Shortcuts", "Play, resume or find the chosen video")),
        ("Del", QT_TRANSLATE_NOOP("Shortcuts", "Remove the chosen video")),
    ),
    *_all(
        "search",
        ("Ctrl+F", QT_TRANSLATE_NOOP("Shortcuts", "Choose whom to search for")),
        ("Ctrl+O", QT_TRANSLATE_NOOP("Shortcuts", "Search for a photo")),
        ("N", QT_TRANSLATE_NOOP("Shortcuts", "Next result")),
        ("P", QT_TRANSLATE_NOOP("Shortcuts", "Result before")),
        ("Return", QT_TRANSLATE_NOOP("Shortcuts", "Play the result")),
        ("Y", QT_TRANSLATE_NOOP("Shortcuts", "Confirm: it is this person")),
        ("X", QT_TRANSLATE_NOOP("Shortcuts", "Not this person")),
        ("T", QT_TRANSLATE_NOOP("Shortcuts", "Add as template")),
        ("F", QT_TRANSLATE_NOOP("Shortcuts", "Find elsewhere")),
    ),
    *_all(
        "player",
        ("Space K", QT_TRANSLATE_NOOP("Shortcuts", "Play or pause")),
        ("Left Right", QT_TRANSLATE_NOOP("Shortcuts", "Back or on by a few seconds")),
        (", .", QT_TRANSLATE_NOOP("Shortcuts", "One picture back or on")),
        ("[ ]", QT_TRANSLATE_NOOP("Shortcuts", "Slower or faster")),
        ("J", QT_TRANSLATE_NOOP("Shortcuts", "Far back")),
        ("L", QT_TRANSLATE_NOOP("Shortcuts", "Repeat the sighting")),
        ("B", QT_TRANSLATE_NOOP("Shortcuts", "Show or hide the boxes")),
        ("Home", QT_TRANSLATE_NOOP("Shortcuts", "To the beginning")),
    ),
    *_all(
        "live",
        ("Ctrl+O", QT_TRANSLATE_NOOP("Shortcuts", "Play a file as camera")),
        ("Left Right", QT_TRANSLATE_NOOP("Shortcuts", "Next person in the picture")),
        ("Return", QT_TRANSLATE_NOOP("Shortcuts", "Say who it is")),
    ),
    *_all(
        "train",
        ("Del", QT_TRANSLATE_NOOP("Shortcuts", "Delete the chosen run")),
    ),
    *_all(
        "models",
        ("Ctrl+O", QT_TRANSLATE_NOOP("Shortcuts", "Import a network")),
        ("Return", QT_TRANSLATE_NOOP("Shortcuts", "Use or download the chosen model")),
        ("Del", QT_TRANSLATE_NOOP("Shortcuts", "Remove the chosen model")),
    ),
)
