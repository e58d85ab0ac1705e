"""Two questions: what a new model is called and may be used for, and whether a run may go."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.viewmodels.train_export import ModelPlan, name_problem
from app.viewmodels.train_runs import RunRow
from app.widgets.parts import label


class ModelDialog(QDialog):
    """Asks for what must be known of a model. proposed: name, role and data."""

    asked = Signal(object)  # a ModelPlan

    def __init__(
        self, proposed: ModelPlan, taken: frozenset[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._taken = taken
        self.setWindowTitle(self.tr("Make a model"))
        self.setMinimumWidth(520)
        self.name, self.role, self.precision = QLineEdit(proposed.name), QComboBox(), QComboBox()
        self.licence, self.data, self.terms = QLineEdit(), QLineEdit(proposed.data), QLineEdit()
        self.note = QLineEdit()
        self.commercial = QCheckBox(self.tr("Its terms allow commercial use"))
        self._wrong = label("", "bad", wrap=True)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = self._buttons.addButton(
            self.tr("Make and install"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.ok.setProperty("look", "primary")
        self.ok.setDefault(True)
        self._fill(proposed)
        self._lay_out()
        self.name.textChanged.connect(lambda _: self._check())
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)
        self._check()

    def plan(self) -> ModelPlan:
        """What was written."""
        return ModelPlan(
            self.name.text().strip(),
            str(self.role.currentData()),
            str(self.precision.currentData()),
            self.licence.text().strip() or "unknown",
            self.commercial.isChecked(),
            self.data.text().strip(),
            self.terms.text().strip(),
            self.note.text().strip(),
        )

    def _fill(self, proposed: ModelPlan) -> None:
        self.role.addItem(self.tr("Bodies"), "body-embedder")
        self.role.addItem(self.tr("Faces"), "face-embedder")
        self.role.setCurrentIndex(max(self.role.findData(proposed.role), 0))
        self.precision.addItem(self.tr("half the size, as quick and as good (fp16)"), "fp16")
        self.precision.addItem(self.tr("whole (fp32)"), "fp32")
        self.precision.addItem(self.tr("smallest (int8)"), "int8")
        for field in (self.licence, self.data, self.terms, self.note):
            field.setMaxLength(500)
        self.name.setMaxLength(80)
        self.licence.setPlaceholderText(self.tr("MIT, CC-BY-4.0, only for us, …"))
        self.terms.setPlaceholderText(self.tr("Under which terms the pictures may be learnt from"))
        self.note.setPlaceholderText(self.tr("One sentence, shown with the model"))

    def _lay_out(self) -> None:
        inside = QVBoxLayout(self)
        inside.setSpacing(theme.GAP)
        what = self.tr(
            "The best state of the run becomes a model file. It is only installed when it gives "
            "the same vectors as the training did. What is written here goes onto its card."
        )
        inside.addWidget(label(what, "muted", wrap=True))
        form = QFormLayout()
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("For"), self.role)
        form.addRow(self.tr("Size"), self.precision)
        form.addRow(self.tr("Licence"), self.licence)
        form.addRow("", self.commercial)
        form.addRow(self.tr("Learnt from"), self.data)
        form.addRow(self.tr("Terms of the data"), self.terms)
        form.addRow(self.tr("Note"), self.note)
        inside.addLayout(form)
        inside.addWidget(self._wrong)
        inside.addWidget(self._buttons)

    def _check(self) -> None:
        problem = name_problem(self.name.text().strip(), self._taken)
        words = {
            "form": self.tr(
                "A name has letters, digits and . _ - and begins with a letter or digit."
            ),
            "taken": self.tr("Another model is called so."),
        }
        self._wrong.setText(words.get(problem, ""))
        self._wrong.setVisible(bool(problem))
        self.ok.setEnabled(not problem)

    def _accept(self) -> None:
        plan = self.plan()
        self.accept()
        self.asked.emit(plan)


class DeleteBox(QMessageBox):
    """Asks once, saying what goes."""

    agreed = Signal()

    def __init__(self, run: RunRow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle(self.tr("Delete the run?"))
        self.setText(self.tr("Delete the run {}?").format(run.name))
        self.setInformativeText(
            self.tr(
                "What goes: its curves, its checkpoints and its result, all of the folder {}. "
                "Models that were made of it and installed stay. This cannot be undone."
            ).format(run.folder)
        )
        self.erase = self.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        self.setDefaultButton(self.addButton(QMessageBox.StandardButton.Cancel))
        self.erase.clicked.connect(lambda _=False: self.agreed.emit())
        self.finished.connect(self.deleteLater)
