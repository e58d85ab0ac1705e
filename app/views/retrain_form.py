"""What there is to learn from the people enrolled, what is too little, and how to learn."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QRadioButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.from_core import in_window
from app.likeness import held_against
from app.tips import plain_tip
from app.viewmodels import retrain_words as words
from app.viewmodels.calibrating_words import kind_name
from app.viewmodels.retrain_rows import Ground
from app.viewmodels.retraining import Retraining
from app.widgets.parts import button, card, clear, column, label, row, scrolled, tool
from app.words import percent, remaining
from reid_core.types import Kind


class RetrainForm(QWidget):
    """Layout and wiring. What is to be mended elsewhere leaves by signals."""

    enrol_asked = Signal()
    search_asked = Signal()
    check_asked = Signal()
    models_asked = Signal()

    def __init__(self, retraining: Retraining) -> None:
        super().__init__()
        self._retraining = retraining
        self.kind = Kind.FACE
        self._kinds = {kind: self._kind_button(kind) for kind in Kind}
        self.now = label("", wrap=True)
        self.back = button(
            self.tr("Go back"), lambda: retraining.roll_back(self.kind), icon="arrow-u-up-left"
        )
        self.facts = QFormLayout()
        self.problems, self._problem_lines = self._make_problems()
        self.notes = label("", "muted", wrap=True)
        self.strengths = QButtonGroup(self)
        self._choices = QVBoxLayout()
        self.start = button(self.tr("Learn"), self._start, icon="play", look="primary")
        self.stop = button(self.tr("Stop"), retraining.learning.stop, icon="stop")
        self.footage = QCheckBox(self.tr("Learn from footage without names, too"))
        self.footage.setToolTip(
            plain_tip(
                self.tr(
                    "Appearances in your videos that nobody has named: one is one person, and two "
                    "that are seen at once are two. For the adapter only."
                )
            )
        )
        self.check = button(
            self.tr("Check the gallery"), self.check_asked.emit, icon="check-circle"
        )
        self.bar, self.progress = QProgressBar(), label("", "muted", wrap=True)
        self.failure = label("", "warn", wrap=True, selectable=True)
        self._chosen: dict[Kind, str] = {}  # a strength that somebody chose, not only proposed
        self._shown: Ground | None = None
        self._is_chosen = False  # the kind, by somebody; else it is the one with more to learn from
        self._lay_out()
        retraining.grounds_changed.connect(self._on_grounds)
        retraining.rows_changed.connect(self.refresh)
        retraining.busy_changed.connect(self.show_progress)
        self._show_kind(Kind.FACE)

    def show_kind(self, kind: Kind) -> None:
        """Show faces or bodies."""
        self._is_chosen = True
        self._show_kind(kind)

    def _show_kind(self, kind: Kind) -> None:
        self.kind = kind
        for one, made in self._kinds.items():
            made.setChecked(one is kind)
        self.refresh()

    def _on_grounds(self) -> None:
        if self._is_chosen:
            self.refresh()
            return
        grounds = self._retraining.grounds
        self._show_kind(max(Kind, key=lambda k: _looks(grounds.get(k))))

    @property
    def strength(self) -> str:
        """The strength that is chosen; "" for none."""
        chosen = self.strengths.checkedButton()
        return str(chosen.property("strength")) if chosen is not None else ""

    def refresh(self) -> None:
        """Show what is known now."""
        ground = self._retraining.grounds.get(self.kind)
        self._show_now(ground)
        if ground != self._shown:
            self._shown = ground
            self._show_stock(ground)
            self._show_strengths(ground)
        self.show_progress()

    def show_progress(self) -> None:
        """How far learning is, and what can be done now."""
        retraining, learning = self._retraining, self._retraining.learning
        ground, job = retraining.grounds.get(self.kind), learning.job
        ours = learning.kind is self.kind
        has_focus = self.focusWidget() in (self.start, self.stop)
        self.start.setVisible(not ours)
        self.stop.setVisible(ours)
        self.stop.setEnabled(not learning.is_stopping)
        self.start.setEnabled(self._can_start(ground))
        if has_focus:
            (self.stop if ours else self.start).setFocus()
        for one in (self.bar, self.progress):
            one.setVisible(ours)
        why = retraining.problems.get(self.kind, "")
        self.failure.setText(why)
        self.failure.setVisible(bool(why))
        self.footage.setVisible(bool(self.strength))
        self.footage.setEnabled(self.strength == "adapter" and not ours)
        for choice in self.strengths.buttons():
            choice.setEnabled(bool(choice.property("possible")) and not ours)
        if ours and job is not None:
            self.bar.setRange(0, 1000 if job.share > 0 else 0)
            self.bar.setValue(round(1000 * job.share))
            self.progress.setText(self._how_far())

    def _can_start(self, ground: Ground | None) -> bool:
        is_enough = ground is not None and ground.stock is not None and ground.stock.is_enough
        return is_enough and bool(self.strength) and not self._retraining.learning.is_busy

    def _how_far(self) -> str:
        job = self._retraining.learning.job
        if job is None:
            return ""
        if job.is_cancelled:
            return self.tr("Stopping; nothing of it is kept.")
        if not job.share:
            return self.tr("Starting. You can go on working; searches answer as before.")
        said = [percent(job.share), in_window(job.detail)]
        if job.remaining_s is not None:
            said.append(self.tr("{} left").format(remaining(job.remaining_s)))
        return " · ".join(s for s in said if s)

    def _start(self) -> None:
        if self.start.isEnabled():
            wants = self.footage.isEnabled() and self.footage.isChecked()
            self._retraining.learn(self.kind, self.strength, ("--footage",) if wants else ())

    def _show_now(self, ground: Ground | None) -> None:
        used = self._retraining.in_use(self.kind)
        self.back.setVisible(used is not None)
        if ground is None:
            self.now.setText("")
            return
        if used is not None:
            form = self.tr("In use: retrained on {people}, {when}.")
            said = form.format(people=words.learnt_from(used), when=words.when(used.run))
        else:
            said = self.tr("In use: the network {} as it came.").format(ground.network)
        if ground.threshold is not None:
            said = f"{said} {held_against(ground.threshold)}"
        self.now.setText("" if ground.problem else said)

    def _show_stock(self, ground: Ground | None) -> None:
        stock = ground.stock if ground is not None else None
        while self.facts.rowCount():
            self.facts.removeRow(0)
        for what, count in words.stock_facts(stock) if stock is not None else ():
            self.facts.addRow(label(what, "muted"), label(count, wrap=True))
        problems = [in_window(p) for p in stock.problems] if stock is not None else []
        has_model = ground is None or not ground.problem
        if ground is not None and not has_model:
            problems = [ground.problem]
        for made in self.ways:
            made.setVisible(has_model)
        self.models.setVisible(not has_model)
        doubts = stock.doubts if stock is not None else 0
        self.check.setText(
            self.tr("Check the gallery ({})").format(doubts)
            if doubts
            else self.tr("Check the gallery")
        )
        notes = words.stock_notes(stock) if stock is not None else []
        self._problem_lines.setText("\n".join(problems))
        self.problems.setVisible(bool(problems))
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))

    def _show_strengths(self, ground: Ground | None) -> None:
        for one in self.strengths.buttons():
            self.strengths.removeButton(one)
        clear(self._choices)
        is_enough = ground is not None and ground.stock is not None and ground.stock.is_enough
        offers = ground.offers if ground is not None and is_enough else ()
        wanted = self._chosen.get(self.kind) or (ground.proposed if ground is not None else "")
        for offer in offers:
            title = words.strength_name(offer.strength)
            if offer.is_proposed and offer.is_possible:
                title = self.tr("{} (proposed)").format(title)
            made = QRadioButton(title)
            made.setProperty("strength", offer.strength)
            made.setProperty("possible", offer.is_possible)
            made.setChecked(offer.strength == wanted and offer.is_possible)
            line = label(in_window(offer.why), "muted", wrap=True)
            line.setContentsMargins(3 * theme.GAP, 0, 0, theme.GAP)
            made.setAccessibleDescription(line.text())
            made.clicked.connect(partial(self._choose, offer.strength))
            self.strengths.addButton(made)
            self._choices.addWidget(made)
            self._choices.addWidget(line)

    def _choose(self, strength: str, _: bool = False) -> None:
        self._chosen[self.kind] = strength
        self.show_progress()

    def _kind_button(self, kind: Kind) -> QToolButton:
        name = kind_name(kind)
        icon = "user" if kind is Kind.FACE else "person"
        made = tool(icon, name, partial(self.show_kind, kind), checkable=True)
        made.setText(name)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        return made

    def _make_problems(self) -> tuple[QFrame, QLabel]:
        frame, line = QFrame(), label("", "warn", wrap=True)
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(theme.GAP)
        self.ways = (
            button(self.tr("Enrol people"), self.enrol_asked.emit, icon="user-plus"),
            button(self.tr("Search and confirm"), self.search_asked.emit, icon="magnifying-glass"),
        )
        inside.addWidget(line)
        self.models = button(self.tr("Show the models"), self.models_asked.emit, icon="cube")
        inside.addLayout(row(*self.ways, self.models, None))
        return frame, line

    def _lay_out(self) -> None:
        both = QWidget()
        across = QHBoxLayout(both)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(theme.GAP)
        across.addWidget(self._stock_card(), 1)
        across.addWidget(self._how_card(), 1)
        inner, below = column()
        below.addWidget(both)
        below.addStretch()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.GAP)
        whole.addLayout(row(*self._kinds.values(), None))
        whole.addWidget(scrolled(inner, whole=True), 1)

    def _stock_card(self) -> QFrame:
        frame, inside = card()
        self.facts.setHorizontalSpacing(2 * theme.GAP)
        self.facts.setVerticalSpacing(4)
        self.facts.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        inside.addWidget(label(self.tr("What there is"), "heading"))
        inside.addLayout(self.facts)
        inside.addWidget(self.problems)
        inside.addWidget(self.notes)
        inside.addLayout(row(self.check, None))
        inside.addStretch()
        return frame

    def _how_card(self) -> QFrame:
        frame, inside = card()
        self.bar.setMaximumHeight(6)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("How far learning is"))
        about = self.tr(
            "It learns from your people how to tell them apart on your cameras, and is then judged "
            "on pictures and people that were kept from it. Nothing changes until you accept, and "
            "you can go back."
        )
        inside.addWidget(label(self.tr("Learn from your own people"), "heading"))
        inside.addWidget(label(about, "muted", wrap=True))
        inside.addLayout(self._choices)
        inside.addWidget(self.footage)
        inside.addLayout(row(self.start, self.stop, None))
        inside.addWidget(self.bar)
        inside.addWidget(self.progress)
        inside.addWidget(self.failure)
        inside.addSpacing(theme.GAP)
        inside.addWidget(label(self.tr("Now"), "heading"))
        inside.addWidget(self.now)
        inside.addLayout(row(self.back, None))
        inside.addStretch()
        return frame


def _looks(ground: Ground | None) -> int:
    return ground.stock.looks if ground is not None and ground.stock is not None else 0
