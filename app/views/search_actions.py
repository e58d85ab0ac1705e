"""What can be done with results: the context menu, and writing them to files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app import theme
from app.session import Message, Session
from app.viewmodels.search import Search
from app.viewmodels.search_exports import suggested
from app.viewmodels.search_rows import Row
from app.widgets.opening import open_path, show_in_folder

FOLDER = "export_folder"  # among the window's settings


class ResultActions(QObject):
    """Menus and dialogs over a page."""

    play_asked = Signal(str)  # a row's key

    def __init__(self, session: Session, search: Search, page: QWidget) -> None:
        super().__init__(page)
        self._session, self._search, self._page = session, search, page
        search.exported.connect(self._on_exported)

    def show_menu(self, row: Row, place: QPoint) -> None:
        """What can be done with one result."""
        menu, search = self._menu(), self._search
        add = menu.addAction
        add(theme.icon("play"), self.tr("Play"), lambda: self.play_asked.emit(row.key))
        if search.person is not None:
            menu.addSeparator()
            add(theme.icon("check"), self.tr("Confirm"), lambda: search.confirm(row))
            add(theme.icon("x"), self.tr("Not this person"), lambda: search.reject(row))
            add(theme.icon("plus"), self.tr("Add as template"), lambda: search.add_template(row))
        menu.addSeparator()
        find = partial(search.ask_tracklet, row.key)
        add(theme.icon("magnifying-glass"), self.tr("Find elsewhere"), lambda: find())
        show = partial(show_in_folder, Path(row.sighting.video))
        add(theme.icon("folder-open"), self.tr("Show in file manager"), lambda: show())
        menu.popup(place)

    def show_export(self, place: QPoint) -> None:
        """What the results can be written as."""
        menu, rows = self._menu(), self._search.rows
        n = sum(r.is_likely for r in rows) or len(rows)
        menu.addAction(self.tr("Table (CSV)…"), lambda: self.ask_where("csv"))
        menu.addAction(self.tr("Report (HTML)…"), lambda: self.ask_where("html"))
        menu.addAction(self.tr("Clips ({})…").format(n), lambda: self.ask_where("clips"))
        menu.popup(place)

    def ask_where(self, form: str) -> None:
        """Ask for a file, or for clips a folder; begins where the last one was."""
        if self._search.found is None:
            return
        dialog = QFileDialog(self._page, self.tr("Export"))
        folder = self._session.settings.window.get(FOLDER, str(Path.home()))
        if Path(folder).is_dir():
            dialog.setDirectory(folder)
        if form == "clips":
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        else:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix(form)
            dialog.selectFile(suggested(self._search.found, form))
        dialog.fileSelected.connect(lambda path: self.write(form, Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def write(self, form: str, target: Path) -> None:
        """Write there, and remember the folder."""
        folder = target if form == "clips" else target.parent
        window = {**self._session.settings.window, FOLDER: str(folder)}
        self._session.settings = replace(self._session.settings, window=window)
        self._search.export(form, target)

    def _menu(self) -> QMenu:
        menu = QMenu(self._page)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _on_exported(self, path: Path) -> None:
        line = self.tr("Written: {}").format(path.name)
        show = Message(line, action=self.tr("Show"), call=partial(open_path, path))
        self._session.message.emit(show)
