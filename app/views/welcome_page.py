"""The first run: what Cameo is, the models it needs, and two ways to begin."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMessageBox,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.session import Session
from app.viewmodels.welcome import STEPS, Welcome
from app.views.settings_parts import path_label, shown_path
from app.views.welcome_models import ModelLine
from app.widgets.parts import button, card, label, row, scrolled
from app.words import file_size

WIDEST = 820  # px


class Page(QWidget):
    """Layout and wiring."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.welcome = Welcome(session)
        self.welcome.setParent(self)
        self.lines: dict[str, ModelLine] = {}
        self._make_models()
        self._make_sample()
        self.own = button(
            self.tr("Open my footage…"), self._ask_footage, icon="film-strip", look="primary"
        )
        self.skip = button(self.tr("Begin without"), self._skip)
        self._place = path_label(self.tr("Where the library lives"))
        self._lay_out()
        self.welcome.models_changed.connect(self._on_models)
        self.welcome.sample_changed.connect(self._on_sample)
        session.settings_changed.connect(self._on_settings)

    def activate(self, wanted: object) -> None:
        """Shown: look at what is there."""
        self._show_place()
        self.welcome.refresh()
        self._on_sample()
        (self.own if self.welcome.is_ready else self.fetch).setFocus()

    def close_page(self) -> None:
        """Nothing runs for it alone."""

    def _make_models(self) -> None:
        self.models_card, self._models_inside = card()
        self._models_title = label(self.tr("1. What it needs"), "heading")
        self._models_line = label("", "muted", wrap=True)
        self.fetch = button("", self.welcome.fetch, icon="download-simple", look="primary")
        words = QVBoxLayout()
        words.addWidget(self._models_title)
        words.addWidget(self._models_line)
        top = QHBoxLayout()
        top.setSpacing(2 * theme.GAP)
        top.addLayout(words, 1)
        top.addWidget(self.fetch, 0, Qt.AlignmentFlag.AlignTop)
        self._models_inside.addLayout(top)

    def _make_sample(self) -> None:
        self.sample = button(
            self.tr("Try it on the sample"), self.welcome.try_sample, icon="play", look=""
        )
        self.stop = button(self.tr("Stop"), self.welcome.cancel_sample, icon="stop")
        self.remove = button(
            self.tr("Remove the sample…"), self._ask_removal, icon="trash", look="danger"
        )
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setMaximumHeight(6)
        self._step = label("", "muted", wrap=True)
        self._sample_problem = label("", "bad", wrap=True, selectable=True)

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(2 * theme.GAP)
        column.addWidget(label(self.tr("Welcome to Cameo"), "title"))
        column.addWidget(
            label(
                self.tr(
                    "Cameo finds people in pictures and video: say who somebody is with a photo, "
                    "look through your footage once, and see every moment that person appears in. "
                    "Everything happens on this computer, and nothing leaves it."
                ),
                wrap=True,
            )
        )
        column.addWidget(self.models_card)
        column.addWidget(self._begin_card())
        column.addWidget(self._library_card())
        column.addStretch()
        held = QWidget()
        held.setLayout(column)
        held.setMaximumWidth(WIDEST)
        inner = QWidget()
        across = QHBoxLayout(inner)
        across.setContentsMargins(3 * theme.GAP, 2 * theme.GAP, 3 * theme.GAP, 2 * theme.GAP)
        across.addStretch(1)
        across.addWidget(held, 100)
        across.addStretch(1)
        area = scrolled(inner, whole=True)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    def _begin_card(self) -> QFrame:
        frame, inside = card()
        inside.addWidget(label(self.tr("2. Begin"), "heading"))
        inside.addWidget(
            label(
                self.tr(
                    "The sample is a short film made of a group photograph. Two of its people are "
                    "enrolled and found in it, in about half a minute. It lies in your library's "
                    "folder and can be removed again on this page."
                ),
                "muted",
                wrap=True,
            )
        )
        buttons = row(self.own, self.sample, self.stop, self.remove, None, self.skip)
        inside.addLayout(buttons)
        inside.addWidget(self._step)
        inside.addWidget(self._bar)
        inside.addWidget(self._sample_problem)
        return frame

    def _library_card(self) -> QFrame:
        frame, inside = card()
        inside.addWidget(label(self.tr("Where the library lives"), "heading"))
        change = button(self.tr("Change…"), self._ask_library)
        line = row(self._place, change)
        line.setStretch(0, 1)
        inside.addLayout(line)
        inside.addWidget(
            label(
                self.tr(
                    "People, and pictures and vectors of who was seen. Videos stay where they "
                    "are. It can be moved later, as a folder."
                ),
                "muted",
                wrap=True,
            )
        )
        return frame

    def _on_models(self) -> None:
        one = self.welcome
        for needed in one.needed:
            if needed.name not in self.lines:
                line = ModelLine(needed)
                line.file_wanted.connect(self._ask_file)
                self.lines[needed.name] = line
                self._models_inside.addWidget(line)
            self.lines[needed.name].show_model(needed)
        size = file_size(one.to_fetch)
        self.fetch.setText(self.tr("Fetch ({})").format(size))
        self.fetch.setVisible(not one.is_ready)
        self.fetch.setEnabled(not one.is_fetching or one.to_fetch > 0)
        ready = self.tr("Everything is here: Cameo works without a network from now on.")
        missing = self.tr(
            "Four small networks, fetched once and checked. After that Cameo works without a "
            "network. By fetching them you agree to their licences."
        )
        self._models_line.setText(ready if one.is_ready else missing)
        _wear(self._models_line, "good" if one.is_ready else "muted")
        _wear(self.own, "primary" if one.is_ready else "")
        shade = "on_accent" if one.is_ready else "text"
        self.own.setProperty("icon_shade", shade)
        self.own.setIcon(theme.icon("film-strip", shade))
        self._on_sample()

    def _on_sample(self) -> None:
        one = self.welcome
        busy = one.step > 0
        self.sample.setEnabled(one.is_ready and not busy)
        self.sample.setToolTip("" if one.is_ready else self.tr("The networks come first"))
        self.sample.setVisible(not busy)
        self.stop.setVisible(busy)
        self.remove.setVisible(one.has_sample and not busy)
        self._bar.setVisible(busy)
        self._step.setVisible(busy)
        steps = (
            self.tr("Making the film"),
            self.tr("Enrolling two people"),
            self.tr("Looking through the film for them"),
        )
        if busy:
            line = self.tr("Step {} of {}: {}")
            self._step.setText(line.format(one.step, STEPS, steps[one.step - 1]))
            self._bar.setValue(round(1000 * (one.step - 1 + one.share) / STEPS))
        self._sample_problem.setText(one.problem)
        self._sample_problem.setVisible(bool(one.problem))

    def _on_settings(self) -> None:
        self._show_place()
        for line in self.lines.values():
            line.redress()

    def _show_place(self) -> None:
        self._place.setText(shown_path(self._session.library.folder))

    def _ask_footage(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self, self.tr("Footage to look through"))
        self.welcome.open_footage(paths)

    def _ask_file(self, name: str) -> None:
        title = self.tr("The publisher's file of {}").format(name)
        path, _ = QFileDialog.getOpenFileName(self, title)
        if path:
            self.welcome.fetch_from(name, Path(path))

    def _ask_removal(self) -> None:
        box = QMessageBox(self)
        box.setWindowTitle(self.tr("Remove the sample?"))
        box.setText(self.tr("The sample film and its two people are erased for good."))
        box.setInformativeText(
            self.tr("Somebody whom you gave other pictures as well stays. Nothing else is touched.")
        )
        agree = box.addButton(self.tr("Remove"), QMessageBox.ButtonRole.AcceptRole)
        no = box.addButton(self.tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setEscapeButton(no)
        box.buttonClicked.connect(
            lambda pressed: self.welcome.remove_sample() if pressed is agree else None
        )
        box.finished.connect(box.deleteLater)
        box.open()

    def _ask_library(self) -> None:
        title = self.tr("Where the library lives")
        folder = QFileDialog.getExistingDirectory(self, title, str(self._session.library.folder))
        if folder and Path(folder) != self._session.library.folder:
            self.welcome.choose_library(Path(folder))

    def _skip(self) -> None:
        self.welcome.done()
        self._session.asked_for.emit("people", None)


def _wear(widget: QWidget, look: str) -> None:
    """Give a widget another look."""
    if widget.property("look") != look:
        widget.setProperty("look", look)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def build(session: Session) -> QWidget:
    """The page."""
    return Page(session)
