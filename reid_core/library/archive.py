"""Taking the gallery elsewhere: a zip file with people, templates, pictures and vectors.

An archive comes from anywhere, so reading one trusts nothing: sizes and counts are limited, names
inside are never used as paths, arrays are plain bytes, pictures must decode.
"""

from __future__ import annotations

import base64
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from reid_core import images
from reid_core.errors import (
    BadName,
    ImageUnreadable,
    LibraryCorrupt,
    LibraryError,
    PersonNotFound,
)
from reid_core.library import people, schema
from reid_core.library.media import NAME
from reid_core.library.paths import floats_from_bytes
from reid_core.library.store import Library
from reid_core.protocols import Progress, no_progress
from reid_core.types import Kind

FORMAT = 1
MAX_INDEX = 512 << 20
MAX_PICTURE = 8 << 20
MAX_PEOPLE = 1_000_000


def export_people(library: Library, out: Path, progress: Progress = no_progress) -> int:
    """Write everybody; returns how many. Atomic. Raises LibraryError when it cannot be written."""
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        n = _write(library, part, progress)
        part.replace(out)
    except OSError as error:
        raise LibraryError(f"{out} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
    return n


def _write(library: Library, part: Path, progress: Progress) -> int:
    with library.read() as connection, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        everybody = people.list_people(connection)
        records = []
        for i, person in enumerate(everybody):
            progress(0.5 * i / len(everybody), f"{i + 1} of {len(everybody)}")
            records.append(_person_record(connection, person))
        archive.writestr("people.json", json.dumps({"format": FORMAT, "people": records}))
        pictures = sorted({t["media"] for r in records for t in r["templates"]})
        for i, media in enumerate(pictures):
            progress(0.5 + 0.5 * i / len(pictures), f"{i + 1} of {len(pictures)}")
            archive.write(library.media.path(media), f"media/{media}.jpg", zipfile.ZIP_STORED)
    return len(everybody)


def import_people(
    library: Library, file: Path, progress: Progress = no_progress
) -> tuple[int, int]:
    """Add everybody from an archive, to people of the same name where there are; all or nothing.

    Returns how many people and new templates. Raises LibraryCorrupt when it is no archive.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            records = _read_index(archive)
            added = 0
            with library.transaction("import people", people=len(records)) as tx:
                for i, record in enumerate(records):
                    progress(i / len(records), f"{i + 1} of {len(records)}")
                    added += _add_person(tx, library, archive, record)
            return len(records), added
    except OSError as error:
        if error.filename and Path(error.filename) == file:
            raise LibraryCorrupt(f"{file} cannot be read: {error.strerror}.") from error
        raise
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        ImageUnreadable,
        LibraryCorrupt,
        BadName,
    ) as error:
        raise LibraryCorrupt(f"{file} is not a gallery archive of Cameo, or is damaged.") from error


def _person_record(connection: sa.Connection, person: people.Person) -> dict[str, Any]:
    t, v = schema.template, schema.vector.c
    rows = connection.execute(sa.select(t).where(t.c.person_id == person.id)).all()
    templates = []
    for row in rows:
        owned = connection.execute(sa.select(v.model, v.data).where(v.owner_id == row.id))
        templates.append(
            {
                "kind": row.kind,
                "media": row.media,
                "quality": row.quality,
                "parts": json.loads(row.parts),
                "keypoints": floats_from_bytes(row.keypoints, columns=2).tolist(),
                "where_from": row.where_from,
                "worn_at": row.worn_at,
                "vectors": {m: base64.b64encode(d).decode("ascii") for m, d in owned},
            }
        )
    return {"name": person.name, "notes": person.notes, "templates": templates}


def _read_index(archive: zipfile.ZipFile) -> list[dict[str, Any]]:
    index = json.loads(_member(archive, "people.json", MAX_INDEX))
    if index["format"] != FORMAT:
        raise ValueError("another format")
    records: list[dict[str, Any]] = index["people"]
    if len(records) > MAX_PEOPLE:
        raise ValueError("too many people")
    return records


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """A member's bytes, never more than `limit` whatever its header says."""
    with archive.open(name) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"{name} is too large")
    return data


def _add_person(
    tx: sa.Connection, library: Library, archive: zipfile.ZipFile, record: dict[str, Any]
) -> int:
    name = people.clean_name(str(record["name"]))
    try:
        person = people.find_person(tx, name).id
    except PersonNotFound:
        person = people.add_person(tx, name, str(record.get("notes", ""))[:10_000])
    return sum(_add_template(tx, library, archive, person, t) for t in record["templates"])


def _add_template(
    tx: sa.Connection,
    library: Library,
    archive: zipfile.ZipFile,
    person: int,
    given: dict[str, Any],
) -> bool:
    kind, media = Kind(given["kind"]), str(given["media"])
    if not NAME.fullmatch(media):
        raise ValueError("a picture's name is no hash")
    picture = _member(archive, f"media/{media}.jpg", MAX_PICTURE)
    images.decode_image(picture, name=media, max_pixels=16_000_000)
    added = False
    for model, packed in given["vectors"].items():
        vector = floats_from_bytes(base64.b64decode(packed, validate=True), columns=1)[:, 0]
        if not 8 <= len(vector) <= 8192 or not np.isfinite(vector).all():
            raise ValueError("a vector is damaged")
        points = np.array(given["keypoints"], np.float32).reshape(-1, 2)
        parts = {str(k)[:40]: float(v) for k, v in given["parts"].items()}
        new = people.NewTemplate(
            kind,
            library.media.put(picture),
            float(given["quality"]),
            parts,
            points[:10],
            str(given["where_from"])[:1000],
            vector,
            str(model)[:200],
            None if given.get("worn_at") is None else str(given["worn_at"])[:32],
        )
        added = people.add_template(tx, person, new) is not None or added
    return added
