"""A line at the window's foot for a while: what was done, and a button to undo it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app import theme
from app.session import Message
from app.widgets.parts import label

SHOWN_MS = 7000
ERROR_MS = 20000
WIDEST = 720


class Toast(QFrame):
    """Floats over its parent; Escape or a click takes it away."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._around = parent
        self._call: Callable[[], object] | None = None
        self._text = label(wrap=True, selectable=True)
        self._button = QPushButton()
        self._button.clicked.connect(self._act)
        self._close = QPushButton(self.tr("Close"))
        self._close.clicked.connect(self.hide)
        inside = QHBoxLayout(self)
        inside.setContentsMargins(2 * theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        inside.addWidget(self._text, 1)
        inside.addWidget(self._button)
        inside.addWidget(self._close)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    def say(self, message: Message) -> None:
        """Show a message in place of the one before."""
        self._call = message.call
        self._text.setText(message.text)
        self._button.setText(message.action)
        self._button.setVisible(bool(message.action))
        self._close.setVisible(message.is_error)
        self.setProperty("look", "toast-bad" if message.is_error else "toast")
        for one in (self, self._text, self._button, self._close):  # their colours go by ours
            one.style().unpolish(one)
            one.style().polish(one)
        self._place()
        self.show()
        self.raise_()
        self._timer.start(ERROR_MS if message.is_error else SHOWN_MS)

    def withdraw(self, call: Callable[[], object]) -> None:
        """Offer an action no more: it would do something else by now."""
        if self._call == call:
            self._call = None
            self._button.hide()

    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _act(self) -> None:
        self.hide()
        if self._call is not None:
            self._call()

    def _place(self) -> None:
        around = self._around.size()
        width = min(WIDEST, around.width() - 4 * theme.GAP)
        self.setFixedWidth(width)
        self.resize(width, self.heightForWidth(width))
        self.move((around.width() - width) // 2, around.height() - self.height() - 3 * theme.GAP)
