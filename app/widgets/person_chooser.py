"""Choosing somebody enrolled from a list with portraits, found by any part of the name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.models.people import PeopleFilter, PeopleModel
from app.widgets.parts import label
from app.widgets.person_card import PersonLine
from app.widgets.thumbs import Thumbnails
from reid_core.library.people import Portrait

MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class PersonChooser(QDialog):
    """title: of the window. what: a sentence on what will happen. verb: of the button."""

    chosen = Signal(object)  # the person's id

    def __init__(
        self,
        rows: Sequence[Portrait],
        thumbs: Thumbnails,
        *,
        title: str,
        what: str,
        verb: str,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.people = PeopleModel()
        self.people.set_rows(rows)
        self.filter = PeopleFilter(self.people)
        self.name = QLineEdit()
        self.list = QListView()
        self._delegate = PersonLine(thumbs)
        self._what = label(what, "muted", wrap=True)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.take = self._buttons.addButton(verb, QDialogButtonBox.ButtonRole.AcceptRole)
        self._build()
        thumbs.ready.connect(self._on_ready)
        self._choose_first()
        self.resize(420, 480)

    def accept(self) -> None:
        row = self.filter.row(self.list.currentIndex())
        super().accept()
        if row is not None:
            self.chosen.emit(row.id)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys move in the list while a name is typed."""
        is_key = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if watched is self.name and is_key and event.key() in MOVES:  # type: ignore[attr-defined]
            self.list.event(event)
            return True
        return super().eventFilter(watched, event)

    def _build(self) -> None:
        self.name.setPlaceholderText(self.tr("Find by name"))
        self.name.setAccessibleName(self.tr("Find by name"))
        self.name.setClearButtonEnabled(True)
        self.name.installEventFilter(self)
        self.name.textChanged.connect(self._look_for)
        self.list.setModel(self.filter)
        self.list.setItemDelegate(self._delegate)
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName(self.windowTitle())
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.doubleClicked.connect(lambda _: self.accept())
        self.list.selectionModel().currentChanged.connect(self._check)
        self.take.setProperty("look", "primary")
        self.take.setDefault(True)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP)
        inside.setSpacing(theme.GAP)
        for one in (self._what, self.name, self.list, self._buttons):
            inside.addWidget(one)

    def _look_for(self, text: str) -> None:
        self.filter.look_for(text)
        self._choose_first()

    def _choose_first(self) -> None:
        self.list.setCurrentIndex(self.filter.index(0, 0))
        self._check()

    def _check(self) -> None:
        self.take.setEnabled(self.list.currentIndex().isValid())

    def _on_ready(self, _: str) -> None:
        self.list.viewport().update()
