"""What of the sample is in a library: known by the folder that its files lie in."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.library import footage, schema
from reid_core.library.store import Library

FOLDER = "sample"
FILM_NAME = "sample-film.mp4"


def sample_folder(library: Library) -> Path:
    """Where the sample of a library lies."""
    return (library.folder / FOLDER).absolute()


def has_sample(library: Library) -> bool:
    """Whether anything of the sample is in the library."""
    with library.read() as connection:
        if sample_people(connection, library):
            return True
        return sample_video(connection, library) is not None


def sample_people(connection: Connection, library: Library) -> list[int]:
    """Whoever was enrolled from the sample's pictures alone."""
    t, folder = schema.template.c, sample_folder(library)
    found: dict[int, bool] = {}
    for row in connection.execute(sa.select(t.person_id, t.where_from)):
        is_own = Path(row.where_from).parent == folder
        found[row.person_id] = is_own and found.get(row.person_id, True)
    return [person for person, is_own in found.items() if is_own]


def sample_video(connection: Connection, library: Library) -> int | None:
    """The sample film, if it is indexed."""
    film = str(sample_folder(library) / FILM_NAME)
    return next((v.id for v in footage.list_videos(connection) if v.path == film), None)
