"""Files that are dropped."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.widgets.parts import label


def dropped(data: QMimeData) -> list[str]:
    """The paths of the files and folders in what is dragged."""
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


class DropFrame(QFrame):
    """Covers its parent while files hover over it. text: what dropping them will do."""

    def __init__(self, around: QWidget, text: str) -> None:
        super().__init__(around)
        self._around = around
        self.setProperty("look", "drop")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        inside = QVBoxLayout(self)
        words = label(text, "title")
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inside.addWidget(words)
        self.hide()

    def cover(self) -> None:
        """Show over all of the parent."""
        self.setGeometry(self._around.rect().adjusted(8, 8, -8, -8))
        self.raise_()
        self.show()
