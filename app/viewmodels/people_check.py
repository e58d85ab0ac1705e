"""The gallery looked through for what is wrong with it, and what is done about each finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.session import Session
from app.viewmodels.people import People
from reid_core.errors import CameoError
from reid_core.protocols import Progress

if TYPE_CHECKING:
    from reid_core.actions.check_people import Checked
    from reid_core.actions.check_types import Doubt


class PeopleCheck(QObject):
    """rows: the findings, most serious first. checked: what was looked at, None until it was.

    Once looked through, the gallery is looked through again after every change, while the page is
    shown.
    """

    changed = Signal()

    def __init__(self, session: Session, people: People, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session, self._people = session, people
        self.checked: tuple[Checked, ...] | None = None
        self.rows: tuple[Doubt, ...] = ()
        self.is_busy = False
        self._is_shown, self._is_stale = False, False
        session.people_changed.connect(self._on_changed)
        session.models_changed.connect(self._on_models)

    @property
    def kept(self) -> int:
        """How many findings are kept as they are, and so not among the rows."""
        return sum(c.kept for c in self.checked or ())

    @property
    def templates(self) -> int:
        """How many templates were looked at."""
        return sum(c.templates for c in self.checked or ())

    def set_shown(self, shown: bool) -> None:
        """Whether anybody looks: what changes meanwhile is looked through when they do."""
        self._is_shown = shown
        if shown and self._is_stale:
            self.check(shown=False)

    def check(self, *, shown: bool = True) -> None:
        """Look through everybody. shown: among the work that the window lists."""
        self.is_busy, self._is_stale = True, False
        session = self.session

        def work(progress: Progress) -> list[Checked]:
            from reid_core.actions import check_people

            return check_people.check(session.library, session.models(), progress=progress)

        job = session.tasks.run(
            self.tr("Check the gallery"),
            work,
            then=self._take,
            failed=self._fail,
            shown=shown,
            latest="check people",
        )
        job.ended.connect(self._on_ended)
        self.changed.emit()

    # ---- what is done about a finding; each can be undone

    def merge(self, doubt: Doubt) -> None:
        """Two entries are one person."""
        if (both := self.merged(doubt)) is not None:
            self._people.merge(both[0], [both[1]])

    def merged(self, doubt: Doubt) -> tuple[int, int] | None:
        """Whose name would stay, the one with more templates, and whose would go."""
        rows = [
            self._people.row(p) for p in (doubt.person, doubt.facing and doubt.facing.person) if p
        ]
        there = [r for r in rows if r is not None]
        if len(there) < 2:
            return None
        stays, goes = sorted(there, key=lambda r: -(r.faces + r.bodies))
        return stays.id, goes.id

    def move(self, doubt: Doubt) -> None:
        """The templates are of the one whom they are like."""
        if doubt.facing is not None:
            self._people.move([t.id for t in doubt.templates], doubt.facing.person)

    def delete(self, doubt: Doubt) -> None:
        """The templates are of no use."""
        self._people.delete([t.id for t in doubt.templates])

    def keep(self, doubt: Doubt) -> None:
        """It is right as it is: it is not shown again."""
        library = self.session.library

        def work(_: Progress) -> None:
            from reid_core.actions import check_people

            check_people.remember(library, doubt)

        self.session.change(
            self.tr("Keep {} as it is").format(doubt.name),
            work,
            said=self.tr("Kept as it is; it is not shown again."),
        )

    # ---- what comes back

    def _take(self, checked: list[Checked]) -> None:
        self.checked = tuple(checked)
        self.rows = tuple(d for c in checked for d in c.doubts)

    def _fail(self, error: CameoError) -> None:
        self.checked, self.rows = None, ()
        self.session.tell(error)

    def _on_ended(self) -> None:
        self.is_busy = False
        self.changed.emit()

    def _on_changed(self) -> None:
        if self.checked is None and not self.is_busy:
            return
        self._is_stale = True
        if self._is_shown:
            self.check(shown=False)

    def _on_models(self) -> None:
        """What was found was found by another model."""
        if self.checked is not None:
            self.checked, self.rows, self._is_stale = None, (), False
            self.changed.emit()
