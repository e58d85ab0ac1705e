"""Two questions: to use a model that is not better for sure, and whether a retraining may go."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.viewmodels import retrain_words as words
from app.viewmodels.retrain_rows import Learnt
from app.views.retrain_figures import FiguresTable
from app.widgets.parts import label


class UseDialog(QDialog):
    """The figures, and an explicit choice."""

    agreed = Signal(object)  # a Learnt

    def __init__(self, row: Learnt, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Use it all the same?"))
        self.setMinimumWidth(620)
        self._row = row
        figures = FiguresTable()
        figures.show_run(row.run)
        self.choice = QCheckBox(
            self.tr("I have seen the figures, and want to use this model all the same")
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.use = buttons.addButton(self.tr("Use it"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.use.setEnabled(False)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setDefault(True)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP)
        inside.setSpacing(theme.GAP)
        inside.addWidget(label(words.verdict_line(row.run), wrap=True))
        inside.addWidget(figures)
        more = self.tr(
            "It is not offered, since it is not better for sure. You can go back at any time."
        )
        inside.addWidget(label(more, "muted", wrap=True))
        inside.addWidget(self.choice)
        inside.addWidget(buttons)
        self.choice.toggled.connect(self.use.setEnabled)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)

    def accept(self) -> None:
        if self.choice.isChecked():
            super().accept()
            self.agreed.emit(self._row)


class DropBox(QMessageBox):
    """Asks once, saying what goes."""

    agreed = Signal()

    def __init__(self, row: Learnt, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle(self.tr("Drop the retraining?"))
        form = self.tr("Drop the retraining of {}?")
        self.setText(form.format(f"{words.run_title(row.run)}, {words.when(row.run)}"))
        lines = [self.tr("What goes: its figures, from whom it learnt, and its model.")]
        if row.run.in_use:
            lines.append(self.tr("It is in use: then the network alone is."))
        lines.append(self.tr("People and footage stay. This cannot be undone."))
        self.setInformativeText(" ".join(lines))
        self.drop = self.addButton(self.tr("Drop"), QMessageBox.ButtonRole.DestructiveRole)
        self.setDefaultButton(self.addButton(QMessageBox.StandardButton.Cancel))
        self.drop.clicked.connect(lambda _=False: self.agreed.emit())
