"""The sheet on which somebody is enrolled: pictures at the left, the one looked at at the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QProgressBar, QSplitter, QVBoxLayout, QWidget

from app import theme
from app.requests import EnrolFrom
from app.session import Session
from app.viewmodels.enrol import Enrol
from app.viewmodels.enrol_camera import Snapshot
from app.viewmodels.enrol_shots import GOOD
from app.views.enrol_camera import CameraDialog
from app.views.enrol_list import ShotsList
from app.views.enrol_picture import PicturePanel
from app.views.enrol_waiting import Waiting
from app.views.people_dialogs import completer
from app.widgets.parts import Header, button, card, label, row, tool
from app.words import on_button
from reid_core.types import Kind


class EnrolSheet(QWidget):
    """Layout and wiring over an `Enrol`. `start` begins; `closed` tells that it is over."""

    closed = Signal()
    enrolled = Signal(object)  # the id of the first of those enrolled
    photos_asked = Signal()
    folder_asked = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.enrol = Enrol(session, self)
        self.list = ShotsList()
        self.picture = PicturePanel(self.enrol)
        self.name = QLineEdit()
        self.waiting = Waiting()
        self._group = ""
        self._name_label = label("", "muted")
        self._known = label("", "muted", wrap=True)
        self._unlike = label(
            self.tr("They look like none of the templates there so far."), "warn", wrap=True
        )
        self._like, self._use_like = label("", "warn", wrap=True), button("", self._take_like)
        self._question, self._question_line = self._make_question()
        self._problem = label("", "bad", wrap=True)
        self._bar, self._count = QProgressBar(), label("", "muted")
        self._stop = button(self.tr("Stop"), self.enrol.stop, icon="stop")
        self.keep = button(self.tr("Enrol"), self.enrol.keep, icon="check", look="primary")
        self._kinds = (
            self._kind_button(Kind.FACE, "user", self.tr("Enrol by the face")),
            self._kind_button(Kind.BODY, "person", self.tr("Enrol by clothes and figure")),
        )
        self._build()
        self._wire()

    def start(
        self,
        sources: Sequence[str],
        *,
        kind: Kind = Kind.FACE,
        number: int | None = None,
        name: str = "",
    ) -> None:
        """Begin with these pictures, folders or moments."""
        self._group = ""
        self.enrol.begin(sources, kind=kind, number=number, name=name)
        self.name.setText(name)
        self.name.setFocus()

    def take(
        self,
        sources: Sequence[str],
        *,
        kind: Kind | None = None,
        number: int | None = None,
        name: str = "",
    ) -> None:
        """More of them while the sheet is open. kind: None for whatever is looked for.

        What does not go with what is prepared waits until that is done.
        """
        enrol = self.enrol
        wanted = kind or enrol.kind
        if not enrol.is_begun:
            self.start(sources, kind=wanted, number=number, name=name or self.name.text())
        elif enrol.takes(wanted, name):
            enrol.add(sources, number=number)
            if kind is not None:  # another page asks
                self._session.say(self.tr("Added to what you are about to enrol."))
        else:
            self.waiting.put(EnrolFrom(tuple(sources), str(wanted), number, name))

    def leave(self) -> None:
        """Done with this one: begin with what waits, or close."""
        if (one := self.waiting.pop()) is None:
            self.close_sheet()
            return
        self.enrol.close()
        self.start(one.sources, kind=Kind(one.kind), number=one.number, name=one.name)

    def take_picture(self, spec: str = "camera:0") -> None:
        """Open the camera."""
        dialog = CameraDialog(Snapshot(self._session), self, spec=spec)
        dialog.taken.connect(self.enrol.add_frame)
        dialog.open()

    def close_sheet(self) -> None:
        """Stop, let go of the pictures, and tell."""
        for dialog in self.findChildren(CameraDialog):
            dialog.close()
        self.waiting.clear()
        self.enrol.close()
        self.picture.show_shot(None)
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def _make_question(self) -> tuple[QFrame, QWidget]:
        frame, inside = card()
        line = label("", wrap=True)
        each = button(self.tr("One person each"), lambda: self.enrol.answer_folders(True))
        one = button(self.tr("All are one person"), lambda: self.enrol.answer_folders(False))
        inside.addWidget(line)
        inside.addLayout(row(each, one, None))
        frame.hide()
        return frame, line

    def _kind_button(self, kind: Kind, icon: str, name: str) -> QWidget:
        made = tool(icon, name, lambda: self.enrol.use_kind(kind), checkable=True)
        made.setText(self.tr("Face") if kind is Kind.FACE else self.tr("Body"))
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setProperty("kind", str(kind))
        return made

    def _build(self) -> None:
        self.name.setPlaceholderText(self.tr("Who is this?"))
        self.name.setAccessibleName(self.tr("Name"))
        self.name.setMaxLength(200)
        self._bar.setTextVisible(False)
        self._bar.setMaximumHeight(6)
        self._bar.setFixedWidth(160)
        back = button(self.tr("Cancel"), self.leave)
        header = Header(self.tr("Enrol"), *self._kinds)
        self.header = header
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP)
        for one in (self._name_label, self.name, self._known, self._unlike, self._like):
            column.addWidget(one)
        column.addLayout(row(self._use_like, None))
        column.addWidget(self._question)
        column.addWidget(self._problem)
        column.addWidget(self.list, 1)
        column.addLayout(row(*self._adders(), None))
        across = QSplitter(Qt.Orientation.Horizontal)
        across.setHandleWidth(theme.GAP)
        across.setStyleSheet("QSplitter::handle { background: transparent; }")
        across.setChildrenCollapsible(False)
        across.addWidget(left)
        across.addWidget(self.picture)
        across.setStretchFactor(1, 1)
        across.setSizes([340, 700])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.GAP)
        whole.addWidget(header)
        whole.addWidget(self.waiting)
        whole.addWidget(across, 1)
        whole.addLayout(row(self._count, self._bar, self._stop, None, back, self.keep))

    def _adders(self) -> list[QWidget]:
        return [
            button(self.tr("Photos…"), self.photos_asked.emit, icon="image"),
            button(self.tr("Folder…"), self.folder_asked.emit, icon="folder"),
            button(self.tr("Camera…"), self.take_picture, icon="camera"),
        ]

    def _wire(self) -> None:
        enrol = self.enrol
        enrol.changed.connect(self._on_changed)
        enrol.known_changed.connect(self._on_known)
        enrol.enrolled.connect(self._on_enrolled)
        self.list.chosen.connect(self._on_chosen)
        self.list.remove_asked.connect(enrol.remove)
        self.name.textEdited.connect(lambda text: enrol.set_name(text, self._group))
        self.name.returnPressed.connect(self._on_return)
        self.picture.leave_out.connect(lambda key: enrol.remove([key]))

    def _on_known(self) -> None:
        made = completer(list(self.enrol.known), self.name)
        made.activated.connect(lambda text: self.enrol.set_name(text, self._group))
        self.name.setCompleter(made)

    def _on_changed(self) -> None:
        enrol = self.enrol
        self.list.rows.set_rows(enrol.rows)
        if enrol.rows and self.list.key is None:
            self.list.choose(enrol.rows[0].key)
        self._on_chosen(self.list.key)
        folders = len(enrol.folders)
        self._question.setVisible(enrol.is_asking)
        self._question_line.setText(  # type: ignore[attr-defined]
            self.tr("{} sub-folders: is each of them one person?").format(folders)
        )
        self._problem.setText(enrol.problem)
        self._problem.setVisible(bool(enrol.problem))
        self.keep.setEnabled(enrol.can_keep)
        for one in self._kinds:
            one.setChecked(one.property("kind") == str(enrol.kind))  # type: ignore[attr-defined]
        self._show_progress()

    def _show_progress(self) -> None:
        done, total = self.enrol.progress
        busy = self.enrol.looker.is_busy
        self._bar.setVisible(busy)
        self._stop.setVisible(busy and total > 1)
        self._bar.setRange(0, total if done else 0)
        self._bar.setValue(done)
        good = sum(r.standing in GOOD for r in self.enrol.rows)
        line = self.tr("{good} of {all} pictures will be templates")
        words = [line.format(good=good, all=total)] if total else []
        if good and not (busy or self.enrol.is_asking or self.enrol.is_named):
            words.append(self.tr("a name is missing"))
        self._count.setText(" · ".join(words))

    def _on_chosen(self, key: int | None) -> None:
        shot = self.enrol.shot(key) if key is not None else None
        self.picture.show_shot(shot)
        group = self.enrol.group_of(shot) if shot is not None else self._group
        if group not in self.enrol.names:
            group = ""
        name = self.enrol.names.get(group, "")
        if group != self._group or self.name.text().strip() != name.strip():
            self.name.setText(name)  # typing goes through the view-model, so nothing is lost
        self._group = group
        self._describe_name()

    def _describe_name(self) -> None:
        group, is_asking = self._group, self.enrol.is_asking
        self.name.setEnabled(not is_asking)
        self._name_label.setText(self.tr("Folder {}").format(group) if group else "")
        self._name_label.setVisible(bool(group))
        there = self.enrol.enrolled_as(group)
        words = self.tr("{name} is enrolled ({n} templates): these are added.")
        self._known.setText(words.format(name=there[0], n=there[1]) if there else "")
        self._known.setVisible(there is not None)
        self._unlike.setVisible(there is not None and self.enrol.is_unlike(group))
        like = None if is_asking else self.enrol.resembled(group)
        self._like.setVisible(like is not None)
        self._use_like.setVisible(like is not None)
        if like is not None:
            line = self.tr("Looks like {name}, already enrolled ({score}).")
            self._like.setText(line.format(name=like[0], score=self.enrol.likeness(group, like)))
            self._like.setToolTip(self.enrol.meaning(group, like))
            self._use_like.setText(self.tr("Add to {} instead").format(on_button(like[0])))
            self._use_like.setProperty("name", like[0])

    def _take_like(self) -> None:
        name = str(self._use_like.property("name"))
        self.name.setText(name)
        self.enrol.set_name(name, self._group)

    def _on_return(self) -> None:
        if self.enrol.can_keep:
            self.enrol.keep()

    def _on_enrolled(self, done: list[object]) -> None:
        first = done[0].person  # type: ignore[attr-defined]
        self.leave()
        self.enrolled.emit(first)
