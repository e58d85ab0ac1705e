"""The page of training. Its sections stand side by side behind tabs, once there are several."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from app import theme
from app.session import Session
from app.training_run import Client
from app.viewmodels.train import Training
from app.viewmodels.train_export import Exporter
from app.viewmodels.train_form import TrainForm
from app.views.train_section import RunsSection
from app.widgets.dropping import dropped
from app.widgets.parts import Header, button
from app.widgets.splits import keep_splits, restore_splits

SPLIT = "train_across"  # among the window's settings


class Page(QWidget):
    """Layout and wiring. make: a process of another kind, for tests."""

    def __init__(self, session: Session, make: Callable[[], Client] | None = None) -> None:
        super().__init__()
        self._session = session
        self.training = Training(session, make, parent=self)
        self.exporter = Exporter(session, make, parent=self)
        self.form = TrainForm(session)
        self.form.setParent(self)
        self.runs = RunsSection(session, self.training, self.form, self.exporter)
        self.tabs, self._sections = QTabBar(), QStackedWidget()
        self.new = button(self.tr("New run"), self.runs.show_form, icon="plus", look="primary")
        self._header = Header(
            self.tr("Train"),
            button(self.tr("Open a run…"), self.runs.open_run, icon="folder-open"),
            self.new,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * theme.GAP, 2 * theme.GAP, 3 * theme.GAP, 2 * theme.GAP)
        whole.addWidget(self._header)
        whole.addWidget(self.tabs)
        whole.addWidget(self._sections, 1)
        self.tabs.currentChanged.connect(self._sections.setCurrentIndex)
        self.add_section(self.tr("Runs"), self.runs)
        self._header.line.setText(self.tr("Make models that know your kind of pictures better"))
        self.setAcceptDrops(True)
        restore_splits(session, {SPLIT: self.runs.split})

    def add_section(self, title: str, section: QWidget, *, first: bool = False) -> None:
        """Put a section among the others; tabs appear with the second one."""
        place = 0 if first else self._sections.count()
        self._sections.insertWidget(place, section)
        self.tabs.insertTab(place, title)
        self.tabs.setVisible(self.tabs.count() > 1)

    def activate(self, wanted: object) -> None:
        """Shown: read the list of runs again, and look whether training can work."""
        self.runs.missing.look()
        self.training.refresh()

    def close_page(self) -> None:
        """The run under way stops after its step; remember the splitter."""
        self.exporter.close()
        self.training.close()
        keep_splits(self._session, {SPLIT: self.runs.split})

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if path := _dropped(event):
            event.acceptProposedAction()
            self.runs.use_folder(path)


def _dropped(event: QDropEvent) -> str:
    """The folder or list that is dragged; "" for anything else."""
    paths = dropped(event.mimeData())
    good = [p for p in paths if Path(p).is_dir() or p.lower().endswith(".csv")]
    return good[0] if len(good) == 1 == len(paths) else ""


def build(session: Session) -> QWidget:
    """The page."""
    return Page(session)
