"""Files: names that are text, and writing so that a file is there whole or not at all."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from reid_core.errors import SourceUnavailable


def check_name(path: Path) -> None:
    """Raise SourceUnavailable for a name that is not UTF-8: it could be neither kept nor shown."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        shown = os.fsencode(path).decode("utf-8", "replace")
        raise SourceUnavailable(f"The name of {shown} is not UTF-8; rename it.") from error


def write_atomically(path: Path, data: bytes) -> None:
    """Put bytes at `path` by way of a hidden `.part` beside it; a link stays, its file is new.

    What is no file, as a pipe or /dev/stdout, is written to as it is. Raises OSError that names
    `path`, leaving no part.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            _replace(path.resolve(), data)
    except OSError as error:
        error.filename = str(path)  # not the part; and a full disk names nothing at all
        raise


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with part.open("wb") as target:
            target.write(data)
            target.flush()
            os.fsync(target.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the platform can (Windows cannot)."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
