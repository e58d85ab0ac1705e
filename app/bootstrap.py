"""Putting the window together: settings, library, lanes, session, window; and taking it apart."""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLibraryInfo, QLocale, QTimer, QTranslator
from PySide6.QtWidgets import QApplication, QMessageBox

from app import crash, log, theme
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

TRANSLATIONS = Path(__file__).parent / "translations"


def main(arguments: list[str]) -> int:
    """Open the window and run until it is closed; the exit status."""
    told = _told(arguments)
    app = make_application()
    path = settings_path()
    settings = load_settings(path)
    dress(app, settings)
    try:
        session = open_session(settings, library=told.library, models=told.models)
    except CameoError as error:
        QMessageBox.critical(None, "Cameo", str(error))
        return 2
    log.log_to(session.library.folder / "log")
    window = make_window(session)
    crash.install(lambda report: session.tasks.post(lambda: _show_crash(window, report)))
    if told.page:
        window.show_page(told.page)
    status = app.exec()
    close_session(session)
    save_settings(session.settings, path)
    return status


def make_application() -> QApplication:
    """The one QApplication. opencv-python's own Qt plug-ins must not be found by ours."""
    os.environ.pop("QT_QPA_PLATFORM_PLUGIN_PATH", None)
    os.environ.setdefault("QT_API", "pyside6")  # for the icons' library
    app = QApplication.instance() or QApplication(["cameo"])
    assert isinstance(app, QApplication)
    app.setApplicationName("Cameo")
    app.setDesktopFileName("cameo")
    signal.signal(signal.SIGINT, lambda *_: app.closeAllWindows())
    return app


def dress(app: QApplication, settings: Settings) -> None:
    """Language and look."""
    language = settings.language
    locale = QLocale() if language == "system" else QLocale(language)
    for name, folder in (
        ("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
        ("cameo", str(TRANSLATIONS)),
    ):
        translator = QTranslator(app)
        if locale.language() is not QLocale.Language.English and translator.load(
            locale, name, "_", folder
        ):
            app.installTranslator(translator)
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
    from app.views.window import Window, library_line, show_soon

    app = QApplication.instance()
    window = Window(session)
    window.setWindowTitle(library_line(session.library.folder))
    session.settings_changed.connect(
        lambda s: theme.apply_theme(app, s.theme) if isinstance(app, QApplication) else None
    )
    show_soon(window, session.settings.last_page)
    beat = QTimer(window)  # lets Python see Ctrl-C while Qt waits
    beat.start(500)
    beat.timeout.connect(lambda: None)
    return window


def close_session(session: Session) -> None:
    """Stop the lanes, then close the library."""
    session.tasks.close()
    session.library.close()


def _told(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cameo app", description="Open Cameo's window.")
    parser.add_argument("--library", type=Path, help="the library's folder")
    parser.add_argument("--models", type=Path, help="the models' folder")
    parser.add_argument("--page", default="", help="the page to begin with")
    return parser.parse_args(arguments)


def _show_crash(window: Window, report: str) -> None:
    from app.views.crash_dialog import CrashDialog

    CrashDialog(report, parent=window).open()
