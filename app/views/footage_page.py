"""The page of footage: what is indexed, what is being indexed, and who was seen in it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.requests import AddFootage
from app.session import Session
from app.viewmodels.footage import Footage
from app.viewmodels.index_queue import IndexQueue
from app.views.footage_actions import Actions
from app.views.footage_details import DetailsPanel
from app.views.footage_dialogs import CameraDialog
from app.views.footage_seen import SeenPanel
from app.views.footage_table import VideoTable
from app.widgets.dropping import DropFrame, dropped
from app.widgets.parts import EmptyState, Header, banner, button, label, row
from app.widgets.splits import keep_splits, restore_splits
from app.words import file_size, remaining

SPLITS = ("footage_down", "footage_across")  # among the window's settings


class Page(QWidget):
    """Layout and wiring. The queue lives as long as the page, which is as long as the window."""

    def __init__(self, session: Session, queue: IndexQueue | None = None) -> None:
        super().__init__()
        self._session = session
        self.footage = Footage(session, queue or IndexQueue(session))
        self.footage.setParent(self)
        self.footage.queue.setParent(self)
        self._actions = Actions(self.footage, self)
        self.table = VideoTable(session, self._actions)
        self.details = DetailsPanel(self.footage, self._actions, self.table.rows)
        self.seen = SeenPanel(session, self.footage)
        self._header = self._make_header()
        self._settings = label("", "muted")
        self._find = QLineEdit()
        self._pause = button(self.tr("Pause all"), self.footage.queue.pause_all, icon="pause")
        self._resume = button(self.tr("Resume all"), self.footage.queue.resume_all, icon="play")
        self._banner = self._make_banner()
        self._stack = QStackedWidget()
        self._empty = self._make_empty()
        self._down, self._across = self._make_splits()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._down)
        self._drop = DropFrame(self, self.tr("Drop to index"))
        self.setAcceptDrops(True)
        self._lay_out()
        self._wire()
        self._on_settings()
        self._on_rows()

    def activate(self, wanted: object) -> None:
        """Shown: read the library again, and add what another page asks for."""
        self.footage.refresh()
        if isinstance(wanted, AddFootage):
            self.add(wanted.sources)

    def close_page(self) -> None:
        """Stop indexing; remember the splitters."""
        self.footage.close()
        keep_splits(self._session, dict(zip(SPLITS, (self._down, self._across), strict=True)))

    def add(self, sources: Sequence[str]) -> None:
        """Put files, folders, cameras or streams into the queue."""
        self.footage.add(sources)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped(event.mimeData()):
            event.acceptProposedAction()
            self._drop.cover()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop.hide()
        if paths := dropped(event.mimeData()):
            event.acceptProposedAction()
            self.add(paths)

    def _make_header(self) -> Header:
        return Header(
            self.tr("Footage"),
            button(self.tr("Camera…"), self._ask_camera, icon="video-camera"),
            button(self.tr("Add folder…"), self._ask_folder, icon="folder-plus"),
            button(self.tr("Add files…"), self._ask_files, icon="plus", look="primary"),
        )

    def _make_banner(self) -> QFrame:
        """What was not finished when the window was closed."""
        self._left = label("", wrap=True)
        return banner(
            self._left,
            button(self.tr("Go on"), self.footage.resume_unfinished, icon="play"),
            button(self.tr("Not now"), self.footage.dismiss_unfinished),
        )

    def _make_empty(self) -> EmptyState:
        return EmptyState(
            "film-strip",
            self.tr("Drop videos here"),
            self.tr(
                "Or folders of videos or pictures. Cameo looks through them once for everybody in "
                "them, on this computer; after that a search takes a second. The files stay where "
                "they are."
            ),
            button(self.tr("Add files…"), self._ask_files, icon="plus"),
            button(self.tr("Add folder…"), self._ask_folder, icon="folder-plus"),
        )

    def _make_splits(self) -> tuple[QSplitter, QSplitter]:
        across = QSplitter(Qt.Orientation.Horizontal)
        across.addWidget(self.details)
        across.addWidget(self.seen)
        across.setStretchFactor(1, 1)
        across.setSizes([340, 700])
        down = QSplitter(Qt.Orientation.Vertical)
        down.addWidget(self.table)
        down.addWidget(across)
        down.setSizes([460, 340])
        for one in (across, down):
            one.setChildrenCollapsible(False)
            one.setHandleWidth(1)
        self.details.setMinimumWidth(280)
        self.table.setMinimumHeight(120)
        across.setMinimumHeight(190)
        restore_splits(self._session, dict(zip(SPLITS, (down, across), strict=True)))
        return down, across

    def _lay_out(self) -> None:
        self._find.setPlaceholderText(self.tr("Find a video"))
        self._find.setAccessibleName(self.tr("Find a video"))
        self._find.setClearButtonEnabled(True)
        self._find.setMaximumWidth(260)
        to_settings = button(
            self.tr("Change…"), lambda: self._session.asked_for.emit("settings", None)
        )
        to_settings.setAccessibleName(self.tr("Change how footage is indexed"))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * theme.GAP, 2 * theme.GAP, 3 * theme.GAP, 2 * theme.GAP)
        whole.setSpacing(theme.GAP)
        whole.addWidget(self._header)
        whole.addWidget(self._banner)
        self._find.setMinimumWidth(160)
        bar = row(self._find, self._pause, self._resume, None, self._settings, to_settings)
        whole.addLayout(bar)
        whole.addWidget(self._stack, 1)

    def _wire(self) -> None:
        footage = self.footage
        footage.rows_changed.connect(self._on_rows)
        footage.row_changed.connect(self.table.rows.update_row)
        footage.totals_changed.connect(self._on_totals)
        footage.unfinished_changed.connect(self._on_unfinished)
        footage.queue.changed.connect(self._on_queue)
        self.table.chosen.connect(footage.select)
        self._find.textChanged.connect(self.table.look_for)
        self._session.settings_changed.connect(lambda _: self._on_settings())
        QShortcut(QKeySequence.StandardKey.Find, self, self._find.setFocus)
        QShortcut(QKeySequence.StandardKey.Open, self, self._ask_files)

    def _on_rows(self) -> None:
        footage = self.footage
        self.table.rows.set_rows(footage.rows)
        self._stack.setCurrentWidget(self._down if footage.rows else self._empty)
        self._find.setVisible(len(footage.rows) > 1)
        if footage.selected is None and footage.rows:
            footage.select(footage.rows[0].key)
        if footage.selected is not None:
            self.table.choose(footage.selected.key)
        self._on_queue()

    def _on_queue(self) -> None:
        queue = self.footage.queue
        files = [e for e in queue.entries if not e.is_live]
        runs = any(e.state in ("waiting", "indexing") for e in files)
        self._pause.setVisible(runs and not queue.is_paused)
        held = any(e.state == "paused" for e in files)
        self._resume.setVisible(queue.is_paused or (held and not runs))

    def _on_totals(self) -> None:
        totals, locale = self.footage.totals, QLocale()
        if not totals.videos:
            self._header.line.setText("")
            return
        words = [
            self._videos(totals.videos),
            remaining(totals.seconds),
            self.tr("{} faces").format(locale.toString(totals.faces)),
            self.tr("{} bodies").format(locale.toString(totals.bodies)),
        ]
        if totals.disk_bytes is not None:
            size = file_size(totals.disk_bytes)
            words.append(self.tr("{} on disk").format(size))
        self._header.line.setText(" · ".join(words))

    def _on_unfinished(self) -> None:
        count = len(self.footage.unfinished)
        self._banner.setVisible(count > 0)
        line = self.tr("Not finished when Cameo was closed: {}")
        self._left.setText(line.format(self._videos(count)))

    def _videos(self, count: int) -> str:
        return self.tr("1 video") if count == 1 else self.tr("{} videos").format(count)

    def _on_settings(self) -> None:
        kinds = {"face": self.tr("faces"), "body": self.tr("bodies")}
        who = self.tr(" and ").join(kinds[k] for k in self.footage.kinds()) or self.tr("nobody")
        rate = QLocale().toString(self._session.settings.per_second, "g", 4)
        line = self.tr("Looks for {who} in {rate} pictures a second")
        self._settings.setText(line.format(who=who, rate=rate))
        self.table.viewport().update()
        self.seen.grid.viewport().update()

    def _ask_files(self) -> None:
        dialog = QFileDialog(self, self.tr("Add videos"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([self._video_filter(), self.tr("All files (*)")])
        dialog.filesSelected.connect(self.add)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, self.tr("Add a folder of videos or pictures"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.filesSelected.connect(self.add)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _ask_camera(self) -> None:
        dialog = CameraDialog(self._session.settings.cameras, self)
        dialog.asked.connect(lambda source: self.add([source]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _video_filter(self) -> str:
        from reid_core.video.names import VIDEO_SUFFIXES

        return self.tr("Videos ({})").format(" ".join(sorted(f"*{s}" for s in VIDEO_SUFFIXES)))


def build(session: Session) -> QWidget:
    """The page."""
    return Page(session)
