"""The page of people: everybody enrolled, one of them in detail, and the sheet to enrol on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QLocale, QPoint, Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QHideEvent,
    QKeySequence,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.models.people import ORDERS
from app.requests import CheckGallery, EnrolFrom, ShowPerson
from app.session import Session
from app.viewmodels.people import People
from app.viewmodels.people_check import PeopleCheck
from app.views.enrol_sheet import EnrolSheet
from app.views.people_check import CheckPanel
from app.views.people_details import DetailsPanel
from app.views.people_grid import PeopleGrid
from app.views.people_history import HistoryButtons
from app.views.people_menus import Asker
from app.widgets.dropping import DropFrame, dropped
from app.widgets.parts import EmptyState, Header, button, column, label, row, tool
from app.widgets.splits import keep_splits, restore_splits
from app.widgets.thumbs import Thumbnails
from reid_core.types import Kind

SPLIT = "people_across"  # among the window's settings
EDGES = (3 * theme.GAP, 2 * theme.GAP, 3 * theme.GAP, 2 * theme.GAP)


class Page(QWidget):
    """Layout and wiring."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.people = People(session, self)
        self._thumbs = Thumbnails(session.library.media, session.tasks)
        self.grid = PeopleGrid(self._thumbs)
        self.details = DetailsPanel(self.people, self._thumbs)
        self.asker = Asker(self.people, self._thumbs, self)
        self.sheet = EnrolSheet(session)
        self.check = PeopleCheck(session, self.people, self)
        self.findings = CheckPanel(self.check, self._thumbs)
        self.search_field, self._order = QLineEdit(), QComboBox()
        self.merge = button(self.tr("Merge…"), self._merge_selected, icon="git-merge")
        self._nobody = label("", "muted")
        self._header = self._make_header()
        self._empty = self._make_empty()
        self._across = self._make_split()
        self._inner, self._stack = QStackedWidget(), QStackedWidget()
        self._drop = DropFrame(self, self.tr("Drop to enrol"))
        self.setAcceptDrops(True)
        self._lay_out()
        self._wire()
        self._on_rows()

    def activate(self, wanted: object) -> None:
        """Shown: read what changed, and show or enrol whom another page asks for."""
        self.people.set_shown(True)
        if isinstance(wanted, ShowPerson | CheckGallery) and self._is_preparing():
            if isinstance(wanted, ShowPerson):
                self.people.select(wanted.person)
            line = self.tr("Somebody is being enrolled here: finish or cancel that first.")
            self._session.say(line)
        elif isinstance(wanted, ShowPerson):
            self._show_gallery()
            self._close_check()
            self.search_field.clear()
            self.people.select(wanted.person)
        elif isinstance(wanted, CheckGallery):
            self._show_gallery()
            self._look_through()
        elif isinstance(wanted, EnrolFrom):
            self.enrol(
                wanted.sources, kind=Kind(wanted.kind), number=wanted.number, name=wanted.name
            )

    def close_page(self) -> None:
        """Stop looking at pictures; keep notes and the splitter."""
        self.details.keep_notes()
        if self._stack.currentWidget() is self.sheet:
            self.sheet.close_sheet()
        keep_splits(self._session, {SPLIT: self._across})

    def enrol(
        self,
        sources: Sequence[str] = (),
        name: str = "",
        *,
        kind: Kind | None = None,
        number: int | None = None,
    ) -> None:
        """Bring the sheet to the front; what is given while it is there is added, or waits."""
        if self._stack.currentWidget() is self.sheet:
            if sources:
                self.sheet.take(sources, kind=kind, number=number, name=name)
            return
        self.details.keep_notes()
        self._stack.setCurrentWidget(self.sheet)
        self.sheet.start(sources, kind=kind or Kind.FACE, number=number, name=name)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.check.set_shown(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.check.set_shown(False)

    # ---- dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped(event.mimeData()):
            event.acceptProposedAction()
            self._drop.cover()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop.hide()
        if paths := dropped(event.mimeData()):
            event.acceptProposedAction()
            self.take_dropped(paths, event.position().toPoint())

    def take_dropped(self, paths: Sequence[str], place: QPoint) -> None:
        """Enrol what was dropped at a place of the page: on somebody, as pictures of them."""
        archives = [p for p in paths if p.lower().endswith(".zip")]
        if len(archives) == len(paths) == 1:
            self.people.import_from(Path(archives[0]))
            return
        self.enrol(paths, self._name_at(place))

    def _name_at(self, place: QPoint) -> str:
        if self._stack.currentWidget() is self.sheet or not self.grid.isVisible():
            return ""
        if self.details.rect().contains(self.details.mapFrom(self, place)):
            return self.people.selected.name if self.people.selected else ""
        spot = self.grid.viewport().mapFrom(self, place)
        under = self.grid.person_at(spot) if self.grid.viewport().rect().contains(spot) else None
        return under.name if under is not None else ""

    # ---- building

    def _make_header(self) -> Header:
        self.history = HistoryButtons(self._session)
        more = tool("dots-three", self.tr("Export and import"), lambda: None)
        self.look = button(self.tr("Check"), self._look_through, icon="check-circle")
        more.setMenu(self.asker.gallery_menu(more))
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        more.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        return Header(
            self.tr("People"),
            self.history,
            more,
            self.look,
            button(self.tr("Camera…"), self._take_picture, icon="camera"),
            button(self.tr("Enrol…"), self._ask_photos, icon="user-plus", look="primary"),
        )

    def _make_empty(self) -> EmptyState:
        return EmptyState(
            "users",
            self.tr("Drop photos of somebody here"),
            self.tr(
                "Whoever is enrolled can be found in footage and before cameras. A folder of "
                "photos works as well, and one of sub-folders, one for each person. Everything "
                "stays on this computer."
            ),
            button(self.tr("Enrol…"), self._ask_photos, icon="user-plus", look="primary"),
            button(self.tr("Folder…"), self.asker.folder, icon="folder-plus"),
            button(self.tr("Import a gallery…"), self.asker.import_, icon="download-simple"),
        )

    def _make_split(self) -> QSplitter:
        across = QSplitter(Qt.Orientation.Horizontal)
        across.setHandleWidth(theme.GAP)
        across.setStyleSheet("QSplitter::handle { background: transparent; }")
        across.setChildrenCollapsible(False)
        across.addWidget(self.grid)
        across.addWidget(self.details)
        across.setStretchFactor(0, 1)
        across.setSizes([760, 380])
        restore_splits(self._session, {SPLIT: across})
        return across

    def _lay_out(self) -> None:
        self.search_field.setPlaceholderText(self.tr("Find by name or notes"))
        self.search_field.setAccessibleName(self.tr("Find by name or notes"))
        self.search_field.setClearButtonEnabled(True)
        self.search_field.setFixedWidth(240)
        for order, text in zip(
            ORDERS, (self.tr("By name"), self.tr("Newest first"), self.tr("Most templates first"))
        ):
            self._order.addItem(text, order)
        self._order.setAccessibleName(self.tr("Order"))
        self._gallery, inside = column()
        inside.addLayout(row(self.search_field, self._order, self.merge, self._nobody, None))
        inside.addWidget(self._across, 1)
        for one in (self._empty, self._gallery, self.findings):
            self._inner.addWidget(one)
        self._front, front_inside = column()
        front_inside.addWidget(self._header)
        front_inside.addWidget(self._inner, 1)
        self._stack.addWidget(self._front)
        self._stack.addWidget(self.sheet)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*EDGES)
        whole.addWidget(self._stack)

    def _wire(self) -> None:
        people, grid, details, asker = self.people, self.grid, self.details, self.asker
        people.rows_changed.connect(self._on_rows)
        people.selected_changed.connect(self._on_selected)
        people.exported.connect(self._on_exported)
        grid.chosen.connect(people.select)
        grid.selection_changed.connect(self._on_selection)
        grid.opened.connect(details.templates.setFocus)
        grid.rename_asked.connect(details.rename)
        grid.menu_asked.connect(self._on_person_menu)
        details.menu_asked.connect(self._on_person_menu)
        details.templates.menu_asked.connect(self._on_template_menu)
        details.photos_asked.connect(self._add_photos)
        details.move_asked.connect(lambda: asker.move(self._template_ids()))
        details.split_asked.connect(lambda: asker.split(self._template_ids()))
        asker.photos_chosen.connect(self.enrol)
        self.check.changed.connect(self._on_checked)
        self.findings.closed.connect(self._close_check)
        self.findings.split_asked.connect(asker.split)
        self.findings.photos_asked.connect(asker.photos)
        self.findings.person_asked.connect(lambda one: self.activate(ShowPerson(one)))
        self.sheet.photos_asked.connect(asker.photos)
        self.sheet.folder_asked.connect(asker.folder)
        self.sheet.closed.connect(self._show_gallery)
        self.sheet.enrolled.connect(people.select)
        self.search_field.textChanged.connect(self._look_for)
        self.search_field.returnPressed.connect(grid.setFocus)
        self._order.currentIndexChanged.connect(
            lambda _: grid.filter.set_order(str(self._order.currentData()))
        )
        self._session.settings_changed.connect(lambda _: self._repaint())
        keys = QKeySequence.StandardKey
        within = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for key, call in (
            (QKeySequence(keys.Find), self._focus_find),
            (QKeySequence(keys.Open), self._ask_photos),
            (QKeySequence("F2"), self._rename),
        ):
            QShortcut(key, self, call, context=within)

    # ---- what happens

    def _on_rows(self) -> None:
        people = self.people
        self.grid.people.set_rows(people.rows)
        is_empty = not people.rows and people.is_read
        if is_empty or self._inner.currentWidget() is not self.findings:
            self._inner.setCurrentWidget(self._empty if is_empty else self._gallery)
        self._on_checked()
        self._describe()
        if people.selected is None and people.rows:
            self._on_selection()
            if not self.grid.selectedIndexes() and self.grid.filter.rowCount():
                first = self.grid.filter.row(self.grid.filter.index(0, 0))
                people.select(first.id if first else None)
        elif people.selected is not None:
            self.grid.choose(people.selected.id)

    def _on_selected(self) -> None:
        if self.people.selected is not None:
            self.grid.choose(self.people.selected.id)

    def _on_selection(self) -> None:
        n = len(self.grid.selected)
        self.merge.setEnabled(n > 1)
        self.merge.setText(self.tr("Merge {}…").format(n) if n > 1 else self.tr("Merge…"))
        self.merge.setToolTip(
            "" if n > 1 else self.tr("Select two or more entries that are one person (Ctrl+click)")
        )

    def _describe(self) -> None:
        rows, locale = self.people.rows, QLocale()
        if not rows:
            self._header.line.setText("")
            return
        n = sum(r.faces + r.bodies for r in rows)
        confirmed = sum(r.confirmed for r in rows)
        words = [
            self.tr("1 person")
            if len(rows) == 1
            else self.tr("{} people").format(locale.toString(len(rows))),
            self.tr("1 template") if n == 1 else self.tr("{} templates").format(locale.toString(n)),
        ]
        if confirmed:
            words.append(self.tr("{} sightings confirmed").format(locale.toString(confirmed)))
        self._header.line.setText(" · ".join(words))

    def _look_through(self) -> None:
        self.details.keep_notes()
        self._inner.setCurrentWidget(self.findings)
        self.findings.list.setFocus()
        self.check.check()

    def _close_check(self) -> None:
        self._inner.setCurrentWidget(self._gallery)
        self._on_rows()

    def _on_checked(self) -> None:
        n = len(self.check.rows)
        self.look.setText(self.tr("Check ({})").format(n) if n else self.tr("Check"))
        self.look.setEnabled(bool(self.people.rows))
        self.look.setToolTip(self.tr("Look for wrong names, doubles and poor pictures"))

    def _look_for(self, text: str) -> None:
        self.grid.filter.look_for(text)
        n = self.grid.filter.rowCount()
        self._nobody.setText(self.tr("Nobody fits.") if text.strip() and not n else "")

    def _on_exported(self, file: Path, n: int) -> None:
        line = self.tr("{n} people written to {file}. It holds biometric data: keep it safe.")
        self._session.say(line.format(n=n, file=file.name))

    def _merge_selected(self) -> None:
        corner = self.merge.mapToGlobal(QPoint(0, self.merge.height()))
        self.asker.open_menu(self.asker.merge_menu(self.grid.selected), corner)

    def _on_person_menu(self, where: QPoint) -> None:
        self.asker.open_menu(self.asker.person_menu(self.details), where)

    def _on_template_menu(self, where: QPoint) -> None:
        self.asker.open_menu(self.asker.template_menu(self.details), where)

    def _template_ids(self) -> list[int]:
        return [t.id for t in self.details.templates.selected]

    def _add_photos(self) -> None:
        if self.people.selected is not None:
            self.asker.photos(self.people.selected.name)

    def _ask_photos(self) -> None:
        self.asker.photos()

    def _take_picture(self) -> None:
        self.enrol()
        self.sheet.take_picture()

    def _rename(self) -> None:
        if self.people.selected is not None and self._front.isVisible():
            self.details.rename()

    def _focus_find(self) -> None:
        self.search_field.setFocus()
        self.search_field.selectAll()

    def _is_preparing(self) -> bool:
        return self._stack.currentWidget() is self.sheet and self.sheet.enrol.is_begun

    def _show_gallery(self) -> None:
        if self._stack.currentWidget() is self.sheet and self.sheet.enrol.rows:
            self.sheet.close_sheet()
        self._stack.setCurrentWidget(self._front)
        self.grid.setFocus()

    def _repaint(self) -> None:
        for one in (self.grid, self.details.templates, self.sheet.list, self.findings.list):
            one.viewport().update()


def build(session: Session) -> QWidget:
    """The page."""
    return Page(session)
