"""The gallery: who is enrolled, one of them looked at, and what keeps the gallery in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.requests import Retrain, SearchFor
from app.session import Session
from app.tasks import Job
from app.viewmodels.retrain_rows import Learnt, read_learnt_from, read_runs
from reid_core.errors import CameoError
from reid_core.library import people
from reid_core.library.people import Portrait, Template
from reid_core.protocols import Progress

if TYPE_CHECKING:
    from reid_core.library.erase import Erasure


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Somebody who was erased, and the proof. name: to be shown once, kept nowhere.

    learnt: the retrainings whose models learnt from them and are still here.
    """

    name: str
    done: Erasure
    learnt: tuple[Learnt, ...] = ()


class People(QObject):
    """rows: everybody, by name. selected: who is looked at; templates: theirs, best first."""

    rows_changed = Signal()
    selected_changed = Signal()  # somebody else, or their row changed
    templates_changed = Signal()
    forgotten = Signal(object)  # a Forgotten
    exported = Signal(object, int)  # where to, how many people
    rename_failed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.rows: tuple[Portrait, ...] = ()
        self.templates: tuple[Template, ...] = ()
        self.selected: Portrait | None = None
        self.is_read = False
        self._is_shown, self._is_stale = False, True
        self._wanted: int | None = None
        session.people_changed.connect(self._on_changed)

    # ---- reading

    def set_shown(self, shown: bool) -> None:
        """Whether anybody looks: what changes meanwhile is read when they do."""
        self._is_shown = shown
        if shown and self._is_stale:
            self.refresh()

    def refresh(self) -> None:
        """Read everybody again."""
        self._is_stale = False
        library = self.session.library

        def work(_: Progress) -> list[Portrait]:
            with library.read() as connection:
                return people.list_portraits(connection)

        self.session.tasks.run(
            "", work, then=self._take_rows, failed=self._fail, shown=False, latest="people"
        )

    def select(self, person: int | None) -> None:
        """Look at somebody; somebody not there yet is looked at when they come."""
        row = self.row(person) if person is not None else None
        self._wanted = person if row is None else None
        if row is not None or person is None:
            self._show(row)

    def row(self, person: int) -> Portrait | None:
        """The row of somebody."""
        return next((r for r in self.rows if r.id == person), None)

    def named(self, name: str) -> Portrait | None:
        """Whoever has that name, whatever the letters' case."""
        key = " ".join(name.casefold().split())
        return next((r for r in self.rows if r.name.casefold() == key), None)

    # ---- changing, each undoable

    def rename(self, person: int, name: str) -> None:
        """Give another name; nothing happens when it is the same."""
        row = self.row(person)
        if row is None or name.strip() == row.name:
            return
        library = self.session.library

        def work(_: Progress) -> None:
            with library.transaction("rename", person=person) as tx:
                people.rename(tx, person, name)

        self.session.change(
            self.tr("Rename {}").format(row.name),
            work,
            said=self.tr("Renamed to {}").format(" ".join(name.split())),
            failed=self._rename_failed,
        )

    def set_notes(self, person: int, notes: str) -> None:
        """Keep what was written about somebody."""
        row = self.row(person)
        if row is None or row.notes == notes:
            return
        library = self.session.library

        def work(_: Progress) -> None:
            with library.transaction("notes", person=person) as tx:
                people.set_notes(tx, person, notes)

        self.session.change(self.tr("Notes on {}").format(row.name), work)

    def move(self, templates: Sequence[int], person: int) -> None:
        """Give templates of the one looked at to somebody else."""
        to, library, ids = self.row(person), self.session.library, tuple(templates)
        if to is None or not ids:
            return

        def work(_: Progress) -> None:
            with library.transaction("move templates", person=person, n=len(ids)) as tx:
                people.move_templates(tx, ids, person)

        self.session.change(
            self.tr("Move templates to {}").format(to.name),
            work,
            losing=ids,
            said=self.tr("Moved to {}").format(to.name),
        )

    def split(self, templates: Sequence[int], name: str) -> None:
        """Make a new person of templates of the one looked at."""
        library, ids = self.session.library, tuple(templates)

        def work(_: Progress) -> int:
            with library.transaction("split", n=len(ids)) as tx:
                return people.split(tx, ids, name)

        self.session.change(
            self.tr("Make {} of templates").format(name),
            work,
            said=self.tr("{} is a person of their own now.").format(name),
        )

    def delete(self, templates: Sequence[int]) -> None:
        """Delete templates."""
        library, ids = self.session.library, tuple(templates)
        if not ids:
            return

        def work(_: Progress) -> None:
            with library.transaction("delete templates", n=len(ids)) as tx:
                people.delete_templates(tx, ids)

        n = len(ids)
        what = self.tr("Delete a template") if n == 1 else self.tr("Delete {} templates").format(n)
        done = self.tr("Template deleted.") if n == 1 else self.tr("{} templates deleted.")
        self.session.change(what, work, losing=ids, said=done.format(n))

    def merge(self, into: int, gone: Sequence[int]) -> None:
        """Several entries are one person: everything of `gone` goes to `into`."""
        stays, others = self.row(into), tuple(p for p in gone if p != into)
        library = self.session.library
        if stays is None or not others:
            return

        def read(_: Progress) -> tuple[int, ...]:
            with library.read() as connection:
                return tuple(t.id for p in others for t in people.templates_of(connection, p))

        def work(_: Progress) -> None:
            with library.transaction("merge", person=into, gone=list(others)) as tx:
                for one in others:
                    people.merge(tx, into=into, gone=one)

        def change(losing: tuple[int, ...]) -> None:
            self.session.change(
                self.tr("Merge into {}").format(stays.name),
                work,
                losing=losing,
                said=self.tr("Merged into {}").format(stays.name),
                then=lambda _: self.select(into),
            )

        self.session.tasks.run("", read, then=change, failed=self.session.tell, shown=False)

    def import_from(self, file: Path) -> Job:
        """Add everybody from an archive."""

        def work(progress: Progress) -> tuple[int, int]:
            from reid_core.library import archive

            return archive.import_people(self.session.library, file, progress)

        def said(result: tuple[int, int]) -> str:
            line = self.tr("{people} people, {templates} new templates.")
            return line.format(people=result[0], templates=result[1])

        return self.session.change(self.tr("Import a gallery"), work, said=said, shown=True)

    # ---- what is no change, or none to be undone

    def export_to(self, file: Path) -> Job:
        """Write everybody to an archive."""

        def work(progress: Progress) -> int:
            from reid_core.library import archive

            return archive.export_people(self.session.library, file, progress)

        return self.session.tasks.run(
            self.tr("Export the gallery"),
            work,
            then=lambda n: self.exported.emit(file, n),
            failed=self.session.tell,
        )

    def forget(self, person: int) -> None:
        """Erase somebody for good; `forgotten` brings the proof."""
        row, session = self.row(person), self.session
        if row is None:
            return

        def work(_: Progress) -> Forgotten:
            from reid_core.library import erase

            session.history.purge(person)
            done = erase.forget(session.library, person, keep=session.history.pictures)
            learnt = [r for r in read_runs(session.library) if r.run.model in done.trained_on]
            return Forgotten(row.name, done, tuple(learnt))

        session.change(
            self.tr("Forget somebody"),
            work,
            undoable=False,
            shown=True,
            then=lambda done: self._on_forgotten(row, done),
        )

    def learnt_from(self, person: int, then: Callable[[tuple[Learnt, ...]], None]) -> None:
        """Read which retrainings learnt from somebody, and have a model."""
        library = self.session.library
        self.session.tasks.run(
            "",
            lambda _: read_learnt_from(library, person),
            then=then,
            failed=self.session.tell,
            shown=False,
        )

    def show_retraining(self, row: Learnt) -> None:
        """Show a retraining where it can be made anew or dropped."""
        self.session.asked_for.emit("train", Retrain(run=row.run.shown_id))

    def search(self, person: int) -> None:
        """Look for somebody in the footage."""
        if (row := self.row(person)) is not None:
            self.session.asked_for.emit("search", SearchFor(person=row.name))

    # ---- what comes back

    def _on_forgotten(self, row: Portrait, done: Forgotten) -> None:
        self.session.person_forgotten.emit(row.id)
        self.forgotten.emit(done)

    def _take_rows(self, rows: list[Portrait]) -> None:
        self.rows, self.is_read = tuple(rows), True
        wanted = self._wanted if self._wanted is not None else self.selected and self.selected.id
        self._wanted = None
        self._show(self.row(wanted) if wanted else None)
        self.rows_changed.emit()

    def _show(self, row: Portrait | None) -> None:
        before, self.selected = self.selected, row
        if row is None or before is None or before.id != row.id:
            self.templates = ()
            self.templates_changed.emit()
        if row != before:
            self.selected_changed.emit()
        if row is not None:
            self._read_templates(row.id)

    def _read_templates(self, person: int) -> None:
        library = self.session.library

        def work(_: Progress) -> list[Template]:
            with library.read() as connection:
                return people.templates_of(connection, person)

        self.session.tasks.run(
            "", work, then=self._take_templates, failed=self._fail, shown=False, latest="templates"
        )

    def _take_templates(self, templates: list[Template]) -> None:
        if self.selected is None or any(t.person_id != self.selected.id for t in templates):
            return
        self.templates = tuple(templates)
        self.templates_changed.emit()

    def _rename_failed(self, error: CameoError) -> None:
        self.session.tell(error)
        self.rename_failed.emit()

    def _fail(self, error: CameoError) -> None:
        self.is_read = True
        self.session.tell(error)

    def _on_changed(self) -> None:
        self._is_stale = True
        if self._is_shown:
            self.refresh()
