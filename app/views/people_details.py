"""Whoever is looked at: name, notes, templates, and what can be done with them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.viewmodels.people import People
from app.views.people_templates import TemplatesView
from app.widgets.painting import paint_picture
from app.widgets.parts import button, label, row, tool
from app.widgets.thumbs import Thumbnails
from app.words import local_day
from reid_core.library.people import MAX_NOTES, Portrait

FACE = 72  # px
NOTES = 64  # px


class Face(QWidget):
    """The portrait."""

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self._thumbs, self._media = thumbs, ""
        self.setFixedSize(QSize(FACE, FACE))
        self.setAccessibleName(self.tr("Portrait"))
        thumbs.ready.connect(self._on_ready)

    def show_media(self, media: str) -> None:
        """A stored picture, "" for none."""
        self._media = media
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        pixmap = self._thumbs.get(self._media)
        paint_picture(QPainter(self), QRect(0, 0, FACE, FACE), pixmap, "user")

    def _on_ready(self, media: str) -> None:
        if media == self._media:
            self.update()


class NameField(QLineEdit):
    """The name, changed in place: Enter or leaving it takes it, Escape brings back the old one."""

    renamed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._kept = ""
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        self.setFont(font)
        self.setMaxLength(200)
        self.setAccessibleName(self.tr("Name"))
        self.setToolTip(self.tr("Change the name (F2)"))
        self.editingFinished.connect(self._finish)

    def show_name(self, name: str, *, anew: bool) -> None:
        """The name; what is just being typed stays unless it is somebody else (anew)."""
        if anew or not (self.hasFocus() and self.isModified()):
            self.setText(name)
            self.setCursorPosition(0)
        self._kept = name

    def revert(self) -> None:
        """Bring back the name as it is kept."""
        self.setText(self._kept)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self._kept:
            self.revert()
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def _finish(self) -> None:
        name = " ".join(self.text().split())
        if not name:
            self.revert()
        elif name != self._kept:
            self.setModified(False)
            self.renamed.emit(name)


class NotesField(QPlainTextEdit):
    """Notes; leaving the field keeps them."""

    left = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText(self.tr("Notes"))
        self.setAccessibleName(self.tr("Notes"))
        self.setTabChangesFocus(True)
        self.setFixedHeight(NOTES)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self.left.emit(self.toPlainText()[:MAX_NOTES])


class DetailsPanel(QFrame):
    """Layout and wiring; questions are asked by the page."""

    forget_asked = Signal()
    merge_asked = Signal()
    photos_asked = Signal()
    move_asked = Signal()
    split_asked = Signal()
    menu_asked = Signal(QPoint)

    def __init__(self, people: People, thumbs: Thumbnails) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._people = people
        self._shown: int | None = None
        self.face, self.name, self.notes = Face(thumbs), NameField(), NotesField()
        self._line = label("", "muted", wrap=True)
        self.templates = TemplatesView(thumbs)
        self._heading = label(self.tr("Templates"), "heading")
        self._chosen = label("", "muted")
        self.search = button(self.tr("Search footage"), self._search, icon="magnifying-glass")
        self._actions = self._template_actions()
        self._build()
        self._wire()
        self.show_person()

    def keep_notes(self) -> None:
        """Keep what was typed, also while the field has the focus."""
        if self._shown is not None:
            self._people.set_notes(self._shown, self.notes.toPlainText()[:MAX_NOTES])

    def show_person(self) -> None:
        """Show whoever is selected."""
        row = self._people.selected
        is_new = (row.id if row else None) != self._shown
        if is_new:
            self.keep_notes()
        self._shown = row.id if row else None
        self.setEnabled(row is not None)
        self.name.show_name(row.name if row else "", anew=is_new)
        if is_new or not self.notes.hasFocus():
            notes = row.notes if row else ""
            if self.notes.toPlainText() != notes:
                self.notes.setPlainText(notes)
        self.face.show_media(row.media if row else "")
        self._line.setText(self._describe(row) if row else "")

    def _describe(self, row: Portrait) -> str:
        words = []
        if row.faces:
            words.append(
                self.tr("1 face") if row.faces == 1 else self.tr("{} faces").format(row.faces)
            )
        if row.bodies:
            one = row.bodies == 1
            words.append(self.tr("1 body") if one else self.tr("{} bodies").format(row.bodies))
        words.append(self.tr("since {}").format(local_day(row.created)))
        if row.confirmed:
            words.append(self.tr("{} sightings confirmed").format(row.confirmed))
        return " · ".join(words)

    def _template_actions(self) -> list[QPushButton]:
        return [
            button(self.tr("Move to…"), self.move_asked.emit, icon="arrow-right"),
            button(self.tr("New person…"), self.split_asked.emit, icon="user-plus"),
            button(self.tr("Delete"), self.delete_selected, icon="trash"),
        ]

    def rename(self) -> None:
        """Have the name changed."""
        self.name.setFocus()
        self.name.selectAll()

    def delete_selected(self) -> None:
        """Delete the selected templates; that can be undone."""
        self._people.delete([t.id for t in self.templates.selected])

    def _build(self) -> None:
        head = row(self.face)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.name)
        words.addWidget(self._line)
        words.addStretch()
        head.addLayout(words, 1)
        more = tool("dots-three", self.tr("More actions"), self._on_more)
        self._more = more
        add = button(self.tr("Add photos…"), self.photos_asked.emit, icon="plus")
        inside = QVBoxLayout(self)
        inside.setContentsMargins(2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP)
        inside.setSpacing(theme.GAP)
        inside.addLayout(head)
        inside.addLayout(row(self.search, add, None, more))
        inside.addWidget(self.notes)
        inside.addLayout(row(self._heading, self._chosen, None))
        inside.addWidget(self.templates, 1)
        inside.addLayout(row(*self._actions, None))
        for one in (self.search, add, *self._actions):  # never too narrow for their words
            one.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setTabOrder(self.name, self.search)
        self.setTabOrder(self.search, add)
        self.setTabOrder(add, more)
        self.setTabOrder(more, self.notes)
        self.setTabOrder(self.notes, self.templates)

    def _wire(self) -> None:
        people = self._people
        people.selected_changed.connect(self.show_person)
        people.templates_changed.connect(self._on_templates)
        people.rename_failed.connect(self.name.revert)
        self.name.renamed.connect(self._rename)
        self.notes.left.connect(lambda _: self.keep_notes())
        self.templates.selection_changed.connect(self._on_selection)
        self.templates.delete_asked.connect(self.delete_selected)
        self._on_selection()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.templates.viewport().update()

    def _on_more(self) -> None:
        self.menu_asked.emit(self._more.mapToGlobal(QPoint(0, self._more.height())))

    def _search(self) -> None:
        if self._shown is not None:
            self._people.search(self._shown)

    def _rename(self, name: str) -> None:
        if self._shown is not None:
            self._people.rename(self._shown, name)

    def _on_templates(self) -> None:
        self.templates.rows.set_rows(self._people.templates)
        self._on_selection()

    def _on_selection(self) -> None:
        n = len(self.templates.selected)
        self._chosen.setText(self.tr("{} selected").format(n) if n else "")
        for one in self._actions:
            one.setEnabled(n > 0)
