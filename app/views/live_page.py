"""The live page: watch a camera, see who is there, and say who the unknown are."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.models.live_events import EventRow
from app.requests import ShowPerson
from app.session import Session
from app.viewmodels.live import Live
from app.views.live_choosing import SourceMenu
from app.views.live_events import EventsPanel
from app.views.live_naming import Naming
from app.widgets.live_view import LivePicture
from app.widgets.parts import EmptyState, Header, Line, button, label, row
from app.widgets.splits import keep_splits, restore_splits
from app.words import decimal

SPLIT = "live_across"  # among the window's settings


class Page(QWidget):
    """Layout and wiring. Watching goes on while another page is shown, without painting."""

    def __init__(self, session: Session, live: Live | None = None) -> None:
        super().__init__()
        self._session = session
        self.live = live or Live(session)
        self.live.setParent(self)
        self.picture = LivePicture()
        self.events = EventsPanel(self.live.events)
        self.menu = SourceMenu(self.live, self)
        self._choose = QPushButton(self.tr("Watch…"))
        self._stop = button(self.tr("Stop"), self.live.stop, icon="stop")
        self._again = button(self.tr("Watch again"), self.live.again, icon="play")
        self._header = Header(self.tr("Live"), self._again, self._stop, self._choose)
        self._kind = QComboBox()
        self.alert = QCheckBox(self.tr("Highlight people enrolled"))
        self.record = QCheckBox(self.tr("Record to library"))
        self._snapshot = button(
            self.tr("Snapshot"),
            self.live.snapshot,
            icon="camera",
            tip=self.tr("Enrol from the picture of this moment"),
        )
        self._status, self._problem = Line(), label("", "warn", wrap=True)
        self._empty, self._failed = self._make_empty(), self._make_failed()
        self._split = self._make_split()
        self._stack = QStackedWidget()
        self.naming = Naming(self.live, self)
        self._lay_out()
        self._wire()
        self._on_changed()

    def activate(self, wanted: object) -> None:
        """Shown."""
        self.live.load_names()

    def close_page(self) -> None:
        """Stop watching; remember the splitter."""
        self.live.close()
        keep_splits(self._session, {SPLIT: self._split})

    # ---- layout

    def _make_empty(self) -> EmptyState:
        return EmptyState(
            "video-camera",
            self.tr("Watch a camera"),
            self.tr(
                "Cameo shows who is in the picture as it happens, and lists who comes and goes. "
                "A video can be played as if it were a camera, to try it out. Nothing leaves this "
                "computer, and nothing is kept unless you record it."
            ),
            button(self.tr("Camera 0"), lambda: self.live.start("camera:0"), icon="camera"),
            button(self.tr("Network camera…"), lambda: self.menu.ask_address(), icon="broadcast"),
            button(self.tr("Play a file…"), self.menu.ask_file, icon="film-strip"),
        )

    def _make_failed(self) -> EmptyState:
        return EmptyState(
            "warning",
            self.tr("There is no picture"),
            "",
            button(self.tr("Try again"), self.live.again, icon="arrow-clockwise"),
            button(self.tr("Network camera…"), lambda: self.menu.ask_address(), icon="broadcast"),
            button(self.tr("Play a file…"), self.menu.ask_file, icon="film-strip"),
        )

    def _make_split(self) -> QSplitter:
        split = QSplitter(Qt.Orientation.Horizontal)
        self._centre = QWidget()
        inside = QVBoxLayout(self._centre)
        inside.setContentsMargins(0, 0, theme.GAP, 0)
        inside.setSpacing(theme.GAP)
        inside.addWidget(self.picture, 1)
        inside.addWidget(self._status)
        split.addWidget(self._centre)
        split.addWidget(self.events)
        split.setStretchFactor(0, 1)
        split.setSizes([900, 320])
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        self.events.setMinimumWidth(260)
        restore_splits(self._session, {SPLIT: split})
        return split

    def _lay_out(self) -> None:
        self._choose.setMenu(self.menu)
        self._choose.setProperty("look", "primary")
        for text, kind in (
            (self.tr("Faces"), "face"),
            (self.tr("Bodies"), "body"),
            (self.tr("Faces and bodies"), "both"),
        ):
            self._kind.addItem(text, kind)
        self._kind.setCurrentIndex(self._kind.findData(self.live.kind))
        self._kind.setAccessibleName(self.tr("What is looked for"))
        self.alert.setChecked(self.live.alerts)
        self.alert.setToolTip(
            self.tr("Frames the picture for a moment when somebody enrolled is identified")
        )
        self.record.setChecked(self.live.records)
        self.record.setToolTip(
            self.tr("Keeps who was seen and when, so that it can be searched; not the video")
        )
        for one in (self._empty, self._failed, self._split):
            self._stack.addWidget(one)
        self._options = QWidget()
        bar = row(self._kind, self.alert, self.record, None, self._snapshot, gap=2 * theme.GAP)
        bar.setContentsMargins(0, 0, 0, 0)
        self._options.setLayout(bar)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * theme.GAP, 2 * theme.GAP, 3 * theme.GAP, 2 * theme.GAP)
        whole.setSpacing(theme.GAP)
        whole.addWidget(self._header)
        whole.addWidget(self._options)
        whole.addWidget(self._problem)
        whole.addWidget(self._stack, 1)

    # ---- wiring

    def _wire(self) -> None:
        live = self.live
        live.changed.connect(self._on_changed)
        live.picture_ready.connect(self._on_picture)
        live.status_changed.connect(self._on_status)
        live.alerted.connect(self._on_alert)
        live.forgotten.connect(self._on_forgotten)
        self.menu.chosen.connect(live.start)
        self._kind.currentIndexChanged.connect(lambda _: live.look_for(self._kind.currentData()))
        self.alert.toggled.connect(live.alert)
        self.record.toggled.connect(live.record)
        self.picture.fit_changed.connect(live.fit)
        self.picture.painted.connect(live.painted)
        self.picture.chosen.connect(self._on_person)
        self.events.enrol_asked.connect(self._on_event)
        self.events.person_asked.connect(
            lambda person: self._session.asked_for.emit("people", ShowPerson(person))
        )
        self.events.cleared.connect(live.clear)
        self.naming.named.connect(live.enrol)
        self.naming.closed.connect(self.picture.setFocus)
        self._session.settings_changed.connect(lambda _: self._on_settings())
        QShortcut(QKeySequence.StandardKey.Open, self, self.menu.ask_file)

    def _on_changed(self) -> None:
        live = self.live
        self._stop.setVisible(live.is_running)
        self._again.setVisible(not live.is_running and live.source is not None)
        if live.state in ("idle", "connecting", "failed"):
            self.picture.clear()
        self._snapshot.setEnabled(self.picture.has_picture)
        if live.state == "idle" or live.source is None:
            shown: QWidget = self._split if live.events.rowCount() else self._empty
        else:
            shown = self._failed if live.state == "failed" else self._split
        self._failed.text.setText(live.message)
        self._stack.setCurrentWidget(shown)
        self._options.setVisible(shown is not self._empty)
        self.picture.note(self._note())
        self._header.line.setText(self._line())
        self._problem.setText(live.problem)
        self._problem.setVisible(bool(live.problem))
        self._on_settings()
        self._on_status()

    def _note(self) -> str:
        return {
            "idle": self.tr("Watching has stopped."),
            "connecting": self._connecting(),
            "reconnecting": self.tr("The connection was lost. Reconnecting…"),
            "silent": self.tr("The source gives no pictures at the moment."),
            "ended": self.tr("The video has ended."),
        }.get(self.live.state, "")

    def _connecting(self) -> str:
        source = self.live.source
        if source is not None and source.sort == "file":
            return self.tr("Loading the models…")
        return self.tr("Connecting…")

    def _line(self) -> str:
        live = self.live
        if live.source is None:
            return ""
        name = self.fontMetrics().elidedText(live.source.label, Qt.TextElideMode.ElideMiddle, 360)
        if live.is_recording:
            return self.tr("{} · recording").format(name)
        return name

    def _on_picture(self) -> None:
        picture = self.live.picture()
        if picture is not None:
            self.picture.show_picture(picture, self.live.found)
            self._snapshot.setEnabled(True)

    def _on_status(self) -> None:
        live, status = self.live, self.live.status
        if not live.is_running or live.state == "connecting":
            self._status.setText("")
            return
        words = [self.tr("{} pictures per second").format(decimal(status.camera, 0))]
        if status.search:
            words.append(self.tr("searched {} times per second").format(decimal(status.search, 1)))
        elif not live.problem:
            words.append(self.tr("loading the models…"))
        if status.delay_s is not None:
            words.append(self.tr("delay {} s").format(decimal(status.delay_s, 2)))
        found = live.found
        if found is not None and any(
            p.score is not None and not p.calibrated for p in found.people
        ):
            words.append(self.tr("uncalibrated"))
        self._status.setText("  ·  ".join(words))

    def _on_alert(self, event: EventRow) -> None:
        self.picture.alert(self.tr("{} is here").format(event.name))

    def _on_forgotten(self, person: int) -> None:
        self.naming.forget()  # it may show pictures of them
        self.picture.forget(person)
        if not self.live.is_running:
            self.picture.clear()  # it may be of them, and none comes after it

    def _on_settings(self) -> None:
        """What may have been changed elsewhere; the picture has colours of its own."""
        for box, on in ((self.record, self.live.records), (self.alert, self.live.alerts)):
            box.blockSignals(True)
            box.setChecked(on)
            box.blockSignals(False)
        self.picture.update()

    def _on_person(self, track: int, where: QPointF) -> None:
        found = self.live.found
        people = found.people if found is not None else ()
        name = next((p.name for p in people if p.track == track), None)
        self.naming.ask(track, name, self.picture.mapTo(self, where.toPoint()))

    def _on_event(self, track: int, where: QPointF) -> None:
        rows = [r for r in self.live.events.rows if r.track == track]
        name = rows[0].name if rows else None
        self.naming.ask(track, name, self.events.mapTo(self, where.toPoint()))


def build(session: Session) -> QWidget:
    """The page."""
    return Page(session)
