"""What is shown when a bug escaped: an apology, a report to copy, and the way on."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QDialog, QPlainTextEdit, QVBoxLayout, QWidget

from app import theme
from app.widgets.parts import button, label, row

MOST = 20  # reports shown


class CrashDialog(QDialog):
    """The report holds code places only: no names, no paths, no pictures."""

    def __init__(self, report: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Something went wrong"))
        self.resize(640, 420)
        self._reports = [report]
        self._text = QPlainTextEdit(report)
        self._text.setReadOnly(True)
        self._text.setAccessibleName(self.windowTitle())
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
        inside.addWidget(self._text, 1)
        inside.addLayout(
            row(
                None,
                button(
                    self.tr("Copy the report"),
                    lambda: QApplication.clipboard().setText(self._text.toPlainText()),
                    icon="copy",
                ),
                button(self.tr("Go on"), self.accept, look="primary"),
            )
        )

    def add(self, report: str) -> None:
        """Another bug: the same one again is not told again."""
        if report not in self._reports and len(self._reports) < MOST:
            self._reports.append(report)
            self._text.setPlainText("\n\n".join(self._reports))
