"""The form that starts a run: what to learn from, by which recipe, with which values."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QLineEdit,
    QPlainTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.viewmodels.train import Training
from app.viewmodels.train_form import TrainForm, shown_title
from app.viewmodels.train_plan import Plan, folder_for, lines_of, new_folder
from app.views.train_data import DataCard
from app.views.train_values import ValuesCard
from app.widgets.parts import button, card, label, row, scrolled

WIDEST = 760
WAIT_MS = 300  # after the last key before free lines are looked at


class FormView(QWidget):
    """Layout and wiring."""

    started = Signal()
    left = Signal()  # without starting

    def __init__(self, form: TrainForm, training: Training) -> None:
        super().__init__()
        self._form, self._training = form, training
        self.data = DataCard(form)
        self.values = ValuesCard(form)
        self.extra = QPlainTextEdit()
        self.extra_problem = label("", "bad", wrap=True)
        self._more = QToolButton()
        self._advanced = QWidget()
        self.name = QLineEdit()
        self._root = training.root
        self._where = label("", "muted", wrap=True)
        self._hint = label("", "muted", wrap=True)
        self.start = button(self.tr("Start training"), self._start, icon="play", look="primary")
        self._settle = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._settle.timeout.connect(self._validate)
        self._lay_out()
        form.data_changed.connect(self._on_changed)
        form.proposal_changed.connect(self._on_proposal)
        form.problem_changed.connect(self._on_problem)
        training.busy_changed.connect(self._on_changed)
        self.extra.textChanged.connect(self._settle.start)
        self.name.textChanged.connect(lambda _: self._on_changed())
        self._on_changed()

    def plan(self) -> Plan | None:
        """What the form says; None while there are no data that were looked at."""
        proposal = self._form.proposal
        if proposal is None:
            return None
        return self.values.apply(
            proposal,
            extra=lines_of(self.extra.toPlainText()),
            name=self.name.text().strip() or self.name.placeholderText(),
            root=str(self._root),
        )

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(2 * theme.GAP, 0, 2 * theme.GAP, 2 * theme.GAP)
        column.setSpacing(2 * theme.GAP)
        for one in (self.data, self.values, self._advanced_card(), self._place_card()):
            one.setMaximumWidth(WIDEST)
            column.addWidget(one)
        column.addStretch()
        scroll = scrolled(inner)
        foot = row(self.start, button(self.tr("Cancel"), self.left.emit), self._hint)
        foot.setStretch(2, 1)
        foot.setContentsMargins(2 * theme.GAP, 0, 2 * theme.GAP, 0)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.GAP)
        whole.addWidget(scroll, 1)
        whole.addLayout(foot)

    def _advanced_card(self) -> QWidget:
        frame, inside = card()
        self._more.setText(self.tr("Advanced: any value of the recipe"))
        self._more.setCheckable(True)
        self._more.setArrowType(Qt.ArrowType.RightArrow)
        self._more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._more.toggled.connect(self._on_more)
        self.extra.setPlaceholderText("optim.weight_decay=0.02\naugment.erase=0.3")
        self.extra.setAccessibleName(self.tr("Values of the recipe, table.key=value"))
        self.extra.setMaximumHeight(110)
        self.extra.setTabChangesFocus(True)
        column = QVBoxLayout(self._advanced)
        column.setContentsMargins(0, 0, 0, 0)
        what = self.tr("One table.key=value a line; it stands above what is chosen here.")
        column.addWidget(label(what, "muted", wrap=True))
        column.addWidget(self.extra)
        column.addWidget(self.extra_problem)
        self.extra_problem.hide()
        self._advanced.hide()
        inside.addWidget(self._more)
        inside.addWidget(self._advanced)
        return frame

    def _place_card(self) -> QWidget:
        frame, inside = card()
        self.name.setMaxLength(60)
        self.name.setAccessibleName(self.tr("Name of the run"))
        inside.addWidget(label(self.tr("Name and place"), "heading"))
        inside.addWidget(self.name)
        line = row(self._where, button(self.tr("Change…"), self._ask_root, icon="folder-open"))
        line.setStretch(0, 1)
        inside.addLayout(line)
        return frame

    def _on_more(self, shown: bool) -> None:
        self._more.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self._advanced.setVisible(shown)

    def _on_proposal(self) -> None:
        recipe = self._form.recipe
        self.name.setPlaceholderText(shown_title(recipe.title).split(":")[0] if recipe else "")
        self._on_changed()
        self._settle.start()

    def _on_changed(self) -> None:
        folder = folder_for(self._root, self.name.text() or self.name.placeholderText())
        self._where.setText(self.tr("Into {}").format(folder))
        problem = self._why_not()
        self.start.setEnabled(not problem)
        self._hint.setText(problem or self.tr("How long it takes is shown after the first steps."))

    def _why_not(self) -> str:
        """Why it cannot start yet."""
        if not self._training.has_torch:
            return self.tr("Training needs torch, which is not installed.")
        if self._training.is_busy:
            return self.tr("Another run is under way; stop it or wait for its end.")
        if self._form.is_checking:
            return self.tr("The data are being looked at.")
        if self._form.data is None:
            return self.tr("Choose what to learn from.")
        if self._form.proposal is None:
            return self.tr("Choose a recipe.")
        return self.tr("A line under Advanced is not right.") if self._form.problem else ""

    def _validate(self) -> None:
        self._form.validate(lines_of(self.extra.toPlainText()))

    def _on_problem(self) -> None:
        self.extra_problem.setText(self._form.problem)
        self.extra_problem.setVisible(bool(self._form.problem))
        self._on_changed()

    def _start(self) -> None:
        plan = self.plan()
        if plan is None or self._why_not():
            return
        folder = new_folder(Path(plan.root), plan.name)
        about = {"name": plan.name, "recipe": plan.recipe, "data": self.data.words()}
        self._training.start(folder, self._form.write(plan, folder), about, plan.extra)
        self.started.emit()

    def _ask_root(self) -> None:
        dialog = QFileDialog(self, self.tr("Where runs go"), str(self._root))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self._on_root)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_root(self, folder: str) -> None:
        self._root = Path(folder)
        self._on_changed()
