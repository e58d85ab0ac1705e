"""Who is looked for: somebody enrolled, a picture, or a tracklet; as a face or as a body."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QCompleter,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import imaging, theme
from app.models.sightings import PeopleModel
from app.viewmodels.search import Search
from app.viewmodels.search_asking import Asked
from app.views.search_delegates import PersonDelegate
from app.widgets.painting import paint_picture
from app.widgets.parts import button, label, tool
from app.widgets.thumbs import Thumbnails
from reid_core.types import Kind

PORTRAIT = 48


class Portrait(QWidget):
    """A small picture of who is looked for."""

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self.setFixedSize(QSize(PORTRAIT, PORTRAIT))
        self.setAccessibleName(self.tr("Who is looked for"))
        self._thumbs, self._media, self._pixmap = thumbs, "", QPixmap()
        thumbs.ready.connect(self._on_ready)

    def _on_ready(self, media: str) -> None:
        if media == self._media:
            self.update()

    def show_media(self, media: str) -> None:
        """A stored picture."""
        self._media, self._pixmap = media, QPixmap()
        self.update()

    def show_jpeg(self, jpeg: bytes) -> None:
        """A picture in memory."""
        self._media, self._pixmap = "", QPixmap.fromImage(imaging.from_jpeg(jpeg))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        pixmap = self._thumbs.get(self._media) if self._media else self._pixmap
        paint_picture(QPainter(self), QRect(0, 0, PORTRAIT, PORTRAIT), pixmap, "user-focus")


class PersonPicker(QLineEdit):
    """A name, found by any part of it in a list with portraits."""

    chosen = Signal(str)

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self.people = PeopleModel()
        self._list = QListView()
        self._delegate = PersonDelegate(thumbs)
        self._completer = QCompleter(self.people, self)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._completer.setMaxVisibleItems(9)
        self._completer.setPopup(self._list)
        self._list.setItemDelegate(self._delegate)
        self._list.setUniformItemSizes(True)
        thumbs.ready.connect(self._on_ready)
        self.setCompleter(self._completer)
        self.setPlaceholderText(self.tr("Choose somebody"))
        self.setAccessibleName(self.tr("Person to look for"))
        self.setMinimumWidth(170)
        opens = self.addAction(
            theme.icon("caret-down", "muted"), self.ActionPosition.TrailingPosition
        )
        opens.triggered.connect(self.open)
        self._completer.activated.connect(self._on_activated)
        self.returnPressed.connect(self._accept)

    def open(self) -> None:
        """Show everybody."""
        self._completer.setCompletionPrefix("")
        self._completer.complete()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down and not self._list.isVisible():
            self.open()
            return
        super().keyPressEvent(event)

    def _on_ready(self, _: str) -> None:
        self._list.viewport().update()

    def _on_activated(self, name: str) -> None:
        self.chosen.emit(name)

    def _accept(self) -> None:
        """Enter takes the name, else the only one that fits."""
        wanted = self.text().strip().casefold()
        names = self.people.names()
        exact = [n for n in names if n.casefold() == wanted]
        close = exact or [n for n in names if wanted and wanted in n.casefold()]
        if len(close) == 1 or exact:
            self.setText(close[0])
            self.chosen.emit(close[0])
        elif close:
            self._completer.setCompletionPrefix(self.text())
            self._completer.complete()


class QueryBar(QFrame):
    """Layout and wiring; what is asked goes straight to the view-model."""

    def __init__(self, search: Search, thumbs: Thumbnails) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._search = search
        self._named = ""
        self.portrait = Portrait(thumbs)
        self.picker = PersonPicker(thumbs)
        self._what = label("", "muted")
        self._several = button(self.tr("Choose another…"), self._offer)
        self._several.hide()
        self.photo = button(self.tr("Photo…"), self.ask_photo, icon="image")
        self._clear = tool("x", self.tr("Look for nobody"), search.clear)
        self._kinds = QButtonGroup(self)
        self._lay_out()
        self.picker.chosen.connect(search.ask_person)
        search.known_changed.connect(self._on_known)
        search.query_changed.connect(self._on_query)
        self._on_query()

    def ask_photo(self) -> None:
        """Choose a picture to search with."""
        dialog = QFileDialog(self, self.tr("Search with a photo"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self._filter(), self.tr("All files (*)")])
        dialog.fileSelected.connect(self._search.ask_image)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _filter(self) -> str:
        from reid_core.images import SUFFIXES

        return self.tr("Pictures ({})").format(" ".join(sorted(f"*{s}" for s in SUFFIXES)))

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.picker)
        words.addWidget(self._what)
        inside = QHBoxLayout(self)
        inside.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        inside.setSpacing(theme.GAP)
        inside.addWidget(self.portrait)
        inside.addLayout(words, 1)
        inside.addWidget(self._several)
        inside.addWidget(self.photo)
        inside.addSpacing(theme.GAP)
        for kind, text, tip in (
            (None, self.tr("Automatic"), self.tr("By the face where there is one")),
            (Kind.FACE, self.tr("Face"), self.tr("By the face")),
            (Kind.BODY, self.tr("Body"), self.tr("By clothes and figure")),
        ):
            inside.addWidget(self._kind_button(kind, text, tip))
        inside.addWidget(self._clear)

    def _kind_button(self, kind: Kind | None, text: str, tip: str) -> QToolButton:
        made = QToolButton()
        made.setText(text)
        made.setToolTip(tip)
        made.setCheckable(True)
        made.setProperty("kind", None if kind is None else str(kind))
        made.clicked.connect(lambda _=False: self._use_kind(kind))
        self._kinds.addButton(made)
        return made

    def _use_kind(self, kind: Kind | None) -> None:
        self._search.set_options(replace(self._search.options, kind=kind))

    def _offer(self) -> None:
        answer = self._search.answer
        if answer is not None and answer.choices:
            self._search.choices_offered.emit(answer.choices)

    def _on_known(self) -> None:
        if self._search.known is not None:
            self.picker.people.set_rows(self._search.known.people)
            self.picker.setEnabled(bool(self._search.known.people))

    def _on_query(self) -> None:
        asked, answer = self._search.asked, self._search.answer
        self._clear.setVisible(asked is not None)
        for one in self._kinds.buttons():
            kind = self._search.options.kind
            one.setChecked(one.property("kind") == (None if kind is None else str(kind)))
        choices = answer.choices if answer else ()
        self._several.setVisible(len(choices) > 1)
        if answer is not None and answer.asked.jpeg:
            self.portrait.show_jpeg(answer.asked.jpeg)
        else:
            self.portrait.show_media(answer.media if answer else "")
        name, before = asked.person if asked else "", self._named
        self._named = name
        is_typing = self.picker.hasFocus() and self.picker.isModified()
        if name != before or not is_typing:  # footage being indexed asks again all the time
            self.picker.setText(name)
        self._what.setText(self._describe(asked))

    def _describe(self, asked: Asked | None) -> str:
        if asked is None:
            return self.tr("or drop a photo here")
        found = self._search.found
        by = ""
        if found is not None:
            by = self.tr("by the face") if found.kind is Kind.FACE else self.tr("by the body")
        if asked.person:
            return by
        if asked.tracklet:
            what = self.tr("Whoever is in tracklet {}").format(asked.tracklet)
        else:
            what = self.tr("Somebody in {}").format(Path(asked.source).name)
        return f"{what}, {by}" if by else what
