"""The page of training: one's own people, and runs of whole networks, behind tabs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from app import theme
from app.requests import Retrain, TrainingRuns
from app.session import Session
from app.training_run import Client
from app.viewmodels.retraining import Retraining
from app.viewmodels.train import Training
from app.viewmodels.train_export import Exporter
from app.viewmodels.train_form import TrainForm
from app.views.retrain_section import RetrainSection
from app.views.train_section import RunsSection
from app.widgets.dropping import dropped
from app.widgets.parts import Header, button
from app.widgets.splits import keep_splits, restore_splits

SPLIT, RETRAIN_SPLIT = "train_across", "retrain_across"  # among the window's settings


class Page(QWidget):
    """Layout and wiring. make: a process of another kind, for tests."""

    def __init__(self, session: Session, make: Callable[[], Client] | None = None) -> None:
        super().__init__()
        self._session = session
        self.training = Training(session, make, parent=self)
        self.retraining = Retraining(session, make, parent=self)
        self.exporter = Exporter(session, make, parent=self)
        self.form = TrainForm(session)
        self.form.setParent(self)
        self.runs = RunsSection(session, self.training, self.form, self.exporter)
        self.own = RetrainSection(session, self.retraining, self.training)
        self.tabs, self._sections = QTabBar(), QStackedWidget()
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName(self.tr("Sections"))
        self.new = button(self.tr("New run"), self.runs.show_form, icon="plus", look="primary")
        self.open = button(self.tr("Open a run…"), self.runs.open_run, icon="folder-open")
        self.learn = button(self.tr("Learn again"), self.own.show_form, icon="plus")
        self._header = Header(self.tr("Train"), self.open, self.new, self.learn)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * theme.GAP, 2 * theme.GAP, 3 * theme.GAP, 2 * theme.GAP)
        whole.addWidget(self._header)
        whole.addWidget(self.tabs)
        whole.addWidget(self._sections, 1)
        self.tabs.currentChanged.connect(self._on_tab)
        for title, one in ((self.tr("Your own people"), self.own), (self.tr("Runs"), self.runs)):
            self._sections.addWidget(one)
            self.tabs.addTab(title)
        self.retraining.rows_changed.connect(lambda: self._on_tab(self.tabs.currentIndex()))
        self._header.line.setText(self.tr("Make models that know your kind of pictures better"))
        self.setAcceptDrops(True)
        restore_splits(session, self._splits())

    def show_section(self, section: QWidget) -> None:
        """Bring a section to the front."""
        self.tabs.setCurrentIndex(self._sections.indexOf(section))

    def activate(self, wanted: object) -> None:
        """Shown: read what there is again, and look whether training can work."""
        if isinstance(wanted, Retrain):
            self.show_section(self.own)
            self.own.show_wanted(wanted)
        elif isinstance(wanted, TrainingRuns):
            self.show_section(self.runs)
        self.retraining.refresh()
        self.runs.missing.look()
        self.training.refresh()

    def close_page(self) -> None:
        """The run under way stops after its step; remember the splitter."""
        self.exporter.close()
        self.training.close()
        self.retraining.close()
        keep_splits(self._session, self._splits())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if path := _dropped(event):
            event.acceptProposedAction()
            self.show_section(self.runs)
            self.runs.use_folder(path)

    def _on_tab(self, place: int) -> None:
        """Show a section, and at the head what can be begun in it."""
        self._sections.setCurrentIndex(place)
        is_own = self._sections.currentWidget() is self.own
        self.learn.setVisible(is_own and bool(self.retraining.listed))
        for one in (self.open, self.new):
            one.setVisible(not is_own)

    def _splits(self) -> dict[str, QSplitter]:
        return {SPLIT: self.runs.split, RETRAIN_SPLIT: self.own.split}


def _dropped(event: QDropEvent) -> str:
    """The folder or list that is dragged; "" for anything else."""
    paths = dropped(event.mimeData())
    good = [p for p in paths if Path(p).is_dir() or p.lower().endswith(".csv")]
    return good[0] if len(good) == 1 == len(paths) else ""


def build(session: Session) -> QWidget:
    """The page."""
    return Page(session)
