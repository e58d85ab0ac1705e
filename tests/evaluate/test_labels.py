"""A user's own groups, in whatever state the file is."""

from __future__ import annotations

from pathlib import Path

import pytest

from reid_core.errors import BadList
from reid_core.evaluate.labels import MOST, assign, read_labels


def write(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "labels.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_each_label_is_a_column(tmp_path: Path) -> None:
    got = read_labels(write(tmp_path, "identity, site ,age\nAda,north,30+\n\nГрета,south,\n"))
    assert got.key == "identity"
    assert got.by_column == {
        "site": {"Ada": "north", "Грета": "south"},
        "age": {"Ada": "30+", "Грета": ""},
    }


def test_quotes_and_a_mark_at_the_start_are_read(tmp_path: Path) -> None:
    text = 'Path,site\r\n"a, b/1.jpg","north"\r\n'
    got = read_labels(write(tmp_path, text, "utf-8-sig"))
    assert (got.key, got.by_column) == ("path", {"site": {"a, b/1.jpg": "north"}})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected path or identity"),
        ("name,site\na,b\n", "line 1: expected path or identity"),
        ("identity\na\n", "line 1: expected path or identity"),
        ("identity,\na,b\n", "line 1: expected path or identity"),
        ("identity,site,site\na,b,c\n", "two labels have the same name"),
        ("identity,site\na\n", "line 2: expected 2 cells, not 1"),
        ("identity,site\n,b\n", "line 2: expected 2 cells"),
        ("identity,site\na,b\na,c\n", "line 3: 'a' is in two groups"),
        ('identity,site\na,"b\n', "line 2: unexpected end of data"),
        (
            "identity,site\n" + "".join(f"p{i},{i}\n" for i in range(MOST + 1)),
            f"'site' has {MOST + 1} groups",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadList, match=message):
        read_labels(write(tmp_path, text))


def test_a_group_that_would_write_over_the_screen_is_one_line_of_text(tmp_path: Path) -> None:
    text = 'identity,"\x1b[31mthe\nsite"\nAda  L,"\x1b[2J nor\x00th"\n'
    got = read_labels(write(tmp_path, text))
    assert got.by_column == {"[31mthe site": {"Ada  L": "[2J nor th"}}


def test_other_encodings_and_missing_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(BadList, match=r"no text file in UTF-8 \(byte 14\)"):
        read_labels(write(tmp_path, "identity,site\né,b\n", "latin-1"))
    with pytest.raises(BadList, match="cannot be read: No such file"):
        read_labels(tmp_path / "none.csv")
    with pytest.raises(BadList, match="cannot be read: Is a directory"):
        read_labels(tmp_path)


def test_names_are_given_to_pictures_and_the_others_counted() -> None:
    groups = {"a/1.jpg": "x", "2.jpg": "y", "who": "z"}
    got = assign(groups, [["a/1.jpg", "1.jpg"], ["b/2.jpg", "2.jpg"], ["c/3.jpg", "3.jpg"]])
    assert got == (["x", "y", ""], 1)
