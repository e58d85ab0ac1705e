"""What can be done with a video: the words, the icons and the calls, for menu and panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QMessageBox, QWidget

from app import theme
from app.viewmodels.footage import Footage
from app.viewmodels.footage_rows import VideoRow, actions_for
from app.widgets.opening import show_in_folder

ICONS = {
    "relink": "link",
    "resume": "play",
    "pause": "pause",
    "again": "arrow-clockwise",
    "play": "monitor-play",
    "first": "arrow-line-up",
    "up": "arrow-up",
    "down": "arrow-down",
    "cancel": "x",
    "reveal": "folder-open",
    "copy": "copy",
    "remove": "trash",
}


class Actions(QObject):
    """Does what somebody chose for a video; asks where something would be lost."""

    def __init__(self, footage: Footage, around: QWidget) -> None:
        super().__init__(around)
        self._footage, self._around = footage, around
        queue = footage.queue
        self._calls: dict[str, Callable[[VideoRow], object]] = {
            "relink": self.relink,
            "resume": footage.resume,
            "pause": lambda row: queue.pause(row.source),
            "again": footage.index_again,
            "play": footage.play,
            "first": lambda row: queue.move(row.source, to="first"),
            "up": lambda row: queue.move(row.source, to="up"),
            "down": lambda row: queue.move(row.source, to="down"),
            "cancel": lambda row: queue.cancel(row.source),
            "reveal": lambda row: show_in_folder(Path(row.path)),
            "copy": lambda row: QApplication.clipboard().setText(row.path),
            "remove": self.remove,
        }

    def word(self, name: str, row: VideoRow) -> str:
        """What an action is called for a row."""
        if name == "cancel" and row.is_recording:
            return self.tr("Stop recording")
        if name == "remove" and row.id is None:
            return self.tr("Dismiss")
        if name == "resume" and row.state == "failed":
            return self.tr("Try again")
        return {
            "relink": self.tr("Find the file…"),
            "resume": self.tr("Resume"),
            "pause": self.tr("Pause"),
            "again": self.tr("Index again"),
            "play": self.tr("Play"),
            "first": self.tr("Index first"),
            "up": self.tr("Move up"),
            "down": self.tr("Move down"),
            "cancel": self.tr("Stop"),
            "reveal": self.tr("Show in folder"),
            "copy": self.tr("Copy its path"),
            "remove": self.tr("Remove…"),
        }[name]

    def possible(self, row: VideoRow) -> tuple[str, ...]:
        """The names of what can be done with a row."""
        return actions_for(row, outdated=self._footage.is_outdated(row))

    def do(self, name: str, row: VideoRow) -> None:
        """Do one of them."""
        self._calls[name](row)

    def menu(self, row: VideoRow) -> QMenu:
        """All of them; the caller shows it."""
        menu = QMenu(self._around)
        for name in self.possible(row):
            if name in ("reveal", "remove"):
                menu.addSeparator()
            shade = "bad" if name == "remove" else "text"
            action = QAction(theme.icon(ICONS[name], shade), self.word(name, row), menu)
            action.triggered.connect(lambda _=False, n=name: self.do(n, row))
            menu.addAction(action)
        return menu

    def relink(self, row: VideoRow) -> None:
        """Ask where the file is now."""
        dialog = QFileDialog(self._around, self.tr("Where is {}?").format(row.name))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self._footage.relink(row, Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def remove(self, row: VideoRow) -> None:
        """Ask once, saying what goes."""
        if row.id is None:
            self._footage.remove(row)
            return
        box = QMessageBox(self._around)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("Remove from the library?"))
        box.setText(self.tr("Remove {} from the library?").format(row.name))
        what = self.tr(
            "What goes: {faces} face and {bodies} body tracklets with their pictures, and what you "
            "confirmed or rejected of them. People enrolled from it stay. The file itself is not "
            "touched. This cannot be undone."
        )
        box.setInformativeText(what.format(faces=row.faces, bodies=row.bodies))
        remove = box.addButton(self.tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        remove.clicked.connect(lambda _=False: self._footage.remove(row))
        box.finished.connect(box.deleteLater)
        box.open()
