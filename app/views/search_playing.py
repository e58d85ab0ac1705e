"""The right half of the page of search: the player, and what can be done with what it shows."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from app import theme
from app.requests import EnrolFrom
from app.session import Session
from app.viewmodels.player import Player
from app.viewmodels.player_boxes import Box, Boxes, Mark
from app.viewmodels.search import Search
from app.viewmodels.search_moments import Moments
from app.viewmodels.search_rows import Row
from app.views.search_details import Details
from app.widgets.player import PlayerWidget
from app.widgets.thumbs import Thumbnails
from app.widgets.timeline import HoverCard
from reid_core.library.ids import format_id, parse_id


class Playing(QWidget):
    """Player and details. Shows the sighting that is looked at, with its box."""

    def __init__(self, session: Session, search: Search, thumbs: Thumbnails) -> None:
        super().__init__()
        self._session, self._search = session, search
        self.player = Player(self)
        self.boxes = Boxes(session, self)
        self.moments = Moments(session, self)
        self.widget = PlayerWidget(self.player, self.boxes.at)
        self.widget.bar.picture_at = self._picture_at
        self.widget.bar.card = HoverCard(thumbs)
        self.details = Details(search, thumbs)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(theme.GAP // 2)
        inside.addWidget(self.widget, 1)
        inside.addWidget(self.details)
        self._wire()

    def show_row(self, row: Row, *, play: bool = False) -> None:
        """Jump to the best moment of a sighting."""
        one = row.sighting
        self.show_moment(one.video, one.best_s, play=play)
        self.player.set_span((one.start_s, one.end_s))
        self._mark()

    def show_moment(self, path: str, time_s: float, *, play: bool = False) -> None:
        """Jump to a moment of a video of the library."""
        from reid_core.video.source import is_live, safe_name

        video = self._search.video(path)
        self.boxes.use(video.id if video else None)
        self.moments.use(video.id if video else None)
        if is_live(path):
            line = self.tr(
                "{} is a live source: what it showed was not recorded. The stored views below are "
                "all that is kept of it."
            )
            self.player.explain(path, line.format(safe_name(path) if "://" in path else path))
        else:
            self.player.open(path, time_s, play=play)
        self._show_spans()
        if not self.player.is_open:
            self.widget.bar.set_time(time_s, video.duration_s if video else None)

    def source(self) -> str:
        """The moment that is shown, as other pages take it."""
        return f"{self.player.path}@{self.player.time_s:.6f}"

    def close_player(self) -> None:
        """End the thread; take floating pictures away."""
        self.player.close()
        if self.widget.bar.card is not None:
            self.widget.bar.card.close()
            self.widget.bar.card.deleteLater()

    def _wire(self) -> None:
        screen = self.widget.screen_
        screen.drawn.connect(self._on_drawn)
        screen.box_clicked.connect(self._on_box)
        self.boxes.changed.connect(screen.update)
        self.details.evidence.sought.connect(self.player.seek)
        self.widget.bar.span_chosen.connect(self._search.select)
        self._search.result_changed.connect(self._on_result)
        self._search.selected_changed.connect(self._mark)

    def _on_result(self) -> None:
        self._mark()
        self._show_spans()

    def _mark(self) -> None:
        """Tell the boxes what the search says, and which one is looked at."""
        found, selected = self._search.found, self._search.selected
        name = ""
        if found is not None:
            name = found.query if found.person is not None else self.tr("similar")
        marks: dict[int, Mark] = {}
        for row in self._search.rows:
            is_chosen = selected is not None and row.key == selected.key
            mark = Mark(name, row.likeness, row.is_likely, is_chosen)
            marks |= {parse_id(one) or 0: mark for one in row.sighting.tracklets}
        self.boxes.set_marks(marks)
        self._show_spans()

    def _show_spans(self) -> None:
        path, selected = self.player.path, self._search.selected
        lane = next((one for one in self._search.lanes if one.path == path), None)
        self.widget.bar.set_spans(lane.spans if lane else (), selected.key if selected else "")

    def _picture_at(self, time_s: float) -> str:
        return self.moments.nearest(time_s)

    def _on_drawn(self, box: tuple[float, float, float, float], place: QPoint) -> None:
        menu = self._menu(place)
        self._add(menu, "magnifying-glass", self.tr("Search for this person"), self._ask, box)
        self._add(menu, "user-plus", self.tr("This is…"), self._enrol_box, box)
        menu.aboutToHide.connect(self.widget.screen_.clear_band)
        menu.popup(place)

    def _on_box(self, box: Box, place: QPoint) -> None:
        key = format_id(box.tracklet)
        menu = self._menu(place)
        if box.label:
            menu.addSection(box.label.replace("&", "&&"))
        self._add(
            menu, "magnifying-glass", self.tr("Find elsewhere"), self._search.ask_tracklet, key
        )
        self._add(menu, "user-plus", self.tr("This is…"), self._enrol_box, box.place)
        self._add(menu, "play", self.tr("Play"), self.player.play)
        menu.popup(place)

    def _menu(self, place: QPoint) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _add(self, menu: QMenu, icon: str, text: str, call: object, *args: object) -> None:
        action = QAction(theme.icon(icon), text, menu)
        action.triggered.connect(partial(_call, call, *args))
        menu.addAction(action)

    def _ask(self, box: tuple[float, float, float, float]) -> None:
        self._search.ask_box(self.source(), box)

    def _enrol_box(self, box: tuple[float, float, float, float]) -> None:
        self.enrol(self.source(), box)

    def enrol(self, source: str, box: tuple[float, float, float, float]) -> None:
        """Find out who is in a box of a moment, then hand over to the page of people."""

        def work(_: object) -> EnrolFrom:
            from reid_core.actions.pick import pick

            one = pick(self._session.models(), source, box)
            return EnrolFrom((source,), str(one.kind), one.number)

        self._session.tasks.run(
            self.tr("Look at the picture"),
            work,
            then=lambda wanted: self._session.asked_for.emit("people", wanted),
            failed=self._session.tell,
            shown=False,
            latest="enrol from box",
        )


def _call(call: object, *args: object) -> None:
    """Forget the `checked` that a menu's signal brings along."""
    call(*[a for a in args if not isinstance(a, bool)])  # type: ignore[operator]
