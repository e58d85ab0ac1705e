"""The section of one's own people: what was retrained at the left, learning or a verdict beside."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app import theme
from app.requests import CheckGallery, Retrain, TrainingRuns
from app.session import Session
from app.viewmodels.retrain_rows import Learnt
from app.viewmodels.retrain_words import run_title
from app.viewmodels.retraining import Retraining
from app.viewmodels.train import Training
from app.views.retrain_dialogs import DropBox, UseDialog
from app.views.retrain_form import RetrainForm
from app.views.retrain_lists import LearntView
from app.views.retrain_verdict import VerdictView
from app.views.train_missing import MissingBar
from app.widgets.parts import EmptyState, button
from app.widgets.polishing import polish_soon
from app.widgets.splits import put_beside
from app.widgets.thumbs import Thumbnails
from reid_core.types import Kind


class RetrainSection(QWidget):
    """Layout and wiring."""

    def __init__(self, session: Session, retraining: Retraining, training: Training) -> None:
        super().__init__()
        self._session, self._retraining, self._training = session, retraining, training
        thumbs = Thumbnails(session.library.media, session.tasks)
        thumbs.setParent(self)
        self.missing = MissingBar(training)
        self.list, self.form = LearntView(), RetrainForm(retraining)
        self.verdict = VerdictView(retraining, thumbs)
        self.empty = self._make_empty()
        self.stack, self.split = QStackedWidget(), QSplitter(Qt.Orientation.Horizontal)
        self._lay_out()
        self._wire()
        polish_soon(self.verdict)

    def show_wanted(self, wanted: Retrain) -> None:
        """Show what another page asks for."""
        if wanted.run:
            self._retraining.select(wanted.run)  # shown as soon as it is read
        elif wanted.kind:
            self.form.show_kind(Kind(wanted.kind))
            self.show_form()

    def show_form(self) -> None:
        """What there is, and how to learn from it."""
        self._retraining.select("")
        self.list.clearSelection()
        self.list.setCurrentIndex(self.list.rows.index(-1))
        self._show_right()

    def ask_override(self, row: Learnt) -> None:
        """Ask whether a model is to be used that is not better for sure."""
        dialog = UseDialog(row, self)
        dialog.agreed.connect(lambda one: self._retraining.accept(one, override=True))
        dialog.open()

    def ask_drop(self, row: Learnt) -> None:
        """Ask whether a retraining may go."""
        box = DropBox(row, self)
        box.agreed.connect(lambda: self._retraining.drop(row))
        box.open()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.missing.look()
        self._retraining.set_shown(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._retraining.set_shown(False)

    def _make_empty(self) -> EmptyState:
        asked = self._session.asked_for
        text = self.tr(
            "Once some people are enrolled, the program can learn to tell them apart better on "
            "your cameras, and prove it before you accept. Five people with two different looks "
            "are the least; fifty with four make an improvement that can be proven."
        )
        return EmptyState(
            "users-three",
            self.tr("Nobody to learn from yet"),
            text,
            button(
                self.tr("Enrol people"),
                lambda: asked.emit("people", None),
                icon="user-plus",
                look="primary",
            ),
            button(self.tr("Add footage"), lambda: asked.emit("footage", None), icon="film-strip"),
        )

    def _lay_out(self) -> None:
        for one in (self.empty, self.form, self.verdict):
            self.stack.addWidget(one)
        put_beside(self.split, self.list, self.stack)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.GAP)
        whole.addWidget(self.missing)
        whole.addWidget(self.split, 1)

    def _wire(self) -> None:
        retraining, asked, verdict = self._retraining, self._session.asked_for, self.verdict
        retraining.rows_changed.connect(self._on_rows)
        retraining.grounds_changed.connect(self._show_right)
        retraining.selected_changed.connect(self._on_rows)
        retraining.learning.made.connect(lambda _: self._on_rows())
        self.list.chosen.connect(self._on_chosen)
        self.list.delete_asked.connect(self.ask_drop)
        verdict.override_asked.connect(self.ask_override)
        verdict.train_asked.connect(self._train)
        verdict.drop_asked.connect(self.ask_drop)
        verdict.again_asked.connect(self._learn_again)
        self.form.enrol_asked.connect(lambda: asked.emit("people", None))
        self.form.search_asked.connect(lambda: asked.emit("search", None))
        self.form.models_asked.connect(lambda: asked.emit("models", None))
        self.form.check_asked.connect(lambda: asked.emit("people", CheckGallery()))
        self._on_rows()

    def _train(self, row: Learnt) -> None:
        """Train a whole network, which is watched among the runs."""
        self._training.train(self._retraining.recipe(row), run_title(row.run))
        self._session.asked_for.emit("train", TrainingRuns())

    def _learn_again(self, row: Learnt) -> None:
        self.form.show_kind(row.run.kind)
        self.show_form()

    def _on_chosen(self, row: Learnt) -> None:
        self._retraining.select(row.run.shown_id)
        self._show_right()

    def _on_rows(self) -> None:
        rows, chosen = self._retraining.listed, self._retraining.selected
        self.list.rows.set_rows(rows)
        self.list.setVisible(bool(rows))
        self.stack.setContentsMargins(theme.GAP if rows else 0, 0, 0, 0)
        if chosen is not None:
            index = self.list.rows.index_of(chosen.run.shown_id)
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.list.selectionModel().setCurrentIndex(index, flags)
        self._show_right()

    def _show_right(self) -> None:
        """The chosen retraining, else what there is to learn from, if there is anything."""
        retraining = self._retraining
        grounds = retraining.grounds.values()
        is_empty = bool(grounds) and not any(g.stock and g.stock.people for g in grounds)
        has_problem = any(g.problem for g in grounds)
        if retraining.selected is not None:
            self.stack.setCurrentWidget(self.verdict)
        elif is_empty and not has_problem and not retraining.listed:
            self.stack.setCurrentWidget(self.empty)
        else:
            self.stack.setCurrentWidget(self.form)
