"""Files: names that are text, lists of a bearable size, and writing a file whole or not at all."""

from __future__ import annotations

import errno
import os
import threading
from contextlib import suppress
from pathlib import Path

from reid_core.errors import SourceUnavailable

LARGEST_LIST = 256 << 20  # bytes: some millions of lines, and no device that never ends


def check_name(path: Path) -> None:
    """Raise SourceUnavailable for a name that is not UTF-8: it could be neither kept nor shown."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        shown = os.fsencode(path).decode("utf-8", "replace")
        raise SourceUnavailable(f"The name of {shown} is not UTF-8; rename it.") from error


def read_list(path: Path) -> str:
    """A list that somebody wrote, in UTF-8, its lines ending in a line feed.

    Raises OSError, also for more than `LARGEST_LIST`, and UnicodeDecodeError.
    """
    with path.open("rb") as source:
        data = source.read(LARGEST_LIST + 1)
    if len(data) > LARGEST_LIST:
        most = LARGEST_LIST >> 20
        raise OSError(errno.EFBIG, f"it is larger than {most} MB", str(path))
    return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


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
