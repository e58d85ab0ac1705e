"""The list of events at the side of the live picture."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QAction, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QLabel,
    QListView,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import imaging, theme
from app.models.live_events import EventFilter, EventRow, LiveEvents, who
from app.models.rows import RowRole
from app.tips import plain_tip
from app.views.live_delegate import EventDelegate, clock_time, details
from app.widgets.parts import button, label, row, tool

LARGE = 132  # px of the chosen event's picture


class EventsPanel(QWidget):
    """What happened, newest first; below it the chosen event, larger."""

    enrol_asked = Signal(int, QPointF)  # a track, and where on this panel
    person_asked = Signal(object)  # a person; ids are longer than an int of Qt
    cleared = Signal()

    def __init__(self, events: LiveEvents) -> None:
        super().__init__()
        self._events = events
        self.shown = EventFilter(events)
        self.list, self._delegate = QListView(), EventDelegate()
        self._filter = QComboBox()
        self._clear = tool("trash", self.tr("Clear the list"), self.cleared.emit)
        self._stack = QStackedWidget()
        self._nobody = label("", "muted", wrap=True)
        self._card, self._large, self._who, self._what = self._make_card()
        self._act = button("", self._on_act)
        self._chosen: int | None = None
        self._lay_out()
        self._wire()
        self._on_rows()

    @property
    def chosen(self) -> EventRow | None:
        """The event shown larger."""
        return next((r for r in self._events.rows if r.number == self._chosen), None)

    def _make_card(self) -> tuple[QFrame, QLabel, QLabel, QLabel]:
        card = QFrame()
        card.setProperty("look", "card")
        large = QLabel()
        large.setAlignment(Qt.AlignmentFlag.AlignCenter)
        large.setFixedSize(LARGE, LARGE)
        return card, large, label("", "heading"), label("", "muted", wrap=True)

    def _lay_out(self) -> None:
        for text, shown in (
            (self.tr("Everybody"), "all"),
            (self.tr("Enrolled"), "known"),
            (self.tr("Unknown"), "unknown"),
        ):
            self._filter.addItem(text, shown)
        self._filter.setAccessibleName(self.tr("Whose events are shown"))
        self.list.setItemDelegate(self._delegate)
        self.list.setModel(self.shown)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.setAccessibleName(self.tr("Events"))
        self._nobody.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nobody.setMargin(2 * theme.GAP)
        self._stack.addWidget(self._nobody)
        self._stack.addWidget(self.list)
        words = QVBoxLayout()
        words.addWidget(self._who)
        words.addWidget(self._what)
        words.addStretch()
        words.addWidget(self._act, 0, Qt.AlignmentFlag.AlignLeft)
        line = row(self._large)
        line.addLayout(words, 1)
        line.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        self._card.setLayout(line)
        self._card.hide()
        inside = QVBoxLayout(self)
        inside.setContentsMargins(theme.GAP, 0, 0, 0)
        inside.setSpacing(theme.GAP)
        inside.addLayout(row(label(self.tr("Events"), "heading"), None, self._filter, self._clear))
        inside.addWidget(self._stack, 1)
        inside.addWidget(self._card)

    def _wire(self) -> None:
        self._filter.currentIndexChanged.connect(self._on_filter)
        for signal in (self.shown.rowsInserted, self.shown.rowsRemoved, self.shown.modelReset):
            signal.connect(lambda *_: self._on_rows())
        self._events.pictures_dropped.connect(self._delegate.drop)
        self._events.modelReset.connect(self._delegate.drop)
        self._events.dataChanged.connect(lambda *_: self._show_chosen())
        self.list.selectionModel().currentChanged.connect(lambda *_: self._on_chosen())
        self.list.activated.connect(lambda _: self._on_act())
        self.list.customContextMenuRequested.connect(self._menu)

    def _on_filter(self) -> None:
        self.shown.show_only(self._filter.currentData())
        self._on_rows()

    def _on_rows(self) -> None:
        some = self.shown.rowCount() > 0
        self._stack.setCurrentWidget(self.list if some else self._nobody)
        empty = (
            self.tr("Who comes, who it is and who goes is listed here.")
            if not self._events.rowCount()
            else self.tr("No such events.")
        )
        self._nobody.setText(empty)
        self._clear.setEnabled(self._events.rowCount() > 0)
        self._show_chosen()

    def _on_chosen(self) -> None:
        row: EventRow | None = self.list.currentIndex().data(RowRole)
        self._chosen = row.number if row is not None else None
        self._show_chosen()

    def _show_chosen(self) -> None:
        row = self.chosen
        self._card.setVisible(row is not None)
        if row is None:
            self._large.clear()
            return
        image = imaging.from_jpeg(row.picture)
        ratio = self.devicePixelRatioF()
        if image.isNull():
            pixmap = theme.icon("user", "muted").pixmap(64, 64)
        else:
            side = round(LARGE * ratio)
            pixmap = QPixmap.fromImage(
                image.scaled(
                    side,
                    side,
                    Qt.AspectRatioMode.KeepAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            )
            pixmap.setDevicePixelRatio(ratio)
        self._large.setPixmap(pixmap)
        name = who(row.name, row.stranger)
        width = max(80, self.width() - LARGE - 6 * theme.GAP)
        self._who.setText(
            self._who.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, width)
        )
        self._who.setToolTip(plain_tip(name))
        self._what.setText(f"{clock_time(row.at_s)}\n{details(row)}")
        self._act.setText(self.tr("Who is this…") if row.name is None else self.tr("Show person"))
        self._large.setAccessibleName(name)

    def _on_act(self) -> None:
        row = self.chosen
        if row is not None and row.person is not None:
            self.person_asked.emit(row.person)
        elif row is not None:
            self._ask(row)

    def _ask(self, row: EventRow) -> None:
        self.enrol_asked.emit(row.track, QPointF(self._card.geometry().topLeft()))

    def _menu(self, where: QPoint) -> None:
        row: EventRow | None = self.list.indexAt(where).data(RowRole)
        if row is None:
            return
        menu = QMenu(self)
        more = self.tr("Who is this…") if row.name is None else self.tr("Add these views…")
        act = QAction(more, menu)
        act.triggered.connect(lambda: self._ask(row))
        menu.addAction(act)
        if (person := row.person) is not None:
            show = QAction(self.tr("Show person"), menu)
            show.triggered.connect(lambda: self.person_asked.emit(person))
            menu.addAction(show)
        menu.addSeparator()
        clear = QAction(self.tr("Clear the list"), menu)
        clear.triggered.connect(self.cleared.emit)
        menu.addAction(clear)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.list.viewport().mapToGlobal(where))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._show_chosen()
        super().changeEvent(event)
