"""The pictures that somebody is to be enrolled from, and what is thought of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from reid_core.errors import EnrolError

if TYPE_CHECKING:
    from reid_core.actions.enroll import Candidate, Looked

LEAST = 0.2  # quality from which a face speaks for itself: `reid_core.quality.LEAST`
GOOD = ("good", "anyway")
COMPARED = 24  # faces of a group that a new one is compared with


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A picture. folder: the sub-folder it came from, "" for none. looked: None before that.

    chosen: which of its people is meant, None for nobody. is_decided: the user said so;
    is_proposed: it follows from the others.
    anyway: to be kept although poor. problem: why it cannot be used, as a sentence.
    """

    key: int
    source: str
    folder: str = ""
    looked: Looked | None = None
    chosen: int | None = None
    is_decided: bool = False
    is_proposed: bool = False
    anyway: bool = False
    problem: str = ""

    @property
    def who(self) -> Candidate | None:
        """Whoever is chosen."""
        if self.looked is None or self.chosen is None:
            return None
        return self.looked.people[self.chosen]

    @property
    def label(self) -> str:
        """The source without folders."""
        return Path(self.source).name or self.source


@dataclass(frozen=True, slots=True)
class ShotRow:
    """A picture as the list shows it. thumb: JPEG, b"" before it was looked at.

    standing: what is thought of it. name: whom it is to show. quality: None while nobody is
    chosen. n_people: how many are in it.
    """

    key: int
    label: str
    source: str
    standing: str
    name: str
    quality: float | None
    n_people: int
    thumb: bytes

    @classmethod
    def of(cls, shot: Shot, standing: str, name: str) -> ShotRow:
        """The row of a picture."""
        who, looked = shot.who, shot.looked
        quality = None if who is None else who.quality
        n, small = (len(looked.people), looked.preview) if looked else (0, b"")
        thumb = who.jpeg if who is not None else small
        return cls(shot.key, shot.label, shot.source, standing, name, quality, n, thumb)


@dataclass(frozen=True, slots=True)
class Found:
    """A picture among what was given: its source, the sub-folder that it is in, "" for none."""

    source: str
    folder: str


@dataclass(frozen=True, slots=True)
class Given:
    """What was dropped or chosen, opened up. name: proposed by the folder, "" for none.

    number: who is meant in each picture, from the left, from 1; None when that is not said.
    """

    pictures: tuple[Found, ...]
    name: str
    number: int | None = None

    @property
    def folders(self) -> tuple[str, ...]:
        """The sub-folders, in order."""
        return tuple(dict.fromkeys(p.folder for p in self.pictures if p.folder))


def open_up(sources: Sequence[str]) -> Given:
    """Folders as the pictures in them; everything else as given. Raises EnrolError for nothing.

    Several sub-folders, or several folders given, may be several people.
    """
    from reid_core import images

    found: list[Found] = []
    folders = [Path(s) for s in sources if Path(s).is_dir()]
    for source in sources:
        path = Path(source)
        if path not in folders:
            found.append(Found(source, ""))
            continue
        inside = images.list_images(path)
        has_subfolders = any(p.parent != path for p in inside)
        for picture in inside:
            parts = picture.relative_to(path).parts
            within = parts[0] if len(parts) > 1 else "" if has_subfolders else path.name
            found.append(Found(str(picture), within))
    if not found:
        raise EnrolError(_nothing(folders))
    name = as_name(folders[0].name) if len(folders) == 1 and len(sources) == 1 else ""
    return Given(tuple(found), name)


def _nothing(folders: Sequence[Path]) -> str:
    names = ", ".join(f.name for f in folders[:3])
    if names:
        return QCoreApplication.translate("Enrol", "{} holds no pictures.").format(names)
    return QCoreApplication.translate("Enrol", "No picture was given.")


def as_name(folder: str) -> str:
    """A folder's name as somebody's: Ada_Lovelace -> Ada Lovelace."""
    return " ".join(folder.replace("_", " ").split())


def same_name(one: str, other: str) -> bool:
    """Whether two names are one person's."""
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def standing(shot: Shot, name: str, before: Iterable[Shot] = ()) -> str:
    """What is thought of a picture under a name.

    One of waiting, unreadable, nobody, several (nobody is chosen), known (this very picture is
    enrolled under the name), twice (it is among those before it), poor, anyway, good.
    """
    if shot.looked is None:
        return "unreadable" if shot.problem else "waiting"
    if not shot.looked.people:
        return "nobody"
    who = shot.who
    if who is None:
        return "several"
    if who.already and name and same_name(who.already, name):
        return "known"
    if any(other.who is not None and other.who.jpeg == who.jpeg for other in before):
        return "twice"
    if who.quality < LEAST:
        return "anyway" if shot.anyway else "poor"
    return "good"


def standings(shots: Sequence[Shot], name: str) -> dict[int, str]:
    """What is thought of each picture of one person, by key."""
    seen: set[bytes] = set()
    result = {}
    for shot in shots:
        word = standing(shot, name)
        who = shot.who
        if who is not None and word != "known":
            if who.jpeg in seen:
                word = "twice"
            seen.add(who.jpeg)
        result[shot.key] = word
    return result


def proposal(shot: Shot, others: Sequence[Shot], name: str, threshold: float | None) -> int | None:
    """Who of several is meant: whoever looks like the one named, or like those chosen before.

    None when nobody does, or when it is not clear.
    """
    if shot.looked is None or threshold is None:
        return None
    people = shot.looked.people
    named = [i for i, p in enumerate(people) if p.like and name and same_name(p.like[0][0], name)]
    if len(named) == 1:
        return named[0]
    rows = [o.who.vector for o in others if o.who is not None and not o.is_proposed][:COMPARED]
    if not rows:
        return None
    scores = [max(float(row @ p.vector) for row in rows) for p in people]
    near = [i for i, score in enumerate(scores) if score >= threshold]
    return near[0] if len(near) == 1 else None


def chance_of(shots: Iterable[Shot], like: tuple[str, float]) -> float | None:
    """The probability that goes with what `resembled` gives; None where there is none."""
    whos = (s.who for s in shots)
    return next((w.chance for w in whos if w is not None and w.like[:1] == (like,)), None)


def resembled(shots: Iterable[Shot], name: str) -> tuple[str, float] | None:
    """Somebody enrolled under another name whom the chosen resemble, and how much."""
    found = [
        like
        for shot in shots
        if shot.who is not None
        for like in shot.who.like
        if not (name and same_name(like[0], name))
    ]
    best = max(found, key=lambda like: like[1], default=None)
    if best is None or not name:
        return best
    own = [
        like[1]
        for s in shots
        if s.who is not None
        for like in s.who.like
        if same_name(like[0], name)
    ]
    return best if best[1] > max(own, default=-1.0) else None
