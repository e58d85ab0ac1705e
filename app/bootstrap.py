"""Putting the window together: settings, library, lanes, session, window; and taking it apart."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from app import crash, garbage, language, log, theme
from app.from_core import sentence_of
from app.settings import (
    Settings,
    library_folder,
    load_settings,
    models_folder,
    save_settings,
    settings_path,
)
from reid_core.errors import CameoError

if TYPE_CHECKING:
    from app.session import Session
    from app.views.window import Window

SWITCH_S = 0.001  # a thread that runs Python lets the window's have its turn after so long
SWEEP_WAIT_S = 2.0  # for another writer, when the window closes


def main(arguments: list[str]) -> int:
    """Open the window and run until it is closed; the exit status."""
    told = _told(arguments)
    garbage.allow()
    app = make_application()
    path = settings_path()
    while True:
        session = _open(app, told, path)
        if session is None:
            return 2
        status, again = _run(app, session, path)
        if not again:
            return status
        told = told_again(told, session)


def _open(app: QApplication, told: argparse.Namespace, path: Path) -> Session | None:
    """The session that was told or set; None when there can be none."""
    while True:
        settings = load_settings(path)
        dress(app, settings)
        session = None
        try:
            session = open_session(settings, library=told.library, models=told.models)
            page = told.page or first_page(session)
        except CameoError as error:
            if session is not None:
                close_session(session)
            if (other := _other_library(error)) is None:
                return None
            told.library = other  # which counts more than CAMEO_LIBRARY
            save_settings(replace(settings, library=str(other)), path)
            continue
        session.settings = replace(settings, last_page=page)
        return session


def _run(app: QApplication, session: Session, path: Path) -> tuple[int, bool]:
    """Show the window until it is closed: the exit status, and whether to open it anew."""
    log.log_to(session.library.folder / "log")
    session.settings_changed.connect(lambda settings: save_settings(settings, path))
    window = make_window(session)
    crash.install(lambda report: session.tasks.post(lambda: _show_crash(window, report)))
    again: list[bool] = []
    session.reopen_asked.connect(lambda: again.append(True) if window.close() else None)
    status = app.exec()
    close_session(session)
    save_settings(session.settings, path)
    log.stop()
    window.deleteLater()
    return status, bool(again)


def told_again(told: argparse.Namespace, session: Session) -> argparse.Namespace:
    """What counts when the window is opened anew: what was told, unless it was chosen since.

    What was chosen in the window counts more than the environment.
    """

    def folder(name: str) -> Path | None:
        now, then = getattr(session.settings, name), getattr(session.opened_with, name)
        if now == then:
            return getattr(told, name)  # type: ignore[no-any-return]
        return Path(now) if now else None

    return argparse.Namespace(library=folder("library"), models=folder("models"), page="settings")


def first_page(session: Session) -> str:
    """The key of the page to begin with: the welcome, or the one that was seen last."""
    from app.pages import PAGES
    from app.viewmodels.welcome import needs_welcome

    if needs_welcome(session):
        return "welcome"
    last = session.settings.last_page
    return last if any(e.key == last for e in PAGES) else PAGES[0].key


def make_application() -> QApplication:
    """The one QApplication. opencv-python's own Qt plug-ins must not be found by ours."""
    os.environ.pop("QT_QPA_PLATFORM_PLUGIN_PATH", None)
    os.environ.setdefault("QT_API", "pyside6")  # for the icons' library
    sys.setswitchinterval(SWITCH_S)
    app = QApplication.instance() or QApplication(["cameo"])
    assert isinstance(app, QApplication)
    app.setApplicationName("Cameo")
    app.setDesktopFileName("cameo")
    signal.signal(signal.SIGINT, lambda *_: app.closeAllWindows())
    return app


def dress(app: QApplication, settings: Settings) -> None:
    """Language and look. Safe to do again; a language without a translation stays English."""
    language.speak(app, settings.language)
    theme.apply_theme(app, settings.theme)


def open_session(
    settings: Settings, *, library: Path | None = None, models: Path | None = None
) -> Session:
    """The library opened, made if it is not there. Raises LibraryError."""
    from app.session import Session
    from app.tasks import Tasks
    from reid_core.library import Library
    from reid_core.models.store import ModelStore

    opened = Library.open(library_folder(settings, library))
    return Session(opened, ModelStore(models_folder(settings, models)), settings, Tasks())


def make_window(session: Session) -> Window:
    """The window over a session, shown."""
    from app.elsewhere import Elsewhere
    from app.views.window import Window, library_line, show_soon

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    Dresser(session, app)  # before the window, whose icons take their colours from it
    Elsewhere(session)
    window = Window(session)
    window.setWindowTitle(library_line(session.library.folder))
    show_soon(window, session.settings.last_page)
    QTimer.singleShot(0, window, lambda: tidy(session))
    QTimer.singleShot(0, window, garbage.freeze)  # after the page
    beat = QTimer(window)  # lets Python see Ctrl-C while Qt waits
    beat.start(500)
    beat.timeout.connect(lambda: None)
    return window


class Dresser(QObject):
    """Follows the chosen theme, and the system's while that is what was chosen."""

    def __init__(self, session: Session, app: QApplication) -> None:
        super().__init__(session)
        self._session, self._app, self._worn = session, app, session.settings.theme
        session.settings_changed.connect(self._on_settings)
        app.styleHints().colorSchemeChanged.connect(self._on_system)

    def _on_settings(self, settings: Settings) -> None:
        if settings.theme != self._worn:
            self._worn = settings.theme
            theme.apply_theme(self._app, settings.theme)

    def _on_system(self) -> None:
        if self._session.settings.theme == "system":
            theme.apply_theme(self._app, "system")
            self._session.settings_changed.emit(self._session.settings)


def tidy(session: Session) -> None:
    """Erase the events that are older than the settings want to keep."""
    days = session.settings.retention_days
    if not days or not session.library.writable:
        return
    from reid_core.library import events

    session.tasks.run(
        "",
        lambda _: events.erase_older(session.library, days),
        failed=session.tell,
        lane="write",
        shown=False,
    )


def close_session(session: Session) -> None:
    """Stop the lanes, erase pictures that nothing needs once undoing ends, close the library."""
    session.tasks.close()
    _sweep(session)
    session.library.close()


def _sweep(session: Session) -> None:
    touched = session.history.touched
    session.history.clear()
    if not touched or not session.library.writable:
        return
    from reid_core.library import erase

    session.library.wait_s = min(session.library.wait_s, SWEEP_WAIT_S)
    try:
        erase.sweep(session.library, among=touched)
    except CameoError as error:  # somebody else writes: the next sweep takes them
        logging.getLogger(__name__).info("not swept: %s", type(error).__name__)


def _told(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cameo app", description="Open Cameo's window.")
    parser.add_argument("--library", type=Path, help="the library's folder")
    parser.add_argument("--models", type=Path, help="the models' folder")
    parser.add_argument("--page", default="", help="the page to begin with")
    return parser.parse_args(arguments)


def _show_crash(window: Window, report: str) -> None:
    from app.views.crash_dialog import CrashDialog

    open_one = next((d for d in window.findChildren(CrashDialog) if d.isVisible()), None)
    if open_one is not None:  # a bug seldom comes alone, and one in painting comes again and again
        open_one.add(report)
        return
    dialog = CrashDialog(report, parent=window)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def _other_library(error: CameoError) -> Path | None:
    """Say why the library cannot be opened, and ask for another folder."""
    box = QMessageBox(QMessageBox.Icon.Critical, "Cameo", sentence_of(error))
    box.setTextFormat(Qt.TextFormat.PlainText)
    choose = box.addButton(
        QCoreApplication.translate("Bootstrap", "Choose another folder…"),
        QMessageBox.ButtonRole.AcceptRole,
    )
    box.addButton(
        QCoreApplication.translate("Bootstrap", "Quit"), QMessageBox.ButtonRole.RejectRole
    )
    box.exec()
    if box.clickedButton() is not choose:
        return None
    folder = QFileDialog.getExistingDirectory(
        None, QCoreApplication.translate("Bootstrap", "Where the library lives")
    )
    return Path(folder) if folder else None
