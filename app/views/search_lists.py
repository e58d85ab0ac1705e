"""The list of sightings and the lanes of their videos."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

from app.models.rows import Index
from app.models.sightings import LanesModel, SightingsModel
from app.viewmodels.search_rows import Lane, Row, Span
from app.views.search_delegates import (
    NARROW,
    LaneDelegate,
    SightingDelegate,
    groove_of,
)
from app.widgets.scrolling import keep_room
from app.widgets.thumbs import Thumbnails
from app.widgets.timeline import HoverCard, span_at, time_at
from app.words import moment


class SightingsList(QListView):
    """Cards, as many side by side as fit. Keys that it does not use go to `other_key`."""

    chosen = Signal(str)  # a row was selected: its key
    opened = Signal(str)  # Enter or a click
    played = Signal(str)  # a double click

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self.rows = SightingsModel()
        self.other_key: Callable[[QKeyEvent], bool] = lambda _: False
        self._card = SightingDelegate(thumbs)
        self.setModel(self.rows)
        self.setItemDelegate(self._card)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        keep_room(self)
        self.setAccessibleName(self.tr("Sightings"))
        self.setMinimumWidth(NARROW + 24)
        thumbs.ready.connect(self._on_ready)
        self.clicked.connect(lambda index: self._tell(index, self.opened))
        self.doubleClicked.connect(lambda index: self._tell(index, self.played))

    def choose(self, key: str) -> None:
        """Select a row and bring it into view."""
        index = self.rows.index_of(key)
        if index.isValid() and index != self.currentIndex():
            self.selectionModel().setCurrentIndex(
                index, QItemSelectionModel.SelectionFlag.ClearAndSelect
            )
            self.scrollTo(index)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        row = self.rows.row(current)
        if row is not None:
            self.chosen.emit(row.key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        moves = event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End)
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            # not by `activated`, which a double click sends as well
            self._tell(self.currentIndex(), self.opened)
        elif (plain and moves) or not self.other_key(event):
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        across = max(1, self.viewport().width() // NARROW)
        self._card.width = self.viewport().width() // across
        self.setIconSize(self.iconSize())
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def row_at(self, place: QPoint) -> Row | None:
        """The row under a place of the viewport."""
        return self.rows.row(self.indexAt(place))

    def _on_ready(self, _: str) -> None:
        self.viewport().update()

    def _tell(self, index: QModelIndex, signal: object) -> None:
        row = self.rows.row(index)
        if row is not None:
            signal.emit(row.key)  # type: ignore[attr-defined]


class LanesList(QListView):
    """A bar per video. A click on a span goes to it, beside one to that moment."""

    span_chosen = Signal(str)  # its row's key
    moment_chosen = Signal(str, float)  # a video's path, seconds

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self.rows = LanesModel()
        self.card = HoverCard(thumbs)
        self._lane = LaneDelegate()
        self.setModel(self.rows)
        self.setItemDelegate(self._lane)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Time lines of the videos"))
        self.setMinimumHeight(60)
        self.activated.connect(self._open)

    def mark(self, key: str) -> None:
        """Frame the span of the row that is looked at."""
        self._lane.chosen = key
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        lane, at_s, span = self._under(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or lane is None:
            return
        if span is not None:
            self.span_chosen.emit(span.key)
        elif at_s is not None:
            self.moment_chosen.emit(lane.path, at_s)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        place = event.position().toPoint()
        lane, at_s, span = self._under(place)
        over = lane is not None and at_s is not None
        shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)
        if at_s is None:
            self.card.hide()
            return
        top = self.visualRect(self.indexAt(place)).top() + 4
        spot = self.viewport().mapToGlobal(QPoint(place.x(), top))
        self.card.show_at(spot, span.media if span else "", moment(span.best_s if span else at_s))

    def leaveEvent(self, event: QEvent) -> None:
        self.card.hide()
        super().leaveEvent(event)

    def _under(self, place: QPoint) -> tuple[Lane | None, float | None, Span | None]:
        """The lane, the time and the span under a place of the viewport."""
        index = self.indexAt(place)
        lane = self.rows.row(index)
        if lane is None:
            return None, None, None
        groove = groove_of(self.visualRect(index))
        if not groove.left() - 4 <= place.x() <= groove.right() + 4:
            return lane, None, None
        span = span_at(lane.spans, groove, lane.duration_s, place.x())
        return lane, time_at(groove, lane.duration_s, place.x()), span

    def _open(self, index: QModelIndex) -> None:
        """Enter: the likeliest sighting of the video."""
        lane = self.rows.row(index)
        if lane is not None and lane.spans:
            self.span_chosen.emit(lane.spans[-1].key)
