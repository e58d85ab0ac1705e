"""The page of settings without its widgets: what is chosen, and what there is to know."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.session import Session
from app.settings import Settings, library_folder, models_folder, settings_path
from reid_core.library import Library, events
from reid_core.library.events import Event
from reid_core.protocols import Progress

SHOWN_EVENTS = 1000  # the latest ones


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is kept, and how much there is. what: library, pictures, caches, log,
    models or settings. size: bytes.
    """

    what: str
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What takes a moment to find out. runtime: sentences on where networks run."""

    providers: tuple[str, ...] = ()
    runtime: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    events: int = 0


class SettingsPage(QObject):
    """Every change is taken over, and kept, at once."""

    changed = Signal()  # the settings, from here or from elsewhere
    facts_changed = Signal()
    events_read = Signal(object)  # a list of Event, newest first

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.facts = Facts()
        session.settings_changed.connect(lambda _: self.changed.emit())

    @property
    def settings(self) -> Settings:
        """As they are now."""
        return self._session.settings

    @property
    def opened_with(self) -> Settings:
        """As they were when the window was opened."""
        return self._session.opened_with

    @property
    def library_open(self) -> Path:
        """The folder of the library that is open."""
        return self._session.library.folder

    @property
    def models_open(self) -> Path:
        """The folder of models in use."""
        return self._session.store.folder

    @property
    def fixed_by(self) -> dict[str, str]:
        """Folders that an environment variable decides whatever is chosen here."""
        names = {"library": "CAMEO_LIBRARY", "models": "CAMEO_MODELS"}
        return {what: name for what, name in names.items() if os.environ.get(name)}

    @property
    def is_pending(self) -> bool:
        """Whether something that was chosen waits for the next opening."""
        now, then = self.settings, self._session.opened_with
        return (now.library, now.models, now.language) != (then.library, then.models, then.language)

    def set(self, **values: Any) -> None:
        """Change fields. Raises ValueError for what is out of range."""
        new = replace(self.settings, **values)
        if new != self.settings:
            self._session.use_settings(new)

    def set_look_for(self, *, faces: bool, bodies: bool) -> bool:
        """Whom to look for; at least one. Returns whether it was taken."""
        if not (faces or bodies):
            self.changed.emit()  # the box is ticked again
            self._session.say(self.tr("Cameo looks for faces, bodies or both"))
            return False
        self.set(faces=faces, bodies=bodies)
        return True

    def reopen(self) -> None:
        """Close the window and open it anew, by the settings as they are now."""
        self._session.reopen_asked.emit()

    def show_welcome(self) -> None:
        """Lead to the page of the first run."""
        self._session.asked_for.emit("welcome", None)

    def refresh(self) -> None:
        """Find the facts out again."""
        work = partial(_facts, self._session.library, self._session.store.folder)
        self._session.tasks.run(
            "",
            work,
            then=self._take,
            failed=self._session.tell,
            shown=False,
            latest="settings.facts",
        )

    def read_events(self) -> None:
        """The latest events; `events_read` brings them."""
        self._session.tasks.run(
            "",
            partial(_events, self._session.library),
            then=self.events_read.emit,
            failed=self._session.tell,
            shown=False,
            latest="settings.events",
        )

    def erase_events(self, days: int) -> None:
        """Erase those of more than so many days ago, for good."""
        self._session.change(
            self.tr("Erase events"),
            partial(_erase, self._session.library, days),
            people=False,
            undoable=False,
            said=lambda n: self.tr("Events erased: {}").format(n),
            then=lambda _: self._on_erased(),
        )

    def _on_erased(self) -> None:
        self.refresh()
        self.read_events()

    def _take(self, facts: Facts) -> None:
        self.facts = facts
        self.facts_changed.emit()


def pending_folders(settings: Settings) -> tuple[Path, Path]:
    """The folders of the library and of the models at the next opening."""
    return library_folder(settings), models_folder(settings)


def _facts(library: Library, models: Path, _: Progress) -> Facts:
    import onnxruntime

    from reid_core.models.session import describe_runtime

    folder = library.folder
    parts: list[tuple[str, Path, Callable[[Path], int]]] = [
        ("library", folder / "library.db", _database_bytes),
        ("pictures", library.media.folder, _bytes),
        ("caches", library.cache, _bytes),
        ("log", folder / "log", _bytes),
        ("models", models, _bytes),
        ("settings", settings_path(), _file_bytes),
    ]
    with library.read() as connection:
        n = events.count(connection)
    return Facts(
        tuple(onnxruntime.get_available_providers()),
        tuple(describe_runtime()),
        tuple(Place(what, path, size(path)) for what, path, size in parts),
        n,
    )


def _events(library: Library, _: Progress) -> list[Event]:
    with library.read() as connection:
        return events.latest(connection, SHOWN_EVENTS)


def _erase(library: Library, days: int, _: Progress) -> int:
    return events.erase_older(library, days)


def _database_bytes(path: Path) -> int:
    return sum(_file_bytes(path.with_name(path.name + end)) for end in ("", "-wal", "-shm"))


def _file_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # not there yet, or not any more
        return 0


def _bytes(folder: Path) -> int:
    """Of every file below a folder; some may go while they are counted."""
    if not folder.is_dir():
        return 0
    total = 0
    for root, _, names in os.walk(folder):
        total += sum(_file_bytes(Path(root) / name) for name in names)
    return total
