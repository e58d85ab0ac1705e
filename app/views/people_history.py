"""Undo and redo as buttons that say what they would do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from app.session import Session
from app.tips import plain_tip
from app.widgets.parts import tool


class HistoryButtons(QWidget):
    """Two tool buttons; each is enabled while there is a step."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.undo = tool("arrow-counter-clockwise", self.tr("Undo"), session.undo)
        self.redo = tool("arrow-clockwise", self.tr("Redo"), session.redo)
        inside = QHBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self.undo)
        inside.addWidget(self.redo)
        session.history_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Ask the history again."""
        history = self._session.history
        _set(self.undo, self.tr("Undo"), history.can_undo, QKeySequence.StandardKey.Undo)
        _set(self.redo, self.tr("Redo"), history.can_redo, QKeySequence.StandardKey.Redo)


def _set(button: QToolButton, word: str, what: str | None, key: QKeySequence.StandardKey) -> None:
    keys = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
    button.setEnabled(what is not None)
    words = word if what is None else f"{word}: {what}"
    button.setToolTip(plain_tip(f"{words} ({keys})"))
    button.setAccessibleName(words)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
