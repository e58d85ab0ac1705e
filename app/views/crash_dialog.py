"""What is shown when a bug escaped: an apology, a report to copy, and the way on."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QDialog, QPlainTextEdit, QVBoxLayout, QWidget

from app import theme
from app.widgets.parts import button, label, row


class CrashDialog(QDialog):
    """The report holds code places only: no names, no paths, no pictures."""

    def __init__(self, report: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Something went wrong"))
        self.resize(640, 420)
        text = QPlainTextEdit(report)
        text.setReadOnly(True)
        inside = QVBoxLayout(self)
        inside.setSpacing(2 * theme.GAP)
        inside.addWidget(label(self.tr("This is a mistake in Cameo, not yours"), "heading"))
        inside.addWidget(
            label(
                self.tr(
                    "Your library is safe: whatever was not finished was not begun. The report "
                    "below says where in the program it happened. It holds no names, no file "
                    "names and no pictures."
                ),
                wrap=True,
            )
        )
        inside.addWidget(text, 1)
        inside.addLayout(
            row(
                None,
                button(
                    self.tr("Copy the report"),
                    lambda: QApplication.clipboard().setText(report),
                    icon="copy",
                ),
                button(self.tr("Go on"), self.accept, look="primary"),
            )
        )
