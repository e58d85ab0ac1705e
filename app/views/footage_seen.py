"""Who was seen in the chosen video: portraits, and what can be done with each."""

from __future__ import annotations

from PySide6.QtCore import QLocale, QPoint, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app import theme
from app.models.rows import RowRole
from app.models.seen import SeenModel
from app.session import Session
from app.viewmodels.footage import Footage
from app.views.footage_delegates import CELL, SeenDelegate
from app.views.footage_dialogs import NameDialog
from app.views.footage_grid import GridView
from app.widgets.parts import EmptyState, button, label, row
from app.widgets.thumbs import Thumbnails
from reid_core.library.listing import Seen
from reid_core.types import Kind


class SeenPanel(QWidget):
    """The people of the view-model's selected video."""

    def __init__(self, session: Session, footage: Footage) -> None:
        super().__init__()
        self._footage = footage
        self.model = SeenModel()
        self.grid = GridView(CELL)
        self.grid.setModel(self.model)
        self.grid.setProperty("look", "card")
        self.grid.setAccessibleName(self.tr("Seen in this video"))
        thumbs = Thumbnails(session.library.media, session.tasks)
        thumbs.setParent(self)
        thumbs.ready.connect(lambda _: self.grid.viewport().update())
        self._delegate = SeenDelegate(thumbs)
        self.grid.setItemDelegate(self._delegate)
        self.grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.grid.customContextMenuRequested.connect(self._on_menu)
        self.grid.activated.connect(self._play)
        self._title = label(self.tr("Seen in this video"), "heading")
        self._count = label("", "muted")
        self._kind = self._kind_box()
        self._who = button(self.tr("This is…"), self._enrol, icon="user-plus")
        self._find = button(self.tr("Find elsewhere"), self._elsewhere, icon="magnifying-glass")
        self._show = button(self.tr("Play"), self._play, icon="play")
        self._empty = EmptyState("users", self.tr("Nobody yet"), "")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self._empty)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(2 * theme.GAP, theme.GAP, 0, 0)
        inside.setSpacing(theme.GAP)
        inside.addLayout(row(self._title, self._count, None, self._kind))
        inside.addWidget(self._stack, 1)
        inside.addLayout(row(self._who, self._find, self._show, None))
        self.grid.selectionModel().currentChanged.connect(lambda *_: self._on_current())
        footage.seen_changed.connect(self._on_seen)
        footage.selected_changed.connect(self._on_seen)
        self._on_seen()

    @property
    def current(self) -> Seen | None:
        """The chosen portrait."""
        index = self.grid.currentIndex()
        return index.data(RowRole) if index.isValid() else None

    def _kind_box(self) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(self.tr("Faces or bodies"))
        box.addItem(self.tr("Faces and bodies"), None)
        box.addItem(theme.icon("smiley", "face"), self.tr("Faces"), Kind.FACE)
        box.addItem(theme.icon("person", "body"), self.tr("Bodies"), Kind.BODY)
        box.currentIndexChanged.connect(
            lambda i: self._footage.show_kind(box.itemData(i) and Kind(box.itemData(i)))
        )
        return box

    def _on_seen(self) -> None:
        seen, chosen = self._footage.seen, self._footage.selected
        self.model.set_rows(seen)
        n = QLocale().toString(len(seen))
        one, some = self.tr("1 appearance"), self.tr("{} appearances").format(n)
        self._count.setText(some if len(seen) > 1 else one if seen else "")
        self._stack.setCurrentWidget(self.grid if seen else self._empty)
        if chosen is not None and chosen.state in ("waiting", "indexing", "paused", "stopped"):
            text = self.tr("Portraits come in as the video is indexed, minute by minute.")
        elif chosen is not None and chosen.id is not None:
            text = self.tr("Nobody was found in this video.")
        else:
            text = self.tr("Choose a video to see who is in it.")
        self._empty.text.setText(text)
        self._on_current()

    def _on_current(self) -> None:
        chosen = self.current is not None and bool(self._footage.seen)
        video = self._footage.selected
        for one in (self._who, self._find):
            one.setEnabled(chosen)
        self._show.setEnabled(chosen and video is not None and not video.missing)

    def _enrol(self) -> None:
        if (seen := self.current) is None:
            return
        dialog = NameDialog(self)
        dialog.named.connect(lambda name: self._footage.enrol(seen, name))
        dialog.finished.connect(dialog.deleteLater)
        self._footage.names(dialog.offer)
        dialog.open()

    def _elsewhere(self) -> None:
        if (seen := self.current) is not None:
            self._footage.find_elsewhere(seen)

    def _play(self) -> None:
        seen, video = self.current, self._footage.selected
        if seen is not None and video is not None and not video.missing:
            self._footage.play(video, seen.start_s)

    def _on_menu(self, place: QPoint) -> None:
        index = self.grid.indexAt(place)
        if not index.isValid():
            return
        self.grid.setCurrentIndex(index)
        menu = QMenu(self)
        for icon, word, call in (
            ("user-plus", self.tr("This is…"), self._enrol),
            ("magnifying-glass", self.tr("Find elsewhere"), self._elsewhere),
            ("play", self.tr("Play"), self._play),
        ):
            action = QAction(theme.icon(icon), word, menu)
            action.triggered.connect(lambda _=False, call=call: QTimer.singleShot(0, self, call))
            menu.addAction(action)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.grid.viewport().mapToGlobal(place))
