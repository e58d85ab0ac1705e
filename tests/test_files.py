"""Writing whole files or none: what a full disk leaves, and targets that are no plain files."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from reid_core import files
from reid_core.files import read_list, write_atomically

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs links and devices of POSIX")


def _full(handle: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_file_as_it_was_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.csv"
    write_atomically(path, b"old")
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomically(path, b"new")
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_missing_is_told_by_the_name_that_was_given(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        write_atomically(tmp_path / "none" / "a.csv", b"new")
    assert caught.value.filename == str(tmp_path / "none" / "a.csv")


@POSIX
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@POSIX
def test_a_device_is_written_to_and_not_put_away(tmp_path: Path) -> None:
    link = tmp_path / "nothing"
    link.symlink_to("/dev/null")
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert Path("/dev/null").is_char_device()


def test_a_list_is_read_as_any_system_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("é,1\r\nb,2\rc,3\n".encode("utf-8-sig"))
    assert read_list(path) == "é,1\nb,2\nc,3\n"


@POSIX
def test_a_list_without_an_end_is_not_read_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_LIST", 1 << 20)
    with pytest.raises(OSError, match="larger than 1 MB") as caught:
        read_list(Path("/dev/zero"))
    assert caught.value.filename == "/dev/zero"
