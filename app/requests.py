"""What one page asks of another: carried by `Session.asked_for` to the page's `activate`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SearchFor:
    """Search footage: for somebody enrolled (name), a tracklet (shown id) or a picture
    ("photo.jpg", "clip.mp4@12.5"; number: which face, from the left). Exactly one is said.
    """

    person: str = ""
    tracklet: str = ""
    image: str = ""
    kind: str = "face"
    number: int | None = None


@dataclass(frozen=True, slots=True)
class ShowPerson:
    """Show somebody enrolled."""

    person: int


@dataclass(frozen=True, slots=True)
class EnrolFrom:
    """Enrol from pictures, folders or moments ("clip.mp4@12.5"). name: proposed."""

    sources: tuple[str, ...]
    kind: str = "face"
    number: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class AddFootage:
    """Add files, folders, cameras or streams, and index them."""

    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Calibrate:
    """Show how sure matches of a kind are, and measure it."""

    kind: str = "face"


@dataclass(frozen=True, slots=True)
class PlayAt:
    """Show a moment of a video in the player."""

    video: int
    time_s: float


@dataclass(frozen=True, slots=True)
class CheckGallery:
    """Look the gallery through for what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Retrain:
    """Show what there is to learn from the people enrolled (kind), or what came of it (run: an
    id); without either, what was shown last.
    """

    kind: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class TrainingRuns:
    """Show the runs of `cameo train`."""
