"""What the page of settings is made of: sections, and lines in them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.shortcuts import SHORTCUTS, Shortcut
from app.widgets.parts import card, label

WIDEST = 860  # px: longer lines are hard to read
WORDS = 210  # px for the words at the left


class Section(QFrame):
    """A titled card with a grid: words at the left, what they are about at the right."""

    def __init__(self, title: str) -> None:
        super().__init__()
        frame, inside = card()
        inside.addWidget(label(title, "heading"))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(2 * theme.GAP)
        self._grid.setVerticalSpacing(theme.GAP + 2)
        self._grid.setColumnMinimumWidth(0, WORDS)
        self._grid.setColumnStretch(1, 1)
        inside.addLayout(self._grid)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(frame)

    def add(self, words: str, what: QWidget | QLayout, hint: str = "") -> None:
        """A line. hint: an explanation beneath, plain text."""
        n = self._grid.rowCount()
        word = label(words, wrap=True)
        self._grid.addWidget(word, n, 0, Qt.AlignmentFlag.AlignTop)
        if isinstance(what, QWidget):
            word.setBuddy(what)
            if not what.accessibleName():
                what.setAccessibleName(words)
            word.setMinimumHeight(min(what.sizeHint().height(), 32))
            small = what.sizePolicy().horizontalPolicy() is not QSizePolicy.Policy.Expanding
            side = Qt.AlignmentFlag.AlignLeft if small and not isinstance(what, QLabel) else None
            if side is None:
                self._grid.addWidget(what, n, 1)
            else:
                self._grid.addWidget(what, n, 1, side)
        else:
            word.setMinimumHeight(32)
            self._grid.addLayout(what, n, 1)
        if hint:
            self._grid.addWidget(label(hint, "muted", wrap=True), n + 1, 1)

    def add_wide(self, what: QWidget | QLayout) -> None:
        """A line of its own."""
        n = self._grid.rowCount()
        if isinstance(what, QWidget):
            self._grid.addWidget(what, n, 0, 1, 2)
        else:
            self._grid.addLayout(what, n, 0, 1, 2)


def path_label(name: str) -> QLabel:
    """A folder that can be selected and copied."""
    made = label("", wrap=True)
    made.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    made.setAccessibleName(name)
    return made


def shown_path(path: object) -> str:
    """A path that may be wrapped between its folders."""
    return str(path).replace("/", "/\u200b").replace("\\", "\\\u200b")


class _Calm(QObject):
    """Lets the wheel scroll the page instead of changing a field that is not in use."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_wheel = event.type() == QEvent.Type.Wheel
        if is_wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def calm(field: QAbstractSpinBox | QComboBox) -> None:
    """A number or a choice on a page that scrolls: only changed by the wheel once it is in use."""
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(_Calm(field))
    if isinstance(field, QAbstractSpinBox):
        field.lineEdit().setTextMargins(6, 0, 0, 0)


class ShortcutTable(QWidget):
    """Every shortcut, by page, in two columns."""

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * theme.GAP)
        grid.setVerticalSpacing(4)
        grid.setColumnMinimumWidth(0, WORDS)
        grid.setColumnStretch(1, 1)
        page: str | None = None
        for one in SHORTCUTS:
            n = grid.rowCount()
            if one.page != page:
                page = one.page
                head = label(self._page_name(page), "muted")
                head.setContentsMargins(0, theme.GAP if n > 1 else 0, 0, 0)
                grid.addWidget(head, n, 0, 1, 2)
                n += 1
            grid.addWidget(label(keys_text(one)), n, 0)
            words = QCoreApplication.translate("Shortcuts", one.what)
            grid.addWidget(label(words, wrap=True), n, 1)

    def _page_name(self, page: str) -> str:
        return {
            "": self.tr("Everywhere"),
            "people": self.tr("People"),
            "footage": self.tr("Footage"),
            "search": self.tr("Search"),
            "player": self.tr("In the player"),
            "live": self.tr("Live"),
            "train": self.tr("Train"),
            "models": self.tr("Models"),
        }[page]


def keys_text(shortcut: Shortcut) -> str:
    """As they stand on the keyboard here."""
    shown = [
        QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in shortcut.keys
    ]
    return "  ".join(shown)
