"""Two small questions: which camera or stream, and who somebody is."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.widgets.parts import label

ADDRESS = re.compile(r"(rtsps?|rtmps?|https?|udp|tcp|srt)://\S+", re.IGNORECASE)
NUMBER = re.compile(r"(?:camera:)?(\d{1,3})")


def camera_source(text: str) -> str | None:
    """What was typed as a source: "0" -> "camera:0", an address as it is; None when neither."""
    text = text.strip()
    if number := NUMBER.fullmatch(text):
        return f"camera:{number[1]}"
    return text if ADDRESS.fullmatch(text) else None


class CameraDialog(QDialog):
    """Asks for a camera's number or a stream's address.

    known: those added before; they are shown without credentials.
    """

    asked = Signal(str)  # a source

    def __init__(self, known: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from reid_core.video.names import safe_name

        self.setWindowTitle(self.tr("Record a camera or stream"))
        self.setMinimumWidth(460)
        self._known = QComboBox()
        self._known.setAccessibleName(self.tr("Known cameras"))
        self._known.addItem(self.tr("Another camera or stream"), "")
        for one in known:
            self._known.addItem(safe_name(one) if "://" in one else one, one)
        self._known.setVisible(bool(known))
        self._text = QLineEdit()
        self._text.setAccessibleName(self.tr("Camera number or address"))
        self._text.setPlaceholderText(self.tr("0 or rtsp://user:password@address/stream"))
        self._wrong = label("", "bad", wrap=True)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._ok = self._buttons.addButton(
            self.tr("Record"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self._ok.setProperty("look", "primary")
        self._ok.setDefault(True)
        self._ok.setEnabled(False)
        inside = QVBoxLayout(self)
        inside.setSpacing(theme.GAP)
        what = self.tr(
            "People are looked for until you stop it. The video itself is not kept, only who was "
            "seen in it and when. A user name and a password in the address are neither shown "
            "nor stored."
        )
        inside.addWidget(label(what, "muted", wrap=True))
        inside.addWidget(self._known)
        inside.addWidget(self._text)
        inside.addWidget(self._wrong)
        inside.addWidget(self._buttons)
        self._text.textChanged.connect(lambda _: self._check())
        self._known.currentIndexChanged.connect(lambda _: self._check())
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)
        self._text.setFocus()

    @property
    def source(self) -> str | None:
        """What was chosen or typed, None while it is no source."""
        return str(self._known.currentData()) or camera_source(self._text.text())

    def _check(self) -> None:
        is_known = bool(self._known.currentData())
        self._text.setVisible(not is_known)
        self._ok.setEnabled(self.source is not None)
        is_wrong = self.source is None and bool(self._text.text().strip())
        hint = self.tr("Write a camera's number (0, 1, …) or an address that begins with rtsp://")
        self._wrong.setText(hint if is_wrong else "")

    def _accept(self) -> None:
        if (source := self.source) is not None:
            self.accept()
            self.asked.emit(source)


class NameDialog(QDialog):
    """Asks who somebody is; names of people enrolled are offered."""

    named = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Who is this?"))
        self.setMinimumWidth(360)
        self._name = QLineEdit()
        self._name.setAccessibleName(self.tr("Name"))
        self._name.setPlaceholderText(self.tr("Name"))
        self._name.setMaxLength(200)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        ok = self._buttons.addButton(self.tr("Enrol"), QDialogButtonBox.ButtonRole.AcceptRole)
        ok.setProperty("look", "primary")
        ok.setDefault(True)
        ok.setEnabled(False)
        inside = QVBoxLayout(self)
        inside.setSpacing(theme.GAP)
        what = self.tr("The best views become templates, so that this person is found everywhere.")
        inside.addWidget(label(what, "muted", wrap=True))
        inside.addWidget(self._name)
        inside.addWidget(self._buttons)
        self._name.textChanged.connect(lambda text: ok.setEnabled(bool(text.strip())))
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)

    def offer(self, names: list[str]) -> None:
        """Complete what is typed with these."""
        completer = QCompleter(names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._name.setCompleter(completer)

    def _accept(self) -> None:
        name = self._name.text().strip()
        if name:
            self.accept()
            self.named.emit(name)
