"""Several people in a picture: who is meant?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import imaging, theme
from app.widgets.parts import label
from app.words import decimal

if TYPE_CHECKING:
    from reid_core.actions.pick import Somebody

SIDE = 112  # px


class ChooseDialog(QDialog):
    """Their pictures side by side; a double click or Enter takes one."""

    chosen = Signal(object)  # Somebody

    def __init__(self, choices: Sequence[Somebody], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Who is meant?"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._choices = list(choices)
        self.people = QListWidget()
        self.people.setViewMode(QListWidget.ViewMode.IconMode)
        self.people.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.people.setMovement(QListWidget.Movement.Static)
        self.people.setIconSize(QSize(SIDE, SIDE))
        self.people.setSpacing(6)
        self.people.setAccessibleName(self.windowTitle())
        for one in self._choices:
            pixmap = QPixmap.fromImage(imaging.from_jpeg(one.jpeg))
            text = self.tr("{number}, quality {quality}")
            item = QListWidgetItem(
                QIcon(pixmap), text.format(number=one.number, quality=decimal(one.quality, 2))
            )
            self.people.addItem(item)
        self.people.setCurrentRow(0)
        self.people.itemActivated.connect(lambda _: self.accept())
        self._lay_out()
        self.resize(660, 420)

    def accept(self) -> None:
        place = self.people.currentRow()
        super().accept()
        if 0 <= place < len(self._choices):
            self.chosen.emit(self._choices[place])

    def _lay_out(self) -> None:
        buttons = QDialogButtonBox()
        take = buttons.addButton(self.tr("Search"), QDialogButtonBox.ButtonRole.AcceptRole)
        take.setProperty("look", "primary")
        buttons.addButton(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        line = self.tr("The picture shows {} people. Choose the one to look for.")
        inside = QVBoxLayout(self)
        inside.setContentsMargins(2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP)
        inside.addWidget(label(line.format(len(self._choices)), wrap=True))
        inside.addWidget(self.people, 1)
        inside.addWidget(buttons)
