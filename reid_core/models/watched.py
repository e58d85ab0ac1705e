"""Running another program that downloads, and telling how far it is by the bytes on the disk."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from reid_core.errors import ModelUnavailable
from reid_core.protocols import Progress

POLL_S = 0.25
STALL_S = 1200.0  # pip tries six times, with a time limit that the user may have raised


def run(
    command: Sequence[str],
    *,
    folder: Path,
    expected: int,
    what: str,
    progress: Progress,
    settings: dict[str, str] | None = None,
    stall_s: float = STALL_S,
) -> tuple[int, str]:
    """Run a program to its end. Returns its exit status and what it wrote to stderr.

    folder: where its download grows. expected: bytes of it, 0 if unknown. settings: added to the
    environment. The program is ended when the caller is interrupted, or when nothing has come
    for `stall_s` seconds. Raises ModelUnavailable when it cannot be started or stalls.
    """
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env={**os.environ, **(settings or {})},
        )
    except OSError as error:
        raise ModelUnavailable(f"{command[0]} does not start ({error.strerror})") from error
    with child:
        try:
            return _watch(child, folder, expected, what, progress, stall_s)
        finally:
            if child.poll() is None:
                child.kill()


def _watch(
    child: subprocess.Popen[str],
    folder: Path,
    expected: int,
    what: str,
    progress: Progress,
    stall_s: float,
) -> tuple[int, str]:
    have = before = _size_of(folder)
    moved = time.monotonic()
    while True:
        try:
            _, said = child.communicate(timeout=POLL_S)
        except subprocess.TimeoutExpired:
            size = _size_of(folder)
            if size != have:
                have, moved = size, time.monotonic()
            elif time.monotonic() - moved > stall_s:
                raise ModelUnavailable(f"nothing has come for {stall_s:.0f} s") from None
            come = max(have - before, 0)
            share = min(come / expected, 1.0) if expected else 0.0
            progress(share, f"downloading {what}, {come / 1e6:.0f} MB")
        else:
            return child.returncode, said


def _size_of(folder: Path) -> int:
    """Bytes in the files below a folder; some may go while they are counted."""
    total = 0
    with suppress(OSError):
        for path in folder.rglob("*"):
            total += path.lstat().st_size if path.is_file() else 0
    return total
