"""Labelled pictures are found in every form, and what is left out is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from grey_people import grey

from reid_core.actions import labelled
from reid_core.errors import BadList


def folder(root: Path, people: dict[str, int]) -> Path:
    for name, n in people.items():
        for i in range(n):
            grey(40, root / name / f"{i}.png")
    return root


def who(found: labelled.Labelled) -> dict[str, str]:
    return {found.name(i): found.names[found.ids[i]] for i in range(len(found.paths))}


def test_a_list_names_pictures_identities_and_cameras(tmp_path: Path) -> None:
    folder(tmp_path, {"x": 2, "y": 1})
    listed = tmp_path / "list.csv"
    listed.write_text("path,identity,camera\nx/1.png,Ada,2\ny/0.png,Bo,1\nx/0.png,Ada,1\n", "utf-8")
    found = labelled.find(listed)
    assert who(found) == {"x/0.png": "Ada", "y/0.png": "Bo", "x/1.png": "Ada"}
    assert found.shots is not None
    assert found.shots.cameras.tolist() == [1, 1, 2]
    assert found.notes == []


def test_cameras_that_are_known_of_some_are_not_used(tmp_path: Path) -> None:
    folder(tmp_path, {"x": 2, "y": 1})
    listed = tmp_path / "list.csv"
    lines = ["path,identity,camera", "x/1.png,Ada,2", "x/0.png,Ada,", "y/0.png,Bo,1"]
    listed.write_text("\n".join(lines), "utf-8")
    found = labelled.find(listed)
    assert found.shots is None
    assert found.notes == ["1 pictures have no camera, so cameras are not used."]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("who,what\n", "line 1: expected the column names"),
        ("path,identity\nnone.png,Ada\n", "1 pictures that are not there"),
        ("path,identity\n,Ada\n", "line 2: there is no path"),
    ],
)
def test_a_bad_list_is_said(tmp_path: Path, text: str, message: str) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text(text, "utf-8")
    with pytest.raises(BadList, match=message):
        labelled.find(listed)


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadList, match="is no folder, and no list"):
        labelled.find(tmp_path / "none")
    with pytest.raises(BadList, match="holds no pictures named like"):
        labelled.find(tmp_path)


def test_people_with_few_pictures_can_be_left_out(tmp_path: Path) -> None:
    folder(tmp_path, {"a": 3, "b": 1, "c": 2})
    found = labelled.find(tmp_path, least=2)
    assert set(who(found).values()) == {"a", "c"}
    assert found.notes == [
        "3 folders, each taken for one identity.",
        "1 identities with fewer than 2 pictures left out.",
    ]
    with pytest.raises(BadList, match=r"Nobody in .* has 9 pictures; the most are 3"):
        labelled.find(tmp_path, least=9)


def test_odd_names_are_kept_as_they_are(tmp_path: Path) -> None:
    folder(tmp_path, {"<b>&": 1, "имя 人": 2})
    found = labelled.find(tmp_path)
    assert sorted(set(who(found).values())) == ["<b>&", "имя 人"]
