"""Where it is measured how sure a match is, of faces and of bodies, and taken into use."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.viewmodels import calibrating_words as words
from app.viewmodels.calibrating import Calibrating
from app.views.models_measured import Measured
from app.widgets.parts import button, card, label, row, scrolled, tool
from reid_core.types import Kind

RATES = (1e-2, 1e-3, 1e-4)  # to choose from, beside one's own
USUAL = 1
OWN = len(RATES)  # its place in the list
LEAST, MOST = 2, 10_000_000  # "1 in" so many, of one's own


class CalibrationPanel(QWidget):
    """Layout and wiring."""

    closed = Signal()
    people_asked = Signal()
    footage_asked = Signal()

    def __init__(self, calibrating: Calibrating) -> None:
        super().__init__()
        self._calibrating = calibrating
        self.kind = Kind.FACE
        self._kinds = {kind: self._kind_button(kind) for kind in Kind}
        self._about = self._make_about()
        self._state = label("", wrap=True, selectable=True)
        self.remove = button(
            self.tr("Remove"), lambda: calibrating.remove(self.kind), icon="trash", look="danger"
        )
        self.rate, self.own = QComboBox(), QSpinBox()
        self.measure = button(self.tr("Measure"), self._measure, icon="gauge", look="primary")
        self.stop = button(self.tr("Stop"), lambda: calibrating.stop(self.kind), icon="stop")
        self.advice, self._advice_line = self._make_advice()
        self._heading = label("", "heading", wrap=True)
        self.measured = Measured()
        self.apply = button(
            self.tr("Use it"), lambda: calibrating.apply(self.kind), icon="check", look="primary"
        )
        self.discard = button(self.tr("Discard"), lambda: calibrating.discard(self.kind), icon="x")
        self._result = QFrame()
        self._lay_out()
        calibrating.changed.connect(self.refresh)
        self.show_kind(Kind.FACE)

    def show_kind(self, kind: Kind) -> None:
        """Show faces or bodies."""
        self.kind = kind
        for one, made in self._kinds.items():
            made.setChecked(one is kind)
        self.refresh()

    @property
    def fmr(self) -> float:
        """The false-match rate that is chosen."""
        place = self.rate.currentIndex()
        return 1 / self.own.value() if place == OWN else RATES[place]

    def refresh(self) -> None:
        """Show what is known now."""
        calibrating, kind = self._calibrating, self.kind
        one, found = calibrating.standings.get(kind), calibrating.found.get(kind)
        busy, advice = calibrating.is_busy(kind), calibrating.advice.get(kind, "")
        self._state.setText("" if one is None else words.state(one))
        self.remove.setVisible(one is not None and one.can_remove)
        self.measure.setEnabled(one is not None and bool(one.model))
        self._offer(busy=busy, has_found=found is not None)
        self.advice.setVisible(bool(advice))
        self._advice_line.setText(advice)
        for made in self._ways:
            made.setVisible(kind in calibrating.lacks)
        kept = one.kept if one is not None else None
        self._result.setVisible(found is not None or kept is not None)
        if found is not None:
            self._heading.setText(self.tr("Measured, not in use yet"))
            self.measured.show_measured(
                found.calibration,
                before=words.before(found),
                notes=tuple(words.notes(found)),
            )
        elif kept is not None:
            self._heading.setText(self.tr("In use"))
            self.measured.show_measured(kept)

    def _offer(self, *, busy: bool, has_found: bool) -> None:
        """Show the buttons that do something; one that goes hands on the keyboard."""
        now = self.stop if busy else self.measure
        now.show()
        gone = [self.measure if busy else self.stop]
        gone += [] if has_found else [self.apply, self.discard]
        if self.focusWidget() in gone:
            now.setFocus()
        for made in gone:
            made.hide()
        for made in (self.apply, self.discard):
            made.setVisible(has_found)

    def _kind_button(self, kind: Kind) -> QToolButton:
        made = tool(
            "user" if kind is Kind.FACE else "person",
            words.kind_name(kind),
            partial(self.show_kind, kind),
            checkable=True,
        )
        made.setText(words.kind_name(kind))
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        return made

    def _make_about(self) -> QFrame:
        frame, inside = card()
        for text in (
            self.tr(
                "A similarity is no percentage: with one model 0.90 is two strangers, with another "
                "0.40 is one person. What it means is measured here, on your own people and "
                "footage, and only for the model in use."
            ),
            self.tr(
                "You choose how often two different people may pass. The stricter that is, the "
                "more looks at one and the same person are missed; both are shown, with the range "
                "in which the truth lies 95 times in 100."
            ),
            self.tr(
                "The rate is of one comparison: whoever is searched among 100,000 appearances "
                "meets 100 strangers who pass at 1 in 1,000. The probability beside a result "
                "counts that in. It is a lead: look at the pictures."
            ),
        ):
            inside.addWidget(label(text, wrap=True))
        frame.hide()
        return frame

    def _make_advice(self) -> tuple[QFrame, QLabel]:
        frame, inside = card()
        line = label("", wrap=True)
        self._ways = (
            button(self.tr("Enrol people"), self.people_asked.emit, icon="user-plus"),
            button(self.tr("Add footage"), self.footage_asked.emit, icon="film-strip"),
        )
        inside.addWidget(label(self.tr("This cannot be measured yet"), "heading", wrap=True))
        inside.addWidget(line)
        inside.addLayout(row(*self._ways, None))
        return frame, line

    def _make_rates(self) -> None:
        for n, fmr in enumerate(RATES):
            text = words.rate(fmr)
            self.rate.addItem(self.tr("{} (usual)").format(text) if n == USUAL else text)
        self.rate.addItem(self.tr("Own"))
        self.rate.setCurrentIndex(USUAL)
        self.rate.setAccessibleName(self.tr("How often two different people may pass"))
        self.own.setRange(LEAST, MOST)
        self.own.setValue(500)
        self.own.setGroupSeparatorShown(True)
        self.own.setPrefix(self.tr("1 in "))
        self.own.setAccessibleName(self.tr("Own rate: one pair of two people in"))
        self.own.hide()
        self.rate.currentIndexChanged.connect(lambda n: self.own.setVisible(n == OWN))

    def _measure(self) -> None:
        self._calibrating.measure(self.kind, self.fmr)

    def _lay_out(self) -> None:
        self._make_rates()
        back = tool("arrow-left", self.tr("Back to the models"), self.closed.emit)
        why = button(self.tr("What does this mean?"), self._explain, icon="question")
        top = row(
            back,
            label(self.tr("How sure is a match?"), "heading"),
            *self._kinds.values(),
            None,
            why,
        )
        both = QWidget()
        across = QHBoxLayout(both)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(theme.GAP)
        across.addWidget(self._left(), 2)
        across.addWidget(self._right(), 3)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.GAP)
        whole.addLayout(top)
        whole.addWidget(self._about)
        whole.addWidget(both, 1)

    def _left(self) -> QScrollArea:
        now, about_now = card()
        about_now.addWidget(label(self.tr("Now"), "heading"))
        about_now.addWidget(self._state)
        about_now.addLayout(row(self.remove, None))
        ask, about_ask = card()
        about_ask.addWidget(label(self.tr("Measure on your own data"), "heading"))
        about_ask.addWidget(
            label(
                self.tr(
                    "The people enrolled, what you confirmed and footage without names are "
                    "compared. Nothing is changed until you say so."
                ),
                "muted",
                wrap=True,
            )
        )
        about_ask.addWidget(
            label(self.tr("Of pairs of two different people, so many may pass:"), wrap=True)
        )
        about_ask.addLayout(row(self.rate, self.own, None))
        about_ask.addLayout(row(self.measure, self.stop, None))
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP)
        for one in (now, ask, self.advice):
            column.addWidget(one)
        column.addStretch()
        return scrolled(inner, whole=True)

    def _right(self) -> QWidget:
        self._result.setProperty("look", "card")
        inside = QVBoxLayout(self._result)
        inside.setContentsMargins(2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP)
        inside.setSpacing(theme.GAP)
        head = row(self._heading, self.discard, self.apply)
        head.setStretch(0, 1)
        inside.addLayout(head)
        inside.addWidget(scrolled(self.measured), 1)
        room = QWidget()  # keeps the left half narrow while there is no result
        beside = QVBoxLayout(room)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self._result)
        return room

    def _explain(self) -> None:
        self._about.setVisible(self._about.isHidden())
