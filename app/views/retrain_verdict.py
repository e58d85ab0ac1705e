"""What came of a retraining: the sentence, the figures, the pictures, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.from_core import in_window
from app.viewmodels import retrain_words as words
from app.viewmodels.retrain_rows import Learnt
from app.viewmodels.retraining import Retraining
from app.views.retrain_figures import FiguresTable
from app.views.retrain_lists import PairsView
from app.widgets.parts import banner, button, card, label, row, scrolled, tool
from app.widgets.score_plot import ScorePlot
from app.widgets.thumbs import Thumbnails
from app.words import percent

NAMED = 100  # of the people whom it learnt from
LOOKS = {"used": "good", "unsure": "badge-warn"}  # of the badge; a plain one for other states


class VerdictView(QWidget):
    """Shows the chosen retraining. What is asked for leaves by signals."""

    override_asked = Signal(object)  # a Learnt
    drop_asked = Signal(object)
    train_asked = Signal(object)
    again_asked = Signal(object)  # learn anew: the form, for a kind

    def __init__(self, retraining: Retraining, thumbs: Thumbnails) -> None:
        super().__init__()
        self._retraining = retraining
        self._row: Learnt | None = None
        self.title, self.state = label("", "heading"), label("", "badge")
        self.line = label("", wrap=True)
        self.problem = label("", "warn", wrap=True, selectable=True)
        self.figures, self.plot = FiguresTable(), ScorePlot()
        self.better = PairsView(thumbs, self.tr("Recognised better"))
        self.worse = PairsView(thumbs, self.tr("Recognised worse"))
        self._about = label("", "muted", wrap=True)
        self.people = label("", "muted", wrap=True, selectable=True)
        self.bar, self._progress = QProgressBar(), label("", "muted", wrap=True)
        self._make_buttons()
        self.forgotten = self._make_forgotten()
        self.pairs = self._make_pairs()
        self._lay_out()
        retraining.selected_changed.connect(self.refresh)
        retraining.rows_changed.connect(self.refresh)
        retraining.pairs_changed.connect(self._show_pairs)
        retraining.busy_changed.connect(self._show_actions)

    def refresh(self) -> None:
        """Show the chosen one as it is now."""
        self._row = shown = self._retraining.selected
        if shown is None:
            return
        run = shown.run
        self.title.setText(f"{words.run_title(run)} · {words.when(run)}")
        self._dress_state(shown)
        self.line.setText(words.verdict_line(run))
        self.figures.show_run(run)
        self.plot.show_scores(run.verdict.get("old"), run.verdict.get("new"))
        self.people.setText(self._learnt_from(shown))
        self._about.setText(self._held_out(shown))
        self.forgotten.setVisible(run.forgotten > 0)
        self._show_pairs()
        self._show_actions()

    def _make_buttons(self) -> None:
        self.use = button(self.tr("Use it"), self._use, icon="check", look="primary")
        self.override = button(
            self.tr("Use it all the same…"), lambda: self._tell(self.override_asked)
        )
        self.train = button(
            self.tr("Train"), lambda: self._tell(self.train_asked), icon="play", look="primary"
        )
        self.judge = button(self.tr("Judge it"), self._judge, icon="check-circle")
        self.back = button(self.tr("Go back"), self._back, icon="arrow-u-up-left")
        self.stop = button(self.tr("Stop"), self._stop, icon="stop")
        self.drop = tool("trash", self.tr("Drop…"), lambda: self._tell(self.drop_asked))

    def _make_forgotten(self) -> QFrame:
        self._gone = label("", "warn", wrap=True)
        again = button(self.tr("Learn again"), lambda: self._tell(self.again_asked))
        return banner(
            self._gone, again, button(self.tr("Drop…"), lambda: self._tell(self.drop_asked))
        )

    def _make_pairs(self) -> QWidget:
        both = QWidget()
        across = QHBoxLayout(both)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(theme.GAP)
        for view in (self.better, self.worse):
            frame, inside = card()
            inside.addWidget(label(view.accessibleName(), "heading"))
            inside.addWidget(view)
            inside.addWidget(view.nothing)
            inside.addStretch()
            across.addWidget(frame, 1)
        both.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        return both

    def _lay_out(self) -> None:
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.state.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.bar.setMaximumHeight(6)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("How far the switch is"))
        actions = (self.stop, self.train, self.judge, self.back, self.override, self.use, self.drop)
        head = row(self.title, self.state, *actions)
        head.setStretch(0, 1)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP)
        column.addLayout(head)
        for one in (
            self.bar,
            self._progress,
            self.problem,
            self.forgotten,
            self.line,
            self.figures,
            self.pairs,
            self.plot,
            self._about,
            self.people,
        ):
            column.addWidget(one)
        column.addStretch()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(inner, whole=True))

    def _show_actions(self) -> None:
        """What can be done now; a button that goes hands on the keyboard."""
        shown, retraining = self._row, self._retraining
        if shown is None:
            return
        is_idle, is_switching = retraining.switching is None, retraining.is_switching(shown)
        offered = {
            self.use: shown.state == "offered" or (shown.state == "past" and shown.run.is_offered),
            self.override: shown.state == "unsure"
            or (shown.state == "past" and not shown.run.is_offered),
            self.back: shown.state == "used",
            self.train: shown.state == "prepared",
            self.judge: shown.state == "prepared",
        }
        has_focus = self.focusWidget() in (*offered, self.stop)
        for made, possible in offered.items():
            made.setVisible(possible and not is_switching)
            made.setEnabled(is_idle and not retraining.learning.is_busy)
        self.stop.setVisible(is_switching)
        self.drop.setEnabled(not is_switching)
        if has_focus:
            left = [b for b in (*offered, self.stop) if b.isVisible() and b.isEnabled()]
            (left[0] if left else self.drop).setFocus()
        self._show_progress(is_switching=is_switching)
        why = retraining.problems.get(shown.run.shown_id, "")
        if shown.state == "prepared":
            why = why or retraining.problems.get(shown.run.kind, "")
        self.problem.setText(why)
        self.problem.setVisible(bool(why))

    def _show_progress(self, *, is_switching: bool) -> None:
        job = self._retraining.switching
        for one in (self.bar, self._progress):
            one.setVisible(is_switching)
        if is_switching and job is not None:
            self.bar.setRange(0, 1000 if job.share > 0 else 0)
            self.bar.setValue(round(1000 * job.share))
            said = f"{percent(job.share)} {in_window(job.detail)}" if job.share else ""
            until = self.tr("Searches answer as before until then.")
            self._progress.setText(" ".join(s for s in (said, until) if s))

    def _show_pairs(self) -> None:
        pairs = self._retraining.pairs
        self.better.show_pairs([p for p in pairs if p.is_better])
        self.worse.show_pairs([p for p in pairs if not p.is_better])
        self.pairs.setVisible(bool(pairs))

    def _dress_state(self, shown: Learnt) -> None:
        self.state.setText(words.state_line(shown))
        wanted = LOOKS.get(shown.state, "badge")
        if self.state.property("look") != wanted:
            self.state.setProperty("look", wanted)
            self.state.style().unpolish(self.state)
            self.state.style().polish(self.state)

    def _held_out(self, shown: Learnt) -> str:
        data = shown.run.data
        form = self.tr(
            "Old is what was in use when it learnt. Both saw the same pictures, which it did not "
            "learn from: {people} people put aside altogether, and {looks} looks of others."
        )
        return form.format(people=data.get("held_people", 0), looks=data.get("held_looks", 0))

    def _learnt_from(self, shown: Learnt) -> str:
        gone = shown.run.forgotten
        one = self.tr(
            "One of the people whom it learnt from was forgotten. What it learnt cannot be taken "
            "out of it: learn again, or drop it."
        )
        some = self.tr(
            "{} of the people whom it learnt from were forgotten. What it learnt cannot be taken "
            "out of it: learn again, or drop it."
        )
        self._gone.setText(one if gone == 1 else some.format(gone))
        names = list(shown.people[:NAMED])
        if len(shown.people) > NAMED:
            names.append(self.tr("and {} more").format(len(shown.people) - NAMED))
        return self.tr("Learnt from: {}").format(", ".join(names) or "–")

    def _use(self) -> None:
        if self._row is not None:
            self._retraining.accept(self._row)

    def _judge(self) -> None:
        if self._row is not None:
            self._retraining.judge(self._row)

    def _back(self) -> None:
        if self._row is not None:
            self._retraining.roll_back(self._row.run.kind)

    def _stop(self) -> None:
        if (job := self._retraining.switching) is not None:
            job.cancel()

    def _tell(self, signal: object) -> None:
        if self._row is not None:
            signal.emit(self._row)  # type: ignore[attr-defined]
