"""Pictures on disk, each named by the hash of its content."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from reid_core.errors import LibraryCorrupt

NAME = re.compile(r"[0-9a-f]{32}")


def name_of(data: bytes) -> str:
    """The name under which bytes are stored: 32 hex digits of their hash."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


class Media:
    """A folder of JPEG files `ab/abcdef….jpg`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Store bytes unless they are there already; returns their name. Atomic.

        Raises OSError (a full disk, say), leaving nothing half written.
        """
        name = name_of(data)
        path = self.path(name)
        if path.exists():
            return name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return name

    def get(self, name: str) -> bytes:
        """The bytes of that name. Raises LibraryCorrupt when they are gone."""
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError as error:
            raise LibraryCorrupt(
                f"The stored picture {name} is missing from the library."
            ) from error

    def path(self, name: str) -> Path:
        """Where a name is kept; ValueError for what is not a name (a path, say)."""
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a stored picture's name")
        return self.folder / name[:2] / f"{name}.jpg"

    def remove(self, name: str) -> int:
        """Overwrite and delete; returns how many bytes went."""
        path = self.path(name)
        try:
            size = path.stat().st_size
            with path.open("r+b") as file:
                file.write(b"\0" * size)
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except FileNotFoundError:
            return 0
        return size

    def names(self) -> Iterator[str]:
        """The names of all that is stored, as they are found."""
        for folder in self.folder.glob("[0-9a-f][0-9a-f]"):
            for path in folder.glob("*.jpg"):
                if NAME.fullmatch(path.stem):
                    yield path.stem
