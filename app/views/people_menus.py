"""What the page of people asks: which pictures, who else, which file, and the menus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app import theme
from app.viewmodels.people import Forgotten, People
from app.views.people_dialogs import ForgetQuestion, NameQuestion, Proof
from app.widgets.person_chooser import PersonChooser
from app.widgets.thumbs import Thumbnails
from reid_core.library.people import Portrait

if TYPE_CHECKING:
    from app.views.people_details import DetailsPanel


class Asker(QObject):
    """Opens the dialogs over the page; none of them blocks. photos_chosen: paths, and the name
    that is proposed.
    """

    photos_chosen = Signal(list, str)

    def __init__(self, people: People, thumbs: Thumbnails, page: QWidget) -> None:
        super().__init__(page)
        self._people, self._thumbs, self._page = people, thumbs, page
        people.forgotten.connect(self.show_proof)

    # ---- files

    def photos(self, name: str = "") -> None:
        """Which pictures to enrol from."""
        dialog = QFileDialog(self._page, self.tr("Enrol from photos"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([self._pictures(), self.tr("All files (*)")])
        dialog.filesSelected.connect(lambda paths: self.photos_chosen.emit(list(paths), name))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def folder(self, name: str = "") -> None:
        """Which folder of pictures to enrol from."""
        dialog = QFileDialog(self._page, self.tr("Enrol from a folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.filesSelected.connect(lambda paths: self.photos_chosen.emit(list(paths), name))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export(self) -> None:
        """Where to write the gallery."""
        dialog = QFileDialog(self._page, self.tr("Export the gallery"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(self.tr("Gallery archives (*.zip)"))
        dialog.setDefaultSuffix("zip")
        dialog.selectFile("gallery.zip")
        dialog.fileSelected.connect(lambda path: self._people.export_to(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def import_(self) -> None:
        """Which archive to add."""
        dialog = QFileDialog(self._page, self.tr("Import a gallery"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Gallery archives (*.zip)"), self.tr("All files (*)")])
        dialog.fileSelected.connect(lambda path: self._people.import_from(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    # ---- people

    def merge(self) -> None:
        """Who else is the one looked at."""
        row = self._people.selected
        others = self._others()
        if row is None or not others:
            return
        dialog = PersonChooser(
            others,
            self._thumbs,
            title=self.tr("Merge with {}").format(row.name),
            what=self.tr(
                "Who is the same person? Their templates and verdicts become those of {}, and "
                "their own entry goes. This can be undone."
            ).format(row.name),
            verb=self.tr("Merge"),
            parent=self._page,
        )
        dialog.chosen.connect(lambda other: self._people.merge(row.id, [other]))
        dialog.open()

    def merge_menu(self, rows: Sequence[Portrait]) -> QMenu:
        """Whose name stays, of those selected."""
        menu = QMenu(self._page)
        menu.addSection(self.tr("Which name stays?"))
        for row in rows:
            action = menu.addAction(theme.icon("user"), row.name.replace("&", "&&"))
            others = [r.id for r in rows if r.id != row.id]
            action.triggered.connect(
                lambda _=False, into=row.id, gone=others: self._people.merge(into, gone)
            )
        return menu

    def move(self, templates: Sequence[int]) -> None:
        """Whose these templates are."""
        others = self._others()
        if not templates or not others:
            return
        dialog = PersonChooser(
            others,
            self._thumbs,
            title=self.tr("Move templates"),
            what=self.tr("Whose are the {} selected templates?").format(len(templates)),
            verb=self.tr("Move"),
            parent=self._page,
        )
        dialog.chosen.connect(lambda other: self._people.move(templates, other))
        dialog.open()

    def split(self, templates: Sequence[int]) -> None:
        """What the new person of these templates is called."""
        if not templates:
            return
        dialog = NameQuestion(
            title=self.tr("A person of their own"),
            what=self.tr("The {} selected templates become a new person.").format(len(templates)),
            verb=self.tr("Make"),
            taken=[r.name for r in self._people.rows],
            parent=self._page,
        )
        dialog.named.connect(lambda name: self._people.split(templates, name))
        dialog.open()

    def forget(self) -> None:
        """Whether the one looked at is really to be forgotten."""
        if (row := self._people.selected) is not None:
            dialog = ForgetQuestion(row, self._page)
            dialog.confirmed.connect(self._people.forget)
            self._people.learnt_from(row.id, dialog.name_models)
            dialog.open()

    def show_proof(self, what: Forgotten) -> None:
        """What was erased, until it is closed."""
        dialog = Proof(what, self._page)
        dialog.learnt_asked.connect(self._people.show_retraining)
        dialog.open()

    # ---- menus

    def person_menu(self, details: DetailsPanel) -> QMenu:
        """What can be done with the one looked at; nothing when nobody is."""
        row, menu = self._people.selected, QMenu(self._page)
        if row is None:
            return menu
        search = menu.addAction(
            theme.icon("magnifying-glass"), self.tr("Search footage"), details.search.click
        )
        search.setEnabled(row.faces + row.bodies > 0)
        menu.addAction(theme.icon("plus"), self.tr("Add photos…"), lambda: self.photos(row.name))
        menu.addAction(
            theme.icon("folder-plus"), self.tr("Add a folder…"), lambda: self.folder(row.name)
        )
        rename = menu.addAction(theme.icon("pencil-simple"), self.tr("Rename"), details.rename)
        rename.setShortcut(QKeySequence("F2"))
        merge = menu.addAction(theme.icon("git-merge"), self.tr("Merge with…"), self.merge)
        merge.setEnabled(len(self._people.rows) > 1)
        menu.addSeparator()
        menu.addAction(theme.icon("trash", "bad"), self.tr("Forget…"), self.forget)
        return menu

    def template_menu(self, details: DetailsPanel) -> QMenu:
        """What can be done with the selected templates; nothing when none is."""
        ids, menu = [t.id for t in details.templates.selected], QMenu(self._page)
        if not ids:
            return menu
        move = menu.addAction(
            theme.icon("arrow-right"), self.tr("Move to…"), lambda: self.move(ids)
        )
        move.setEnabled(len(self._people.rows) > 1)
        menu.addAction(theme.icon("user-plus"), self.tr("New person…"), lambda: self.split(ids))
        delete = menu.addAction(theme.icon("trash"), self.tr("Delete"), details.delete_selected)
        delete.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        return menu

    def gallery_menu(self, parent: QWidget) -> QMenu:
        """Export and import."""
        menu = QMenu(parent)
        menu.addAction(theme.icon("export"), self.tr("Export the gallery…"), self.export)
        menu.addAction(theme.icon("download-simple"), self.tr("Import a gallery…"), self.import_)
        return menu

    def open_menu(self, menu: QMenu, where: QPoint) -> None:
        """Show a menu at a place of the screen, once."""
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(where) if menu.actions() else menu.deleteLater()

    def _others(self) -> list[Portrait]:
        own = self._people.selected
        return [r for r in self._people.rows if own is None or r.id != own.id]

    def _pictures(self) -> str:
        from reid_core.images import SUFFIXES

        return self.tr("Pictures ({})").format(" ".join(sorted(f"*{s}" for s in SUFFIXES)))
