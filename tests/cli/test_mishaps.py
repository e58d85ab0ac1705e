"""What happens to people: odd names, files cut short, a folder with bad pictures, bad arguments."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from command import Cameo
from made import write_video

from reid_core.library import Library


def test_a_file_is_always_read_to_its_end(cameo: Cameo, film: Path) -> None:
    assert "read to their end" in cameo("index", film, "--seconds", "1", status=2)
    assert "cameo index" in cameo("videos", "list")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_not_utf8_is_told_and_the_rest_is_done(cameo: Cameo, film: Path) -> None:
    folder = cameo.folder / "mix"
    folder.mkdir()
    shutil.copy(film, os.fsencode(folder) + b"/a\xff.mp4")
    shutil.copy(film, folder / "z.mp4")
    done = json.loads(cameo.out("index", folder, "--json", "-", status=2))
    assert [Path(video["name"]).name for video in done["videos"]] == ["z.mp4"]
    assert "not UTF-8" in done["problems"][0]
    odd = os.fsdecode(os.fsencode(cameo.folder) + b"/p\xff.jpg")
    shutil.copy(film, odd)
    assert "not UTF-8" in cameo.out("identify", odd, status=2)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no full device")
def test_a_disk_that_is_full_is_told_with_the_file_s_name(cameo: Cameo, portrait: Path) -> None:
    cameo("enroll", "Ada", portrait)
    assert "/dev/full: No space left" in cameo("people", "list", "--json", "/dev/full", status=2)


def test_pictures_that_cannot_be_read_are_named(cameo: Cameo, portrait: Path) -> None:
    folder = cameo.folder / "pictures"
    folder.mkdir()
    shutil.copy(portrait, folder / "a.jpg")
    (folder / "b.jpg").write_bytes(portrait.read_bytes()[:500])
    err = cameo("index", folder, status=2)
    assert "b.jpg" in err
    (video,) = cameo.json("videos", "list")
    assert (video["state"], video["faces"]) == ("done", 1)


def test_what_could_not_be_read_at_all_leaves_no_row(cameo: Cameo, portrait: Path) -> None:
    broken = cameo.folder / "broken.jpg"
    broken.write_bytes(portrait.read_bytes()[:500])
    cameo("index", broken, status=2)
    assert "cameo index" in cameo("videos", "list")


def test_a_file_that_ends_early_comes_to_the_same_twice(cameo: Cameo, film: Path) -> None:
    cut = cameo.folder / "cut.mkv"
    write_video(cut, [n / 10 for n in range(60)])
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size * 2 // 3])
    first = json.loads(cameo.out("index", cut, "--json", "-", status=2))["videos"][0]
    again = json.loads(cameo.out("index", cut, "--json", "-", status=2))["videos"][0]
    assert first["state"] == again["state"] == "broken"
    assert first["message"] == again["message"]
    assert again["decoded"] == 0


def test_a_copy_is_not_a_move(cameo: Cameo, film: Path) -> None:
    copy, original = cameo.folder / "copy.mp4", cameo.folder / "original.mp4"
    shutil.copy(film, original)
    shutil.copy(film, copy)
    cameo("index", original)
    (known,) = cameo.json("index", copy)["videos"]
    assert (known["state"], known["moved_from"]) == ("known", None)
    original.unlink()
    (moved,) = cameo.json("index", copy)["videos"]
    assert moved["moved_from"] == str(original)


def test_a_search_that_finds_nobody_says_why(cameo: Cameo, film: Path, portrait: Path) -> None:
    cameo("enroll", "Ada", portrait)
    cameo("index", film)
    assert "Nobody was seen" in cameo("search", "--person", "Ada", "--from", "5000")
    for odd in (["--from", "nan"], ["--from=-1"], ["--from", "5", "--to", "1"]):
        cameo("search", "--person", "Ada", *odd, status=2)


@pytest.mark.parametrize("moment", ["nan", "-1", "inf", "x"])
def test_a_moment_that_is_no_time_is_refused(cameo: Cameo, film: Path, moment: str) -> None:
    assert "not a time" in cameo("enroll", "Ada", f"{film}@{moment}", status=2)


def test_a_file_s_name_cannot_write_over_the_screen() -> None:
    from reid_core.cli.output import table

    rows = [("\x1b[2Jred\nx.mp4", 1), ("人.mp4", 20)]
    lines = table(rows, ("video", "n")).splitlines()
    assert [line.split() for line in lines] == [
        ["video", "n"],
        ["[2Jred", "x.mp4", "1"],
        ["人.mp4", "20"],
    ]
    assert all(line.isprintable() for line in lines)


def test_no_name_is_no_source(cameo: Cameo) -> None:
    assert "empty name" in cameo("index", "", status=2)


def test_clips_that_cannot_be_cut_are_an_error(cameo: Cameo, film: Path, portrait: Path) -> None:
    own = cameo.folder / "own.mp4"
    shutil.copy(film, own)
    cameo("enroll", "Ada", portrait)
    cameo("index", own)
    own.unlink()
    assert "own.mp4" in cameo(
        "search", "--person", "Ada", "--clips", cameo.folder / "clips", status=2
    )


def test_a_report_that_cannot_be_written_leaves_nothing(
    cameo: Cameo, film: Path, portrait: Path
) -> None:
    cameo("enroll", "Ada", portrait)
    cameo("index", film)
    folder = cameo.folder / "taken"
    folder.mkdir()
    cameo("search", "--person", "Ada", "--report", folder, status=2)
    cameo("search", "--person", "Ada", "--csv", folder, status=2)
    assert not list(cameo.folder.glob(".*.part"))


def test_two_that_make_the_same_library_both_do(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def make(_: int) -> str:
        with Library.open(tmp_path / "new") as library:
            return str(library.folder)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(make, range(4)))) == 1


def test_a_poor_view_alone_is_not_likely() -> None:
    from dataclasses import replace

    from reid_core.actions.search import Found
    from reid_core.search.decide import Threshold
    from reid_core.types import Evidence, Kind, Sighting

    view = Evidence(1.0, 0.95, 0.1, "m")
    one = Sighting("v", Kind.FACE, 0, 1, 1, 0.95, None, None, ("t",), (0, 0, 1, 1), (view,))
    found = Found("q", Kind.FACE, "m", Threshold(0.93, "reference", ""), (one,), 1, 0, 0.0)
    assert found.sure() == ()
    better = replace(one, evidence=(view, replace(view, quality=0.3)))
    assert replace(found, sightings=(better,)).sure() == (better,)
    confirmed = replace(one, verdict="same")
    assert replace(found, sightings=(confirmed,)).sure() == (confirmed,)
