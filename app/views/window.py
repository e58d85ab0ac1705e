"""The window: the pages at the left, the one in front, what is being done, what was said."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QByteArray, QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QMessageBox,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.pages import HIDDEN, PAGES, Entry, entry_of
from app.session import Message, Session
from app.settings import form_of
from app.tasks import Job
from app.widgets.activity import Activity
from app.widgets.nav import NavButton
from app.widgets.parts import label
from app.widgets.room import Room
from app.widgets.toast import Toast

SIDEBAR = 208  # px
SIZE = (1280, 800)
LEAST = (800, 480)  # a screen of 1366 x 768 at 150 % has 910 x 512, with a task bar less


class Window(QMainWindow):
    """Shows one page at a time; a page is made when it is first asked for."""

    closed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setWindowTitle("Cameo")
        self.setMinimumSize(*LEAST)
        self._pages: dict[str, QWidget] = {}
        self._rooms: dict[str, Room] = {}
        self._nav = QButtonGroup(self)
        self._stack = QStackedWidget()
        self._activity = Activity()
        whole = QWidget()
        inside = QHBoxLayout(whole)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self._sidebar())
        inside.addWidget(self._stack, 1)
        self.setCentralWidget(whole)
        self._toast = Toast(whole)
        session.message.connect(self._on_message)
        session.history_changed.connect(lambda: self._toast.withdraw(session.undo))
        session.asked_for.connect(self.show_page)
        session.tasks.started.connect(self._activity.add)
        session.tasks.started.connect(self._on_job)
        session.settings_changed.connect(lambda _: self._redress())
        self._shortcuts()
        self._restore()

    def show_page(self, key: str, wanted: object = None) -> None:
        """Bring a page to the front, and have it show something."""
        entry = entry_of(key)
        if entry.key not in self._pages:
            page = entry.build(self._session)
            self._pages[entry.key], self._rooms[entry.key] = page, Room(page)
            self._stack.addWidget(self._rooms[entry.key])
        page = self._pages[entry.key]
        self._stack.setCurrentWidget(self._rooms[entry.key])
        self._nav.setExclusive(False)  # a page without a button leaves none pressed
        for one in self._nav.buttons():
            one.setChecked(one.property("key") == entry.key)
        self._nav.setExclusive(True)
        page.activate(wanted)  # type: ignore[attr-defined]

    def page(self, key: str) -> QWidget | None:
        """A page if it was made."""
        return self._pages.get(key)

    @property
    def current_page(self) -> str:
        """The key of the page in front."""
        shown = self._stack.currentWidget()
        return next((k for k, room in self._rooms.items() if room is shown), PAGES[0].key)

    def closeEvent(self, event: QCloseEvent) -> None:
        if any(j.shown and j.loses for j in self._session.tasks.jobs) and not self._may_stop():
            event.ignore()
            return
        for page in self._pages.values():
            page.close_page()  # type: ignore[attr-defined]
        self._remember()
        event.accept()
        self.closed.emit()

    def _may_stop(self) -> bool:
        """Ask once whether what runs may be stopped, saying what stays of it."""
        jobs = [j for j in self._session.tasks.jobs if j.shown and j.loses]
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        box.setTextFormat(Qt.TextFormat.PlainText)  # names of people and files are in it
        box.setWindowTitle(self.tr("Close Cameo?"))
        box.setText(self.tr("Work is under way:") + "\n" + "\n".join(j.title for j in jobs[:5]))
        stays = dict.fromkeys(j.stays for j in jobs if j.stays)
        box.setInformativeText(" ".join([self.tr("It is stopped safely."), *stays]))
        stop = box.addButton(self.tr("Stop and close"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(self.tr("Keep working"), QMessageBox.ButtonRole.RejectRole)
        box.exec()
        return box.clickedButton() is stop

    def _sidebar(self) -> QWidget:
        bar = QFrame()
        bar.setProperty("look", "sidebar")
        bar.setFixedWidth(SIDEBAR)
        inside = QVBoxLayout(bar)
        inside.setContentsMargins(0, 2 * theme.GAP, 0, theme.GAP)
        inside.setSpacing(2)
        name = label("Cameo", "title")
        name.setContentsMargins(2 * theme.GAP, 0, 0, theme.GAP)
        inside.addWidget(name)
        for entry in PAGES:
            if entry.at_foot:
                inside.addStretch()
                inside.addWidget(self._activity)
            inside.addWidget(self._nav_button(entry))
        return bar

    def _nav_button(self, entry: Entry) -> QToolButton:
        made = NavButton()
        made.setProperty("look", "nav")
        made.setProperty("key", entry.key)
        made.setProperty("icon_name", entry.icon)
        made.setText(QCoreApplication.translate("Pages", entry.title))
        made.setIcon(theme.icon(entry.icon))
        made.setIconSize(theme.icon_size())
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setCheckable(True)
        made.setFixedWidth(SIDEBAR - 2 * theme.GAP)
        made.clicked.connect(lambda _=False, key=entry.key: self.show_page(key))
        self._nav.addButton(made)
        holder = QWidget()
        inside = QHBoxLayout(holder)
        inside.setContentsMargins(theme.GAP, 0, theme.GAP, 0)
        inside.addWidget(made)
        return holder  # type: ignore[return-value]

    def _shortcuts(self) -> None:
        for n, entry in enumerate(PAGES, 1):
            QShortcut(QKeySequence(f"Ctrl+{n}"), self, lambda k=entry.key: self.show_page(k))
        QShortcut(QKeySequence.StandardKey.Undo, self, self._session.undo)
        QShortcut(QKeySequence.StandardKey.Redo, self, self._session.redo)
        QShortcut(QKeySequence("Ctrl+Q"), self, self.close)

    def _on_job(self, job: Job) -> None:
        job.ended.connect(self._mark)
        self._mark()

    def _mark(self) -> None:
        """Mark the pages on which something runs."""
        jobs = [j for j in self._session.tasks.jobs if j.shown]
        for one in self._nav.buttons():
            if isinstance(one, NavButton):
                one.mark([j.title for j in jobs if j.page == one.property("key")])

    def _on_message(self, message: Message) -> None:
        self._toast.say(message)

    def _redress(self) -> None:
        for one in self.findChildren(QAbstractButton):
            if name := one.property("icon_name"):
                one.setIcon(theme.icon(name, one.property("icon_shade") or "text"))

    def _restore(self) -> None:
        kept = form_of(self._session.settings, "geometry")
        if not kept or not self.restoreGeometry(QByteArray(kept)):
            screen = QGuiApplication.primaryScreen().availableGeometry()
            self.resize(min(SIZE[0], screen.width()), min(SIZE[1], screen.height()))

    def _remember(self) -> None:
        window = dict(self._session.settings.window)
        window["geometry"] = base64.b64encode(self.saveGeometry().data()).decode("ascii")
        last = self._session.settings.last_page
        if all(e.key != self.current_page for e in HIDDEN):
            last = self.current_page
        self._session.settings = replace(self._session.settings, window=window, last_page=last)


def show_soon(window: Window, key: str) -> None:
    """Show the window at once, and its page in the next turn of the event loop."""
    window.show()
    QTimer.singleShot(0, window, lambda: window.show_page(key))


def library_line(folder: Path) -> str:
    """Where the library is, in a line short enough for a title."""
    return f"Cameo · {folder.name}"
