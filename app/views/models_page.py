"""The page of models: what is installed, what can be had, and which one does what."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QMenu,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.models.installed import InstalledModel
from app.requests import Calibrate
from app.session import Session
from app.viewmodels.calibrating import Calibrating
from app.viewmodels.models import Models, Switch
from app.viewmodels.models_rows import ModelRow
from app.views.models_details import ICONS, DetailsPanel
from app.views.models_dialogs import Questions
from app.views.models_import import ImportDialog
from app.views.models_strip import CalibrationStrip
from app.views.models_table import FILTERS, ModelTable
from app.widgets.parts import Header, banner, button, label, row
from app.widgets.splits import keep_splits, restore_splits
from reid_core.models.manifest import Manifest
from reid_core.types import Kind

if TYPE_CHECKING:
    from app.views.models_calibration import CalibrationPanel

SPLIT = "models_across"  # among the window's settings


class Page(QWidget):
    """Layout and wiring."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.models = Models(session)
        self.models.setParent(self)
        self.calibrating = Calibrating(session, self)
        self.strip = CalibrationStrip(self.calibrating)
        self._panel: CalibrationPanel | None = None
        self._stack = QStackedWidget()
        self.table = ModelTable(InstalledModel())
        self.details = DetailsPanel(self.models, self.table.rows)
        self.questions = Questions(self)
        self.dialog: ImportDialog | None = None
        self._for_list = (
            button(self.tr("Measure all"), self.models.measure_all, icon="gauge"),
            button(self.tr("Import a network…"), self.import_network, icon="plus", look="primary"),
        )
        self._header = Header(self.tr("Models"), *self._for_list)
        self._which = QComboBox()
        self._which.addItems(
            [self.tr("All models"), self.tr("Installed"), self.tr("For commercial use")]
        )
        self._which.setAccessibleName(self.tr("Which models are listed"))
        self._broken = self._make_broken()
        self._across = self._make_split()
        self._lay_out()
        self._wire()

    def activate(self, wanted: object) -> None:
        """Shown: look again at what there is. wanted: a model's name to choose, a `Calibrate`, or
        None.
        """
        if isinstance(wanted, str) and wanted:
            self.models.select(wanted)
        self.models.refresh()
        self.calibrating.refresh()
        if isinstance(wanted, Calibrate):
            self.panel.show_kind(Kind(wanted.kind))
            self._show_panel()
        elif self._stack.currentIndex() == 0:
            self.table.setFocus()

    @property
    def panel(self) -> CalibrationPanel:
        """Where it is measured how sure a match is; made when it is first wanted."""
        if self._panel is None:
            from app.views.models_calibration import CalibrationPanel

            asked = self._session.asked_for
            self._panel = made = CalibrationPanel(self.calibrating)
            made.closed.connect(lambda: self._stack.setCurrentIndex(0))
            made.people_asked.connect(lambda: asked.emit("people", None))
            made.footage_asked.connect(lambda: asked.emit("footage", None))
            self._stack.addWidget(made)
        return self._panel

    def close_page(self) -> None:
        """Remember the splitter."""
        keep_splits(self._session, {SPLIT: self._across})

    def do(self, action: str, name: str) -> None:
        """Do something with a model, asking first where that is needed."""
        found = next((r for r in self.models.rows if r.name == name), None)
        if found is None:
            return
        possible = self.models.possible(found)
        action = action or next((a for a in ("use", "fetch") if a in possible), "")
        if action not in possible:
            return
        if action == "file":
            self._take_file(found)
        elif action == "remove":
            self.questions.ask_removal(found, partial(self.models.remove, name))
        else:
            {
                "fetch": self.models.fetch,
                "use": self.models.use,
                "measure": lambda one: self.models.measure([one]),
                "stop": self.models.stop,
            }[action](name)

    def import_network(self) -> None:
        """Open the form for an own network."""
        self.dialog = ImportDialog(self._session, parent=self)
        self.dialog.importing.installed.connect(self._on_imported)
        self.dialog.open()

    def _make_broken(self) -> QFrame:
        self._broken_line = label("", "warn", wrap=True)
        remove = button(self.tr("Remove them"), self.models.remove_broken, icon="trash")
        return banner(self._broken_line, remove)

    def _make_split(self) -> QSplitter:
        across = QSplitter(Qt.Orientation.Horizontal)
        left = QWidget()
        inside = QVBoxLayout(left)
        inside.setContentsMargins(0, 0, theme.GAP, 0)
        inside.addWidget(self.table)
        across.addWidget(left)
        across.addWidget(self.details)
        across.setStretchFactor(0, 1)
        across.setSizes([760, 320])
        across.setChildrenCollapsible(False)
        across.setHandleWidth(1)
        left.setMinimumWidth(380)
        self.details.setMinimumWidth(270)
        restore_splits(self._session, {SPLIT: across})
        return across

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * theme.GAP, 2 * theme.GAP, 3 * theme.GAP, 2 * theme.GAP)
        whole.setSpacing(theme.GAP)
        whole.addWidget(self._header)
        whole.addWidget(self._broken)
        listed = QWidget()
        inside = QVBoxLayout(listed)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(theme.GAP)
        inside.addWidget(self.strip)
        inside.addLayout(row(self._which, None))
        inside.addWidget(self._across, 1)
        self._stack.addWidget(listed)
        whole.addWidget(self._stack, 1)

    def _wire(self) -> None:
        models, table = self.models, self.table
        models.rows_changed.connect(self._on_rows)
        models.row_changed.connect(table.rows.update_row)
        models.selected_changed.connect(self._on_selected)
        models.licence_asked.connect(self._ask_licence)
        models.switch_asked.connect(self._ask_switch)
        table.chosen.connect(models.select)
        table.wanted.connect(self.do)
        table.menu_asked.connect(self._show_menu)
        self.details.wanted.connect(self.do)
        self._which.currentIndexChanged.connect(lambda n: table.show_only(FILTERS[n]))
        self._session.settings_changed.connect(lambda _: table.viewport().update())
        self.strip.opened.connect(self._show_panel)
        self._stack.currentChanged.connect(self._on_shown)
        QShortcut(QKeySequence.StandardKey.Open, self, self.import_network)

    def _show_panel(self) -> None:
        self._stack.setCurrentWidget(self.panel)
        self.panel.measure.setFocus()

    def _on_shown(self, n: int) -> None:
        for one in self._for_list:
            one.setVisible(n == 0)

    def _on_rows(self) -> None:
        self.table.rows.set_rows(self.models.rows)
        there = sum(r.is_there for r in self.models.rows)
        line = self.tr("{} installed, {} more can be had")
        self._header.line.setText(line.format(there, len(self.models.rows) - there))
        broken = self.models.broken
        words = self.tr("These models cannot be read, since their description is damaged: {}.")
        self._broken_line.setText(words.format(", ".join(broken)))
        self._broken.setVisible(bool(broken))

    def _on_selected(self) -> None:
        if (found := self.models.selected) is not None:
            self.table.choose(found.name)

    def _ask_licence(self, found: ModelRow) -> None:
        self.questions.ask_licence(found, partial(self.models.accept, found.name))

    def _ask_switch(self, switch: Switch) -> None:
        self.questions.ask_switch(switch, partial(self.models.switch, switch))

    def _take_file(self, found: ModelRow) -> None:
        title = self.tr("The publisher's file of {}").format(found.name)
        path, _ = QFileDialog.getOpenFileName(self, title)
        if path:
            self.models.fetch(found.name, Path(path))

    def _show_menu(self, name: str, spot: QPoint) -> None:
        found = next((r for r in self.models.rows if r.name == name), None)
        if found is None:
            return
        menu = QMenu(self)
        for action in self.models.possible(found):
            made = menu.addAction(theme.icon(ICONS[action]), self.details.word(action, found))
            made.triggered.connect(partial(self.do, action, name))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(spot)

    def _on_imported(self, manifest: Manifest) -> None:
        self.models.select(manifest.name)
        self._session.say(self.tr("{} is installed").format(manifest.name))


def build(session: Session) -> QWidget:
    """The page."""
    return Page(session)
