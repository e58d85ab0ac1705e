"""Every form that labelled pictures come in, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from made_labelled import draw, enrol, put, put_people, write_list

from reid_core.errors import DataError
from reid_core.learn import data
from reid_core.learn.data import PictureSet
from reid_core.library import Library, people
from reid_core.models.manifest import ARCFACE_TEMPLATE
from reid_core.types import Kind

# ---- a folder for each identity


def test_a_folder_for_each_identity(tmp_path: Path) -> None:
    put_people(tmp_path, people_n=2, each=2)
    put(tmp_path / "p1" / "deeper" / "x.png")
    put(tmp_path / "nobody.jpg")
    (tmp_path / "p0" / "notes.txt").write_text("no picture")
    found = data.read_folder(tmp_path)
    assert found.names == ("p0", "p1")
    assert np.bincount(found.labels).tolist() == [2, 3]
    assert all(found.names[i] in p.parts for i, p in zip(found.labels, found.paths, strict=True))
    assert set(found.cameras.tolist()) == {-1}
    assert set(found.domains.tolist()) == {0}


def test_folders_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a folder"):
        data.read_folder(tmp_path / "none")
    with pytest.raises(DataError, match=f"{tmp_path} holds no pictures"):
        data.read_folder(tmp_path)
    put(tmp_path / "a.jpg")
    with pytest.raises(DataError, match="no folders: one for each identity"):
        data.read_folder(tmp_path)
    put(tmp_path / "ada" / "a.jpg")
    with pytest.raises(DataError, match=r"1 identities \(ada\): at least 2"):
        data.read_folder(tmp_path)


# ---- Market-style names


def test_market_style_names_anywhere_below(tmp_path: Path) -> None:
    for name in (
        "train/0002_c1s1_000451_03.jpg",
        "train/0002_c2_s1f000451n03.jpg",
        "query/1501_c6s1_000001_00.jpg",
        "test/-1_c1s1_000401_03.jpg",
        "test/0000_c4s1_000401_03.jpg",
        "test/holiday.jpg",
    ):
        put(tmp_path / name)
    found = data.read_market(tmp_path)
    who = {
        p.name[:7]: (found.names[i], c) for p, i, c in zip(found.paths, found.labels, found.cameras)
    }
    assert who == {"0002_c1": ("0002", 1), "0002_c2": ("0002", 2), "1501_c6": ("1501", 6)}


def test_market_folders_that_cannot_be_used(tmp_path: Path) -> None:
    put(tmp_path / "holiday.jpg")
    with pytest.raises(DataError, match=r"None of the 1 pictures.*found holiday\.jpg"):
        data.read_market(tmp_path)
    put(tmp_path / "0007_c1s1_000401_03.jpg")
    with pytest.raises(DataError, match=r"\(0007\)"):
        data.read_market(tmp_path)


# ---- lists


@pytest.mark.parametrize(
    ("text", "cameras"),
    [
        ("path,identity\nin/ab.jpg,Ada\nin/c d.jpg,Bo\n", [-1, -1]),
        ("path,identity,camera\nin/ab.jpg,Ada,3\n\nin/c d.jpg,Bo,\n", [3, -1]),
        ('Camera, Identity ,more,PATH\r\n0,Ada,x,in/ab.jpg\r\n7,"Bo",,"in/c d.jpg"\r\n', [0, 7]),
        ("\ufeffpath,identity\nin/ab.jpg,Ada\nin/c d.jpg,Bo", [-1, -1]),
    ],
)
def test_lists(tmp_path: Path, text: str, cameras: list[int]) -> None:
    found = data.read_csv(write_list(tmp_path, text))
    assert found.names == ("Ada", "Bo")
    assert [p.name for p in found.paths] == ["ab.jpg", "c d.jpg"]
    assert found.labels.tolist() == [0, 1]
    assert found.cameras.tolist() == cameras


def test_a_list_of_pictures_elsewhere(tmp_path: Path) -> None:
    path = write_list(tmp_path, "path,identity\nab.jpg,Ada\nc d.jpg,Bo\n")
    assert data.read_csv(path, tmp_path / "in").classes == 2


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "line 1: expected the column names"),
        ("path,identity\n", "holds no pictures"),
        ("file,who\nin/ab.jpg,Ada\n", "line 1: expected the column names .* not 'file,who'"),
        ("path,identity\nin/ab.jpg,Ada\n,Bo\n", "line 3: there is no path"),
        ("path,identity\nin/ab.jpg\n", "line 2: there is no identity"),
        ("path,identity,camera\nin/ab.jpg,Ada,left\n", "line 2: camera 'left' is no whole number"),
        ("path,identity,camera\nin/ab.jpg,Ada,-2\n", "camera '-2'"),
        ("path,identity,camera\nin/ab.jpg,Ada,²\n", "camera '²'"),
        ('path,identity\n"in/ab.jpg,Ada\n', "line 2: unexpected end of data"),
        (
            "path,identity\nin/ab.jpg,Ada\nin/e.jpg,Bo\n",
            r"1 pictures that are not there, first .*e",
        ),
        ("path,identity\nin/ab.jpg,Ada\nin/ab.jpg,Bo\n", r"1 pictures more than once, first .*ab"),
        ("path,identity\nin/ab.jpg,Ada\nin/c d.jpg,Ada\n", r"1 identities \(Ada\)"),
    ],
)
def test_lists_that_cannot_be_used(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(DataError, match=match):
        data.read_csv(write_list(tmp_path, text))


def test_lists_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not text in UTF-8"):
        data.read_csv(write_list(tmp_path, "path,identity\nin/é.jpg,x\n", "latin-1"))
    with pytest.raises(DataError, match="cannot be read"):
        data.read_csv(tmp_path)


# ---- a Cameo library


def test_faces_of_a_library_come_upright(library: Library) -> None:
    turn = cv2.getRotationMatrix2D((56, 56), 25, 1.6)
    turn[:, 2] += 60
    points = np.hstack([np.array(ARCFACE_TEMPLATE), np.ones((5, 1))]) @ turn.T
    crop = np.zeros((240, 240, 3), np.uint8)
    for x, y in points:
        cv2.circle(crop, (round(x), round(y)), 7, (255, 255, 255), -1)
    points = points.astype(np.float32)
    enrol(library, "Ada", Kind.FACE, [crop, crop[:-1]], points)
    enrol(library, "Bo", Kind.FACE, [crop[:, :-1]], points)
    enrol(library, "Cy", Kind.BODY, [crop], np.zeros((0, 2), np.float32))

    found = data.read_gallery(library, Kind.FACE)
    assert sorted(np.bincount(found.labels).tolist()) == [1, 2]
    with library.read() as connection:
        ids = {p.shown_id for p in people.list_people(connection) if p.faces}
    assert set(found.names) == ids
    served = PictureSet(found, height=112, width=112)
    for row in range(3):
        chip = served[row][0].numpy()[0]
        assert chip.shape == (112, 112)
        assert all(chip[round(y), round(x)] > 200 for x, y in ARCFACE_TEMPLATE)
        assert chip[20, 56] < 40


def test_bodies_of_a_library_lose_the_margin_that_was_kept(library: Library) -> None:
    whole = np.zeros((220, 110, 3), np.uint8)
    whole[10:210, 5:105] = 255  # the box, grown by a tenth
    none = np.zeros((0, 2), np.float32)
    enrol(library, "Ada", Kind.BODY, [whole], none)
    enrol(library, "Bo", Kind.BODY, [whole[1:]], none)
    found = data.read_gallery(library, Kind.BODY)
    picture = PictureSet(found, height=128, width=64)[0][0]
    assert picture.float().mean() > 250


def test_a_library_with_too_few_people(library: Library) -> None:
    with pytest.raises(DataError, match=f"{library.folder}, face templates, holds no pictures"):
        data.read_gallery(library, Kind.FACE)
    enrol(library, "Ada", Kind.BODY, [draw(1)], np.zeros((0, 2), np.float32))
    with pytest.raises(DataError, match="body templates, has 1 identities"):
        data.read_gallery(library, Kind.BODY)


def test_a_stored_crop_that_is_gone_is_named(library: Library) -> None:
    none = np.zeros((0, 2), np.float32)
    for i, name in enumerate(("Ada", "Bo", "Cy")):
        enrol(library, name, Kind.BODY, [draw(i)], none)
    found = data.read_gallery(library, Kind.BODY)
    Path(str(found.paths[1])).unlink()
    usable, broken = data.check(found)
    assert usable.classes == 2
    assert broken[0][0] == str(found.paths[1])
    assert "cannot be read" in broken[0][1]


# ---- which form it is


def test_the_form_is_recognised(tmp_path: Path, library: Library) -> None:
    folders = put_people(tmp_path / "folders")
    assert data.read(folders).names == ("p0", "p1", "p2")
    market = tmp_path / "market"
    for one in (1, 2):
        put(market / f"{one:04d}" / f"{one:04d}_c{one}_s1f1n1.jpg")
    assert data.read(market).cameras.tolist() == [1, 2]
    assert data.read(market, "folder").cameras.tolist() == [-1, -1]
    listed = write_list(tmp_path, "path,identity\nin/ab.jpg,Ada\nin/c d.jpg,Bo\n")
    assert data.read(str(listed)).names == ("Ada", "Bo")
    none, points = np.zeros((0, 2), np.float32), np.float32(ARCFACE_TEMPLATE)
    for i, name in enumerate(("Ada", "Bo")):
        enrol(library, name, Kind.FACE, [draw(i, 120, 120)], points)
        enrol(library, f"{name} 2", Kind.BODY, [draw(i)], none)
    assert data.read(library.folder).paths[0].points
    assert data.read(library.folder, "bodies").paths[0].points == ()


def test_what_is_no_training_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no training data at"):
        data.read(tmp_path / "none")
    with pytest.raises(DataError, match="no Cameo library in"):
        data.read(tmp_path, "faces")
    with pytest.raises(ValueError, match="form is 'zip'"):
        data.read(tmp_path, "zip")
    with pytest.raises(DataError, match="holds no pictures"):
        data.read(tmp_path)
