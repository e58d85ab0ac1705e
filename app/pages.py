"""The pages of the window, in order; each is imported when it is first shown."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

from PySide6.QtCore import QT_TRANSLATE_NOOP
from PySide6.QtWidgets import QWidget

from app.session import Session


class Page(Protocol):
    """What the window asks of a page, which is a QWidget as well."""

    def activate(self, wanted: object) -> None:
        """Called whenever the page comes to the front. wanted: what to show, or None."""
        ...

    def close_page(self) -> None:
        """Stop what runs for the page: the window closes."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A page: its key, its name, its icon, and the module whose `build(session)` makes it."""

    key: str
    title: Any
    icon: str
    module: str
    at_foot: bool = False

    def build(self, session: Session) -> QWidget:
        """Import and make it."""
        return cast(QWidget, import_module(self.module).build(session))


PAGES = (
    Entry("people", QT_TRANSLATE_NOOP("Pages", "People"), "users", "app.views.people_page"),
    Entry("footage", QT_TRANSLATE_NOOP("Pages", "Footage"), "film-strip", "app.views.footage_page"),
    Entry(
        "search", QT_TRANSLATE_NOOP("Pages", "Search"), "magnifying-glass", "app.views.search_page"
    ),
    Entry("live", QT_TRANSLATE_NOOP("Pages", "Live"), "video-camera", "app.views.live_page"),
    Entry("train", QT_TRANSLATE_NOOP("Pages", "Train"), "chart-line", "app.views.train_page"),
    Entry("models", QT_TRANSLATE_NOOP("Pages", "Models"), "cube", "app.views.models_page"),
    Entry(
        "settings",
        QT_TRANSLATE_NOOP("Pages", "Settings"),
        "gear-six",
        "app.views.settings_page",
        at_foot=True,
    ),
)
HIDDEN = (  # shown when they are asked for, without a place at the side
    Entry(
        "welcome", QT_TRANSLATE_NOOP("Pages", "Welcome"), "hand-waving", "app.views.welcome_page"
    ),
)


def entry_of(key: str) -> Entry:
    """The page of that key; the first one when there is none."""
    return next((e for e in (*PAGES, *HIDDEN) if e.key == key), PAGES[0])
