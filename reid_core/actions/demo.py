"""The whole story on sample material: enrol, index, search, and compare with the truth.

The sample is the group photograph that the installed insightface package carries. A film is made
of it by a virtual camera (pan, zoom, a cut), so it is known who is in the picture when.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from reid_core import boxes, images
from reid_core.actions.enroll import enroll
from reid_core.actions.index import Indexed, index
from reid_core.actions.loading import Models
from reid_core.actions.report import write_report
from reid_core.actions.search import Found, Searcher, query_person
from reid_core.errors import CameoError, SourceUnavailable
from reid_core.library import Library
from reid_core.protocols import Progress, no_progress
from reid_core.types import Floats, Image, Kind
from reid_core.video.film import Film, pan

Span = tuple[float, float]

PEOPLE = {"Third from the left": 2, "Far right": 5}  # places in the photograph, from the left
FILM = Film(
    (
        pan((0, 330, 300, 520), (5, 1015, 300, 520), (6, 1015, 300, 520), (9, 480, 300, 560)),
        pan((9, 1015, 340, 520), (11, 1015, 340, 500), (14, 600, 380, 620), (17, 300, 300, 460)),
    )
)
SLACK_S = 0.5  # a face at the very edge of the picture may be seen a little sooner or later


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody searched for: when found and when truly there, seconds. found_share: of the true
    time; wrong_s: time found where they were not.
    """

    name: str
    found: tuple[Span, ...]
    truth: tuple[Span, ...]
    found_share: float
    wrong_s: float
    search_s: float
    decoded_frames: int
    report: Path

    @property
    def is_right(self) -> bool:
        """Most of the time found, and next to nothing wrong."""
        return self.found_share >= 0.8 and self.wrong_s <= SLACK_S


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo came to."""

    film: Path
    indexed: Indexed
    answers: tuple[Answer, ...]


def demo(out: Path, models: Models, *, progress: Progress = no_progress) -> Demo:
    """Play the story in a folder; what an earlier demo left there is replaced.

    Raises SourceUnavailable when the photograph is missing, CameoError when the folder holds
    something else.
    """
    folder = _fresh(out)
    photograph = images.read_image(sample_photograph())
    making = "making the film"
    progress(0.1, making)
    film = folder / "film.mp4"
    FILM.write(photograph, film, progress=lambda s, _: progress(0.1 + s / 5, making))
    faces = sample_faces(models, photograph)
    with Library.open(folder / "library") as library:
        progress(0.3, "enrolling")
        for name, place in PEOPLE.items():
            portrait = folder / f"{name.lower().replace(' ', '-')}.jpg"
            images.write_image(other_look(photograph, faces[place]), portrait)
            enroll(library, models, name, [str(portrait)])
        progress(0.4, "indexing")
        indexed = index(library, models, str(film), progress=lambda s, w: progress(0.4 + s / 2, w))
        searcher = Searcher(library, models)
        answers = tuple(
            _answer(library, searcher, models, name, faces[place], folder)
            for name, place in PEOPLE.items()
        )
    return Demo(film, indexed, answers)


def sample_photograph() -> Path:
    """The group photograph inside the insightface package, which is not imported for it."""
    spec = importlib.util.find_spec("insightface")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    path = folder / "data" / "images" / "t1.jpg"
    if not path.is_file():
        raise SourceUnavailable(
            "The sample photograph of the insightface package is missing. "
            "Install it again: pip install --force-reinstall insightface"
        )
    return path


def other_look(photograph: Image, face: Floats) -> Image:
    """A picture of one face that the film does not contain: mirrored, larger, darker, turned."""
    grown = boxes.expand(face[None], by=1.2)[0]
    side = float(max(grown[2:] - grown[:2]))
    middle = boxes.centers(face[None])[0]
    matrix = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), 6.0, 320 / side)
    matrix[:, 2] += 160 - middle
    part = cv2.warpAffine(photograph, matrix, (320, 320), borderMode=cv2.BORDER_REPLICATE)
    darker = (part[:, ::-1].astype(np.float32) * 0.8 + 6).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(darker)


def compare(found: Sequence[Span], truth: Sequence[Span]) -> tuple[float, float]:
    """(share of the true time that was found, seconds found outside the true time)."""
    at = np.arange(0, 1 + max([e for _, e in [*found, *truth]], default=0), 0.02)
    is_found, is_true, is_near = (
        np.zeros(len(at), bool),
        np.zeros(len(at), bool),
        np.zeros(len(at), bool),
    )
    for start, end in found:
        is_found |= (at >= start) & (at <= end)
    for start, end in truth:
        is_true |= (at >= start) & (at <= end)
        is_near |= (at >= start - SLACK_S) & (at <= end + SLACK_S)
    share = float((is_found & is_true).sum() / max(int(is_true.sum()), 1))
    return share, float((is_found & ~is_near).sum() * 0.02)


def _answer(
    library: Library, searcher: Searcher, models: Models, name: str, face: Floats, folder: Path
) -> Answer:
    found: Found = searcher.search(query_person(library, models, name))
    spans = tuple(sorted((s.start_s, s.end_s) for s in found.sure()))
    # someone is there when most of the face is inside the picture
    truth = tuple((round(a, 2), round(b, 2)) for a, b in FILM.seen(face, inside=0.9))
    share, wrong = compare(spans, truth)
    report = folder / f"{name.lower().replace(' ', '-')}.html"
    write_report(library, found, report)
    return Answer(
        name,
        spans,
        truth,
        round(share, 3),
        round(wrong, 2),
        found.elapsed_s,
        found.decoded_frames,
        report,
    )


def sample_faces(models: Models, photograph: Image) -> Floats:
    """(6, 4) the faces in the sample photograph from left to right, px. Raises CameoError."""
    found = models.detector(Kind.FACE).detect(photograph)
    if len(found) != 6:
        raise CameoError(f"The sample photograph shows 6 people; {len(found)} faces were found.")
    return found.boxes[np.argsort(found.boxes[:, 0])]


def _fresh(out: Path) -> Path:
    """An empty folder, or one that an earlier demo left and that is emptied. Marked as ours."""
    mark = out / ".cameo-demo"
    if out.exists() and not mark.exists() and any(out.iterdir()):
        raise CameoError(f"{out} is not empty and not of a demo; say another folder with --out.")
    if mark.exists():
        shutil.rmtree(out / "library", ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    mark.touch()
    return out
