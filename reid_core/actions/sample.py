"""The sample in the user's own library: a film of the sample photograph, two people enrolled.

It lies in a folder of the library's, so that it goes with it, and can be taken out again.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from reid_core import images
from reid_core.actions import videos
from reid_core.actions.demo import FILM, PEOPLE, other_look, sample_faces, sample_photograph
from reid_core.actions.enroll import enroll
from reid_core.actions.index import index
from reid_core.actions.loading import Models
from reid_core.library import Library, erase
from reid_core.library.sample import FILM_NAME, sample_folder, sample_people, sample_video
from reid_core.protocols import Progress, no_progress


@dataclass(frozen=True, slots=True)
class Sample:
    """The files of the sample. portraits: by the person's name."""

    film: Path
    portraits: dict[str, Path]


def make_sample(library: Library, models: Models, *, progress: Progress = no_progress) -> Sample:
    """Write the film and the portraits, which show other pictures than the film does.

    Raises SourceUnavailable when the photograph is missing, ModelError, OSError.
    """
    progress(0.0, "")
    photograph = images.read_image(sample_photograph())
    faces = sample_faces(models, photograph)
    folder = sample_folder(library)
    folder.mkdir(parents=True, exist_ok=True)
    portraits = {name: folder / f"portrait-{place + 1}.jpg" for name, place in PEOPLE.items()}
    for name, place in PEOPLE.items():
        images.write_image(other_look(photograph, faces[place]), portraits[name])
    film = folder / FILM_NAME
    if not film.is_file():  # the same each time, and the library knows it by its content
        part = film.with_name(f"part-{FILM_NAME}")
        try:
            FILM.write(photograph, part, progress=lambda s, w: progress(0.3 + 0.7 * s, w))
            part.replace(film)
        finally:
            part.unlink(missing_ok=True)
    return Sample(film, portraits)


def enrol_sample(
    library: Library, models: Models, sample: Sample, *, progress: Progress = no_progress
) -> tuple[str, ...]:
    """Enrol the sample's people; returns their names. Safe to do again. Raises EnrolError."""
    for i, (name, portrait) in enumerate(sample.portraits.items()):
        progress(i / len(sample.portraits), "")
        enroll(library, models, name, [str(portrait)])
    return tuple(sample.portraits)


def index_sample(
    library: Library, models: Models, sample: Sample, *, progress: Progress = no_progress
) -> int:
    """Index the sample's film; returns the video. Safe to do again. Raises LibraryError."""
    return index(library, models, str(sample.film), progress=progress).video


def remove_sample(library: Library) -> None:
    """Take the film and its people out again, and delete the sample's files.

    Somebody who was given other pictures as well stays with those. Raises LibraryError.
    """
    with library.read() as connection:
        persons = sample_people(connection, library)
        video = sample_video(connection, library)
    for person in persons:
        erase.forget(library, person)
    if video is not None:
        videos.remove(library, video)
    shutil.rmtree(sample_folder(library), ignore_errors=True)
