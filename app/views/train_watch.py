"""A run: how it stands, its curves, what it came to, and what can be done with it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app import garbage, theme
from app.models.runs import RunsModel
from app.tasks import Tasks
from app.tips import plain_tip
from app.viewmodels.train import Look, Training
from app.viewmodels.train_curves import Curves
from app.viewmodels.train_export import Made
from app.viewmodels.train_runs import RunRow
from app.views.train_words import STATES, facts, notes, outcome, summary
from app.widgets.parts import button, card, label, row, tool
from app.words import decimal, file_size
from reid_core.protocols import Progress

if TYPE_CHECKING:
    from app.widgets.curves import CurvesView, Plot

FACTS = 5


class WatchView(QScrollArea):
    """Shows the chosen run. What is asked for leaves by signals."""

    export_asked = Signal(object)  # a RunRow
    delete_asked = Signal(object)
    folder_asked = Signal(object)
    use_asked = Signal(str)  # a model's name
    again_asked = Signal()  # back to the form

    def __init__(self, training: Training, words: RunsModel, tasks: Tasks) -> None:
        super().__init__()
        self._training, self._words = training, words
        self._row: RunRow | None = None
        self.title, self.state = label("", "heading"), label("", "badge")
        self.summary = label("", "muted", wrap=True)
        self.bar = QProgressBar()
        self.facts: list[tuple[QLabel, QLabel]] = []
        self.outcome = label("", wrap=True)
        self.notes = label("", "muted", wrap=True, selectable=True)
        self.curves: CurvesView | None = None
        self._drawn: tuple[Curves | None, Curves | None] = (None, None)
        self._plots = QVBoxLayout()
        self.beside, self.shows_rate = QComboBox(), QCheckBox(self.tr("Learning rate"))
        self._model_line, self._model_card = label("", wrap=True), QFrame()
        self._model = ""
        self._make_buttons()
        self._lay_out()
        training.selected_changed.connect(self.show_run)
        training.looked.connect(self.show_run)
        training.busy_changed.connect(self.show_run)
        training.row_changed.connect(lambda _: self.show_run())
        training.rows_changed.connect(self._fill_beside)
        training.rows_changed.connect(self.show_run)
        self.beside.activated.connect(lambda _: self._training.compare(self.beside.currentData()))
        # the library of plots takes a while to import, which nobody shall notice
        tasks.run("", _load_curves, then=self._on_curves, shown=False)

    def show_run(self) -> None:
        """The chosen run as it is now."""
        chosen = self._training.selected
        is_other = (chosen.folder if chosen else "") != (self._row.folder if self._row else "")
        self._row = chosen
        if chosen is None:
            return
        if is_other:
            self._model_card.hide()
            self._fill_beside()
        look = self._training.look_of(chosen)
        self._show_state(chosen)
        beside = self._training.beside
        self.beside.setCurrentIndex(max(self.beside.findData(beside.folder if beside else ""), 0))
        if look is not None:
            self._show_look(look)
        elif is_other:
            self._clear()

    def show_model(self, made: Made) -> None:
        """A model that was just made of a run."""
        self._model = made.name
        size = file_size(made.size)
        self._model_line.setText(
            self.tr(
                "The model {name} is installed: {size}, {precision}. Its vectors agree with those "
                "of the training to {parity} (1 is the same)."
            ).format(
                name=made.name, size=size, precision=made.precision, parity=decimal(made.parity, 6)
            )
        )
        self._model_card.show()
        self.ensureWidgetVisible(self._model_card)

    def _make_buttons(self) -> None:
        training = self._training
        self.pause = button(self.tr("Pause"), training.pause, icon="pause")
        self.resume = button(self.tr("Resume"), training.resume, icon="play")
        self.stop = button(
            self.tr("Stop"),
            training.stop,
            icon="stop",
            tip=self.tr("After this step; what was learnt is kept"),
        )
        self.kill = button(
            self.tr("End at once"),
            training.kill,
            icon="x-circle",
            look="danger",
            tip=self.tr("What was learnt since the last checkpoint is lost"),
        )
        self.go_on = button(self.tr("Go on"), lambda: self._with(training.go_on), icon="play")
        self.again = button(
            self.tr("Change the values"), self.again_asked.emit, icon="pencil-simple"
        )
        self.export = button(
            self.tr("Make a model…"), lambda: self._with(self.export_asked.emit), icon="cube"
        )
        self.open = tool(
            "folder-open", self.tr("Open its folder"), lambda: self._with(self.folder_asked.emit)
        )
        self.delete = tool("trash", self.tr("Delete…"), lambda: self._with(self.delete_asked.emit))

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(2 * theme.GAP, 0, 2 * theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.state.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        head = row(self.title, self.state, self.open, self.delete)
        head.setStretch(0, 1)
        column.addLayout(head)
        column.addWidget(self.summary)
        self.bar.setMaximumHeight(6)
        self.bar.setTextVisible(False)
        column.addWidget(self.bar)
        column.addLayout(self._facts_row())
        column.addLayout(
            row(
                self.pause,
                self.resume,
                self.stop,
                self.kill,
                self.go_on,
                self.again,
                self.export,
                None,
            )
        )
        column.addWidget(self.outcome)
        column.addWidget(self._made_card())
        column.addLayout(self._plots, 1)
        self.beside.setAccessibleName(self.tr("Compare with"))
        self.beside.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        line = row(label(self.tr("Compare with")), self.beside, self.shows_rate)
        line.setStretch(1, 1)
        column.addLayout(line)
        column.addWidget(self.notes)
        inner.setAutoFillBackground(False)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.viewport().setAutoFillBackground(False)

    def _facts_row(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * theme.GAP)
        grid.setVerticalSpacing(0)
        for n in range(FACTS):
            caption, value = label("", "muted"), label("", "heading")
            self.facts.append((caption, value))
            grid.addWidget(caption, 0, n)
            grid.addWidget(value, 1, n)
            grid.setColumnStretch(n, 1)
        return grid

    def _made_card(self) -> QFrame:
        self._model_card, inside = card()
        use = button(
            self.tr("Use it…"), lambda: self.use_asked.emit(self._model), icon="arrow-right"
        )
        line = row(self._model_line, use)
        line.setStretch(0, 1)
        inside.addLayout(line)
        self._model_card.hide()
        return self._model_card

    def _show_state(self, chosen: RunRow) -> None:
        ours = chosen.folder == self._training.running
        stopping, paused = self._training.is_stopping, self._training.is_paused
        self.title.setText(chosen.name)
        self.title.setToolTip(plain_tip(chosen.folder))
        text = self.tr("Stopping") if ours and stopping else self._words.state_text(chosen)
        self.state.setText(text)
        self._dress_state(chosen)
        self.pause.setVisible(ours and not paused and not stopping)
        self.resume.setVisible(ours and paused and not stopping)
        self.stop.setVisible(ours and not stopping)
        self.kill.setVisible(ours and stopping)
        can = not self._training.is_busy and self._training.has_torch
        self.go_on.setVisible(chosen.can_go_on)
        self.go_on.setEnabled(can)
        self.again.setVisible(chosen.state == "failed" and not chosen.step)
        self.export.setVisible(chosen.has_model)
        self.export.setEnabled(self._training.has_torch)
        self.delete.setEnabled(not chosen.is_live)
        self.bar.setVisible(chosen.is_live)
        is_moving = ours and chosen.state == "starting"
        self.bar.setRange(0, 0 if is_moving else 1000)
        self.bar.setValue(round(1000 * chosen.share))

    def _dress_state(self, chosen: RunRow) -> None:
        look = {"good": "good", "bad": "bad", "warn": "badge-warn"}
        wanted = look.get(STATES.get(chosen.state, ""), "badge")
        if self.state.property("look") != wanted:
            self.state.setProperty("look", wanted)
            self.state.style().unpolish(self.state)
            self.state.style().polish(self.state)

    def _show_look(self, look: Look) -> None:
        shown = facts(look)
        for n, (caption, value) in enumerate(self.facts):
            words = shown[n] if n < len(shown) else ("", "")
            caption.setText(words[0])
            value.setText(words[1])
        for line, text in (
            (self.summary, summary(look)),
            (self.outcome, outcome(look)),
            (self.notes, notes(look)),
        ):
            line.setText(text)
            line.setVisible(bool(text))
        other = self._training.look_of(self._training.beside)
        if self.curves is not None:
            beneath = other.curves if other else None
            wanted = (look.curves, beneath)
            if self._drawn != wanted:  # several signals tell of one look
                self._drawn = wanted
                self.curves.show_run(look.curves, beneath, metric=look.row.metric)

    def _on_curves(self, kind: type[CurvesView], *made: Plot) -> None:
        if len(made) < kind.PLOTS:
            plot = kind.plot(len(made))
            QTimer.singleShot(0, self, partial(self._on_curves, kind, *made, plot))
            return
        self.curves = kind(made)
        self._plots.addWidget(self.curves)
        self.shows_rate.toggled.connect(self.curves.show_rate)
        garbage.freeze()  # the library of plots is large
        QTimer.singleShot(0, self, self.show_run)  # making the plots took a turn of its own

    def _clear(self) -> None:
        for caption, value in self.facts:
            caption.clear()
            value.clear()
        for line in (self.summary, self.outcome, self.notes):
            line.clear()

    def _fill_beside(self) -> None:
        chosen, beside = self._training.selected, self._training.beside
        self.beside.clear()
        self.beside.addItem(self.tr("no other run"), "")
        for one in self._training.rows:
            if chosen is None or one.folder != chosen.folder:
                self.beside.addItem(one.name, one.folder)
        self.beside.setCurrentIndex(max(self.beside.findData(beside.folder if beside else ""), 0))

    def _with(self, call: object) -> None:
        """Do something with the run that is shown."""
        if self._row is not None and callable(call):
            call(self._row)


def _load_curves(_: Progress) -> type[CurvesView]:
    from app.widgets.curves import CurvesView

    return CurvesView
