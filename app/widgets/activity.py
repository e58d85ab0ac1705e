"""What is being done: one line per job at the sidebar's foot, with remaining time and a stop."""

from __future__ import annotations

import re

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QProgressBar, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.from_core import in_window
from app.tasks import Job
from app.widgets.parts import label, row, tool
from app.words import remaining

TALLEST, LOWEST = 280, 76  # px; the lower one in a low window, where the rest is scrolled to

DETAILS = (  # what reid_core says in a word while it works
    QT_TRANSLATE_NOOP("JobDetail", "reading"),
    QT_TRANSLATE_NOOP("JobDetail", "copying"),
    QT_TRANSLATE_NOOP("JobDetail", "{} of {}"),
)


class Activity(QScrollArea):
    """The list of running jobs; no taller than they are, and gone when there is none."""

    def __init__(self) -> None:
        super().__init__()
        inner = QWidget()
        self._rows = QVBoxLayout(inner)
        self._rows.setContentsMargins(theme.GAP, 0, theme.GAP, theme.GAP)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        self.hide()

    def add(self, job: Job) -> None:
        """Show a job until it ends."""
        line = _Line(job)
        self._rows.addWidget(line)
        line.show()  # hidden, it would not count for the height
        job.changed.connect(self._fit)  # its words may take more lines by then
        job.ended.connect(self._on_ended)
        self.show()
        self._fit()

    def _on_ended(self) -> None:
        QTimer.singleShot(0, self, self._fit)

    def sizeHint(self) -> QSize:
        wraps = self._rows.hasHeightForWidth()
        tall = self._rows.totalHeightForWidth(self.width()) if wraps else 0
        return QSize(0, min(max(tall, self._rows.sizeHint().height()), TALLEST))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()  # the words may take another number of lines

    def minimumSizeHint(self) -> QSize:
        return QSize(0, min(self.sizeHint().height(), LOWEST))

    def _fit(self) -> None:
        self.setVisible(self._rows.count() > 0)
        self.updateGeometry()


class _Line(QFrame):
    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job
        self.setProperty("look", "card")
        self._title, self._detail = (
            label(_breakable(job.title), wrap=True),
            label("", "muted", wrap=True),
        )
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setMaximumHeight(6)
        self._bar.setRange(0, 0)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        inside.setSpacing(4)
        top = row(self._title, tool("x", self.tr("Stop"), job.cancel))
        top.setStretch(0, 1)
        inside.addLayout(top)
        if job.has_end:
            inside.addWidget(self._bar)
        inside.addWidget(self._detail)
        job.changed.connect(self._on_changed)
        job.ended.connect(self._on_ended)

    def _on_ended(self) -> None:
        self.hide()
        self.setParent(None)
        self.deleteLater()

    def _on_changed(self) -> None:
        if self._job.share > 0:
            self._bar.setRange(0, 1000)
            self._bar.setValue(round(1000 * self._job.share))
        words = [_detail(self._job.detail)]
        if self._job.remaining_s is not None:
            words.append(self.tr("{} left").format(remaining(self._job.remaining_s)))
        self._detail.setText(" · ".join(w for w in words if w))
        self._detail.setVisible(bool(self._detail.text()) or self._job.has_end)


def _breakable(title: str) -> str:
    """With places where a long name of a file may go on in the next line."""
    return re.sub(r"(?<=[_\-./])(?=\w)", "\u200b", title)


def _detail(said: str) -> str:
    """What reid_core says of its progress, in the window's language."""
    if counted := re.fullmatch(r"(\d+) of (\d+)", said):
        return QCoreApplication.translate("JobDetail", "{} of {}").format(*counted.groups())
    return QCoreApplication.translate("JobDetail", in_window(said))
