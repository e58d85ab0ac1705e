"""The people of a Cameo library as labelled pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.errors import DataError
from reid_core.learn.data.pictures import UNKNOWN, Crop, Pictures, labelled
from reid_core.library import Library, people, schema
from reid_core.library.paths import floats_from_bytes
from reid_core.models.manifest import ARCFACE_TEMPLATE, InputSpec
from reid_core.types import Floats, Kind

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
        points = _keypoints(connection, kind)
        for person in people.list_people(connection):
            own = sorted(people.templates_of(connection, person.id), key=lambda t: t.id)
            for media, keypoints in [(t.media, points[t.id]) for t in own if t.kind is kind]:
                paths.append(_crop(library.media.path(media), keypoints, kind, chip))
                who.append(person.shown_id)
    return labelled(where, paths, who, [UNKNOWN] * len(paths))


def _keypoints(connection: Connection, kind: Kind) -> dict[int, Floats]:
    """(K, 2) in crop pixels of every template of a kind, by id."""
    t = schema.template.c
    rows = connection.execute(sa.select(t.id, t.keypoints).where(t.kind == kind))
    return {one: floats_from_bytes(packed, columns=2) for one, packed in rows}


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
