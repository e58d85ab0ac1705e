"""The page of settings: every change is kept at once."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app import theme
from app.session import Session
from app.viewmodels.settings import SettingsPage
from app.views.settings_parts import WIDEST, Section, ShortcutTable
from app.views.settings_privacy import PrivacySection
from app.views.settings_sections import FoldersSection, LookSection, RunSection, WatchSection
from app.widgets.parts import Header, button, label, row, scrolled


class Page(QWidget):
    """Layout and wiring; each section takes care of its own fields."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.page = SettingsPage(session)
        self.page.setParent(self)
        self.folders = FoldersSection(self.page)
        self.watch = WatchSection(self.page)
        self.run = RunSection(self.page)
        self.look = LookSection(self.page)
        self.privacy = PrivacySection(self.page)
        self._banner = self._make_banner()
        self._lay_out()
        self.page.changed.connect(self._on_changed)
        self.page.facts_changed.connect(self._on_facts)
        self._on_changed()

    def activate(self, wanted: object) -> None:
        """Shown: find out again what takes a moment."""
        self.page.refresh()
        self._area.setFocus()  # arrow keys scroll, Tab leads to the first field

    def close_page(self) -> None:
        """Nothing runs for it."""

    def _make_banner(self) -> QFrame:
        """What was chosen and waits for the next opening."""
        frame = QFrame()
        frame.setProperty("look", "card")
        self.pending = label(
            self.tr("The new folder or language takes effect when Cameo is opened again."),
            wrap=True,
        )
        self.again = button(
            self.tr("Open again now"), self.page.reopen, icon="arrow-clockwise", look="primary"
        )
        line = row(self.pending, self.again)
        line.setStretch(0, 1)
        line.setContentsMargins(2 * theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        frame.setLayout(line)
        return frame

    def _lay_out(self) -> None:
        shortcuts = Section(self.tr("Keyboard"))
        shortcuts.add_wide(ShortcutTable())
        column = QVBoxLayout()
        column.setSpacing(2 * theme.GAP)
        column.setContentsMargins(0, 0, theme.GAP, theme.GAP)
        for section in (
            self.folders,
            self.watch,
            self.run,
            self.look,
            self.privacy,
            shortcuts,
        ):
            column.addWidget(section)
        column.addStretch()
        held = QWidget()
        held.setLayout(column)
        held.setMaximumWidth(WIDEST)
        inner = QWidget()
        across = QHBoxLayout(inner)
        across.setContentsMargins(0, 0, 0, 0)
        across.addWidget(held, 100)
        across.addStretch(1)
        self._area = area = scrolled(inner)
        area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        welcome = button(self.tr("Show the welcome page"), self.page.show_welcome)
        header = Header(self.tr("Settings"), welcome)
        header.line.setText(self.tr("Every change is kept at once"))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP, 0)
        whole.setSpacing(theme.GAP)
        whole.addWidget(header)
        whole.addWidget(self._banner)
        whole.addWidget(area, 1)

    def _on_changed(self) -> None:
        self._banner.setVisible(self.page.is_pending)
        for section in (self.folders, self.watch, self.run, self.look, self.privacy):
            section.show_settings()

    def _on_facts(self) -> None:
        self.run.show_facts()
        self.privacy.show_facts()


def build(session: Session) -> QWidget:
    """The page."""
    return Page(session)
