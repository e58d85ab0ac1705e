"""Enrolling: pictures are looked at as they come, choices are made, then all of it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.likeness import in_full, meaning
from app.session import Session
from app.viewmodels.enrol_looking import Looker
from app.viewmodels.enrol_shots import (
    GOOD,
    Given,
    Shot,
    ShotRow,
    as_name,
    chance_of,
    proposal,
    resembled,
    same_name,
    standings,
)
from reid_core.errors import CameoError
from reid_core.library import people
from reid_core.protocols import Progress
from reid_core.types import Image, Kind

if TYPE_CHECKING:
    from reid_core.actions.enroll import Candidate, Enrolled, Looked

SOON_MS = 100  # answers of so long are shown together


class Enrol(QObject):
    """names: under which each sub-folder's pictures are kept; "" stands for all of them while
    they are one person. is_asking: whether the sub-folders may be several people. problem: why
    nothing can be looked at, "" when it can. rows: a line per picture.
    """

    changed = Signal()  # anything of it
    known_changed = Signal()  # who is enrolled
    enrolled = Signal(object)  # list of Enrolled

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.looker = Looker(session, self)
        self.kind = Kind.FACE
        self.names: dict[str, str] = {"": ""}
        self.by_folder, self.is_asking, self.is_keeping = False, False, False
        self.known: dict[str, int] = {}
        self.problem = ""
        self.rows: tuple[ShotRow, ...] = ()
        self._shots: dict[int, Shot] = {}
        self._images: dict[int, Image] = {}
        self._next = 0
        self._proposed = ""  # a name, by the folder's
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self._settle)
        self.looker.given.connect(self._take_given)
        self.looker.looked.connect(self._take)
        self.looker.failed.connect(self._fail)
        self.looker.busy_changed.connect(self._soon.start)
        session.people_changed.connect(self._on_people_changed)

    # ---- what there is

    @property
    def shots(self) -> tuple[Shot, ...]:
        """The pictures."""
        return tuple(self._shots.values())

    @property
    def folders(self) -> tuple[str, ...]:
        """The sub-folders that the pictures came from."""
        return tuple(dict.fromkeys(s.folder for s in self._shots.values() if s.folder))

    @property
    def progress(self) -> tuple[int, int]:
        """How many pictures were looked at, of how many."""
        waiting = sum(r.standing == "waiting" for r in self.rows)
        return len(self.rows) - waiting, len(self.rows)

    @property
    def is_named(self) -> bool:
        """Whether everybody of whom there is a good picture has a name."""
        good = {self.group_of(self._shots[r.key]) for r in self.rows if r.standing in GOOD}
        return bool(good) and all(self.names.get(g, "").strip() for g in good)

    @property
    def can_keep(self) -> bool:
        """Whether everything is decided that has to be."""
        is_busy = self.looker.is_busy or self.is_keeping
        return self.is_named and not self.is_asking and not is_busy

    def shot(self, key: int) -> Shot | None:
        """The picture of that key."""
        return self._shots.get(key)

    @property
    def is_begun(self) -> bool:
        """Whether there are pictures, or some are on their way."""
        return bool(self._shots) or self.looker.is_busy

    def group_of(self, shot: Shot) -> str:
        """The key in `names` under which a picture is kept."""
        return shot.folder if self.by_folder else ""

    def name_of(self, shot: Shot) -> str:
        """Who a picture is to show."""
        return self.names.get(self.group_of(shot), "")

    def groups(self) -> dict[str, list[Shot]]:
        """The pictures by whom they are to show."""
        result: dict[str, list[Shot]] = {}
        for shot in self._shots.values():
            result.setdefault(self.group_of(shot), []).append(shot)
        return result

    def resembled(self, group: str) -> tuple[str, float] | None:
        """Somebody enrolled under another name whom a group's people look like."""
        return resembled(self.groups().get(group, ()), self.names.get(group, ""))

    def likeness(self, group: str, like: tuple[str, float]) -> str:
        """How sure that is, in words."""
        chance = chance_of(self.groups().get(group, ()), like)
        return in_full(like[1], chance, is_calibrated=self.is_calibrated)

    def meaning(self, group: str, like: tuple[str, float]) -> str:
        """What those words mean, in a sentence."""
        chance = chance_of(self.groups().get(group, ()), like)
        return meaning(chance, is_calibrated=self.is_calibrated, is_search=False)

    @property
    def is_calibrated(self) -> bool:
        """Whether what a score means was measured on this library."""
        return self.looker.known is not None and self.looker.known.calibration is not None

    def enrolled_as(self, group: str) -> tuple[str, int] | None:
        """Whoever is enrolled under a group's name already, with how many templates."""
        name = self.names.get(group, "")
        return next((k for k in self.known.items() if name.strip() and same_name(k[0], name)), None)

    def is_unlike(self, group: str) -> bool:
        """Whether a group's people look like none of the templates under its name so far."""
        name, known = self.names.get(group, ""), self.looker.known
        whos = [s.who for s in self.groups().get(group, ()) if s.who is not None]
        if known is None or known.threshold is None or not whos:
            return False
        owners = {known.gallery.names[o] for o in set(known.gallery.owners.tolist())}
        is_known = any(same_name(o, name) for o in owners)
        return is_known and not any(same_name(like[0], name) for w in whos for like in w.like)

    # ---- what is given

    def begin(
        self,
        sources: Sequence[str] = (),
        *,
        kind: Kind = Kind.FACE,
        number: int | None = None,
        name: str = "",
    ) -> None:
        """Start afresh. number: who is meant in each picture, from the left, from 1."""
        self.looker.stop()
        self._shots, self._images = {}, {}
        self.kind, self.names = kind, {"": name}
        self.by_folder = self.is_asking = self.is_keeping = False
        self.problem = self._proposed = ""
        self._settle()
        self._read_known()
        if sources:
            self.add(sources, number=number)

    def takes(self, kind: Kind, name: str = "") -> bool:
        """Whether pictures of a kind, of whoever is called so, go with those that are there."""
        is_theirs = not self.by_folder and same_name(name, self.names[""])
        return kind is self.kind and not self.is_keeping and (not name or is_theirs)

    def add(self, sources: Sequence[str], *, number: int | None = None) -> None:
        """More pictures, folders, or moments of videos. number: as `begin` takes it."""
        self.problem = ""
        self.looker.open_up(sources, number)

    def add_frame(self, image: Image, where: str) -> None:
        """A picture in memory, (H, W, 3) uint8 BGR; where: how it is called ("camera:0")."""
        self._images[self._next] = image
        self._append([Shot(self._next, where)])

    def use_kind(self, kind: Kind) -> None:
        """Look for faces, or for bodies, in the same pictures."""
        if kind is self.kind:
            return
        self.looker.stop()
        self.kind, self.problem = kind, ""
        self._shots = {s.key: Shot(s.key, s.source, s.folder) for s in self._shots.values()}
        self._settle()
        self.looker.look(self.shots, kind, images=self._images)

    def stop(self) -> None:
        """Look at no more pictures; those that were not looked at go."""
        self.looker.stop()
        left = {k: s for k, s in self._shots.items() if s.looked is not None or s.problem}
        self._shots = left
        self._settle()

    def close(self) -> None:
        """Stop, and let go of the pictures."""
        self.looker.stop()
        self._soon.stop()
        self._shots, self._images, self.rows = {}, {}, ()

    # ---- what is chosen

    def set_name(self, name: str, group: str = "") -> None:
        """Who they are."""
        if self.names.get(group) != name:
            self.names[group] = name
            self._soon.start()

    def answer_folders(self, one_each: bool) -> None:
        """Whether each sub-folder is a person of their own."""
        self.by_folder, self.is_asking = one_each, False
        self._use_proposed()
        if one_each:
            self._name_folders(self.folders)
        self._settle()

    def choose(self, key: int, place: int | None) -> None:
        """Who of several in a picture is meant; None for nobody."""
        shot = self._shots.get(key)
        if shot is not None and shot.looked is not None:
            shot = replace(shot, chosen=place, is_decided=True, is_proposed=False, anyway=False)
            self._shots[key] = shot
            self._settle()

    def allow(self, key: int, anyway: bool) -> None:
        """Keep a picture although it is poor."""
        if (shot := self._shots.get(key)) is not None:
            self._shots[key] = replace(shot, anyway=anyway)
            self._settle()

    def remove(self, keys: Sequence[int]) -> None:
        """Leave pictures out."""
        for key in keys:
            self._shots.pop(key, None)
            self._images.pop(key, None)
        self._settle()

    def look_closer(self, key: int) -> None:
        """Have the whole picture; `looker.picture_ready` brings it."""
        if (shot := self._shots.get(key)) is not None:
            self.looker.look_closer(shot, self._images.get(key))

    def keep(self) -> None:
        """Make templates of what is good: one step, which can be undone."""
        self._settle()
        if not self.can_keep:
            return
        chosen: dict[str, list[tuple[str, Candidate | CameoError]]] = {}
        for one in self.rows:
            shot = self._shots[one.key]
            if one.standing in GOOD and shot.who is not None:
                name = self.names[self.group_of(shot)].strip()
                chosen.setdefault(name, []).append((shot.source, shot.who))
        session, known, kind = self._session, self.looker.known, self.kind

        def work(_: Progress) -> list[Enrolled]:
            from reid_core.actions.enroll import Known, keep

            whom = known or Known.load(session.library, session.models(), kind)
            return keep(session.library, whom, kind, chosen)

        self.is_keeping = True
        self.changed.emit()
        title = self.tr("Enrol {}").format(next(iter(chosen)))
        if len(chosen) > 1:
            title = self.tr("Enrol {} people").format(len(chosen))
        session.change(title, work, said=self._said, then=self._on_kept, failed=self._on_failed)

    # ---- what comes back

    def _said(self, done: list[Enrolled]) -> str:
        n = sum(d.added for d in done)
        if len(done) == 1:
            return self.tr("{name}: new templates: {n}").format(name=done[0].name, n=n)
        return self.tr("{people} people, {n} new templates").format(people=len(done), n=n)

    def _on_kept(self, done: list[Enrolled]) -> None:
        self.is_keeping = False
        self.enrolled.emit(done)

    def _on_failed(self, error: CameoError) -> None:
        self.is_keeping = False
        self._session.tell(error)
        self.changed.emit()

    def _read_known(self) -> None:
        library = self._session.library

        def work(_: Progress) -> dict[str, int]:
            with library.read() as connection:
                everybody = people.list_people(connection)
            return {p.name: p.faces + p.bodies for p in everybody}

        def take(known: dict[str, int]) -> None:
            self.known = known
            self.known_changed.emit()
            self.changed.emit()

        self._session.tasks.run("", work, then=take, failed=self._session.tell, shown=False)

    def _on_people_changed(self) -> None:
        """Whose pictures "are added" may be gone, or be called otherwise."""
        if self._shots:
            self._read_known()

    def _take_given(self, given: Given) -> None:
        self._proposed = given.name
        several = len(given.folders) > 1 and not self.by_folder
        self.is_asking = self.is_asking or several  # a picture that comes later answers nothing
        if not self.is_asking:
            self._use_proposed()
        if self.by_folder:
            self._name_folders(given.folders)
        self._append(
            [Shot(self._next + i, one.source, one.folder) for i, one in enumerate(given.pictures)],
            given.number,
        )

    def _append(self, shots: Sequence[Shot], number: int | None = None) -> None:
        self._next += len(shots)
        self._shots |= {s.key: s for s in shots}
        self._settle()
        self.looker.look(shots, self.kind, number=number, images=self._images)

    def _take(self, key: int, what: Looked | str) -> None:
        shot = self._shots.get(key)
        if shot is None:
            return
        if isinstance(what, str):
            self._shots[key] = replace(shot, problem=what)
        else:
            self._shots[key] = replace(shot, looked=what, chosen=what.meant)
        if not self._soon.isActive():
            self._soon.start()

    def _fail(self, why: str) -> None:
        self.problem = why
        self._soon.start()

    def _use_proposed(self) -> None:
        self.names[""] = self.names[""] or self._proposed

    def _name_folders(self, folders: Sequence[str]) -> None:
        for folder in folders:
            self.names.setdefault(folder, as_name(folder))

    def _settle(self) -> None:
        """Choose where it is clear who is meant, judge every picture, and tell."""
        self._soon.stop()
        words: dict[int, str] = {}
        for group, shots in self.groups().items():
            self._propose(group, shots)
            words |= standings([self._shots[s.key] for s in shots], self.names.get(group, ""))
        self.rows = tuple(
            ShotRow.of(s, words[s.key], self.names.get(self.group_of(s), ""))
            for s in self._shots.values()
        )
        self.changed.emit()

    def _propose(self, group: str, shots: Sequence[Shot]) -> None:
        name = self.names.get(group, "")
        threshold = self.looker.known.threshold if self.looker.known else None
        for shot in shots:
            is_open = not shot.is_decided and (shot.chosen is None or shot.is_proposed)
            if shot.looked is None or len(shot.looked.people) < 2 or not is_open:
                continue
            place = proposal(shot, [s for s in shots if s is not shot], name, threshold)
            if place is not None and place != shot.chosen:
                self._shots[shot.key] = replace(shot, chosen=place, is_proposed=True)
