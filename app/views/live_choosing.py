"""Choosing what to watch: a menu of cameras, addresses and files."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.viewmodels.live import Live
from app.viewmodels.live_sources import CAMERAS, Choice, is_address
from app.widgets.parts import label

ICONS = {"camera": "camera", "stream": "broadcast", "file": "film-strip"}


class SourceMenu(QMenu):
    """What was watched lately, cameras, an address, a file. Made anew whenever it opens."""

    chosen = Signal(str)  # a source

    def __init__(self, live: Live, parent: QWidget) -> None:
        super().__init__(parent)
        self._live, self._page = live, parent
        self.aboutToShow.connect(self._fill)

    def ask_address(self, proposed: str = "") -> None:
        """Ask for a stream's address."""
        dialog = AddressDialog(proposed, self._page)
        dialog.asked.connect(self.chosen)
        dialog.open()

    def ask_file(self) -> None:
        """Ask for a video to be played as if it were a camera."""
        path, _ = QFileDialog.getOpenFileName(
            self._page,
            self.tr("A video to be played as if it were a camera"),
            "",
            self.tr("Videos")
            + " (*.mp4 *.m4v *.mov *.mkv *.webm *.avi *.mpg *.mpeg *.ts *.wmv);;"
            + self.tr("All files")
            + " (*)",
        )
        if path:
            self.chosen.emit(path)

    def _fill(self) -> None:
        self.clear()
        known = self._live.choices
        if known:
            self.addSection(self.tr("Watched lately"))
            for one in known:
                self._add(
                    one,
                    self.tr("Camera {}").format(one.source[7:])
                    if one.sort == "camera"
                    else one.label,
                )
        self.addSection(self.tr("Cameras of this computer"))
        for number in range(CAMERAS):
            source = f"camera:{number}"
            if all(c.source != source for c in known):
                self._add(Choice(source, source, "camera"), self.tr("Camera {}").format(number))
        self.addSeparator()
        self.addAction(
            theme.icon("broadcast"), self.tr("Network camera or stream…"), self.ask_address
        )
        self.addAction(theme.icon("film-strip"), self.tr("Play a file as camera…"), self.ask_file)

    def _add(self, one: Choice, text: str) -> None:
        action = self.addAction(theme.icon(ICONS[one.sort]), text.replace("&", "&&"))
        action.triggered.connect(partial(self._on_choice, one))

    def _on_choice(self, one: Choice, _checked: bool = False) -> None:
        if self._live.needs_password(one):
            self.ask_address(one.source)
        else:
            self.chosen.emit(one.source)


class AddressDialog(QDialog):
    """Asks for a stream's address; what is typed is not kept with its password."""

    asked = Signal(str)

    def __init__(self, proposed: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Network camera or stream"))
        self.setMinimumWidth(480)
        self.address = QLineEdit(proposed)
        self.address.setAccessibleName(self.tr("Address"))
        self.address.setPlaceholderText("rtsp://user:password@192.168.1.20/stream")
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.watch = self._buttons.addButton(
            self.tr("Watch"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.watch.setProperty("look", "primary")
        self.watch.setDefault(True)
        what = self.tr(
            "The address of an RTSP or HTTP stream; the camera's manual has it. A user name and a "
            "password are used for this connection, and are neither shown nor stored."
        )
        inside = QVBoxLayout(self)
        inside.setSpacing(theme.GAP)
        inside.addWidget(label(what, "muted", wrap=True))
        inside.addWidget(self.address)
        inside.addWidget(self._buttons)
        self.address.textChanged.connect(lambda _: self._check())
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)
        self._check()

    def _check(self) -> None:
        self.watch.setEnabled(is_address(self.address.text()))

    def _accept(self) -> None:
        self.accept()
        self.asked.emit(self.address.text().strip())
        self.deleteLater()
