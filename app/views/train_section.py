"""The section of runs: their list at the left, the form or the chosen run at the right."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QListView,
    QMenu,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.models.runs import RunsModel
from app.session import Session
from app.viewmodels.train import Training
from app.viewmodels.train_export import Exporter, ModelPlan
from app.viewmodels.train_form import TrainForm
from app.viewmodels.train_runs import RunRow
from app.views.train_delegate import RunDelegate
from app.views.train_dialogs import DeleteBox, ModelDialog
from app.views.train_form import FormView
from app.views.train_missing import MissingBar
from app.views.train_watch import WatchView
from app.widgets.opening import open_path
from app.widgets.parts import EmptyState, button
from app.widgets.splits import put_beside
from reid_core.errors import CameoError


class RunsSection(QWidget):
    """Layout and wiring."""

    def __init__(
        self, session: Session, training: Training, form: TrainForm, exporter: Exporter
    ) -> None:
        super().__init__()
        self._session, self._training, self._exporter = session, training, exporter
        self.model = RunsModel()
        self.list = QListView()
        self.form = FormView(form, training)
        self.watch = WatchView(training, self.model, session.tasks)
        self.missing = MissingBar(training)
        self.stack, self.split = QStackedWidget(), QSplitter(Qt.Orientation.Horizontal)
        self.empty = self._make_empty()
        self._lay_out()
        self._wire()

    def show_form(self) -> None:
        """Begin a new run."""
        self.list.clearSelection()
        self.stack.setCurrentWidget(self.form)

    def use_folder(self, path: str) -> None:
        """Take a folder that was dropped as what to learn from."""
        self.show_form()
        self.form.data.use_folder(path)

    def open_run(self) -> None:
        """List a run that lies elsewhere."""
        dialog = QFileDialog(self, self.tr("The folder of a training run"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda path: self._training.add(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _make_empty(self) -> EmptyState:
        text = self.tr(
            "Training makes a model that knows your kind of pictures better: of your cameras, your "
            "light, your people. It needs pictures of at least some fifty people, several of each, "
            "sorted by person: a folder for each, or the people enrolled here. It runs beside "
            "everything else, on this computer, and can be paused. Nothing changes until you take "
            "the new model into use."
        )
        start = button(self.tr("New run"), self.show_form, icon="play", look="primary")
        return EmptyState("chart-line", self.tr("No training runs yet"), text, start)

    def _lay_out(self) -> None:
        self.list.setModel(self.model)
        self.list.setItemDelegate(RunDelegate(self.list))
        self.list.setProperty("look", "plain")
        self.list.setAccessibleName(self.tr("Training runs"))
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        for one in (self.empty, self.form, self.watch):
            self.stack.addWidget(one)
        put_beside(self.split, self.list, self.stack)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.GAP)
        whole.addWidget(self.missing)
        whole.addWidget(self.split, 1)

    def _wire(self) -> None:
        training, watch = self._training, self.watch
        training.rows_changed.connect(self._on_rows)
        training.row_changed.connect(self.model.update_row)
        training.selected_changed.connect(self._on_selected)
        self.list.selectionModel().currentChanged.connect(self._on_current)
        self.list.clicked.connect(self._on_current)
        self.list.customContextMenuRequested.connect(self._on_menu)
        QShortcut(QKeySequence.StandardKey.Delete, self.list, self._delete_current)
        watch.delete_asked.connect(self.ask_delete)
        watch.export_asked.connect(self.ask_model)
        watch.folder_asked.connect(_open_folder)
        watch.again_asked.connect(self.show_form)
        watch.use_asked.connect(lambda _: self._session.asked_for.emit("models", None))
        self.form.started.connect(lambda: self.stack.setCurrentWidget(watch))
        self.form.left.connect(self._leave_form)
        self._exporter.made.connect(watch.show_model)
        self._exporter.failed.connect(self._on_no_model)
        self._exporter.busy_changed.connect(self._on_exporting)
        self._on_rows()

    def ask_delete(self, run: RunRow) -> None:
        """Ask whether a run may go."""
        if run.is_live:
            return
        box = DeleteBox(run, self)
        box.agreed.connect(lambda: self._training.delete(run))
        box.open()

    def ask_model(self, run: RunRow) -> None:
        """Ask how the model of a run is called."""
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", run.name).strip("-._").lower() or "mine"
        look = self._training.look_of(run)
        told = look.details.told if look else None
        is_face = told is not None and told.data.height == told.data.width == 112
        role = "face-embedder" if is_face else "body-embedder"
        taken = frozenset(m.name for m in self._session.store.installed())
        dialog = ModelDialog(ModelPlan(name, role, data=run.data), taken, self)
        dialog.asked.connect(lambda plan: self._exporter.export(run, plan))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_rows(self) -> None:
        rows = self._training.rows
        self.model.set_rows(rows)
        self.list.setVisible(bool(rows))
        self._on_selected()
        if rows and self.stack.currentWidget() is self.empty:
            self._training.select(rows[0].folder)
        if not rows and self.stack.currentWidget() is not self.form:
            self.stack.setCurrentWidget(self.empty)

    def _on_selected(self) -> None:
        chosen = self._training.selected
        if chosen is None:
            if self.stack.currentWidget() is self.watch:
                self.stack.setCurrentWidget(self.empty if not self._training.rows else self.form)
            return
        index = self.model.index_of(chosen.folder)
        if index.isValid() and self.stack.currentWidget() is not self.form:
            self.stack.setCurrentWidget(self.watch)
        if index.isValid() and self.stack.currentWidget() is self.watch:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.list.selectionModel().setCurrentIndex(index, flags)

    def _on_current(self, index: QModelIndex) -> None:
        if (run := self.model.row(index)) is not None:
            self.stack.setCurrentWidget(self.watch)
            self._training.select(run.folder)

    def _leave_form(self) -> None:
        self.stack.setCurrentWidget(self.watch if self._training.selected else self.empty)
        self._on_rows()

    def _on_menu(self, place: QPoint) -> None:
        run = self.model.row(self.list.indexAt(place))
        if run is not None:
            self.menu(run).popup(self.list.viewport().mapToGlobal(place))

    def menu(self, run: RunRow) -> QMenu:
        """What can be done with a run."""
        menu = QMenu(self)
        idle = not self._training.is_busy and self._training.has_torch
        menu.aboutToHide.connect(menu.deleteLater)
        for text, name, call, possible in (
            (self.tr("Go on"), "play", self._training.go_on, run.can_go_on and idle),
            (
                self.tr("Make a model…"),
                "cube",
                self.ask_model,
                run.has_model and self._training.has_torch,
            ),
            (self.tr("Open its folder"), "folder-open", _open_folder, True),
            (self.tr("Delete…"), "trash", self.ask_delete, not run.is_live),
        ):
            action = QAction(theme.icon(name), text, menu)
            action.setEnabled(possible)
            action.triggered.connect(lambda _=False, c=call: c(run))
            menu.addAction(action)
        return menu

    def _delete_current(self) -> None:
        if (run := self.model.row(self.list.currentIndex())) is not None:
            self.ask_delete(run)

    def _on_exporting(self) -> None:
        self.watch.export.setText(
            self.tr("Making a model…") if self._exporter.is_busy else self.tr("Make a model…")
        )

    def _on_no_model(self, why: str) -> None:
        self._session.tell(CameoError(self.tr("No model was made: {}").format(why)))


def _open_folder(run: RunRow) -> None:
    open_path(Path(run.folder))
