"""The people of a Cameo library as labelled pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from reid_core.errors import DataError
from reid_core.learn.data.pictures import UNKNOWN, Crop, Pictures, labelled
from reid_core.library import Library, keypoints, people, retrainings
from reid_core.library.ids import format_id
from reid_core.models.manifest import ARCFACE_TEMPLATE, InputSpec, input_from
from reid_core.types import Floats, Kind

MAX_NOTE = 10_000  # bytes of the file that names a retraining
FACE_CHIP = InputSpec(112, 112, template=ARCFACE_TEMPLATE)
MARGIN = 0.1  # by which a body's box was grown before it was kept; see video/trails.py
INNER = MARGIN / (1 + MARGIN) / 2  # what lies on each side of the box, as a share of the crop


def is_library(folder: Path) -> bool:
    """Whether a folder looks like a Cameo library."""
    return (folder / "library.db").is_file()


def read_gallery_folder(folder: Path, kind: Kind, *, chip: InputSpec = FACE_CHIP) -> Pictures:
    """As `read_gallery`, of the library in a folder. Raises DataError, LibraryError."""
    if not is_library(folder):
        raise DataError(f"There is no Cameo library in {folder}.")
    with Library.open(folder, create=False) as library:
        return read_gallery(library, kind, chip=chip)


def read_gallery(library: Library, kind: Kind, *, chip: InputSpec = FACE_CHIP) -> Pictures:
    """Everybody's templates of one kind.

    Identities go by the person's id, so that a run that is kept tells nobody's name. Faces are
    turned upright to `chip`; from bodies the margin that was kept around the box is taken off.
    Raises DataError when fewer than two people have templates of that kind.
    """
    where = f"The library {library.folder}, {kind} templates,"
    paths: list[Crop] = []
    who: list[str] = []
    with library.read() as connection:
        points = keypoints.of_templates(connection, kind)
        for person in people.list_people(connection):
            own = sorted(people.templates_of(connection, person.id), key=lambda t: t.id)
            for template in [t for t in own if t.kind is kind]:
                path = library.media.path(template.media)
                paths.append(_crop(path, points[template.id], kind, chip))
                who.append(person.shown_id)
    return labelled(where, paths, who, [UNKNOWN] * len(paths))


def read_retraining(path: Path) -> Pictures:
    """What a retraining of a library may learn from, by the file that it put into its folder.

    The file says which retraining, and no more: whoever is forgotten is no longer among what is
    read. Raises DataError, LibraryError.
    """
    try:
        if path.stat().st_size > MAX_NOTE:
            raise ValueError("it is too long")
        note = json.loads(path.read_text("utf-8"))
        run, kind, chip = str(note["retraining"]), Kind(note["kind"]), input_from(note["input"])
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DataError(f"{path} is no retraining of a Cameo library.") from error
    folder = next((p for p in path.resolve().parents if is_library(p)), None)
    if folder is None:
        raise DataError(f"{path} lies in no Cameo library.")
    with Library.open(folder, create=False) as library, library.read() as connection:
        found = retrainings.crops_of(connection, retrainings.find_run(connection, run).id)
        crops = [_crop(library.media.path(m), points, kind, chip) for _, m, points in found]
    who = [format_id(person) for person, _, _ in found]
    return labelled(f"The retraining {run}", crops, who, [UNKNOWN] * len(crops))


def _crop(path: Path, points: Floats, kind: Kind, chip: InputSpec) -> Crop:
    if kind is Kind.BODY:
        return Crop(path, box=(INNER, INNER, 1 - INNER, 1 - INNER))
    if chip.template is None or len(np.unique(points, axis=0)) < 2:
        return Crop(path)
    return Crop(
        path,
        points=tuple((float(x), float(y)) for x, y in points),
        template=tuple((float(x), float(y)) for x, y in chip.template),
        size=(chip.width, chip.height),
    )
