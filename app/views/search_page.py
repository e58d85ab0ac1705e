"""The page of search: who is looked for, who was found, and the player beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QHideEvent,
    QKeySequence,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app import theme
from app.likeness import held_against
from app.requests import Calibrate, PlayAt, SearchFor
from app.session import Session
from app.viewmodels.search import Search
from app.viewmodels.search_rows import Row
from app.views.search_actions import ResultActions
from app.views.search_choose import ChooseDialog
from app.views.search_delegates import LANE
from app.views.search_filters import FilterBar
from app.views.search_lists import LanesList, SightingsList
from app.views.search_playing import Playing
from app.views.search_query import QueryBar
from app.widgets.dropping import dropped
from app.widgets.parts import EmptyState, Header, button, label, row
from app.widgets.splits import keep_splits, restore_splits
from app.widgets.thumbs import Thumbnails
from app.words import percent
from reid_core.types import Kind

SPLITS = ("search_across", "search_down")  # among the window's settings


class Page(QWidget):
    """Layout and wiring."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.search = Search(session, self)
        self._thumbs = Thumbnails(session.library.media, session.tasks)
        self.query = QueryBar(self.search, self._thumbs)
        self.filters = FilterBar(self.search)
        self.list = SightingsList(self._thumbs)
        self.lanes = LanesList(self._thumbs)
        self.playing = Playing(session, self.search, self._thumbs)
        self.actions_ = ResultActions(session, self.search, self)
        self.actions_.play_asked.connect(lambda key: self._open(key, play=True))
        self._header = self._make_header()
        self._means = label("", "muted", wrap=True)
        self._calibrate = button(
            self.tr("How sure is that?"),
            self._ask_calibration,
            icon="gauge",
            tip=self.tr("Measure on your own data what a similarity means"),
        )
        self._none = EmptyState("magnifying-glass", "", "")
        self._none.text.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._left = QStackedWidget()
        self._whole = QStackedWidget()
        self._across, self._down = self._make_splits()
        self._shown: tuple[object, str] = (None, "")
        self.setAcceptDrops(True)
        self._lay_out()
        self._wire()
        self._on_known()
        self._on_result()

    def activate(self, wanted: object) -> None:
        """Shown: ask or play what another page wants."""
        self.search.set_shown(True)
        match wanted:
            case SearchFor(person=name) if name:
                self.search.ask_person(name)
            case SearchFor(tracklet=key) if key:
                self.search.ask_tracklet(key)
            case SearchFor(image=source) if source:
                self.search.ask_image(source, wanted.number, Kind(wanted.kind))
            case PlayAt(video, time_s):
                self._play_at(video, time_s)
            case _:
                if self.search.asked is None:
                    self.query.picker.setFocus()

    def close_page(self) -> None:
        """End the player; remember the splitters."""
        self.playing.close_player()
        self.lanes.card.close()
        self.lanes.card.deleteLater()
        keep_splits(self._session, dict(zip(SPLITS, (self._across, self._down), strict=True)))

    def showEvent(self, event: QShowEvent) -> None:
        self.search.set_shown(True)

    def hideEvent(self, event: QHideEvent) -> None:
        self.search.set_shown(False)
        self.playing.player.pause()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if paths := dropped(event.mimeData()):
            event.acceptProposedAction()
            self.search.ask_image(paths[0])

    def _make_header(self) -> Header:
        self._export = button(self.tr("Export"), self._show_export, icon="export")
        return Header(self.tr("Search"), self._export)

    def _make_splits(self) -> tuple[QSplitter, QSplitter]:
        left = QWidget()
        inside = QVBoxLayout(left)
        inside.setContentsMargins(0, 0, theme.GAP, 0)
        inside.setSpacing(theme.GAP)
        inside.addWidget(self.filters)
        inside.addWidget(self._left, 1)
        self._left.addWidget(self.list)
        self._left.addWidget(self._none)
        across = QSplitter(Qt.Orientation.Horizontal)
        across.addWidget(left)
        across.addWidget(self.playing)
        self.playing.setContentsMargins(theme.GAP, 0, 0, 0)
        across.setSizes([380, 620])
        across.setStretchFactor(1, 1)
        down = QSplitter(Qt.Orientation.Vertical)
        down.addWidget(across)
        down.addWidget(self.lanes)
        down.setSizes([520, 110])
        down.setStretchFactor(0, 1)
        for one in (across, down):
            one.setChildrenCollapsible(False)
            one.setHandleWidth(5)
        restore_splits(self._session, dict(zip(SPLITS, (across, down), strict=True)))
        return across, down

    def _lay_out(self) -> None:
        asked = self._session.asked_for
        self._no_footage = EmptyState(
            "film-strip",
            self.tr("No footage yet"),
            self.tr(
                "Add videos first: Cameo looks through them once, after that every search takes "
                "less than a second."
            ),
            button(self.tr("Add footage"), lambda: asked.emit("footage", None), icon="plus"),
        )
        body = QWidget()
        inside = QVBoxLayout(body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(theme.GAP)
        inside.addWidget(self.query)
        means = row(self._means, self._calibrate)
        means.setStretch(0, 1)
        inside.addLayout(means)
        inside.addWidget(self._down, 1)
        self._whole.addWidget(body)
        self._whole.addWidget(self._no_footage)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * theme.GAP, 2 * theme.GAP, 3 * theme.GAP, 2 * theme.GAP)
        whole.setSpacing(theme.GAP)
        whole.addWidget(self._header)
        whole.addWidget(self._whole, 1)

    def _wire(self) -> None:
        search = self.search
        search.known_changed.connect(self._on_known)
        search.result_changed.connect(self._on_result)
        search.query_changed.connect(self._on_query)
        search.selected_changed.connect(self._on_selected)
        search.choices_offered.connect(self._choose)
        self.list.chosen.connect(search.select)
        self.list.opened.connect(lambda key: self._open(key, play=False))
        self.list.played.connect(lambda key: self._open(key, play=True))
        self.list.other_key = self.playing.widget.handle_key
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.lanes.span_chosen.connect(lambda key: self._open(key, play=False))
        self.lanes.moment_chosen.connect(self.playing.show_moment)
        self.playing.details.elsewhere_asked.connect(self._find_elsewhere)
        self.playing.details.enrol_asked.connect(self._enrol)
        self._session.settings_changed.connect(self._repaint)
        self._shortcuts()

    def _shortcuts(self) -> None:
        search = self.search
        for key, call in (
            ("N", partial(search.move, 1)),
            ("P", partial(search.move, -1)),
            ("Y", partial(self._with_selected, search.confirm)),
            ("X", partial(self._with_selected, search.reject)),
            ("T", partial(self._with_selected, search.add_template)),
            ("F", self._find_elsewhere),
            ("Ctrl+F", self.query.picker.setFocus),
            ("Ctrl+O", self.query.ask_photo),
        ):
            made = QShortcut(QKeySequence(key), self, call)
            made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _with_selected(self, call: Callable[[Row], None]) -> None:
        if self.search.selected is not None:
            call(self.search.selected)

    def _open(self, key: str, *, play: bool) -> None:
        self.search.select(key)
        row = self.search.row(key)
        if row is not None:
            self.playing.show_row(row, play=play)

    def _play_at(self, number: int, time_s: float) -> None:
        video = self.search.video_of(number)
        if video is not None:
            self.playing.show_moment(video.path, time_s)
            return
        # the page was just made: the library is still being read

        def later() -> None:
            self.search.known_changed.disconnect(later)
            known = self.search.video_of(number)
            if known is not None:
                self.playing.show_moment(known.path, time_s)

        self.search.known_changed.connect(later)

    def _on_known(self) -> None:
        known = self.search.known
        self._whole.setCurrentIndex(1 if known is not None and not known.has_footage else 0)
        self._on_result()

    def _on_query(self) -> None:
        self._header.line.setText(self._facts())

    def _on_result(self) -> None:
        search = self.search
        self.list.rows.set_rows(search.rows)
        self.lanes.rows.set_rows(search.lanes)
        self.lanes.setVisible(bool(search.lanes))
        tallest = max(60, LANE * len(search.lanes) + 4)
        if tallest != self.lanes.maximumHeight():
            self.lanes.setMaximumHeight(tallest)
            self._down.setSizes(self._down.sizes())
        self._left.setCurrentIndex(0 if search.rows else 1)
        self.filters.setVisible(search.found is not None)
        self._export.setEnabled(bool(search.rows))
        self._header.line.setText(self._facts())
        self._say_means()
        if not search.rows:
            self._explain_emptiness()
        if search.selected is None and search.rows:
            search.select(search.rows[0].key)
            if self.query.picker.hasFocus():
                self.list.setFocus()
        elif search.selected is not None:
            self.list.choose(search.selected.key)

    def _on_selected(self) -> None:
        row = self.search.selected
        self.lanes.mark(row.key if row else "")
        if row is None:
            return
        self.list.choose(row.key)
        # a verdict changes the row, but must not move the player
        if (self.search.asked, row.key) != self._shown:
            self._shown = (self.search.asked, row.key)
            self.playing.show_row(row)

    def _facts(self) -> str:
        search, found = self.search, self.search.found
        if search.is_busy and found is None:
            return self.tr("Searching…")
        if found is None:
            return ""
        locale = self.locale()
        line = self.tr(
            "{likely} likely of {all} shown · {searched} {kind} tracklets searched in {ms} ms · "
            "{decoded} frames decoded"
        )
        if found.index.sort != "exact":
            share = percent(found.index.recall, 1)
            line += " · " + self.tr("approximately: {share} of the nearest are found").format(
                share=share
            )
        kind = self.tr("face") if found.kind is Kind.FACE else self.tr("body")
        return line.format(
            likely=locale.toString(sum(r.is_likely for r in search.rows)),
            all=locale.toString(len(search.rows)),
            searched=locale.toString(found.searched),
            kind=kind,
            ms=round(found.elapsed_s * 1000),
            decoded=found.decoded_frames,
        )

    def _ask_calibration(self) -> None:
        found = self.search.found
        if found is not None:
            self._session.asked_for.emit("models", Calibrate(str(found.kind)))

    def _say_means(self) -> None:
        search, found = self.search, self.search.found
        self._means.setVisible(found is not None)
        self._calibrate.setVisible(found is not None and not search.is_calibrated)
        if found is None:
            return
        line = held_against(found.threshold)
        nobody = found.threshold.value is not None and found.sightings and not self.search.n_likely
        if nobody:
            nearest = (
                self.tr("Nobody reaches the threshold; the nearest are shown below.")
                if search.is_calibrated
                else self.tr("Nobody reaches the reference; the nearest are shown below.")
            )
            line = f"{nearest} {line}"
        self._means.setProperty("look", "warn" if nobody else "muted")
        self._means.style().unpolish(self._means)
        self._means.style().polish(self._means)
        self._means.setText(line)

    def _explain_emptiness(self) -> None:
        search, known = self.search, self.search.known
        title, text = (
            self.tr("Whom do you look for?"),
            self.tr(
                "Choose somebody above, drop a photo here, or draw a box around somebody in a "
                "video."
            ),
        )
        if search.problem:
            title, text = self.tr("This cannot be searched"), search.problem
        elif search.is_busy:
            title, text = self.tr("Searching…"), ""
        elif search.found is not None and search.n_all:
            title = self.tr("Nothing passes the filter")
            text = self.tr("Press “Show everything” in the filter to see all results again.")
        elif search.found is not None:
            title = self.tr("Nobody was found")
            text = self.tr("Nobody was seen in the videos and the time that were asked for.")
        elif known is not None and not known.people:
            title = self.tr("Nobody is enrolled")
            text = self.tr("Enrol somebody on the page of people, or search with a photo.")
        self._none.title.setText(title)
        self._none.text.setText(text)

    def _choose(self, choices: object) -> None:
        dialog = ChooseDialog(choices, self)  # type: ignore[arg-type]
        dialog.chosen.connect(self.search.choose)
        dialog.open()

    def _find_elsewhere(self) -> None:
        if self.search.selected is not None:
            self.search.ask_tracklet(self.search.selected.key)

    def _enrol(self) -> None:
        """Enrol whoever is in the sighting that is looked at, from its best moment."""
        row = self.search.selected
        if row is not None:
            one = row.sighting
            self.playing.enrol(f"{one.video}@{one.best_s:.6f}", one.box)

    def _show_export(self) -> None:
        below = QPoint(0, self._export.height())
        self.actions_.show_export(self._export.mapToGlobal(below))

    def _show_menu(self, place: QPoint) -> None:
        row = self.list.row_at(place)
        if row is not None:
            self.actions_.show_menu(row, self.list.viewport().mapToGlobal(place))

    def _repaint(self, _: object) -> None:
        for one in (self.list.viewport(), self.lanes.viewport(), self.query, self.playing):
            one.update()


def build(session: Session) -> QWidget:
    """The page."""
    return Page(session)
