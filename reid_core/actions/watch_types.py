"""What watching tells: who is in the picture, and what happened."""

from __future__ import annotations

from dataclasses import dataclass

from reid_core.types import Kind

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Event:
    """enter, identified or leave. track counts people in this run; name is None for a stranger.

    probability: of identified, that it is them of everybody enrolled and nobody of them; None
    when uncalibrated, or when the name comes from the face in a body or from the user.
    calibrated: whether it is known, from this library's own data, what similarities mean.
    """

    event: str
    time_s: float
    track: int
    kind: Kind
    name: str | None = None
    score: float | None = None
    box: Box | None = None
    probability: float | None = None
    calibrated: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody in the picture. box: xyxy frame pixels. score: similarity to who it is.

    person, name: None for a stranger; stranger: their number, None before enough was seen.
    probability, calibrated: as of an `Event`, of the newest looks.
    """

    track: int
    kind: Kind
    box: Box
    person: int | None = None
    name: str | None = None
    score: float | None = None
    stranger: int | None = None
    probability: float | None = None
    calibrated: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """What one picture brought. numbered: strangers (track, number) who got their number now."""

    events: list[Event]
    people: tuple[Shown, ...]
    numbered: tuple[tuple[int, int], ...] = ()
