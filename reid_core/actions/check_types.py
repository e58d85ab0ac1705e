"""What looking through the gallery tells; light, so that a window can know it early."""

from __future__ import annotations

from dataclasses import dataclass

from reid_core.evaluate.problems import Problem
from reid_core.library.ids import format_id, stable_id
from reid_core.library.kept import Mark
from reid_core.types import Kind


@dataclass(frozen=True, slots=True)
class Shown:
    """A template as evidence. media: the name of its stored picture. quality: in [0, 1]."""

    id: int
    person: int
    name: str
    media: str
    quality: float

    @property
    def shown_id(self) -> str:
        """The id as people see it."""
        return format_id(self.id)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something to look at, as `evaluate.doctor.Finding` says it, with names and pictures.

    templates: of one person, in question. mate: of the same person, most like the first of them
    (cosine `own`). facing: of somebody else, most like it (cosine `score`). mark: by what it is
    known when the user wants it kept as it is.
    """

    problem: Problem
    kind: Kind
    templates: tuple[Shown, ...]
    mate: Shown | None
    own: float | None
    facing: Shown | None
    score: float | None
    is_even: bool
    mark: Mark

    @property
    def person(self) -> int:
        """Whose the templates are."""
        return self.templates[0].person

    @property
    def name(self) -> str:
        """Their name."""
        return self.templates[0].name

    @property
    def id(self) -> str:
        """The same for the same doubt at every look, as people see it."""
        return format_id(stable_id(self.mark.person, self.mark.what, self.mark.subject))
