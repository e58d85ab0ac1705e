"""Lists and ground truth: what is read, and that a bad line is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reid_core import images
from reid_core.errors import BadList
from reid_core.evaluate.lists import Tracks, market_name, read_lfw_pairs, read_mot

TWO_FOLDS = "2\t1\nAnn\t1\t12\nAnn\t1\tBob\t2\nÉva_X\t3\t4\nBob\t1\tÉva_X\t1\n"


def written(tmp_path: Path, text: str, name: str = "list.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


def test_pairs_with_their_folds(tmp_path: Path) -> None:
    pairs = read_lfw_pairs(written(tmp_path, TWO_FOLDS), Path("r"))
    assert [(str(p.first), str(p.second), p.same, p.fold) for p in pairs] == [
        ("r/Ann/Ann_0001.jpg", "r/Ann/Ann_0012.jpg", True, 0),
        ("r/Ann/Ann_0001.jpg", "r/Bob/Bob_0002.jpg", False, 0),
        ("r/Éva_X/Éva_X_0003.jpg", "r/Éva_X/Éva_X_0004.jpg", True, 1),
        ("r/Bob/Bob_0001.jpg", "r/Éva_X/Éva_X_0001.jpg", False, 1),
    ]


@pytest.mark.parametrize(
    "text",
    [
        TWO_FOLDS.replace("\n", "\r\n"),
        "\ufeff" + TWO_FOLDS,
        TWO_FOLDS.replace("\t", " "),
        "\n" + TWO_FOLDS + "\n\n",
    ],
    ids=["windows", "byte order mark", "spaces", "blank lines"],
)
def test_other_ways_to_write_it(tmp_path: Path, text: str) -> None:
    plain = read_lfw_pairs(written(tmp_path, TWO_FOLDS), Path("r"))
    assert read_lfw_pairs(written(tmp_path, text, "other.txt"), Path("r")) == plain


def test_one_number_means_one_fold(tmp_path: Path) -> None:
    pairs = read_lfw_pairs(written(tmp_path, "1\nA\t1\t2\nA\t1\tB\t2\n"), Path("r"))
    assert [(p.same, p.fold) for p in pairs] == [(True, 0), (False, 0)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: expected two numbers"),
        ("two\t1\n", "line 1: expected two numbers"),
        ("1\t2\t3\n", "line 1: expected two numbers"),
        ("0\t1\n", "line 1: expected two numbers"),
        ("1\t1\nA\t1\t2\n", "announces 1 x 2 x 1 pairs but has 1 lines"),
        ("1\t1\nA\t1\t2\n\nA\t1\tB\tx\n", "line 4: 'A\\\\t1\\\\tB\\\\tx' is no pair"),
        ("1\t1\nA\t1\nA\t1\tB\t2\n", "line 2"),
        ("1\t1\nA\t0\t2\nA\t1\tB\t2\n", "line 2"),
        ("1\t1\nA\t1\t2\nA\t1\tA\t2\n", "line 3"),
        ("1\t1\n../A\t1\t2\nA\t1\tB\t2\n", "line 2"),
        ("1\t1\nA\t1\t2\nA\t1\t..\t2\n", "line 3"),
    ],
)
def test_bad_pairs_name_the_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadList, match=says):
        read_lfw_pairs(written(tmp_path, text), Path("r"))


def test_what_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "binary.txt"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(BadList, match="no text file"):
        read_mot(path)
    with pytest.raises(BadList, match=r"none\.txt cannot be read"):
        read_lfw_pairs(tmp_path / "none.txt", tmp_path)
    with pytest.raises(BadList, match="cannot be read"):
        read_mot(tmp_path)


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("0002_c1_s1f000451n03.jpg", (2, 1)),
        ("0002_c1s1_000451_03.jpg", (2, 1)),
        ("-1_c6s1_000451_03.jpg", (-1, 6)),
        ("0000_c3s1_000451_03.jpg", (0, 3)),
        ("1501_c12_f0046985.png", (1501, 12)),
        ("Ann_0001.jpg", None),
        ("0002.jpg", None),
        ("x0002_c1.jpg", None),
        ("0002_cat.jpg", None),
    ],
)
def test_market_names(name: str, means: tuple[int, int] | None) -> None:
    assert market_name(Path("some/where") / name) == means


def test_mot_rows(tmp_path: Path) -> None:
    # MOT15 rows: what stands in column 8 is a place in the world, -4.2, not a class
    text = "1,7,10,20,30,40,1,-4.2,-7.3,0\n2,7,11.5,20,30,40,1,-4.1,-7.3,0\n2,9,0,0,5,5,0,1,1,1\n"
    tracks = read_mot(written(tmp_path, text))
    assert tracks.frames.tolist() == [0, 1]
    assert tracks.ids.tolist() == [7, 7]
    assert tracks.boxes.tolist() == [[10, 20, 40, 60], [11.5, 20, 41.5, 60]]
    assert tracks.boxes.dtype == np.float32
    # in results the seventh column is a score, and a score of 0 is still a box
    assert len(read_mot(written(tmp_path, text), truth=False).frames) == 3
    # six columns are enough
    assert len(read_mot(written(tmp_path, "1,1,0,0,5,5\n")).frames) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no boxes"),
        ("1,1,0,0,5,5,0\n", "holds no boxes"),
        ("1,1,0,0,5,5,1\nframe,id\n", "line 2: 'frame,id' is not frame,id,x,y,w,h"),
        ("1,1,0,0,5\n", "line 1"),
        ("1,1,0,0,nan,5,1\n", "line 1"),
        ("1,1,0,0,1e30,1e30,1\n", "line 1: .* is not frame,id,x,y,w,h"),
        ("nan,1,0,0,5,5,1\n", "line 1: frame and id must be whole"),
        ("1.5,1,0,0,5,5,1\n", "line 1: frame and id must be whole"),
        ("1e300,1,0,0,5,5,1\n", "line 1: frame and id must be whole"),
        ("0,1,0,0,5,5,1\n", "line 1: frames count from 1"),
        ("\n1,1,0,0,5,-5,1\n", "line 2: frames count from 1"),
        ("3,1,0,0,5,5,1\n3,1,9,9,5,5,1\n", "line 2: id 1 is twice in frame 3"),
    ],
)
def test_bad_mot_rows_name_the_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadList, match=says):
        read_mot(written(tmp_path, text))


def test_boxes_of_nobody_may_share_a_frame(tmp_path: Path) -> None:
    # detections in MOT's own files all have the id -1
    assert len(read_mot(written(tmp_path, "1,-1,0,0,5,5,1\n1,-1,9,9,5,5,1\n")).frames) == 2


def test_rows_by_frame() -> None:
    frames = np.array([2, 0, 2, 5, 0])
    tracks = Tracks(frames, np.arange(5), np.zeros((5, 4), np.float32))
    rows = tracks.rows_by_frame(4)
    assert [sorted(r.tolist()) for r in rows] == [[1, 4], [], [0, 2], []]


@pytest.mark.real_data
def test_real_lists(shared: Path) -> None:
    pairs = read_lfw_pairs(
        shared / "data" / "faces" / "lfw_pairs.txt", shared / "data" / "faces" / "lfw"
    )
    count = {(fold, same): 0 for fold in range(3) for same in (True, False)}
    for p in pairs:
        count[p.fold, p.same] += 1
    assert set(count.values()) == {300}
    assert all(p.first.is_file() and p.second.is_file() for p in pairs)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "rows", "boxes", "people", "frames"),
    [("pets09_s2l1_vtest", 4650, 4476, 19, 795), ("tud_campus", 359, 359, 8, 71)],
)
def test_real_mot15(
    shared: Path, name: str, rows: int, boxes: int, people: int, frames: int
) -> None:
    # the last three columns are places in the world: read as a class they would drop every box;
    # 174 rows of PETS09 have confidence 0, which leaves the 4,476 that MOT15 states
    path = shared / "data" / "video" / f"{name}.gt.txt"
    assert len(read_mot(path, truth=False).boxes) == rows
    tracks = read_mot(path)
    assert len(tracks.boxes) == boxes
    assert len(set(tracks.ids.tolist())) == people
    assert (tracks.frames.min(), tracks.frames.max()) == (0, frames - 1)


@pytest.mark.real_data
def test_real_market_names(shared: Path) -> None:
    names = [market_name(p) for p in images.list_images(shared / "data" / "reid" / "market1501")]
    assert len(names) == 10388
    assert len({n[0] for n in names if n}) == 601
    assert {n[1] for n in names if n} == {1, 2, 3, 4, 5, 6}
    assert None not in names
