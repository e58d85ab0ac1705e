"""What was looked at and kept: remembered, undone, and gone with whoever it was about."""

from __future__ import annotations

from pathlib import Path

import pytest

from reid_core.library import Library, erase, people
from reid_core.library.history import History
from reid_core.library.kept import Mark, keep, marks


@pytest.fixture
def both(library: Library) -> tuple[int, int]:
    with library.transaction("two") as tx:
        return people.add_person(tx, "Ada"), people.add_person(tx, "Grace")


def remembered(library: Library) -> set[Mark]:
    with library.read() as connection:
        return marks(connection)


def test_a_mark_is_kept_once_and_through_closing(
    library: Library, both: tuple[int, int], tmp_path: Path
) -> None:
    one = Mark(both[0], "same_person face", both[1])
    for mark in (one, one, Mark(both[0], "too_few face")):
        with library.transaction("keep") as tx:
            keep(tx, mark)
    library.close()
    with Library.open(tmp_path / "library") as again:
        assert remembered(again) == {one, Mark(both[0], "too_few face", 0)}


def test_keeping_is_undone_and_done_again(library: Library, both: tuple[int, int]) -> None:
    history, mark = History(library), Mark(both[0], "wrong_person face", 7)
    with history.recording("keep"), library.transaction("keep") as tx:
        keep(tx, mark)
    history.undo()
    assert remembered(library) == set()
    history.redo()
    assert remembered(library) == {mark}


def test_a_merge_that_is_undone_brings_the_marks_back(
    library: Library, both: tuple[int, int]
) -> None:
    history, mark = History(library), Mark(both[1], "no_variety face")
    with library.transaction("keep") as tx:
        keep(tx, mark)
    with history.recording("merge"), library.transaction("merge") as tx:
        people.merge(tx, into=both[0], gone=both[1])
    assert remembered(library) == set()
    history.undo()
    assert remembered(library) == {mark}


@pytest.mark.parametrize("gone", [0, 1])
def test_marks_go_with_either_person(library: Library, both: tuple[int, int], gone: int) -> None:
    history = History(library)
    with history.recording("keep"), library.transaction("keep") as tx:
        keep(tx, Mark(both[0], "same_person face", both[1]))
    history.purge(both[0])
    assert history.can_undo is None
    erase.forget(library, both[gone])
    assert remembered(library) == set()
