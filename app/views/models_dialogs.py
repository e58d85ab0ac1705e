"""The questions that the page of models asks: about a licence, a switch, a removal."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QLocale, QObject, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from app.viewmodels.models import Switch
from app.viewmodels.models_rows import ModelRow
from app.words import remaining


class Questions(QObject):
    """Asked over a widget, without stopping the program."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent

    def ask(
        self, title: str, text: str, more: str, yes: str, then: Callable[[], object]
    ) -> QMessageBox:
        """A question in plain words; `then` is called when the answer is yes. Escape is no."""
        box = QMessageBox(self._parent)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setWindowTitle(title)
        box.setText(text)
        box.setInformativeText(more)
        agree = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
        no = box.addButton(self.tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setEscapeButton(no)
        box.buttonClicked.connect(lambda pressed: then() if pressed is agree else None)
        box.finished.connect(box.deleteLater)
        box.open()
        return box

    def ask_licence(self, row: ModelRow, then: Callable[[], object]) -> QMessageBox:
        """Whether somebody agrees to terms without commercial use."""
        return self.ask(
            self.tr("Licence of {}").format(row.name),
            self.tr("{} may not be used commercially.").format(row.name),
            self.tr(
                "Its licence: {}. By downloading it you agree to use it under these terms. You are "
                "asked once for each licence."
            ).format(row.manifest.licence),
            self.tr("Agree and download"),
            then,
        )

    def ask_switch(self, switch: Switch, then: Callable[[], object]) -> QMessageBox:
        """Whether to embed again, after saying what and for how long."""
        return self.ask(
            self.tr("Use {}?").format(switch.name),
            self.tr("What is stored has to be embedded again with {}.").format(switch.name),
            self.switch_words(switch),
            self.tr("Embed again and switch"),
            then,
        )

    def switch_words(self, switch: Switch) -> str:
        """What has to be embedded, how long it takes, and what happens meanwhile."""
        locale, pending = QLocale(), switch.pending
        lines = [
            self.tr("Enrolled pictures: {}. Views in footage: {}, of {} appearances.").format(
                locale.toString(pending.templates),
                locale.toString(pending.views),
                locale.toString(pending.tracklets),
            )
        ]
        if switch.seconds is not None:
            lines.append(
                self.tr("On this computer that takes about {}.").format(remaining(switch.seconds))
            )
        lines.append(
            self.tr(
                "You can go on working: searches answer from {} until then, and no video is read "
                "again. The vectors of {} stay, so that switching back takes no time. A video "
                "that is being indexed at the moment of the switch has to be indexed again. What "
                "was done before cannot be undone afterwards."
            ).format(switch.old, switch.old)
        )
        return "\n\n".join(lines)

    def ask_removal(self, row: ModelRow, then: Callable[[], object]) -> QMessageBox:
        """Whether a model's file may go."""
        again = self.tr("It can be downloaded again.")
        if row.is_shipped:
            again = self.tr("It is part of Cameo and can be installed again at any time.")
        if row.is_imported:
            again = self.tr("It was imported: to have it again you need its file.")
        return self.ask(
            self.tr("Remove {}?").format(row.name),
            self.tr("Its file is deleted from the models' folder."),
            again + " " + self.tr("Vectors that it made stay in the library."),
            self.tr("Remove"),
            then,
        )
